"""Sentences that are not understood: in which class they are refused, and what to say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from countersign.actions.parser import prose
from countersign.actions.parser.characters import unreadable_letter
from countersign.actions.parser.names import is_name
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, code_point, quote
from countersign.actions.parser.tokens import Token
from countersign.actions.parser.vocabulary import VERBS, Role

_EXAMPLES = {
    Role.SCALE: '"scale deployment web to 3 replicas in namespace shop"',
    Role.ROLL_BACK: '"roll back deployment web to the previous revision"',
    Role.PAUSE: '"pause the rollout of deployment web"',
    Role.RESUME: '"resume the rollout of deployment web"',
    Role.DELETE: '"delete pod web-0 in namespace shop"',
    Role.EVICT: '"evict pod web-0 in namespace shop"',
    Role.CORDON: '"cordon node worker-1"',
    Role.UNCORDON: '"uncordon node worker-1"',
    Role.DRAIN: '"drain node worker-1"',
    Role.CREATE: '"run job backup-1 from cronjob backup"',
}
_EXAMPLE = '"restart deployment web in namespace shop"'
_QUESTION = re.compile(
    r"\s*(?:show|get|list|describe|logs|why|what|which|who|check|status|view|tail|watch|see|is|"
    r"are|查看|[显顯]示|列出|[检檢]查|查[询詢]|[为為]什[么麼])(?![a-z])",
    re.IGNORECASE | re.ASCII,
)


def refuse_sentence(sentence: str, words: Sequence[Token]) -> TextRefusedError:
    """The refusal of a sentence that fits no form."""
    if _QUESTION.match(sentence):
        return TextRefusedError(
            RefusalClass.READ_ONLY,
            "The text asks to see something, so there is nothing to approve.",
        )
    verb = next((t.role for t in words if t.role in VERBS), None)
    if verb is None:
        return TextRefusedError(
            RefusalClass.UNSUPPORTED,
            "The text asks for nothing that is carried out. Write a kubectl command, or for "
            f"example {_EXAMPLE}.",
        )
    try:
        prose.check_words("", sentence)
    except TextRefusedError as error:
        return error
    return _incomplete(words, verb)


def _incomplete(words: Sequence[Token], verb: Role) -> TextRefusedError:
    """What is missing, or left over, in a sentence about a known action."""
    roles = {token.role for token in words}
    hint = f"Write for example {_EXAMPLES.get(verb, _EXAMPLE)}."
    if not roles & {Role.KIND, Role.REFERENCE}:
        return _without_kind(words, hint)
    if misspelt := _misspelt(words, hint):
        return misspelt
    if Role.REFERENCE not in roles and not _names_of_objects(words):
        return TextRefusedError(RefusalClass.NO_TARGET, f"The sentence names no object. {hint}")
    if verb is Role.SCALE and Role.NUMBER not in roles:
        return TextRefusedError(
            RefusalClass.AMBIGUOUS, f"The sentence does not say how many replicas. {hint}"
        )
    return _left_over(words, hint)


def _names_of_objects(words: Sequence[Token]) -> list[str]:
    """The names in a sentence but for its namespace."""
    return [
        token.text
        for index, token in enumerate(words)
        if token.role is Role.NAME
        and not any(
            neighbour.role in (Role.NAMESPACE, Role.NAMESPACE_FLAG)
            for neighbour in words[max(0, index - 1) : index + 2]
        )
    ]


def _without_kind(words: Sequence[Token], hint: str) -> TextRefusedError:
    if any(token.role is Role.KINDS for token in words):
        return TextRefusedError(
            RefusalClass.AMBIGUOUS, f"The sentence speaks of several objects. {hint}"
        )
    if _names_of_objects(words):
        return TextRefusedError(
            RefusalClass.AMBIGUOUS,
            f"The sentence does not say of which kind the object is. {hint}",
        )
    return TextRefusedError(RefusalClass.NO_TARGET, f"The sentence names no object. {hint}")


def _left_over(words: Sequence[Token], hint: str) -> TextRefusedError:
    unknown = next((t for t in words if t.role is Role.UNKNOWN), None)
    if unknown is None:
        return TextRefusedError(
            RefusalClass.AMBIGUOUS,
            f"The sentence can be read in more than one way, or says more than one thing. {hint}",
        )
    return TextRefusedError(
        RefusalClass.AMBIGUOUS,
        f"{quote(unknown.text)} is not understood. Put reasons into spec.description. {hint}",
    )


def _misspelt(words: Sequence[Token], hint: str) -> TextRefusedError | None:
    """A word that would be a name in lower case, or in plain letters."""
    for token in words:
        letter = unreadable_letter(token.text)
        if token.role is Role.UNKNOWN and letter is not None:
            return TextRefusedError(
                RefusalClass.MALFORMED,
                f"The sentence holds {code_point(letter)}, which is not read. {hint}",
            )
        capital = token.text != token.text.lower()
        if token.role is Role.UNKNOWN and capital and is_name(token.text.lower()):
            return TextRefusedError(
                RefusalClass.MALFORMED,
                f"{quote(token.text)} has capital letters, which names have not. {hint}",
            )
    return None
