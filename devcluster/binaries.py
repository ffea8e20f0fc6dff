"""Which binaries a control plane is started from: KUBEBUILDER_ASSETS, the cache, a build."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from devcluster.cache import binaries_folder, cache_root
from devcluster.errors import MissingToolError
from devcluster.options import Source
from devcluster.pins import COMPONENTS, CONTROL_PLANE

_LEAST = ("etcd", "kube-apiserver")


@dataclass(frozen=True)
class Binaries:
    """A folder of programs, and kwok's Stage files in a folder `stages` there."""

    folder: Path

    def path(self, program: str) -> Path:
        """Where a program is; it may not be there."""
        return self.folder / program

    @property
    def stages(self) -> tuple[Path, ...]:
        """The Stage files of kwok."""
        return tuple(sorted((self.folder / CONTROL_PLANE.extract.target).glob("*.yaml")))

    @property
    def has_controllers(self) -> bool:
        """Whether Deployments can roll out with what is here."""
        programs = (name for component in COMPONENTS for name in component.programs)
        return all(self.path(name).is_file() for name in programs) and bool(self.stages)


def find_binaries(
    source: Source,
    build: Callable[[], Path],
    environ: Mapping[str, str] = os.environ,
) -> Binaries:
    """The first of the places that has them; `build` makes them and returns their folder.

    MissingToolError where KUBEBUILDER_ASSETS is set and has no control plane in it: that is a
    mistake, and a build of ten minutes would hide it.
    """
    assets = environ.get("KUBEBUILDER_ASSETS")
    if assets and source is Source.AUTO:
        return _from_assets(Path(assets))
    cached = binaries_folder(cache_root(environ))
    return Binaries(cached if cached.is_dir() else build())


def _from_assets(folder: Path) -> Binaries:
    missing = [name for name in _LEAST if not (folder / name).is_file()]
    if missing:
        raise MissingToolError(
            f"KUBEBUILDER_ASSETS is {folder}, which has no {' and no '.join(missing)}: "
            "correct it, or unset it to use the control plane that is built here"
        )
    return Binaries(folder)
