"""The command line."""

from __future__ import annotations

import typer

from countersign.cli import crds, migrate, parse, run, search

app = typer.Typer(
    name="countersign",
    help="Actions on a Kubernetes cluster that need people's approval.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
for command in (run, parse, search, migrate, crds):
    command.register(app)
