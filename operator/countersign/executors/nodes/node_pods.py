"""The pods on a node, told apart as ``kubectl drain`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from countersign.api.parameters import DrainNodeParameters
from countersign.api.text import clip
from countersign.errors import RefusedError
from countersign.policy.reach.pods import (
    controller_of,
    has_empty_dir,
    has_ended,
    is_static,
    name_of,
)
from countersign.ports import JsonObject

_NAMED = 5


class _Hurdle(NamedTuple):
    """A class of pods that stops a drain unless a parameter allows it."""

    what: str
    holds: Callable[[JsonObject], bool]
    allowed: Callable[[DrainNodeParameters], bool]
    advice: str


def _of_daemon_set(pod: JsonObject) -> bool:
    owner = controller_of(pod)
    return owner is not None and owner.get("kind") == "DaemonSet" and not has_ended(pod)


def _with_data(pod: JsonObject) -> bool:
    return has_empty_dir(pod) and not has_ended(pod)


def _bare(pod: JsonObject) -> bool:
    return controller_of(pod) is None and not has_ended(pod)


EMPTY_DIR = "emptyDir data is lost"
BARE = "no controller makes them again"
_OF_DAEMON_SETS = _Hurdle(
    "belong to a DaemonSet",
    _of_daemon_set,
    lambda flags: flags.ignore_daemon_sets,
    "Set ignoreDaemonSets to leave them where they are.",
)
_HURDLES = (
    _Hurdle(
        "have emptyDir data, which would be lost",
        _with_data,
        lambda flags: flags.delete_empty_dir_data,
        "Set deleteEmptyDirData to evict them all the same.",
    ),
    _Hurdle(
        "have no controller that would make them again",
        _bare,
        lambda flags: flags.force,
        "Set force to evict them all the same.",
    ),
)


@dataclass(frozen=True)
class NodePods:
    """What a drain evicts, and what it leaves: static pods, and those of DaemonSets."""

    evicted: tuple[JsonObject, ...]
    left: tuple[JsonObject, ...]

    @property
    def with_data(self) -> int:
        """How many of the evicted lose data."""
        return sum(map(_with_data, self.evicted))

    @property
    def bare(self) -> int:
        """How many of the evicted do not come back."""
        return sum(map(_bare, self.evicted))

    @property
    def classes(self) -> tuple[str, ...]:
        """What befalls the evicted, whatever their number."""
        if not self.evicted:
            return ()
        found = [(self.with_data, EMPTY_DIR), (self.bare, BARE)]
        return tuple(words for number, words in found if number)


def sorted_out(pods: Iterable[JsonObject], flags: DrainNodeParameters, where: str) -> NodePods:
    """Tell them apart; ``RefusedError`` where some are on it that the flags do not allow."""
    evicted, left, daemons = [], [], []
    for pod in pods:
        if is_static(pod):
            left.append(pod)
        elif _of_daemon_set(pod):
            daemons.append(pod)
        else:
            evicted.append(pod)
    refusals = _refusal(_OF_DAEMON_SETS, daemons, flags) + [
        text
        for hurdle in _HURDLES
        for text in _refusal(hurdle, [pod for pod in evicted if hurdle.holds(pod)], flags)
    ]
    if refusals:
        raise RefusedError("Invalid", f"{where} cannot be drained: {' '.join(refusals)}")
    return NodePods(tuple(evicted), (*left, *daemons))


def _refusal(hurdle: _Hurdle, pods: list[JsonObject], flags: DrainNodeParameters) -> list[str]:
    if not pods or hurdle.allowed(flags):
        return []
    return [f"{names(pods)} {hurdle.what}. {hurdle.advice}"]


def names(pods: Iterable[JsonObject]) -> str:
    """The first few, in order, and how many more there are."""
    found = sorted("/".join(name_of(pod)) for pod in pods)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return clip(", ".join(found[:_NAMED]), 600) + more
