"""From the text of an action to the one operation it names, or to a refusal.

``parse`` understands a text exactly or refuses it: whatever is left over, cannot be seen, or
could be read in two ways ends in a :class:`Refusal` whose message says what to write instead.
What is understood but belongs to another tool, file or cluster is :class:`Foreign`.

A text goes through these modules, top to bottom::

    characters  nothing invisible, nothing of another script in disguise
    layout      prompts, bullets, fences, backticks: where the command is, what is prose
    shell       the words of a command, as a shell would see them; operators are refused
    commands    which program and verb; ``verbs`` build the operation  (a command)
    sentences   a closed grammar for English and Chinese              (no command in the text)
    prose       what stands around either must not change its meaning
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.actions.parser.flat import describe
from countersign.actions.parser.foreign import Foreign
from countersign.actions.parser.refusal import Refusal, RefusalClass

if TYPE_CHECKING:
    from countersign.api.operation import Operation

__all__ = ["Foreign", "Refusal", "RefusalClass", "describe", "parse"]


def parse(text: str) -> Operation | Foreign | Refusal:
    """The one operation that a text names, or why there is none. Never raises.

    ``Foreign`` is an action that was understood exactly and cannot be carried out here.
    """
    # The grammar takes a tenth of a second to load, and a command that only looks needs none of it.
    from countersign.actions.parser.reading import read  # noqa: PLC0415 - slow

    return read(text)
