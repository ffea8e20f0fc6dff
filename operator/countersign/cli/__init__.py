"""The command line."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Annotated

import typer

from countersign.cli import crds, migrate, parse, run, search

app = typer.Typer(
    name="countersign",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        print(version_of("countersign"))
        raise typer.Exit


@app.callback()
def common(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_tell_version, help="Print the version."),
    ] = False,
) -> None:
    """Actions on a Kubernetes cluster that need people's approval."""
    del version  # It has been told by now.


for command in (run, parse, search, migrate, crds):
    command.register(app)
