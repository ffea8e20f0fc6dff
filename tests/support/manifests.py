"""What is in `manifests/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

MANIFESTS = Path(__file__).parents[2] / "manifests"


def documents(file: Path) -> list[dict[str, Any]]:
    """The objects in a file."""
    return list(yaml.safe_load_all(file.read_text("utf-8")))
