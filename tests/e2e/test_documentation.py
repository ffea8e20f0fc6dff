"""The YAML that the documentation shows is what the real API server takes."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from countersign.notifications.routing import parse_routing
from tests.support.caller import Caller
from tests.support.shop import Shop

ROOT = Path(__file__).parents[2]
OWN = "countersign.dev/v1alpha1"
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
HEREDOC = re.compile(r"<<(E\w+)\n(.*?)\n\1\n", re.DOTALL)
UNKNOWN_HERE = {
    "title": "a knowledge entry, as it is stored",
    "channels": "the file of notifications, or a part of it",
    "enabled": "the same",
    "metadata": "annotations of Argo CD's",
}
"""Blocks that begin like this are for somebody else than the API server."""
Block = dict[str, Any]


def blocks() -> dict[str, Block]:
    """Every block of YAML, and what is piped into kubectl, by file and line."""
    found: dict[str, Block] = {}
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = path.read_text("utf-8")
        matches = [(each, each[1]) for each in BLOCK.finditer(text)]
        matches += [(each, each[2]) for each in HEREDOC.finditer(text)]
        for match, block in matches:
            line = text.count("\n", 0, match.start()) + 1
            plain = textwrap.dedent(block).replace("…\n", "\n")
            found[f"{path.name}:{line}"] = yaml.safe_load(plain)
    return found


BLOCKS = {
    where: block for where, block in blocks().items() if next(iter(block)) not in UNKNOWN_HERE
}


def whole(block: Block) -> Block | None:
    """The object that a block is, or is a part of; None where it is no kind of this cluster."""
    spec = block.get("spec", block)
    if block.get("kind") == "Deployment" or "namespaceResourceBlacklist" in spec:
        return None  # A patch, and a part of Argo CD's AppProject.
    kind = block.get("kind") or _kind(spec)
    if kind == "ApprovalRequest" and "operation" not in spec:
        spec = {"action": "kubectl delete pod web-0", **spec}
    elif "kind" in block:
        return block
    elif kind == "ApprovalPolicy":
        spec = {"match": {}, "require": spec.get("require", spec)}
    return {"apiVersion": OWN, "kind": kind, "metadata": {"name": "documented"}, "spec": spec}


def _kind(spec: Block) -> str:
    if "symptoms" in spec:
        return "Playbook"
    is_request = "operation" in spec or isinstance(spec.get("signatures"), list)
    return "ApprovalRequest" if is_request else "ApprovalPolicy"


@pytest.mark.parametrize("where", BLOCKS)
def test_the_api_server_knows_every_field_of_a_documented_object(shop: Shop, where: str) -> None:
    found = whole(BLOCKS[where])
    if found is None:
        return
    found["metadata"].pop("namespace", None)
    admin = Caller(shop.cluster)
    namespace = "" if found["kind"] == "ApprovalPolicy" else shop.namespace
    answer = admin.create(found, namespace, dryRun="All")
    if "signatures" in found.get("spec", {}):  # Its shape was right: only who sends it was not.
        assert "'countersign-signatures' with binding" in answer.message
    else:
        assert answer.accepted()


def test_the_documented_file_of_notifications_makes_sense() -> None:
    [whole_file] = [each for each in blocks().values() if "enabled" in each]
    assert parse_routing(yaml.safe_dump(whole_file)).channels.keys() == {"sre", "audit"}
