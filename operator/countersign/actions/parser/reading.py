"""The story of parsing: one text in, one operation or one refusal out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.actions.parser import commands, layout, prose, sentences, shell
from countersign.actions.parser.characters import checked, has_odd_spaces
from countersign.actions.parser.flat import describe
from countersign.actions.parser.foreign import Foreign
from countersign.actions.parser.refusal import Refusal, RefusalClass, TextRefusedError

if TYPE_CHECKING:
    from countersign.api.operation import Operation


def read(text: str) -> Operation | Foreign | Refusal:
    """See ``parse`` of the package."""
    try:
        return _read(checked(text), odd_spaces=has_odd_spaces(text))
    except TextRefusedError as error:
        return error.refusal


def _read(text: str, *, odd_spaces: bool) -> Operation | Foreign:
    found = layout.read(text)
    if isinstance(found, layout.Prose):
        for comment in found.comments:
            prose.check_words("", comment)
        return sentences.read(found.text)
    line = shell.split(found.command)
    outcome = commands.read(line.words)
    described = outcome.described if isinstance(outcome, Foreign) else describe(outcome)
    if odd_spaces and described["operation"] != "Patch" and any(map(_holds_spaces, line.words)):
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            "A quoted word may hold a tab or another space that looks like a plain one. "
            "Type the text anew with plain spaces.",
        )
    prose.check_comments((*found.comments, *line.comments))
    prose.check(found.before, found.after, described)
    prose.check_lead(found.before, found.after)
    for part in (found.before, found.after):
        sentences.check_contradiction(part, described)
    return outcome


def _holds_spaces(word: shell.Word) -> bool:
    return any(character.isspace() for character in word.text)
