"""What people write around a command or a sentence: it must not change what is asked for.

Prose cannot be understood exactly. It is let through when it is in a language that is read here
and holds none of the words that negate, restrict, defer, multiply or add to an action. Two
distances are told apart: the sentence that holds the command, where any "not" counts, and the
others, where only a prohibition does ("The pods are not ready. Run `…`" gives a reason).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from countersign.actions.parser.characters import unreadable_letter
from countersign.actions.parser.kinds import is_kind, kind_of
from countersign.actions.parser.prose_actions import other_action
from countersign.actions.parser.prose_leads import asks_for_it
from countersign.actions.parser.prose_occasions import without_occasion
from countersign.actions.parser.prose_places import other_place
from countersign.actions.parser.prose_rules import PROHIBITION, RULES, Where
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, code_point, quote

_ADVICE = "Write the command only, and the rest into spec.description."
_SENTENCE_END = re.compile(r"[.!;](?=\s|$)|[。！；]|\n\s*\n")
_CJK_CLAUSE_END = re.compile(r"[，、,：:]")
_LABEL = re.compile(
    r"(?:\A|(?<=[.!;,:。！；，：、]))[\W_]{0,8}(?:[\w'-]{1,20} +){0,2}[\w'-]{1,20} *[:：]"
)
_REFERENCE = re.compile(r"(?<![\w./-])([a-z][a-z0-9.]*)/([\w.-]+)", re.ASCII | re.IGNORECASE)
_FLAG = re.compile(r"(?<!\S)--?[A-Za-z]", re.ASCII)
_NAMESPACE = re.compile(
    r"\b(?:namespaces?|ns)\b|命名空[间間]|名[稱称]空[间間]|ネームスペース|名前空間", re.ASCII
)
_CLUSTER = re.compile(
    r"\b(?:in|on|to|against)\s+(?:the\s+)?(?:[\w.-]+\s+)?(?:cluster|context)\b|"
    r"\b(?:cluster|context)\s*[:=：]\s*\S|"
    r"[\w-]\s*(?:集群|叢集|クラスタ)|(?:集群|叢集|クラスタ)\s*[\w-]",
    re.ASCII,
)
_OPERATOR = re.compile(r"&&|\||\$[\w({]|>>", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_TICKED = re.compile(r"`([\w.-]+)`", re.ASCII)
_NEIGHBOUR = 40


def check(before: str, after: str, described: Mapping[str, Any]) -> None:
    """Refuse prose before and after an action that may change or add to it.

    The action is described by its flat JSON object (:func:`flat.describe`).
    """
    whole = _plain(f"{before} {after}")
    letter = unreadable_letter(whole)
    if letter is not None:
        raise _refusal(RefusalClass.MALFORMED, f"holds {code_point(letter)}, which is not read")
    check_words(before, after)
    if operator := _OPERATOR.search(whole):
        raise _refusal(RefusalClass.COMPOUND, f"holds {quote(operator.group())}, as a shell would")
    if other := other_action(whole, described["operation"]):
        raise _refusal(RefusalClass.COMPOUND, f"names another action ({quote(other)})")
    _check_references(whole, described)
    near = f"{_SENTENCE_END.split(_plain(before))[-1]} {_plain(after)}"
    if place := other_place(near, described):
        raise _refusal(
            RefusalClass.AMBIGUOUS,
            f"names an environment ({quote(place)}) that the action does not",
        )


def check_lead(before: str, after: str) -> None:
    """Refuse a sentence that speaks of a command: "block `…`", "`…` failed"."""
    if not asks_for_it(_plain(before), _plain(after)):
        raise _refusal(RefusalClass.AMBIGUOUS, "speaks of a command instead of asking for it")


def check_words(before: str, after: str) -> None:
    """Refuse words that negate, restrict, defer, multiply or add to the action between."""
    before, after = without_occasion(_plain(before)), _plain(after)
    near_before = _SENTENCE_END.split(before)[-1]
    near_after = _SENTENCE_END.split(after, maxsplit=1)[0]
    parts: Mapping[Where, Iterable[str]] = {
        Where.ANYWHERE: (before, after),
        Where.NEAR: (near_before, after),
        Where.CLAUSE: (
            _CJK_CLAUSE_END.split(near_before.rstrip(" :："))[-1],
            _CJK_CLAUSE_END.split(near_after, maxsplit=1)[0],
        ),
        Where.BEFORE: (near_before,),
        Where.LABEL: _LABEL.findall(near_before.rstrip().rpartition("\n")[2]),
        Where.AFTER: (after,),
    }
    for rule in RULES:
        for part in parts[rule.where]:
            if found := rule.pattern.search(part):
                raise _refusal(rule.refused, f"{rule.because} ({quote(found.group().strip())})")


def check_comments(comments: Iterable[str]) -> None:
    """Comments are dropped, as a shell drops them; only one that forbids the command is heeded."""
    for comment in comments:
        if found := PROHIBITION.search(_plain(comment)):
            raise TextRefusedError(
                RefusalClass.UNSUPPORTED,
                f"The comment may forbid the command ({quote(found.group())}). Leave it out.",
            )


def names_of(described: Mapping[str, Any]) -> set[tuple[str | None, str]]:
    """The objects of an action, as kinds and names."""
    objects = {(described["kind"], described["name"])}
    objects |= {(each["kind"], each["name"]) for each in described.get("targets", ())}
    objects.add(("CronJob", described.get("fromCronJob")))
    return {(kind, name) for kind, name in objects if name is not None}


def _check_references(prose: str, described: Mapping[str, Any]) -> None:
    objects = names_of(described)
    for reference in _REFERENCE.finditer(prose):
        known = kind_of(reference[1])
        is_own = known is not None and (known.kind, reference[2]) in objects
        if is_kind(reference[1]) and not is_own:
            raise _refusal(RefusalClass.AMBIGUOUS, f"names {quote(reference.group())} as well")
    if flag := _FLAG.search(prose):
        raise _refusal(RefusalClass.AMBIGUOUS, f"holds a flag ({quote(flag.group())}…)")
    own = {described["namespace"], described["name"] if described["kind"] == "Namespace" else None}
    if _NAMESPACE.search(prose) and not own & set(_WORD.findall(prose)):
        raise _refusal(RefusalClass.AMBIGUOUS, "names a namespace that the command does not")
    if _CLUSTER.search(prose):
        raise _refusal(RefusalClass.AMBIGUOUS, "names a cluster; an action runs in its own")
    _check_other_names(prose, {name for _, name in objects})


def _check_other_names(prose: str, names: set[str]) -> None:
    """A name in backticks beside a kind must be one of the action's own."""
    for ticked in _TICKED.finditer(prose):
        before = _WORD.findall(prose[: ticked.start()][-_NEIGHBOUR:])[-1:]
        after = _WORD.findall(prose[ticked.end() :][:_NEIGHBOUR])[:1]
        if ticked[1] not in names and any(map(is_kind, before + after)):
            raise _refusal(RefusalClass.AMBIGUOUS, f"names {quote(ticked[1])} as well")


def _plain(text: str) -> str:
    return text.casefold().replace("’", "'")


def _refusal(refused: RefusalClass, because: str) -> TextRefusedError:
    return TextRefusedError(refused, f"The text around the action {because}. {_ADVICE}")
