"""The ApprovalRequest: its phases, and what of it can be changed."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from pydantic import ValidationError

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_spec import ApprovalRequestSpec
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.crd import structural_schema
from countersign.api.phase import Phase, may_follow
from countersign.api.risk import Risk
from countersign.api.signature import MAX_SIGNATURES
from tests.support.fakes_objects import request

MAY_FOLLOW = {
    Phase.PENDING: {
        Phase.APPROVED,
        Phase.DENIED,
        Phase.EXPIRED,
        Phase.CANCELLED,
        Phase.FAILED,
        Phase.SUCCEEDED,
    },
    Phase.APPROVED: {Phase.EXECUTING, Phase.SUCCEEDED, Phase.FAILED, Phase.PENDING},
    Phase.EXECUTING: {Phase.SUCCEEDED, Phase.FAILED},
}
PAIRS = list(itertools.product(Phase, Phase))


def _rule_in_python() -> Any:
    """The CRD's own rule, its few words of CEL read as Python."""
    schema = ApprovalRequestStatus.model_json_schema(by_alias=True)["properties"]["phase"]
    [rule] = schema["x-kubernetes-validations"]
    text = rule["rule"].replace("oldSelf", "old").replace("self", "new")
    text = text.replace("&&", " and ").replace("||", " or ").replace("!(", " not (")
    return compile(text.strip(), "CEL", "eval")


_RULE = _rule_in_python()


def cel_allows(old: Phase, new: Phase) -> bool:
    return bool(eval(_RULE, {"__builtins__": {}}, {"new": str(new), "old": str(old)}))


def test_a_phase_follows_another_only_as_the_life_cycle_says() -> None:
    allowed = {(old, new) for old, new in PAIRS if may_follow(old, new)}
    expected = {(old, new) for old, news in MAY_FOLLOW.items() for new in news}
    assert allowed == expected | {(phase, phase) for phase in Phase}


def test_the_api_server_holds_the_same_rule_as_may_follow() -> None:
    differing = [pair for pair in PAIRS if cel_allows(*pair) != may_follow(*pair)]
    assert differing == []


def test_any_phase_can_be_the_first() -> None:
    for new in Phase:
        assert may_follow(None, new)


def test_a_terminal_phase_is_one_that_nothing_may_follow() -> None:
    for phase in Phase:
        final = not any(may_follow(phase, new) for new in Phase if new is not phase)
        assert phase.terminal == final


SPEC = ApprovalRequestSpec.model_json_schema(by_alias=True)


def test_every_field_of_the_spec_but_signatures_and_cancelled_is_immutable() -> None:
    frozen = {
        name
        for name, field in SPEC["properties"].items()
        if "self == oldSelf" in [rule["rule"] for rule in field.get("x-kubernetes-validations", [])]
    }
    assert frozen == set(SPEC["properties"]) - {"signatures", "cancelled"}
    assert len(frozen) >= 15


def test_what_has_no_default_can_neither_appear_nor_go() -> None:
    [rule] = [r["rule"] for r in SPEC["x-kubernetes-validations"] if "messageExpression" in r]
    watched = re.findall(r"has\(self\.(\w+)\) != has\(oldSelf\.\1\)", rule)
    fields = structural_schema(ApprovalRequestSpec)["properties"]
    assert watched == [
        name
        for name, field in fields.items()
        if "default" not in field and name not in ("signatures", "cancelled")
    ]


def test_a_decided_request_is_frozen_whole_and_cannot_lose_its_phase() -> None:
    schema = ApprovalRequest.model_json_schema(by_alias=True)
    frozen, kept = (rule["rule"] for rule in schema["x-kubernetes-validations"])
    assert "oldSelf.status.phase != 'Pending'" in frozen
    assert frozen.endswith("|| self.spec == oldSelf.spec")
    assert kept.endswith("|| (has(self.status) && has(self.status.phase))")


def test_risks_are_in_rising_order() -> None:
    assert [risk.rank for risk in (Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL)] == [0, 1, 2, 3]


def test_a_request_that_nobody_has_looked_at_is_pending() -> None:
    assert request().status.phase is None
    assert request().phase is Phase.PENDING


def test_a_request_is_named_as_kubectl_users_say_it() -> None:
    assert request().key == "shop/restart-web"


INVALID: dict[str, dict[str, Any]] = {
    "a digest that is none": {"signatures": [{"signer": "alice", "plan": "sha256:abc"}]},
    "a signature without a signer": {"signatures": [{"decision": "Approve"}]},
    "an empty signer": {"signatures": [{"signer": ""}]},
    "a decision that is neither": {"signatures": [{"signer": "alice", "decision": "Maybe"}]},
    "no signature wanted": {"requiredSignatures": 0},
    "more signatures wanted than can be given": {"requiredSignatures": MAX_SIGNATURES + 1},
    "a confidence above 1": {"confidence": 1.1},
    "an unknown risk": {"riskLevel": "harmless"},
    "a path as the service account": {"serviceAccountName": "../admin"},
    "too many retries": {"retry": {"limit": 11}},
    "a duration without a unit": {"expiresAfter": "24"},
}


@pytest.mark.parametrize("what", INVALID)
def test_a_spec_that_makes_no_sense_is_refused(what: str) -> None:
    with pytest.raises(ValidationError):
        ApprovalRequestSpec.model_validate({"action": "x", **INVALID[what]})
