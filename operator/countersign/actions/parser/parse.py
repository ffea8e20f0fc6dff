"""The story of parsing: one text in, one operation or one refusal out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.actions.parser import commands, layout, prose, sentences, shell
from countersign.actions.parser.characters import checked
from countersign.actions.parser.refusal import Refusal, RefusedError

if TYPE_CHECKING:
    from countersign.api.operation import Operation


def parse(text: str) -> Operation | Refusal:
    """The one operation that a text names, or why there is none. Never raises."""
    try:
        return _read(checked(text))
    except RefusedError as error:
        return error.refusal


def _read(text: str) -> Operation:
    found = layout.read(text)
    if isinstance(found, layout.Prose):
        for comment in found.comments:
            prose.check_words("", comment)
        return sentences.read(found.text)
    line = shell.split(found.command)
    operation = commands.read(line.words)
    prose.check_comments((*found.comments, *line.comments))
    prose.check(found.before, found.after, operation)
    for part in (found.before, found.after):
        sentences.check_contradiction(part, operation)
    return operation
