"""``countersign parse``: what an action's text is read as, for people and for scripts."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from countersign.actions import parser
from countersign.actions.parser import Foreign, Refusal, RefusalClass, parse
from countersign.api.operation import Operation

REFUSED = 2
"""Exit status of what is not carried out: a refusal, or an action for somewhere else."""


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
    if not isinstance(outcome, Operation):
        raise typer.Exit(REFUSED)


def describe(outcome: Operation | Foreign | Refusal) -> dict[str, Any]:
    """The flat JSON object that stands for what a text is read as."""
    match outcome:
        case Refusal():
            return {"refused": outcome.refused.value, "message": outcome.message}
        case Foreign():
            return {**outcome.described, "unsupported": outcome.message}
        case Operation():
            return parser.describe(outcome)


def _parse_line(line: str) -> Operation | Foreign | Refusal:
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


def _print(outcome: Operation | Foreign | Refusal) -> None:
    print(json.dumps(describe(outcome), ensure_ascii=False))
