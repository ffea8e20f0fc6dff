"""Words of a sentence behind a command that nothing sets apart from it.

A shell would hand them over as names or arguments: ``kubectl delete pod web-0 but not web-1``
deletes four pods. Nobody means that, so an ordinary word that is not in quotes is refused.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Sequence

from countersign.actions.parser.kinds import is_kind
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.shell import Word
from countersign.actions.parser.vocabulary import PURPOSES
from countersign.actions.parser.wordlist import words

# In the arguments of a program, too, whose words may be anything.
_PROSE = words(
    "after afterwards although because before but cannot don't except if just kidding maybe never "
    "only otherwise perhaps please since then tomorrow unless until when whenever while without"
)
# Names of objects may not be these either; what stands behind -- and in values may.
_GRAMMAR = _PROSE | words(
    "again all also always an and are as at be by each eg etc every everywhere first for from "
    "hourly in instead into is it later no nope not now of off on once or should so "
    "soon still than that the them there this to today too twice was we where which will "
    "with yet you"
)
_LINKS = words("and at every for in on")
_LINKED = words(
    "all also any cluster context day each every hour it maintenance minute namespace night node "
    "prod production staging the this week weekends"
)
_SENTENCE_END = re.compile(r"[A-Za-z]{2,}[.!?]+", re.ASCII)


def command_line(line: Sequence[str]) -> str:
    """One command of these words, in which every one that reads like prose is in quotes."""
    return " ".join(
        f"'{word}'" if _is_loose(word) and shlex.quote(word) == word else shlex.quote(word)
        for word in line
    )


def refuse_prose(line: Sequence[Word]) -> None:
    """Refuse the words of a line that are no argument in any likelihood."""
    for word in line:
        if not word.quoted and _ends_or_is_prose(word.text):
            raise _refusal(word.text)
    for one, other in itertools.pairwise(line):
        if not one.quoted and not other.quoted and _go_together(one.text, other.text):
            raise _refusal(f"{one.text} {other.text}")


def refuse_grammar(names: Sequence[str], line: Sequence[Word]) -> None:
    """Refuse a word of grammar among the names of a command, unless it stands in quotes."""
    quoted = {word.text for word in line if word.quoted}
    for place, name in enumerate(names):
        names_kinds = place == 0 and (is_kind(name) or name.lower() == "all")
        if name.lower() in _GRAMMAR and name not in quoted and not names_kinds:
            raise _refusal(name)


def _go_together(one: str, other: str) -> bool:
    """Whether two words begin a reason, a time or a place: "to apply", "every hour"."""
    one, other = one.lower(), other.lower()
    return (one == "to" and other in PURPOSES) or (one in _LINKS and other in _LINKED)


def _is_loose(word: str) -> bool:
    return word.lower() in _GRAMMAR or _ends_or_is_prose(word)


def _ends_or_is_prose(word: str) -> bool:
    return word.rstrip(",;:").lower() in _PROSE or bool(_SENTENCE_END.fullmatch(word))


def _refusal(word: str) -> TextRefusedError:
    return TextRefusedError(
        RefusalClass.AMBIGUOUS,
        f"{quote(word)} reads like a word of a sentence, not of the command. Put the command in "
        "backticks, or write it only; a name that is really called that stands in quotes.",
    )
