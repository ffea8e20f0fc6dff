"""The settings, or a sentence for each that is wrong and exit status 2."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from countersign.config import Settings

_UNPARSED = re.compile(r'error parsing value for field "(\w+)"')


def read_settings() -> Settings:
    """From the environment. Raises ``Exit`` where a variable is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = list(_problems(error))
    except SettingsError as error:  # What has to be a list is not even JSON.
        found = _UNPARSED.search(str(error))
        wrong = [f'{_variable(found[1] if found else "*")}: write a JSON list, such as ["shop"]']
    for each in wrong:
        print(f"{each}. docs/settings.md has all of them.", file=sys.stderr)
    raise typer.Exit(2)


def _problems(error: ValidationError) -> Iterator[str]:
    """A problem each, without the value, which may be a secret."""
    for each in error.errors(include_input=False):
        said = each["msg"].removeprefix("Value error, ")
        where = _variable(str(each["loc"][0])) if each["loc"] else ""
        yield f"{where}: {said}" if where else said


def _variable(field: str) -> str:
    return f"COUNTERSIGN_{field}".upper()
