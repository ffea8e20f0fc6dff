"""``countersign parse``: what an action's text is read as, for people and for scripts."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countersign.actions.parser import Refusal, RefusalClass, parse

if TYPE_CHECKING:
    from countersign.api.operation import Operation

REFUSED = 2
"""Exit status of a refusal."""


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("parse")(parse_command)


def parse_command(
    text: Annotated[
        str | None, typer.Argument(help="The action: a kubectl command or a plain sentence.")
    ] = None,
    *,
    jsonl: Annotated[
        bool,
        typer.Option(
            "--jsonl",
            help="Read a JSON object with a field action from each line of standard input, and "
            "print a line for each.",
        ),
    ] = False,
) -> None:
    """Print the operation that an action's text is read as, or why it is refused (status 2)."""
    if jsonl == (text is not None):
        raise typer.BadParameter("give either the action's text or --jsonl")
    if text is None:
        for line in sys.stdin:
            _print(_parse_line(line))
        return
    outcome = parse(text)
    _print(outcome)
    if isinstance(outcome, Refusal):
        raise typer.Exit(REFUSED)


def describe(outcome: Operation | Refusal) -> dict[str, Any]:
    """The flat JSON object that stands for an operation or a refusal."""
    if isinstance(outcome, Refusal):
        return {"refused": outcome.refused.value, "message": outcome.message}
    target = outcome.target
    described: dict[str, Any] = {
        "operation": outcome.type.value,
        "kind": target.kind.value,
        "name": target.name,
        "namespace": target.namespace,
    }
    if outcome.scale is not None:
        described |= outcome.scale.to_json()
    return described


def _parse_line(line: str) -> Operation | Refusal:
    try:
        action = json.loads(line)["action"]
    except (ValueError, LookupError, TypeError, RecursionError):
        action = None
    if not isinstance(action, str):
        return Refusal(
            RefusalClass.MALFORMED,
            'The line is no JSON object with a text "action". Write {"action": "kubectl …"}.',
        )
    return parse(action)


def _print(outcome: Operation | Refusal) -> None:
    print(json.dumps(describe(outcome), ensure_ascii=False))
