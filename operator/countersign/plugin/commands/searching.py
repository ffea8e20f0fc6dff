"""``search``: what was done before, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from countersign.plugin.options import Context, Kubeconfig, flattened
from countersign.plugin.screen import Screen


class Outcome(StrEnum):
    """How an execution went."""

    SUCCESS = "success"
    FAILURE = "failure"


class Form(StrEnum):
    """How entries are written."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"


def _categories(context: typer.Context, incomplete: str) -> list[str]:
    from countersign.plugin.completion import categories  # noqa: PLC0415 - only on the tab key

    return categories(context, incomplete)


@dataclass(frozen=True)
class Wanted:
    """What is looked for, and how it is shown."""

    text: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="Words, in English or Chinese; all if left out."),
    ] = None
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Only with this tag; may be repeated."),
    ] = None
    category: Annotated[
        str | None,
        typer.Option(
            "--category",
            metavar="CATEGORY",
            help="Only of this category of alerts.",
            autocompletion=_categories,
        ),
    ] = None
    outcome: Annotated[
        Outcome | None, typer.Option("--outcome", help="Only what went like this.")
    ] = None
    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace", "-n", metavar="NAMESPACE", help="Only of this one; of all if left out."
        ),
    ] = None
    since: Annotated[
        str | None, typer.Option("--since", metavar="AGE", help="At most so old: 12h, 7d.")
    ] = None
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=1000, metavar="N", help="At most so many.")
    ] = 20
    show: Annotated[
        str | None,
        typer.Option(
            "--show",
            metavar="ID",
            help="Instead: one entry as a whole and the timeline of its request, by its ID, the "
            "beginning of it, or the request as NAMESPACE/NAME.",
        ),
    ] = None
    output: Annotated[
        Form, typer.Option("--output", "-o", help="How entries are written.", show_choices=True)
    ] = Form.TABLE


@dataclass(frozen=True)
class Library:
    """Where the knowledge is."""

    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="Of all namespaces, as without -n.")
    ] = False
    operator_namespace: Annotated[
        str,
        typer.Option(
            "--operator-namespace",
            metavar="NAMESPACE",
            envvar="COUNTERSIGN_NAMESPACE",
            help="Where the operator keeps its ConfigMaps.",
        ),
    ] = "countersign-system"
    context: Context = None
    kubeconfig: Kubeconfig = None


@flattened
def search(wanted: Wanted, library: Library) -> None:
    """Search for what was done before, and how it went.

    The best match comes first; nothing found is status 1. Any of the words is enough, more of them
    count more.

    \b
      kubectl countersign search OOM checkout --outcome success
      kubectl countersign search 記憶體不足 --since 30d
      kubectl countersign search --show 3f2a9c1e

    It is read from the operator's ConfigMaps; from the database where COUNTERSIGN_STORE_URL names
    one.
    """
    from countersign.plugin.acts import searching  # noqa: PLC0415 - slow

    searching.search(Screen(), wanted, library)
