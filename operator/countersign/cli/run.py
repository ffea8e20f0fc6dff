"""``countersign run``: the operator."""

from __future__ import annotations

import gc
import sys

import typer

from countersign.cli.settings import read_settings
from countersign.errors import ConfigError, StoreError


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def run() -> None:
        """Run the operator, in a cluster or with the kubeconfig in use.

        Settings are environment variables COUNTERSIGN_*; see docs/settings.md.
        """
        gc.disable()  # What is imported stays: to look for garbage in it is a tenth of the start.
        from countersign.handlers.operator import run as run_operator  # noqa: PLC0415 - slow

        gc.freeze()
        gc.enable()
        settings = read_settings()
        try:
            raise typer.Exit(run_operator(settings))
        except (ConfigError, StoreError) as error:
            print(error, file=sys.stderr)
            raise typer.Exit(2) from error
