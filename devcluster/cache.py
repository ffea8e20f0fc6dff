"""Where what was built is kept between runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from devcluster.pins import CONTROL_PLANE, Bundle, cache_key


def cache_root(environ: Mapping[str, str] = os.environ) -> Path:
    """`$COUNTERSIGN_CACHE`, else `$XDG_CACHE_HOME/countersign`, else `~/.cache/countersign`."""
    if own := environ.get("COUNTERSIGN_CACHE"):
        return Path(own).expanduser().absolute()
    base = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "countersign"


def binaries_folder(root: Path, bundle: Bundle = CONTROL_PLANE) -> Path:
    """The folder that holds a bundle's pinned binaries once they are built."""
    return root / bundle.name / cache_key(bundle)
