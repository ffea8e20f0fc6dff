"""SetResources: quantities as kubectl sets them, and how they come back."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import Kind, Operation, OperationType
from countersign.errors import RefusedError
from countersign.executors.templates.set_resources import SetResources
from countersign.ports import JsonObject
from tests.support.pod_templates import asked, containers, done, templated, told, undone

RECIPE = SetResources()
HAS: JsonObject = {
    "name": "web",
    "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}, "requests": {"cpu": "100m"}},
}
TWIN, BARE, PREP = HAS | {"name": "twin"}, {"name": "side"}, {"name": "prep", "resources": {}}


def resources(container: str | None = None, **sides: dict[str, str]) -> Operation:
    parameters: dict[str, Any] = {**sides}
    if container:
        parameters["container"] = container
    return asked(OperationType.SET_RESOURCES, setResources=parameters)


def test_the_same_amount_written_otherwise_is_no_change() -> None:
    of = resources("web", limits={"cpu": "0.5", "memory": "1024Mi"}, requests={"cpu": "0.1"})
    live = templated(HAS)
    assert RECIPE.changes(of, live) == ()
    assert RECIPE.undo(of, live) is None
    assert "already" in RECIPE.summary(of, live)


def test_only_the_named_quantities_of_the_named_container_change() -> None:
    live = templated(HAS, TWIN)
    of = resources("web", limits={"cpu": "1", "memory": "1Gi"})
    after = containers(done(RECIPE, of, live))
    assert after["web"]["resources"] == {
        "limits": {"cpu": "1", "memory": "1Gi"},
        "requests": {"cpu": "100m"},
    }
    assert after["twin"] == TWIN
    assert told(RECIPE, of, live) == [("containers[web].resources.limits.cpu", "500m", "1")]


def test_without_a_container_all_get_them_init_containers_too() -> None:
    live = templated(HAS, BARE, init=(PREP,))
    of = resources(limits={"nvidia.com/gpu": "1"})
    after = containers(done(RECIPE, of, live))
    assert [each["resources"]["limits"]["nvidia.com/gpu"] for each in after.values()] == ["1"] * 3
    fields = [field for field, _, _ in told(RECIPE, of, live)]
    assert fields == [
        "containers[web].resources.limits[nvidia.com/gpu]",
        "containers[side].resources.limits[nvidia.com/gpu]",
        "initContainers[prep].resources.limits[nvidia.com/gpu]",
    ]


def test_zero_is_written_as_kubectl_writes_it() -> None:
    live = templated(HAS, BARE)
    of = resources(limits={"cpu": "0"}, requests={"cpu": "0"})
    after = containers(done(RECIPE, of, live))
    assert after["side"]["resources"] == {"limits": {"cpu": "0"}, "requests": {"cpu": "0"}}
    assert told(RECIPE, of, live)[-1] == ("containers[side].resources.requests.cpu", None, "0")


UNDONE: dict[str, tuple[Operation, JsonObject, OperationType, str | None]] = {
    "one container": (
        resources(limits={"cpu": "1"}),
        templated(HAS),
        OperationType.SET_RESOURCES,
        "web",
    ),
    "all alike": (
        resources(limits={"cpu": "1"}),
        templated(HAS, TWIN),
        OperationType.SET_RESOURCES,
        None,
    ),
    "one of two has it already": (
        resources(limits={"cpu": "1"}),
        templated(HAS, {"name": "side", "resources": {"limits": {"cpu": "1"}}}),
        OperationType.SET_RESOURCES,
        "web",
    ),
    "there was none": (
        resources(requests={"memory": "1Gi"}),
        templated(HAS),
        OperationType.PATCH,
        None,
    ),
    "not alike": (
        resources(limits={"cpu": "1"}),
        templated(HAS, {"name": "side", "resources": {"limits": {"cpu": "2"}}}),
        OperationType.PATCH,
        None,
    ),
    "two of three alike": (
        resources(limits={"cpu": "1"}),
        templated(HAS, TWIN, {"name": "side", "resources": {"limits": {"cpu": "1"}}}),
        OperationType.PATCH,
        None,
    ),
    "a quantity that the operation cannot say": (
        resources(limits={"cpu": "1"}),
        templated({"name": "web", "resources": {"limits": {"cpu": "5e-1"}}}),
        OperationType.PATCH,
        None,
    ),
}


@pytest.mark.parametrize("what", UNDONE)
def test_undo_brings_back_what_was(what: str) -> None:
    of, live, type_, container = UNDONE[what]
    back = RECIPE.undo(of, live)
    assert back is not None
    assert back.type is type_
    if back.set_resources is not None:
        assert back.set_resources.container == container
    assert _quantities(undone(RECIPE, of, live)) == _quantities(live)


def _quantities(live: JsonObject) -> dict[tuple[str, str, str], str]:
    return {
        (name, side, resource): quantity
        for name, container in containers(live).items()
        for side, quantities in container.get("resources", {}).items()
        for resource, quantity in quantities.items()
    }


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (resources(), "without quantities"),
        (resources("db", limits={"cpu": "1"}), "no container db; it has web"),
        (resources(limits={"cpu": "a lot"}), "'a lot' is not a quantity"),
        (resources(limits={"cpu": "-1"}), "not a quantity"),
        (resources(limits={"cpu": "1e999999"}), "not a quantity"),
        (resources(limits={"": "1"}), "not the name of a resource"),
        (resources(limits={"c\npu": "1"}), "not the name of a resource"),
        (resources(limits={"cpu\n": "1"}), "not the name of a resource"),
        (resources(requests={"x" * 400: "1"}), "not the name of a resource"),
    ],
)
def test_what_makes_no_sense_is_refused(of: Operation, words: str) -> None:
    with pytest.raises(RefusedError, match=words) as caught:
        RECIPE.check(of, templated(HAS))
    assert caught.value.reason == "Invalid"
    assert len(str(caught.value)) < 200


def test_a_replica_set_that_is_owned_is_refused() -> None:
    limits = {"limits": {"cpu": "1"}}
    of = asked(OperationType.SET_RESOURCES, Kind.REPLICA_SET, setResources=limits)
    live = templated(HAS, kind=Kind.REPLICA_SET)
    RECIPE.check(of, live)
    owner = {"kind": "Deployment", "name": "web", "controller": True}
    live["metadata"]["ownerReferences"] = [owner]
    with pytest.raises(RefusedError, match="belongs to Deployment web"):
        RECIPE.check(of, live)


def test_the_summary_says_what_is_set_where() -> None:
    of = resources("web", limits={"memory": "2Gi", "cpu": "1"}, requests={"cpu": "1"})
    assert RECIPE.summary(of, templated(HAS)) == (
        "Set resources of container web of Deployment shop/web: "
        "limits cpu=1, limits memory=2Gi, requests cpu=1"
    )


def test_progress_is_the_rollouts() -> None:
    live = templated(HAS)
    live["status"]["updatedReplicas"] = 0
    assert RECIPE.progress(resources(limits={"cpu": "1"}), live).state == "underway"
