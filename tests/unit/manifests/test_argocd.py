"""What Argo CD is told of ApprovalRequests, run in a real Lua without its string library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from lupa.lua51 import LuaRuntime, lua_type

from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.phase import Phase
from devcluster.argocd.customization import config_map

FOLDER = Path(__file__).parents[3] / "manifests" / "argocd"
HEALTH = {
    Phase.PENDING: "Suspended",
    Phase.APPROVED: "Progressing",
    Phase.EXECUTING: "Progressing",
    Phase.SUCCEEDED: "Healthy",
    Phase.FAILED: "Degraded",
    Phase.DENIED: "Degraded",
    Phase.EXPIRED: "Degraded",
    Phase.CANCELLED: "Degraded",
}
# All that Argo CD opens is the base and the table library (and two functions of os).
LEAST = """
getmetatable("").__index = nil
for name in pairs(_G) do
  local kept = {_G = 1, assert = 1, error = 1, ipairs = 1, next = 1, pairs = 1, pcall = 1, select = 1,
    table = 1, tonumber = 1, tostring = 1, type = 1, unpack = 1, rawget = 1, rawset = 1}
  if not kept[name] then _G[name] = nil end
end
"""


def run(script: str, request: dict[str, Any]) -> dict[str, Any]:
    """What a script returns for an object."""
    lua = LuaRuntime()
    lua.execute(LEAST)
    lua.globals()["obj"] = lua.table_from(request, recursive=True)
    answer = _plain(lua.execute((FOLDER / script).read_text("utf-8")))
    assert isinstance(answer, dict)
    return answer


def _plain(value: Any) -> Any:
    if lua_type(value) != "table":
        return value
    return {key: _plain(each) for key, each in value.items()}


def request(status: Any = None, **spec: Any) -> dict[str, Any]:
    """An ApprovalRequest as Argo CD sees it."""
    body: dict[str, Any] = {
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "ApprovalRequest",
        "metadata": {"name": "restart-web", "namespace": "shop"},
        "spec": {"action": "kubectl rollout restart deployment/web", **spec},
    }
    return body if status is None else {**body, "status": status}


# --- Health ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", list(Phase))
def test_each_phase_has_its_health_and_the_message_of_the_status(phase: Phase) -> None:
    answer = run("health.lua", request({"phase": str(phase), "message": "Needs one more 签名."}))
    assert answer == {"status": HEALTH[phase], "message": "Needs one more 签名."}


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("message", [None, "", 7, {"a": "table"}, ["a", "list"], True])
def test_without_a_message_to_show_it_says_the_phase(phase: Phase, message: Any) -> None:
    answer = run("health.lua", request({"phase": str(phase), "message": message}))
    assert answer == {"status": HEALTH[phase], "message": f"The request is {phase}."}


@pytest.mark.parametrize(
    "status", [None, {}, {"message": "x"}, {"phase": None}, "Succeeded", 1, []]
)
def test_what_the_operator_has_not_seen_yet_progresses(status: Any) -> None:
    answer = run("health.lua", request(status))
    assert answer["status"] == "Progressing"
    assert "operator has not looked" in answer["message"]


@pytest.mark.parametrize(
    "phase",
    ["", "succeeded", "Succeeded ", "Archived", 1, 1.5, True, {"Succeeded": "x"}, ["Succeeded"]],
)
def test_an_unknown_phase_is_never_taken_for_good(phase: Any) -> None:
    answer = run("health.lua", request({"phase": phase, "message": "All is well."}))
    assert answer["status"] == "Unknown"
    assert "update the health check" in answer["message"]


def test_the_longest_message_of_a_status_is_shown_and_a_longer_one_is_not() -> None:
    [limit] = [
        each.max_length
        for each in ApprovalRequestStatus.model_fields["message"].metadata
        if hasattr(each, "max_length")
    ]
    longest = "\N{FACE WITH TEARS OF JOY}" * limit
    for phase in Phase:
        shown = run("health.lua", request({"phase": str(phase), "message": longest}))
        assert shown == {"status": HEALTH[phase], "message": longest}
        replaced = run("health.lua", request({"phase": str(phase), "message": longest + "x"}))
        assert replaced["status"] == HEALTH[phase]
        assert "too long to be shown" in replaced["message"]


# --- Actions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", list(Phase))
def test_only_a_pending_request_can_be_cancelled(phase: Phase) -> None:
    offered = run("discovery.lua", request({"phase": str(phase)}))
    assert set(offered) == ({"cancel"} if phase is Phase.PENDING else set())


@pytest.mark.parametrize("status", [None, {}, {"phase": None}, "Pending", ["Pending"], 1])
def test_no_action_is_offered_before_there_is_a_status(status: Any) -> None:
    assert run("discovery.lua", request(status)) == {}


def test_what_is_cancelled_already_cannot_be_cancelled_again() -> None:
    assert run("discovery.lua", request({"phase": "Pending"}, cancelled=True)) == {}
    assert set(run("discovery.lua", request({"phase": "Pending"}, cancelled=False))) == {"cancel"}


def test_cancelling_changes_nothing_but_cancelled() -> None:
    before = request({"phase": "Pending"}, description="Memory grows.")
    assert run("cancel.lua", before) == {**before, "spec": {**before["spec"], "cancelled": True}}


# --- The ConfigMap --------------------------------------------------------------------------------


def test_the_config_map_holds_the_lua_files() -> None:
    text = (FOLDER / "argocd-cm.yaml").read_text("utf-8")
    assert text == config_map(), "run: make argocd-cm"
    data = yaml.safe_load(text)["data"]
    assert set(data) == {
        "resource.customizations.health.countersign.dev_ApprovalRequest",
        "resource.customizations.actions.countersign.dev_ApprovalRequest",
    }
    health, actions = data.values()
    assert health == (FOLDER / "health.lua").read_text("utf-8")
    actions = yaml.safe_load(actions)
    assert actions == {
        "discovery.lua": (FOLDER / "discovery.lua").read_text("utf-8"),
        "definitions": [
            {"name": "cancel", "action.lua": (FOLDER / "cancel.lua").read_text("utf-8")}
        ],
    }
    assert {file.name for file in FOLDER.glob("*.lua")} == {
        "health.lua",
        "discovery.lua",
        "cancel.lua",
    }
