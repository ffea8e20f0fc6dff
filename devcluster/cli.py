"""`python -m devcluster`: run a command against a cluster, or only prepare the binaries."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from devcluster.builder import build
from devcluster.cache import binaries_folder, cache_root
from devcluster.command import run_command
from devcluster.errors import DevclusterError
from devcluster.options import Options, Source
from devcluster.pins import ARGOCD_BUNDLE, CONTROL_PLANE, Bundle

app = typer.Typer(
    help="A real Kubernetes control plane without a container engine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Built(StrEnum):
    """What can be built."""

    CONTROL_PLANE = "control-plane"
    ARGOCD = "argocd"

    @property
    def bundle(self) -> Bundle:
        """The pins of it."""
        return ARGOCD_BUNDLE if self is Built.ARGOCD else CONTROL_PLANE


_What = Annotated[Built, typer.Argument(help="What is to be in the cache.")]


@app.command("run")
def run(
    command: Annotated[list[str], typer.Argument(help="What to run, after `--`.", metavar="CMD…")],
    *,
    cluster: Annotated[
        Source, typer.Option(envvar="COUNTERSIGN_CLUSTER", help="Where the cluster comes from.")
    ] = Source.AUTO,
    operator: Annotated[bool, typer.Option("--operator", help="Run the operator as well.")] = False,
    no_controllers: Annotated[
        bool, typer.Option("--no-controllers", help="Only etcd and the API server.")
    ] = False,
    no_install: Annotated[
        bool, typer.Option("--no-install", help="No manifests and no rights: a bare cluster.")
    ] = False,
    audit: Annotated[
        bool, typer.Option("--audit", help="Write an audit log, named by $COUNTERSIGN_AUDIT_LOG.")
    ] = False,
) -> None:
    """Start a cluster, run CMD with KUBECONFIG set, stop everything, exit as CMD did."""
    options = Options(
        source=cluster, controllers=not no_controllers, install=not no_install, audit=audit
    )
    raise typer.Exit(run_command(command, options, operator=operator))


@app.command("build")
def build_binaries(what: _What = Built.CONTROL_PLANE) -> None:
    """Make sure that the binaries are in the cache; print their folder."""
    print(build(what.bundle))


@app.command("path")
def path(what: _What = Built.CONTROL_PLANE) -> None:
    """Print the folder of the binaries; exit with 1 if they are not built."""
    folder = binaries_folder(cache_root(), what.bundle)
    if not folder.is_dir():
        print(f"not built: `python -m devcluster build {what}` does it", file=sys.stderr)
        raise typer.Exit(1)
    print(folder)


def main() -> None:
    """The entry point: errors that are meant for people are shown without a traceback."""
    try:
        app(prog_name="python -m devcluster")
    except DevclusterError as error:
        Console(stderr=True).print(f"[red]error:[/red] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)
