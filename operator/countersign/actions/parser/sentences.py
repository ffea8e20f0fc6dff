"""Sentences in English and Chinese: a closed grammar, every word of which is accounted for.

Each token is one letter (``vocabulary.Role``), a sentence a string of them, and a form of
sentence a regular expression over such strings. What fits no form exactly is refused.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from countersign.actions.parser import prose, targets, tokens
from countersign.actions.parser.puzzles import refuse_sentence
from countersign.actions.parser.refusal import RefusalClass, RefusedError, quote
from countersign.actions.parser.tokens import Token
from countersign.actions.parser.vocabulary import PURPOSES, Role
from countersign.api.operation import Kind, Operation, OperationType, ScaleParameters

# What a reason may not speak of, or it would be a second action.
_ACTIVE = frozenset("rsbkxgfe")
_CLAUSE_END = re.compile(r"[.!;:](?=\s|$)|[,，。！；：\n]|\b(?:and|then|by)\b|并|並|然[后後]")


# Parts that forms are made of; <name:n> is a token of role n, kept as the name.
_PARTS = {
    "FRONT": "(?:i(?:NAMESPACEg|gNAMESPACE)o?z?)?",
    "WITHIN": "(?:i?(?:NAMESPACEg|gNAMESPACE)o)?",
    "TARGET": "(?:<kind:k>c?<name:n>|<name:n><kind:k>|<name:x>|c<name:n>o<kind:k>)",
    "PLACE": "(?:z?(?:[io]?gNAMESPACE|iNAMESPACEg|fNAMESPACE|<namespace:e>))?",
    "COUNT": "t<number:d>v?",
    # Namespaces are often called after what is in them: jobs, secrets, ingress.
    "NAMESPACE": "<namespace:[nh]>",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a sentence says, whatever its form."""

    kind: Kind
    name: str
    namespace: str | None
    number: Token | None


@dataclass(frozen=True, slots=True)
class Form:
    """One way to say something, and the operation that it asks for."""

    pattern: re.Pattern[str]
    build: Callable[[Said], Operation]


def read(sentence: str) -> Operation:
    """The operation that a sentence asks for."""
    words = tokens.read(sentence)
    if not words:
        raise RefusedError(RefusalClass.NO_TARGET, "The action is empty. Write a kubectl command.")
    end = _reason(words)
    core, tail = words[:end], sentence[words[end].start :] if end < len(words) else ""
    operation = _understood(core)
    if (
        operation is None
        or len(words) > tokens.MAX_TOKENS
        or any(token.role in _ACTIVE for token in words[end:])
    ):
        raise refuse_sentence(sentence, words)
    prose.check("", tail, operation)
    return operation


def check_contradiction(text: str, operation: Operation) -> None:
    """Refuse prose around a command that by itself asks for something else."""
    for clause in _CLAUSE_END.split(text):
        words = tokens.read(clause)
        said = _understood(words)
        if said is not None and operation.target.namespace is not None:
            said = said.in_namespace(operation.target.namespace)
        if (said or operation) != operation or _names_another(words, operation.target.name):
            raise RefusedError(
                RefusalClass.AMBIGUOUS,
                f"The text around the command says {quote(clause.strip())}, the command says "
                "something else. Write the command only.",
            )


def _names_another(words: Sequence[Token], name: str) -> bool:
    """Whether a clause about a restart or scaling has another name than this beside a kind."""
    if not any(token.role in (Role.RESTART, Role.SCALE) for token in words):
        return False
    return any(
        ({Role.NAME, Role.KIND} == {one.role, other.role} and name not in (one.text, other.text))
        or (one.role is Role.REFERENCE and one.text != name)
        for one, other in itertools.pairwise([*words, words[-1]])
    )


def _understood(words: Sequence[Token]) -> Operation | None:
    roles = "".join(token.role for token in words)
    for form in _FORMS:
        if match := form.pattern.fullmatch(roles):
            return form.build(_said(words, match))
    return None


def _reason(words: Sequence[Token]) -> int:
    """Where the words begin that only say why; the number of words if there are none."""
    for index, token in enumerate(words):
        if token.role is Role.REASON:
            return index - (index > 0 and words[index - 1].role is Role.COMMA)
        following = words[index + 1].text.lower() if index + 1 < len(words) else ""
        if token.role is Role.TO and following in PURPOSES:
            return index
    return len(words)


def _said(words: Sequence[Token], match: re.Match[str]) -> Said:
    """The tokens that a form has kept; refuses two namespaces."""
    kept: dict[str, list[Token]] = {}
    for group in match.re.groupindex:
        if match.start(group) >= 0:
            kept.setdefault(group.partition("_")[0], []).append(words[match.start(group)])
    namespaces = {token.text for token in kept.get("namespace", ())}
    if len(namespaces) > 1:
        raise RefusedError(
            RefusalClass.AMBIGUOUS, "Two namespaces are named. Name the one that is meant."
        )
    [name] = kept["name"]
    kind = name.kind or kept["kind"][0].kind
    if kind is None:
        raise AssertionError("a token of role k or x has a kind")
    return Said(
        kind, name.text, next(iter(namespaces), None), next(iter(kept.get("number", ())), None)
    )


def _restart_rollout(said: Said) -> Operation:
    operation = OperationType.RESTART_ROLLOUT
    target = targets.target(operation, said.kind, said.name, said.namespace)
    return Operation(type=operation, target=target)


def _scale(said: Said) -> Operation:
    operation = OperationType.SCALE
    target = targets.target(operation, said.kind, said.name, said.namespace)
    if said.number is None:
        raise AssertionError("every form of scale keeps a number")
    number = said.number.number
    replicas = targets.replicas(said.number.text) if number is None else number
    return Operation(type=operation, target=target, scale=ScaleParameters(replicas=replicas))


def _form(form: str, build: Callable[[Said], Operation]) -> Form:
    for part, pattern in _PARTS.items():
        form = form.replace(part, pattern)
    counter = itertools.count()
    form = re.sub(
        r"<(\w+):([^>]+)>", lambda kept: f"(?P<{kept[1]}_{next(counter)}>{kept[2]})", form
    )
    return Form(re.compile(form.replace(" ", "")), build)


_FORMS = (
    # restart deployment web in namespace shop; perform a rolling restart of …; 重启 …
    _form("FRONT q?ro? WITHIN TARGET PLACE", _restart_rollout),
    # 将 shop 命名空间的 web 部署(进行滚动)重启
    _form("FRONT b WITHIN TARGET q?r PLACE", _restart_rollout),
    # scale (down) deployment web in namespace shop to 3 (replicas); 扩容 web 部署到 3 个副本
    _form("FRONT sw? WITHIN TARGET PLACE (?:o?[yu])? w? COUNT u? PLACE", _scale),
    # set deployment web to 3 replicas
    _form("FRONT m WITHIN TARGET PLACE COUNT u PLACE", _scale),
    # set the deployment web replicas to 3; 设置 web 部署的副本数为 3
    _form("FRONT m WITHIN TARGET o?[yu] COUNT u? PLACE", _scale),
    # set the number of replicas of deployment web to 3
    _form("FRONT m[yu]o WITHIN TARGET PLACE COUNT u? PLACE", _scale),
    # 将 shop 命名空间中的 web 部署(的副本数)扩展到 3 个副本
    _form("FRONT b WITHIN TARGET (?:o?y)?s COUNT u? PLACE", _scale),
    # 将 web 部署的副本数调整为 3
    _form("FRONT b WITHIN TARGET o?ym COUNT u? PLACE", _scale),
    # 将 web 部署调整为 3 个副本
    _form("FRONT b WITHIN TARGET m COUNT u PLACE", _scale),
)
