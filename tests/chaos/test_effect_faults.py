"""A network that fails around the effect of each operation: once is still once.

One run holds all of it, each pair of operation and trouble in a namespace of its own: of every way
to carry out there is one operation that meets all troubles; the others, which share its code, meet
the worst, an effect whose answer is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from devcluster import Cluster, OperatorProcess
from tests.chaos.conftest import SETTINGS
from tests.chaos.stays import EXEC, OPERATIONS, Stay, wait_for_the_end
from tests.support.cases import Case
from tests.support.effect_proxy import EffectProxy, Fits, is_effect, is_watch, late_command, of
from tests.support.fault_proxy import (
    Fault,
    Happening,
    refused,
    reset_after,
    reset_before,
    silence,
    slow,
)
from tests.support.shop import condition
from tests.support.site import Site

RETRY = {"limit": 2, "delay": "100ms"}
REQUEST_TIMEOUT = 20.0
"""Longer than anything here takes on a busy machine; the slow answer comes after it."""


@dataclass(frozen=True)
class Trouble:
    """What happens, to which request, how many retries it takes, and what a command comes to."""

    happens: Happening
    retries: int
    command: str
    fits: Fits = is_effect


TROUBLES = {
    "reset-before": Trouble(reset_before, 1, "OutcomeUnknown"),
    "reset-after": Trouble(reset_after, 1, "OutcomeUnknown"),
    "conflict": Trouble(refused(409), 0, "Failed"),
    "too-many-requests": Trouble(refused(429, Retry_After="1"), 1, "Failed"),
    "internal-error": Trouble(refused(500), 1, "OutcomeUnknown"),
    "service-unavailable": Trouble(refused(503), 1, "Failed"),
    "slow-answer": Trouble(slow(1.0), 0, "Applied"),
    "silent-watch": Trouble(silence, 0, "Applied", fits=is_watch),
}
SILENT = {"silent-watch"}

_EACH_ITS_OWN_WAY = (
    "restart-Deployment", "rollback-Deployment", "patch-json-Deployment", "apply-new-ConfigMap",
    "delete-ConfigMap", "evict-Pod", "run-job", "drain", "exec",
)  # fmt: skip
PAIRS = tuple(
    (case, trouble)
    for case in OPERATIONS
    for trouble in TROUBLES
    if case.name in _EACH_ITS_OWN_WAY or trouble == "reset-after"
)


@dataclass(frozen=True)
class Storm:
    """What became of all of them."""

    stays: dict[tuple[str, str], Stay]
    operator: OperatorProcess


@pytest.fixture(scope="module")
def storm(cluster: Cluster) -> Iterator[Storm]:
    with ExitStack() as stack:
        proxy = stack.enter_context(EffectProxy(cluster))
        direct = cluster.service_account_kubeconfig("countersign-system", "countersign-operator")
        env = {
            **SETTINGS,
            "COUNTERSIGN_REQUEST_TIMEOUT": str(REQUEST_TIMEOUT),
            "KUBECONFIG": str(proxy.kubeconfig(direct)),
        }
        operator = cluster.start_operator(name="storm", env=env)
        stack.callback(operator.terminate)
        pool = stack.enter_context(ThreadPoolExecutor(8))
        sites = pool.map(lambda _: Site.opened(cluster), PAIRS)
        stays = {
            (case.name, trouble): Stay(case, site, RETRY)
            for (case, trouble), site in zip(PAIRS, sites, strict=True)
        }
        stack.callback(lambda: list(pool.map(Stay.close, stays.values())))
        # A watch that is silent is given up after 15 s: the others meet their troubles meanwhile.
        for some in (SILENT, TROUBLES.keys() - SILENT):
            met = {pair: stay for pair, stay in stays.items() if pair[1] in some}
            list(pool.map(Stay.begin, met.values()))
            for (_, name), stay in met.items():
                proxy.inject(_fault(stay, name))
            list(pool.map(Stay.sign, met.values()))
        wait_for_the_end(cluster, list(stays.values()), proxy.effects)
        yield Storm(stays, operator)


def _fault(stay: Stay, name: str) -> Fault:
    trouble = TROUBLES[name]
    slow_command = stay.case is EXEC and name == "slow-answer"
    happens = late_command if slow_command else trouble.happens
    return Fault(of(stay.site.namespace, trouble.fits), happens)


def _retries(case: Case, trouble: str) -> int:
    """How many it takes, of ours: a DELETE whose connection breaks is repeated by aiohttp."""
    if case.name in ("delete-ConfigMap", "delete-Pod") and trouble.startswith("reset"):
        return 0
    if case.name == "run-job" and trouble == "conflict":
        return 1  # A creation has nothing to read again: the whole attempt is made once more.
    return TROUBLES[trouble].retries


@pytest.mark.parametrize(
    ("case", "trouble"),
    [pair for pair in PAIRS if pair[0] is not EXEC],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_it_is_done_once_and_ends_well(storm: Storm, case: Case, trouble: str) -> None:
    stay = storm.stays[case.name, trouble]
    stay.assert_done_once(retries=_retries(case, trouble))
    assert storm.operator.alive()


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_command_runs_at_most_once_and_what_is_not_known_is_said(
    storm: Storm, trouble: str
) -> None:
    stay, wanted = storm.stays[EXEC.name, trouble], TROUBLES[trouble].command
    executed = condition(stay.status, "Executed")
    ran = trouble in ("reset-after", "slow-answer", "silent-watch")
    assert stay.effects == int(ran)
    if wanted == "Applied":
        assert (stay.status["phase"], executed["reason"]) == ("Succeeded", "Applied")
    else:
        assert stay.status["phase"] == "Failed"
        assert (executed["reason"] == "OutcomeUnknown") == (wanted == "OutcomeUnknown")
