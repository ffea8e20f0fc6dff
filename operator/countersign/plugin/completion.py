"""What the tab key offers: for this program's own completion, and for kubectl's.

kubectl's completion runs ``kubectl_complete-countersign`` with the words so far, the last of which
is to be completed, and wants a suggestion a line and at last a directive (cobra's).
"""

from __future__ import annotations

import asyncio
import io
import os
import shlex
import sys
from collections.abc import Awaitable, Callable
from contextlib import redirect_stdout
from dataclasses import fields
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from countersign.plugin.session import Session

_PROGRAM = "kubectl-countersign"
_WITHOUT_FILES = ":4"
"""Cobra's directive: offer no names of files."""
_NEWEST = 200
"""Entries whose categories are offered."""
_PATIENCE = 3.0
"""Seconds; who presses the tab key does not wait longer."""


def main() -> None:
    """Entry point of ``kubectl_complete-countersign``."""
    for suggestion in suggestions(sys.argv[1:]):
        print(suggestion)
    print(_WITHOUT_FILES)


def suggestions(words: list[str]) -> list[str]:
    """What could stand in the place of the last word."""
    words = words or [""]
    asked = {
        # Typer splits them as a shell would.
        "COMP_WORDS": " ".join([_PROGRAM, *map(shlex.quote, words[:-1]), words[-1]]),
        "COMP_CWORD": str(len(words)),
    }
    return [each for each in _answered("complete_bash", asked).splitlines() if each]


def script(shell: str) -> str:
    """The script that teaches a shell to complete ``kubectl-countersign``."""
    return _answered(f"source_{shell}", {})


def _answered(instruction: str, asked: dict[str, str]) -> str:
    """What the program says to a shell: an environment variable makes it speak to one."""
    from countersign.plugin.app import COMPLETE, invoke  # noqa: PLC0415 - it knows us as well

    written = io.StringIO()
    before = dict(os.environ)
    os.environ.update(asked | {COMPLETE: instruction})
    try:
        with redirect_stdout(written):
            invoke([])
    finally:
        os.environ.clear()
        os.environ.update(before)
    return written.getvalue()


def request_names(context: typer.Context, incomplete: str) -> list[str]:
    """Requests whose names begin so, of the namespace that the line names or the context's.

    None where they cannot be read: this is no place for errors.
    """

    async def asked(session: Session) -> list[str]:
        return await session.requests.names(session.namespace)

    return _names(context, incomplete, asked)


def case_names(context: typer.Context, incomplete: str, plural: str) -> list[str]:
    """The same of ``playbooks`` or ``incidents``."""

    async def asked(session: Session) -> list[str]:
        from countersign.plugin.cases import Cases  # noqa: PLC0415 - slow

        return await Cases(session.connection).names(plural, session.namespace)

    return _names(context, incomplete, asked)


def _names(
    context: typer.Context,
    incomplete: str,
    asked: Callable[[Session], Awaitable[list[str]]],
) -> list[str]:
    from countersign.errors import CountersignError  # noqa: PLC0415 - slow
    from countersign.plugin.options import Where  # noqa: PLC0415 - it knows us as well
    from countersign.plugin.screen import Screen  # noqa: PLC0415 - as above
    from countersign.plugin.session import run  # noqa: PLC0415 - slow

    found: list[str] = []

    async def work(session: Session) -> None:
        async with asyncio.timeout(_PATIENCE):
            found.extend(await asked(session))

    where = Where(**{each.name: context.params.get(each.name) for each in fields(Where)})
    try:
        run(where, Screen(), work)
    except (CountersignError, TimeoutError):
        return []
    return [name for name in found if name.startswith(incomplete)]


def categories(context: typer.Context, incomplete: str) -> list[str]:
    """Categories that begin so, of the newest entries of the knowledge base; none on an error."""
    from countersign.errors import CountersignError  # noqa: PLC0415 - slow
    from countersign.plugin.acts.searching import reading  # noqa: PLC0415 - slow
    from countersign.plugin.commands.searching import Library  # noqa: PLC0415 - it knows us as well
    from countersign.plugin.screen import Screen  # noqa: PLC0415 - as above
    from countersign.ports import Store  # noqa: PLC0415 - slow

    found: set[str] = set()

    async def work(store: Store) -> None:
        async with asyncio.timeout(_PATIENCE):
            found.update(each.category for each in await store.latest(_NEWEST))

    given = {each.name: context.params.get(each.name) for each in fields(Library)}
    library = Library(**{name: value for name, value in given.items() if value is not None})
    try:
        reading(Screen(), library, work)
    except (CountersignError, TimeoutError):
        return []
    return sorted(each for each in found if each.startswith(incomplete))


def context_names(incomplete: str) -> list[str]:
    """Contexts of the kubeconfig whose names begin so."""
    from countersign.kubeconfig import contexts  # noqa: PLC0415 - slow

    return [name for name in contexts() if name.startswith(incomplete)]
