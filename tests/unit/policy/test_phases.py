"""The phase is derived from the conditions."""

from __future__ import annotations

import pytest

from countersign.api.conditions import Condition, ConditionType
from countersign.api.phase import Phase
from countersign.policy.phases import phase_of
from tests.support.fakes_time import START


def conditions(**set_to: str) -> list[Condition]:
    """``approved="False/Denied"``: status and reason of each condition that is set."""
    return [
        Condition(
            type=ConditionType(kind.capitalize()),
            status=value.split("/")[0],
            reason=value.partition("/")[2] or "Because",
            last_transition_time=START,
        )
        for kind, value in set_to.items()
    ]


WAITS = {"planned": "True/Planned", "approved": "False/SignaturesMissing"}
SIGNED = {"planned": "True/Planned", "approved": "True/QuorumReached"}
DONE = {**SIGNED, "executed": "True/Applied"}
CASES: dict[str, tuple[dict[str, str], Phase]] = {
    "nothing is known": ({}, Phase.PENDING),
    "planning is tried again": ({"planned": "Unknown/Retrying"}, Phase.PENDING),
    "there is a plan": ({"planned": "True/Planned"}, Phase.PENDING),
    "signatures are missing": (WAITS, Phase.PENDING),
    "it is signed, and waits for its time": (
        {"planned": "True/Planned", "approved": "False/NotBefore"},
        Phase.PENDING,
    ),
    "the plan went stale": (
        {"planned": "False/Stale", "approved": "False/Stale"},
        Phase.PENDING,
    ),
    "it cannot be planned": ({"planned": "False/TargetNotFound"}, Phase.FAILED),
    "it could be planned once, and cannot any more": (
        {"planned": "False/Forbidden", "approved": "False/Stale"},
        Phase.FAILED,
    ),
    "somebody denied it": ({**WAITS, "approved": "False/Denied"}, Phase.DENIED),
    "nobody signed in time": ({**WAITS, "approved": "False/Expired"}, Phase.EXPIRED),
    "it was called off": ({**WAITS, "approved": "False/Cancelled"}, Phase.CANCELLED),
    "it was called off before it was planned": (
        {"approved": "False/Cancelled"},
        Phase.CANCELLED,
    ),
    "it expired while its plan was stale": (
        {"planned": "False/Stale", "approved": "False/Expired"},
        Phase.EXPIRED,
    ),
    "only a plan was asked for": ({**WAITS, "approved": "False/DryRun"}, Phase.SUCCEEDED),
    "the quorum is reached": (SIGNED, Phase.APPROVED),
    "another attempt is to come": ({**SIGNED, "executed": "Unknown/Retrying"}, Phase.EXECUTING),
    "it could not be carried out": ({**SIGNED, "executed": "False/Forbidden"}, Phase.FAILED),
    "it was carried out": (DONE, Phase.SUCCEEDED),
    "there was nothing to change": ({**SIGNED, "executed": "True/NoChange"}, Phase.SUCCEEDED),
    "its outcome is being watched": ({**DONE, "verified": "Unknown/Verifying"}, Phase.EXECUTING),
    "its outcome is good": ({**DONE, "verified": "True/Done"}, Phase.SUCCEEDED),
    "its outcome is bad": ({**DONE, "verified": "False/Degraded"}, Phase.FAILED),
    "its outcome did not come in time": ({**DONE, "verified": "False/Timeout"}, Phase.FAILED),
    "it is not written down yet": ({**DONE, "recorded": "False/StoreUnavailable"}, Phase.SUCCEEDED),
    "it failed although its outcome was being watched": (
        {**SIGNED, "executed": "False/TargetNotFound", "verified": "Unknown/Verifying"},
        Phase.FAILED,
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_the_phase_tells_people_what_the_conditions_say(what: str) -> None:
    set_to, phase = CASES[what]
    assert phase_of(conditions(**set_to)) is phase


def test_every_phase_is_reached_by_some_conditions() -> None:
    assert {phase for _, phase in CASES.values()} == set(Phase)
