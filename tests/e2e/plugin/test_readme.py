"""The README shows what the plugin really prints.

With COUNTERSIGN_RECORD=1 its block is written anew from a run; else it is held to one. What differs
from run to run (times, digests, generated names, the width of columns) does not count.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import yaml

from tests.support.terminal_people import People, without_colours

README = Path(__file__).parents[3] / "README.md"
_BLOCK = re.compile(r"(<!-- recorded: \S+ -->\n```console\n)(.*?)(```\n)", re.DOTALL)
_VOLATILE = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "DIGEST"),
    (re.compile(r"\b\d+(ms|[smhd])\b"), "TIME"),
    (re.compile(r"\b\d+\.\ds\b"), "TIME"),
    (re.compile(r"\b(undo-scale-web)-[a-z0-9]{5}\b"), r"\1-xxxxx"),
    (re.compile(r" +"), " "),
)


def test_the_readme_shows_what_the_plugin_prints(people: People, tmp_path: Path) -> None:
    found = _BLOCK.search(README.read_text("utf-8"))
    assert found is not None
    commands = re.findall(r"^\$ kubectl countersign (.*)$", found[2], re.MULTILINE)
    assert len(commands) > 4
    people = in_the_namespace(people, tmp_path)
    told = "\n".join(f"$ kubectl countersign {each}\n{said(people, each)}" for each in commands)
    if os.environ.get("COUNTERSIGN_RECORD"):
        text = README.read_text("utf-8")
        README.write_text(text.replace(found[0], f"{found[1]}{told}{found[3]}"), "utf-8")
    assert lasting(_BLOCK.search(README.read_text("utf-8"))[2]) == lasting(told)  # type: ignore[index]


def in_the_namespace(people: People, folder: Path) -> People:
    """The same people, whose contexts have the shop as their namespace."""
    config = yaml.safe_load(people.shop.cluster.kubeconfig.read_text())
    for each in config["contexts"]:
        each["context"]["namespace"] = people.shop.namespace
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    return People(people.shop, kubeconfig=kubeconfig)


def said(people: People, command: str) -> str:
    """What a person reads; where there is a question, they say yes."""
    words = shlex.split(command)
    out = without_colours(people.at_terminal(*words, keys="y\n", width=200).out)
    if words[0] == "propose":
        people.shop.planned("scale-web")
    text = out.replace("[y/N] ", "[y/N] y\n").replace(people.shop.namespace, "shop")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def lasting(text: str) -> list[str]:
    """The lines, without what differs from run to run."""
    for pattern, instead in _VOLATILE:
        text = pattern.sub(instead, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]
