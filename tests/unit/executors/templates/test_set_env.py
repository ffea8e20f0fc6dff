"""SetEnv: what changes in which container, what is hidden, and how it is taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from countersign.api.operation import Kind, Operation, OperationType
from countersign.errors import RefusedError
from countersign.executors.templates.set_env import SetEnv
from countersign.ports import JsonObject
from tests.support.fakes_time import START
from tests.support.pod_templates import asked, containers, done, templated, told, undone

RECIPE = SetEnv()
REF = {"secretKeyRef": {"name": "db", "key": "password"}}


def container(name: str, *entries: JsonObject, **values: str) -> JsonObject:
    env = [{"name": key, "value": value} for key, value in values.items()]
    return {"name": name, "env": [*env, *entries]}


def setting(
    put: dict[str, str] | None = None, *remove: str, container: str | None = None
) -> Operation:
    parameters: dict[str, Any] = {"set": put or {}, "remove": list(remove)}
    if container:
        parameters["container"] = container
    return asked(OperationType.SET_ENV, setEnv=parameters)


def env(live: JsonObject) -> dict[str, list[JsonObject]]:
    """Each container's variables by name, in no order."""
    return {
        name: sorted(each.get("env") or [], key=lambda entry: entry["name"])
        for name, each in containers(live).items()
    }


WEB = container("web", {"name": "REF", "valueFrom": REF}, B="1", A="2", OLD="x")
SIDE, PREP = {"name": "side"}, container("prep", A="2")
LIVE = templated(WEB, SIDE, init=(PREP,))


def test_a_value_changes_and_can_be_taken_back() -> None:
    of = setting({"A": "9"}, container="web")
    assert told(RECIPE, of, LIVE) == [("containers[web].env[A].value", "2", "9")]
    assert {"name": "A", "value": "9"} in env(done(RECIPE, of, LIVE))["web"]
    back = RECIPE.undo(of, LIVE)
    assert back == setting({"A": "2"}, container="web")
    assert undone(RECIPE, of, LIVE) == LIVE


def test_values_that_are_there_already_and_absent_ones_to_remove_are_no_change() -> None:
    of = setting({"A": "2", "B": "1"}, "NOPE", container="web")
    assert RECIPE.changes(of, LIVE) == ()
    assert RECIPE.undo(of, LIVE) is None
    assert "already" in RECIPE.summary(of, LIVE)


def test_without_a_container_all_get_it_init_containers_too() -> None:
    of = setting({"NEW": "n"})
    assert [field for field, _, _ in told(RECIPE, of, LIVE)] == [
        "containers[web].env[NEW].value",
        "containers[side].env[NEW].value",
        "initContainers[prep].env[NEW].value",
    ]
    assert RECIPE.undo(of, LIVE) == setting(None, "NEW")
    assert env(undone(RECIPE, of, LIVE)) == env(LIVE)


def test_removing_and_setting_in_one() -> None:
    of = setting({"NEW": "n"}, "OLD", container="web")
    assert told(RECIPE, of, LIVE) == [
        ("containers[web].env[NEW].value", None, "n"),
        ("containers[web].env[OLD].value", "x", None),
    ]
    names = [each["name"] for each in env(done(RECIPE, of, LIVE))["web"]]
    assert names == ["A", "B", "NEW", "REF"]
    assert RECIPE.undo(of, LIVE) == setting({"OLD": "x"}, "NEW", container="web")
    assert env(undone(RECIPE, of, LIVE)) == env(LIVE)


def test_the_patch_keeps_the_order_and_puts_new_ones_last() -> None:
    of = setting({"A": "9", "B": "9", "NEW": "$(A)"}, "OLD", container="web")
    [part] = RECIPE.patch(of, LIVE, START)["spec"]["template"]["spec"]["containers"]
    order = [each["name"] for each in part["$setElementOrder/env"]]
    assert order == ["B", "A", "REF", "NEW"]
    put = [each["name"] for each in part["env"] if "$patch" not in each]
    assert put == ["B", "A", "NEW"]  # The API server wants them in that same order.
    assert {"name": "OLD", "$patch": "delete"} in part["env"]


def test_an_empty_value_is_a_value() -> None:
    live = templated(container("web", {"name": "EMPTY"}))
    assert RECIPE.changes(setting({"EMPTY": ""}), live) == ()
    assert told(RECIPE, setting({"EMPTY": "x"}), live) == [
        ("containers[web].env[EMPTY].value", "", "x")
    ]
    assert told(RECIPE, setting({"NEW": ""}), live) == [
        ("containers[web].env[NEW].value", None, "")
    ]
    assert told(RECIPE, setting(None, "EMPTY"), live) == [
        ("containers[web].env[EMPTY].value", "", None)
    ]


# --- Values from elsewhere ------------------------------------------------------------------------


def test_a_value_from_elsewhere_is_replaced_whole_and_comes_back_by_a_patch() -> None:
    of = setting({"REF": "plain"}, container="web")
    reference = '{"secretKeyRef":{"key":"password","name":"db"}}'
    assert told(RECIPE, of, LIVE) == [
        ("containers[web].env[REF].valueFrom", reference, None),
        ("containers[web].env[REF].value", None, "plain"),
    ]
    [part] = RECIPE.patch(of, LIVE, START)["spec"]["template"]["spec"]["containers"]
    assert part["env"] == [{"name": "REF", "value": "plain", "valueFrom": None}]
    back = RECIPE.undo(of, LIVE)
    assert back is not None
    assert back.type is OperationType.PATCH
    assert env(undone(RECIPE, of, LIVE)) == env(LIVE)


def test_a_removed_value_from_elsewhere_comes_back_in_its_place() -> None:
    of = setting(None, "REF", container="web")
    back = RECIPE.undo(of, LIVE)
    assert back is not None
    assert back.patch is not None
    [part] = json.loads(back.patch.patch)["spec"]["template"]["spec"]["containers"]
    order = [each["name"] for each in part["$setElementOrder/env"]]
    assert order == ["B", "A", "OLD", "REF"]
    assert env(undone(RECIPE, of, LIVE)) == env(LIVE)


def test_a_plain_value_that_looks_like_a_reference_reads_otherwise() -> None:
    text = '{"secretKeyRef":{"key":"password","name":"db"}}'
    plain = templated(container("web", REF=text))
    reference = templated(container("web", {"name": "REF", "valueFrom": REF}))
    of = setting({"REF": "x"})
    assert told(RECIPE, of, plain) != told(RECIPE, of, reference)


def test_containers_that_were_not_alike_come_back_by_a_patch() -> None:
    live = templated(container("web", A="1"), container("side", A="2"))
    back = RECIPE.undo(setting({"A": "3"}), live)
    assert back is not None
    assert back.type is OperationType.PATCH
    assert env(undone(RECIPE, setting({"A": "3"}), live)) == env(live)


# --- Secrets --------------------------------------------------------------------------------------


def everything(of: Operation, live: JsonObject) -> str:
    back = RECIPE.undo(of, live)
    changes = [change.to_json() for change in RECIPE.changes(of, live)]
    return json.dumps([changes, RECIPE.summary(of, live), back and back.to_json()])


@pytest.mark.parametrize(
    "of",
    [
        setting({"DB_PASSWORD": "new"}),
        setting(None, "DB_PASSWORD"),
        setting({"A": "1"}, "DB_PASSWORD"),
    ],
)
def test_an_old_value_that_looks_secret_is_neither_shown_nor_kept(of: Operation) -> None:
    live = templated(container("web", DB_PASSWORD="hunter2", A="2"))
    other = templated(container("web", DB_PASSWORD="other", A="2"))
    assert "hunter2" not in everything(of, live)
    assert everything(of, live) == everything(of, other)  # Not even a digest.
    assert RECIPE.undo(of, live) is None
    assert "cannot be taken back" in RECIPE.summary(of, live)
    assert ("containers[web].env[DB_PASSWORD].value", "(hidden)") in [
        (field, before) for field, before, _ in told(RECIPE, of, live)
    ]


def test_a_plan_does_not_tell_whether_a_guess_at_a_secret_is_right() -> None:
    right = templated(container("web", DB_PASSWORD="guess"))
    wrong = templated(container("web", DB_PASSWORD="other"))
    of = setting({"DB_PASSWORD": "guess"})
    assert everything(of, right) == everything(of, wrong)


def test_a_login_in_an_address_is_hidden_too() -> None:
    live = templated(container("web", DATABASE_URL="postgres://app:hunter2@db/shop"))
    assert "hunter2" not in everything(setting({"DATABASE_URL": "x"}), live)


def test_a_new_variable_with_a_secret_name_is_shown_and_can_be_taken_back() -> None:
    of = setting({"API_TOKEN": "abc"}, container="web")
    assert told(RECIPE, of, LIVE) == [("containers[web].env[API_TOKEN].value", None, "abc")]
    assert RECIPE.undo(of, LIVE) == setting(None, "API_TOKEN", container="web")


def test_the_summary_holds_no_values() -> None:
    of = setting({"A": "9", "NEW": "n"}, "OLD", container="web")
    assert RECIPE.summary(of, LIVE) == (
        "Set A, NEW and remove OLD in container web of Deployment shop/web"
    )
    assert RECIPE.summary(setting(None, "A"), LIVE) == (
        "Remove A in all containers of Deployment shop/web"
    )


# --- What is refused, and bounds ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (setting(), "without variables"),
        (setting({"A": "1"}, container="db"), "no container db; it has web, side, prep"),
        (setting({"A": "1"}, "A"), "cannot be set and removed at once"),
        (setting({"A B": "1"}), "cannot be a variable"),
        (setting({"1A": "1"}), "cannot be a variable"),
        (setting({"A\n": "1"}), "cannot be a variable"),
        (setting({"": "1"}), "cannot be a variable"),
        (setting({"A" * 254: "1"}), "cannot be a variable"),
        (setting(None, "A]"), "cannot be a variable"),
        (setting({"A": "x" * 4097}), "longer than 4096"),
    ],
)
def test_what_makes_no_sense_is_refused(of: Operation, words: str) -> None:
    with pytest.raises(RefusedError, match=words) as caught:
        RECIPE.check(of, LIVE)
    assert caught.value.reason == "Invalid"
    assert len(str(caught.value)) < 1025


def test_a_replica_set_that_is_owned_is_refused() -> None:
    put = {"set": {"A": "1"}}
    of = asked(OperationType.SET_ENV, Kind.REPLICA_SET, setEnv=put)
    live = templated(WEB, kind=Kind.REPLICA_SET)
    RECIPE.check(of, live)
    owner = {"kind": "Deployment", "name": "web", "controller": True}
    live["metadata"]["ownerReferences"] = [owner]
    with pytest.raises(RefusedError, match="belongs to Deployment web"):
        RECIPE.check(of, live)


def test_a_variable_that_is_there_twice_can_be_removed_but_not_set() -> None:
    live = templated(container("web", {"name": "A", "value": "3"}, A="2"))
    RECIPE.check(setting(None, "A"), live)
    RECIPE.check(setting({"B": "1"}), live)
    with pytest.raises(RefusedError, match="has A 2 times; remove it first"):
        RECIPE.check(setting({"A": "1"}), live)


def test_long_values_that_differ_are_shown_differently() -> None:
    live = templated(container("web", A="y" * 4000))
    one, other = (RECIPE.changes(setting({"A": "x" * 4000 + end}), live) for end in "ab")
    assert one != other
    assert all(len(change.after or "") <= 1024 for change in (*one, *other))


def test_an_old_value_longer_than_the_operation_takes_comes_back_by_a_patch() -> None:
    live = templated(container("web", A="y" * 5000))
    back = RECIPE.undo(setting({"A": "1"}), live)
    assert back is not None
    assert back.type is OperationType.PATCH
    huge = templated(container("web", A="y" * 20_000))
    assert RECIPE.undo(setting({"A": "1"}), huge) is None


def test_progress_is_the_rollouts() -> None:
    live = templated(WEB)
    live["status"]["updatedReplicas"] = 0
    assert RECIPE.progress(setting({"A": "1"}), live).state == "underway"
