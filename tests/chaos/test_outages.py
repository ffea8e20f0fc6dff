"""A store and a channel that are down while something is carried out: all is written in the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from devcluster import Cluster
from tests.chaos.conftest import SETTINGS, StartOperator, kill_for_good
from tests.chaos.repairs import PATIENCE, SYSTEM, Repair
from tests.support.eventually import eventually
from tests.support.hook import Hook
from tests.support.shop import JsonObject, condition


def _role(cluster: Cluster) -> JsonObject:
    get = cluster.kubectl("-n", SYSTEM, "get", "role", "countersign-operator", "-o", "json")
    role: JsonObject = json.loads(get.stdout)
    for key in ("resourceVersion", "uid", "creationTimestamp", "managedFields"):
        role["metadata"].pop(key, None)
    return role


def _without_config_maps(role: JsonObject) -> JsonObject:
    rules: list[Any] = [each for each in role["rules"] if "configmaps" not in each["resources"]]
    return {**role, "rules": rules}


@contextmanager
def store_down(cluster: Cluster) -> Iterator[None]:
    """The operator may not write its ConfigMaps meanwhile."""
    role, replace = _role(cluster), ("replace", "-f", "-")
    cluster.kubectl(*replace, input=json.dumps(_without_config_maps(role)))
    try:
        yield
    finally:
        cluster.kubectl(*replace, input=json.dumps(role))


def test_a_request_that_is_deleted_while_the_store_is_down_is_remembered_all_the_same(
    cluster: Cluster, start_operator: StartOperator
) -> None:
    start_operator("deleted")
    repair = Repair.opened(cluster)
    repair.begin()
    with store_down(cluster):
        repair.shop.sign("r")

        def is_all_but_remembered(status: JsonObject) -> bool:
            effects = status.get("effects", {}).items()
            left = {name for name, each in effects if each["state"] != "Done"}
            return left == {"knowledge", "incident"}

        repair.shop.when("r", is_all_but_remembered)
        repair.shop.kubectl("delete", "approvalrequest", "r")
    labels = "countersign.dev/store=knowledge"

    def entries() -> set[str]:
        shards = cluster.kubectl("-n", SYSTEM, "get", "configmaps", "-l", labels, "-o", "json")
        return {key for each in json.loads(shards.stdout)["items"] for key in each.get("data", {})}

    eventually(
        lambda: {repair.uid, repair.incident_uid} <= entries(),
        what="the entries of request and incident",
        seconds=PATIENCE,
    )
    repair.assert_incident_and_playbook()


def test_a_store_and_a_channel_that_were_down_get_everything_once_they_are_back(
    cluster: Cluster, tmp_path: Path
) -> None:
    role = _role(cluster)
    with ExitStack() as stack:
        hook = stack.enter_context(Hook())
        operator = cluster.start_operator(
            name="down", env={**SETTINGS, **hook.environment(tmp_path)}
        )
        stack.callback(operator.terminate)
        repair = Repair.opened(cluster)
        repair.begin()
        hook.answer = 503
        replace = ("replace", "-f", "-")
        stack.callback(lambda: cluster.kubectl(*replace, input=json.dumps(role)))
        cluster.kubectl(*replace, input=json.dumps(_without_config_maps(role)))
        repair.shop.sign("r")

        def is_tried(status: JsonObject) -> bool:
            effects = status.get("effects", {})
            return bool(effects.get("learning", {}).get("state") == "Done")

        status = repair.shop.when("r", is_tried)["status"]
        assert status["phase"] == "Succeeded"
        assert condition(status, "Recorded")["status"] == "False"
        assert status["effects"]["knowledge"]["state"] == "Pending"
        assert "forbidden" in status["effects"]["knowledge"]["message"]
        assert status["effects"]["message-executed"]["state"] == "Pending"
        assert repair.shop.get("incident", "inc-1")["status"]["phase"] == "Resolved"
        eventually(lambda: hook.asked > 1, what="the channel to be asked")
        kill_for_good(cluster, operator)
        cluster.kubectl(*replace, input=json.dumps(role))
        hook.answer = 204
        operator.start()
        repair.assert_all_is_written_once()
        assert "executed" in hook.steps(repair.uid)
        asked = hook.asked
        assert repair.recorded()["status"]["knowledge"]["entry"] == repair.uid
        assert hook.asked == asked
