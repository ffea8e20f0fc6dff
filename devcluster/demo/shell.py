"""Running a line as a person's shell would."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from devcluster.cluster import Cluster

_PATIENCE = 120.0  # seconds; every command of the story takes about one
_JQ = re.compile(r"\s*\|\s*jq -r '\.(\w+) // empty'$")


@dataclass(frozen=True)
class Said:
    """What a command said, both streams as a terminal mixes them, and its exit status."""

    text: str
    status: int


class Shell:
    """`/bin/sh` in the cluster's environment: its kubeconfig, its kubectl."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def run(self, line: str) -> Said:
        """Run it to its end.

        `… | jq -r '.field // empty'` is done here, for not every machine has jq.
        """
        jq = _JQ.search(line)
        said = self._run(_JQ.sub("", line))
        if jq and said.status == 0:
            values = [value[jq[1]] for value in _values(said.text) if value.get(jq[1])]
            return Said("".join(f"{value}\n" for value in values), 0)
        return said

    def _run(self, command: str) -> Said:
        try:
            result = subprocess.run(
                ["/bin/sh", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                check=False,
                env=self._cluster.env,
                timeout=_PATIENCE,
                process_group=self._cluster.process_group,
            )
        except subprocess.TimeoutExpired as error:
            text = (error.stdout or b"").decode("utf-8", "replace")
            return Said(f"{text}\n(no end after {_PATIENCE:.0f} s)", 124)  # as timeout(1) says it
        return Said(result.stdout, result.returncode)


def _values(text: str) -> Iterator[dict[str, str]]:
    """The JSON objects of a text in which one follows the other."""
    decoder, text = json.JSONDecoder(), text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:].lstrip()
