"""``cordon``, ``uncordon``, ``drain`` and ``taint``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import get_args

from countersign.actions.parser import targets
from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.selectors import KEY, VALUE, valid_selector
from countersign.actions.parser.verbs.command import Command, aimed, command, grace_period
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import (
    MAX_ITEMS,
    DrainNodeParameters,
    Effect,
    Taint,
    TaintNodeParameters,
    TaintRemoval,
)

_TAINT = re.compile(
    rf"(?P<key>{KEY})(?P<is_value>=(?P<value>{VALUE}))?"
    rf"(?::(?P<effect>{'|'.join(get_args(Effect))}))?(?P<is_removal>-)?"
)


def _plain(operation: OperationType) -> Callable[[Arguments], Operation]:
    """A verb without parameters."""

    def build(arguments: Arguments) -> Operation:
        found = targets.read_of_kind(operation, arguments.positionals, arguments)
        return Operation(type=operation, **aimed(found))

    return build


def _drain(arguments: Arguments) -> Operation:
    operation = OperationType.DRAIN_NODE
    found = targets.read_of_kind(operation, arguments.positionals, arguments)
    pods = arguments.value("pod-selector")
    parameters = DrainNodeParameters(
        ignore_daemon_sets=arguments.is_set("ignore-daemonsets"),
        delete_empty_dir_data=arguments.is_set("delete-emptydir-data")
        or arguments.is_set("delete-local-data"),
        force=arguments.is_set("force"),
        grace_period_seconds=grace_period(arguments),
        pod_selector=None if pods is None else valid_selector(pods),
    )
    return Operation(type=operation, drain_node=parameters, **aimed(found))


def _taint(arguments: Arguments) -> Operation:
    words = arguments.positionals
    # Unlike a label's, a taint may have no "=": its place in the line tells what it is.
    start = next(
        (i for i, word in enumerate(words) if i and _is_taint(word)),
        len(words),
    )
    found = targets.read(OperationType.TAINT_NODE, words[:start], arguments)
    add, remove = _taints(words[start:])
    parameters = TaintNodeParameters(
        add=add, remove=remove, overwrite=arguments.is_set("overwrite")
    )
    return Operation(type=OperationType.TAINT_NODE, taint_node=parameters, **aimed(found))


def _is_taint(word: str) -> bool:
    return "=" in word or ":" in word or word.endswith("-")


def _taints(words: Sequence[str]) -> tuple[tuple[Taint, ...], tuple[TaintRemoval, ...]]:
    add: list[Taint] = []
    remove: list[TaintRemoval] = []
    for word in words:
        taint = _TAINT.fullmatch(word)
        is_whole = taint and (taint["effect"] or (taint["is_removal"] and not taint["is_value"]))
        if taint is None or not is_whole:
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                f"{quote(word)} is no taint. Write KEY=VALUE:EFFECT, or KEY:EFFECT- to take it "
                f"off; effects are {', '.join(get_args(Effect))}.",
            )
        if taint["is_removal"]:
            remove.append(
                TaintRemoval(key=taint["key"], effect=taint["effect"], value=taint["value"] or None)
            )
        else:
            add.append(Taint(key=taint["key"], value=taint["value"] or "", effect=taint["effect"]))
    _check(add, remove)
    return tuple(add), tuple(remove)


def _check(add: Sequence[Taint], remove: Sequence[TaintRemoval]) -> None:
    if not 0 < len(add) + len(remove) <= MAX_ITEMS:
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            f"Write 1 to {MAX_ITEMS} taints, for example dedicated=db:NoSchedule.",
        )
    seen = [
        *((each.key, each.effect) for each in add),
        *((each.key, each.effect) for each in remove),
    ]
    both = {each.key for each in add} & {each.key for each in remove}
    if both or len(set(seen)) < len(seen):
        raise TextRefusedError(
            RefusalClass.MALFORMED, "A taint is there twice, or put on and taken off at once."
        )


COMMANDS: dict[tuple[str, ...], Command] = {
    path: each
    for group in ((), ("adm",))
    for path, each in {
        (*group, "cordon"): command(_plain(OperationType.CORDON_NODE), "selector"),
        (*group, "uncordon"): command(_plain(OperationType.UNCORDON_NODE), "selector"),
        (*group, "taint"): command(_taint, "selector overwrite"),
        (*group, "drain"): command(
            _drain,
            "selector ignore-daemonsets delete-emptydir-data delete-local-data force "
            "grace-period pod-selector chunk-size",
        ),
    }.items()
}
