"""The settings, or a sentence and exit status 2."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError

from countersign.config import Settings


def read_settings() -> Settings:
    """From the environment. Raises ``Exit`` where a variable is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        print(f"A COUNTERSIGN_* variable is wrong: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
