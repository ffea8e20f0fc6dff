"""The objects of a command: ``deploy/web``, ``deploy web api``, ``pods -l app=web``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from countersign.actions.parser.arguments import Arguments, whole_number
from countersign.actions.parser.kinds import Known, is_kind, known_kind, word_for
from countersign.actions.parser.names import valid_name, valid_namespace
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, one_of, quote
from countersign.actions.parser.selectors import valid_selector
from countersign.api.kinds import is_cluster_scoped
from countersign.api.operation import ALLOWED_KINDS, MAX_TARGETS, Kind, OperationType, Target
from countersign.api.parameters import MAX_REPLICAS

Targets = tuple[Target, ...]
Kinds = Callable[[str], Known]
_FORM = "Write the kind and the name of an object, for example deployment/web"


def read(operation: OperationType, words: Sequence[str], arguments: Arguments) -> Targets:
    """The objects that the words after the verb name, or a selector chooses."""
    selector = arguments.value("selector")
    kinds = partial(known_kind, openshift=arguments.openshift)
    pairs = _pairs(words, kinds) if selector is None else [(_lone_kind(words, kinds), None)]
    return _targets(operation, pairs, arguments, selector)


def read_of_kind(operation: OperationType, words: Sequence[str], arguments: Arguments) -> Targets:
    """The same for a verb that works on one kind only, whose word may be left out."""
    [kind] = ALLOWED_KINDS[operation]
    selector = arguments.value("selector")
    if selector is not None:
        if words:
            raise _name_and_selector(words[0])
        return _targets(operation, [(Known(kind), None)], arguments, selector)
    if words and "/" not in words[0] and is_kind(words[0]) and len(words) > 1:
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            f"To kubectl {quote(words[0])} is a name here. Leave it out, or write "
            f"{kind.lower()}/NAME.",
        )
    if not words:
        raise TextRefusedError(
            RefusalClass.NO_TARGET, f"The command names no {kind}. Write its name after the verb."
        )
    pairs = [_split(word, known_kind) if "/" in word else (Known(kind), word) for word in words]
    return _targets(operation, pairs, arguments, None)


def target(
    operation: OperationType, known: Known, name: str | None, namespace: str | None
) -> Target:
    """A target of valid names, of a kind the operation works on."""
    allowed = ALLOWED_KINDS.get(operation)
    if allowed is not None and (known.kind not in allowed or known.api_version is not None):
        raise TextRefusedError(
            RefusalClass.UNSUPPORTED,
            f"{operation} works on {one_of(allowed)} only, not on a {known.kind}.",
        )
    namespace = valid_namespace(namespace)
    if is_cluster_scoped(known.kind, known.api_version):
        namespace = None
    return Target(
        kind=str(known.kind),
        api_version=known.api_version,
        name=None if name is None else valid_name(name, known.kind),
        namespace=namespace,
    )


def replicas(text: str) -> int:
    """A number of replicas from 0 to the most that an operation may ask for."""
    return whole_number(text, "a number of replicas", 0, MAX_REPLICAS)


def word_of(known: Known) -> str:
    """A word that is read as this kind."""
    return word_for(known.kind, known.api_version)


def kind_and_name(word: str, kind: Kind, *, what: str) -> str:
    """The name in ``cronjob/NAME``, where only one kind may stand."""
    known, name = _split(word, known_kind) if "/" in word else (None, "")
    if known is None or known.kind != kind or known.api_version is not None:
        raise TextRefusedError(
            RefusalClass.UNSUPPORTED, f"{what} takes {kind.lower()}/NAME, not {quote(word)}."
        )
    return valid_name(name)


def _targets(
    operation: OperationType,
    pairs: Sequence[tuple[Known, str | None]],
    arguments: Arguments,
    selector: str | None,
) -> Targets:
    if len(pairs) > MAX_TARGETS:
        raise TextRefusedError(
            RefusalClass.AMBIGUOUS,
            f"More than {MAX_TARGETS} objects are named. Write several requests.",
        )
    namespace = arguments.value("namespace")
    if selector is not None:
        [(known, _)] = pairs
        one = target(operation, known, "any", namespace)
        chosen = {"name": None, "selector": valid_selector(selector)}
        return (one.model_copy(update=chosen),)
    found = tuple(target(operation, known, name, namespace) for known, name in pairs)
    if len(set(found)) < len(found):
        raise TextRefusedError(RefusalClass.MALFORMED, "An object is named twice. Name it once.")
    return found


def _lone_kind(words: Sequence[str], kinds: Kinds) -> Known:
    """The one kind whose objects a selector chooses."""
    match words:
        case []:
            raise TextRefusedError(
                RefusalClass.NO_TARGET, "The selector has no kind. Write it, for example pods."
            )
        case [word] if "," in word:
            raise TextRefusedError(
                RefusalClass.AMBIGUOUS,
                f"{quote(word)} are several kinds. With a selector, write a request for each.",
            )
        case [word] if "/" not in word:
            return kinds(word)
        case _:
            raise _name_and_selector(words[-1])


def _pairs(words: Sequence[str], kinds: Kinds) -> list[tuple[Known, str | None]]:
    if not words:
        raise TextRefusedError(RefusalClass.NO_TARGET, f"The command names no object. {_FORM}.")
    if any("/" in word for word in words):
        return [_split(word, kinds) for word in words]
    kind_words, names = words[0].split(","), words[1:]
    if not names:
        known = all(is_kind(kind) for kind in kind_words)
        raise TextRefusedError(
            RefusalClass.NO_TARGET if known else RefusalClass.AMBIGUOUS,
            f"{quote(words[0])} is {'a kind without a name' if known else 'a name without a kind'}."
            f" {_FORM}.",
        )
    return [(known, name) for known in map(kinds, kind_words) for name in names]


def _split(word: str, kinds: Kinds) -> tuple[Known, str]:
    kind, slash, name = word.partition("/")
    if not slash:
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            f"{quote(word)} stands beside kind/name, but has no kind itself. {_FORM}.",
        )
    if not kind or not name:
        raise TextRefusedError(RefusalClass.NO_TARGET, f"{quote(word)} names no object. {_FORM}.")
    return kinds(kind), name


def _name_and_selector(word: str) -> TextRefusedError:
    return TextRefusedError(
        RefusalClass.MALFORMED,
        f"Both a name ({quote(word)}) and a selector are given. Write one of them.",
    )
