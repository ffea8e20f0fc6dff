"""Sentences in English and Chinese: a closed grammar, every word of which is accounted for.

Each token is one letter (``vocabulary.Role``), a sentence a string of them, and a form of
sentence a regular expression over such strings. What fits no form exactly is refused.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from countersign.actions.parser import prose, tokens
from countersign.actions.parser.elsewhere import on_another_cluster
from countersign.actions.parser.flat import describe
from countersign.actions.parser.foreign import Foreign
from countersign.actions.parser.forms import FORMS
from countersign.actions.parser.puzzles import refuse_sentence
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.said import Said
from countersign.actions.parser.tokens import Token
from countersign.actions.parser.vocabulary import OCCASIONS, PURPOSES, VERBS, Role
from countersign.api.operation import Operation

# What a reason may not speak of, or it would be a second action.
_ACTIVE = re.compile(rf"[{''.join(VERBS)}bxgfeG]|kc?n|nk")
_REVISIONS = frozenset({Role.PREVIOUS, Role.NUMBER})
# The role before a number that must agree with a command, and the roles that may end it.
_NUMBERED = {
    "Scale": (
        Role.TO,
        frozenset({Role.MEASURE, Role.REPLICAS, Role.COMMA, Role.TO, Role.IN, Role.REASON}),
    ),
    "RollbackRollout": (Role.REVISION, frozenset(Role)),
    "HelmRollback": (Role.REVISION, frozenset(Role)),
}
# "to restore version 2" gives no reason for a roll-back, but says to what.
_VERSION = re.compile(
    r"\b(?:version|revision|release|build|tag|image)\b|\bv?\d+(?:\.\d+)*\b(?!\s*%)|版本|[镜鏡映]像",
    re.ASCII | re.IGNORECASE,
)
_MORE = re.compile(r"(?:[.!;](?=\s)|[。！；])\s*\S")
_EMPHASIS = re.compile(r"(?<![\w*])(\*\*|__)(?=\S)([^*_\n]+?)(?<=\S)\1(?![\w*])", re.ASCII)
# What people call an action before they name it. "Example:" and "Done:" are no such labels.
# It stands in front or is none: taken out of the middle, "1 step:0 replicas" would say 10.
_LABEL = re.compile(
    r"\s*(?:\*\*)?(?:(?:(?:recommended|suggested|proposed|immediate|next)\s)?"
    r"(?:action|fix|step|remediation|mitigation|recommendation|suggestion|proposal|solution|command)"
    r"|(?:step|action)\s\d{1,2}|recommended|建[议議](?:操作|措施)?|操作|[动動][作]|措施|[处處][置理]|修[复復]"
    r"|解[决決]方案|步[骤驟]\s?\d{1,2})\s*(?:\*\*)?[:：](?:\*\*)?\s*",
    re.ASCII | re.IGNORECASE,
)
# Or behind the namespace, which is whole in itself: "In namespace shop, action: restart …".
_NAMED = r"`?[a-z0-9-]{1,63}`?"
_SPACE = "(?:命名空[间間]|名[称稱]空[间間])"
_IN_NAMESPACE = re.compile(
    rf"\s*(?:in\s+(?:the\s+)?(?:(?:namespace|ns)\s+{_NAMED}|{_NAMED}\s+(?:namespace|ns))"
    rf"|在\s*(?:{_NAMED}\s*{_SPACE}|{_SPACE}\s*{_NAMED})\s*[中里裡內内下]?)\s*[,，]",
    re.ASCII | re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.!;:](?=\s|$)|[,，。！；：\n]|\b(?:and|then|by)\b|并|並|然[后後]")


@dataclass(frozen=True, slots=True)
class _Reason:
    """Where the words begin that only say why, in tokens and in characters."""

    index: int
    start: int


def read(sentence: str) -> Operation | Foreign:
    """The operation that a sentence asks for."""
    sentence = _EMPHASIS.sub(r"\2", _without_label(sentence))
    words = tokens.read(sentence)
    if not words:
        raise TextRefusedError(
            RefusalClass.NO_TARGET, "The action is empty. Write a kubectl command."
        )
    reason = _reason(words, len(sentence))
    outcome = _understood(words[: reason.index])
    if outcome is None or len(words) > tokens.MAX_TOKENS or _asks_for_more(words[reason.index :]):
        raise refuse_sentence(sentence, words)
    described = outcome.described if isinstance(outcome, Foreign) else describe(outcome)
    why = sentence[reason.start :]
    says_to_what = any(token.role in _REVISIONS for token in words[: reason.index])
    is_open = described["operation"] == "RollbackRollout" and not says_to_what
    if is_open and (version := _VERSION.search(why)):
        raise TextRefusedError(
            RefusalClass.AMBIGUOUS,
            f"{quote(version.group())} may be what to roll back to. Write the revision, for "
            'example "roll back deployment web to revision 3".',
        )
    prose.check("", why, described)
    if _MORE.search(why):
        raise TextRefusedError(
            RefusalClass.AMBIGUOUS,
            "The text goes on behind its reason. Write one sentence, and the rest into "
            "spec.description.",
        )
    return outcome


def _without_label(sentence: str) -> str:
    place = _IN_NAMESPACE.match(sentence)
    before = place.group() if place else ""
    label = _LABEL.match(sentence, len(before))
    return f"{before} {sentence[label.end() :]}" if label else sentence


def check_contradiction(text: str, described: Mapping[str, Any]) -> None:
    """Refuse prose around a command that by itself asks for something else."""
    for clause in _CLAUSE_END.split(text):
        words = tokens.read(clause)
        because = next((i for i, token in enumerate(words) if token.role is Role.REASON), None)
        if (
            not _agrees(words[: _reason(words, 0).index], described)
            or _names_another(words[:because], described)
            or _says_another_number(words, described)
        ):
            raise TextRefusedError(
                RefusalClass.AMBIGUOUS,
                f"The text around the command says {quote(clause.strip())}, the command says "
                "something else. Write the command only.",
            )


def _agrees(words: Sequence[Token], described: Mapping[str, Any]) -> bool:
    """Whether a clause says nothing, or less than the command; it may leave things unsaid."""
    try:
        outcome = _understood(words)
    except TextRefusedError:  # "Restart the pod web-0": its names are looked at all the same
        return True
    if outcome is None:
        return True
    said = outcome.described if isinstance(outcome, Foreign) else describe(outcome)
    # A command may leave out from how many replicas it scales.
    told = {"currentReplicas": said.get("currentReplicas"), **described}
    return all(told.get(key) == value for key, value in said.items() if value is not None)


def _names_another(words: Sequence[Token], described: Mapping[str, Any]) -> bool:
    """Whether a clause about an action has another name than the command's beside a kind."""
    if not any(token.role in VERBS for token in words):
        return False
    own = {name for _, name in prose.names_of(described)}
    return any(
        ({Role.NAME, Role.KIND} == {one.role, other.role} and not own & {one.text, other.text})
        or (one.role is Role.REFERENCE and one.text not in own)
        for one, other in itertools.pairwise([*words, words[-1]])
    )


def _says_another_number(words: Sequence[Token], described: Mapping[str, Any]) -> bool:
    """Whether prose without any name says to how many replicas, or to which revision."""
    before, after = _NUMBERED.get(described["operation"], (None, frozenset()))
    for index, token in enumerate(words):
        is_led = index > 0 and words[index - 1].role is before
        is_ended = index + 1 == len(words) or words[index + 1].role in after
        if token.role is Role.NUMBER and is_led and is_ended:
            number = int(token.text) if token.number is None else token.number
            if number not in (described.get("replicas"), described.get("revision")):
                return True
    return False


def _asks_for_more(reason: Sequence[Token]) -> bool:
    """Whether a reason speaks of another action, or of an object by its name."""
    is_purpose = bool(reason) and reason[0].role is Role.TO  # "to restore service"
    roles = "".join(token.role for token in reason[2 if is_purpose else 0 :])
    return bool(_ACTIVE.search(roles))


def _understood(words: Sequence[Token]) -> Operation | Foreign | None:
    roles = "".join(token.role for token in words)
    for form in FORMS:
        if match := form.pattern.fullmatch(roles):
            said = _said(words, match)
            operation = form.build(said)
            cluster = said.token("cluster")
            if cluster is None:
                return operation
            return on_another_cluster(operation, {"context": cluster.text})
    return None


def _reason(words: Sequence[Token], end: int) -> _Reason:
    """Where the words begin that only say why; behind all words if there are none."""
    for index, token in enumerate(words):
        if token.role is Role.REASON:
            first = index - (index > 0 and words[index - 1].role is Role.COMMA)
            return _Reason(first, words[first].start)
        following = words[index + 1].text.lower() if index + 1 < len(words) else ""
        if token.role is Role.TO and following in PURPOSES:
            return _Reason(index, token.start)
        is_last = index + 2 == len(words)
        if token.text.lower() == "for" and following in OCCASIONS and is_last:
            return _Reason(index, words[index + 1].start)
    return _Reason(len(words), end)


def _said(words: Sequence[Token], match: re.Match[str]) -> Said:
    """The tokens that a form has kept, by their names."""
    kept: dict[str, list[Token]] = {}
    for group in match.re.groupindex:
        if match.start(group) >= 0:
            kept.setdefault(group.partition("_")[0], []).append(words[match.start(group)])
    return Said(kept)
