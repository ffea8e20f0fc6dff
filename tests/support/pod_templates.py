"""Workloads with containers, and what a recipe makes of them."""

from __future__ import annotations

import copy
import json
from typing import Any

from countersign.api.operation import Kind, Operation, OperationType
from countersign.executors.once.recipe import Recipe
from countersign.executors.templates.pod_template import template_path
from countersign.ports import JsonObject
from tests.support.fakes_objects import workload
from tests.support.fakes_patches import patched
from tests.support.fakes_time import START


def asked(type_: OperationType, kind: Kind = Kind.DEPLOYMENT, **parameters: Any) -> Operation:
    """An operation on ``web``, its parameters as in YAML."""
    target = {"kind": str(kind), "name": "web", "namespace": "shop"}
    return Operation.model_validate({"type": type_, "target": target, **parameters})


def templated(
    *containers: JsonObject, kind: Kind = Kind.DEPLOYMENT, init: tuple[JsonObject, ...] = ()
) -> JsonObject:
    """A workload (or Pod, or CronJob) with these containers."""
    spec: JsonObject = {"containers": [copy.deepcopy(each) for each in containers]}
    if init:
        spec["initContainers"] = [copy.deepcopy(each) for each in init]
    inner: JsonObject = {"spec": spec}
    live = workload(kind if kind in TEMPLATED else Kind.DEPLOYMENT) | {"kind": str(kind)}
    for key in reversed(template_path(kind)):
        inner = {key: inner}
    live["spec"] = {**live["spec"], **inner["spec"]} if kind in TEMPLATED else inner["spec"]
    return copy.deepcopy(live)


TEMPLATED = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET, Kind.REPLICA_SET)


def containers(live: JsonObject) -> dict[str, JsonObject]:
    """Every container by its name."""
    spec = live
    for key in (*template_path(live["kind"]), "spec"):
        spec = spec[key]
    every = [*spec["containers"], *spec.get("initContainers", [])]
    return {each["name"]: each for each in every}


def done(recipe: Recipe, of: Operation, live: JsonObject) -> JsonObject:
    """The object after the recipe's patch."""
    return patched(live, recipe.patch(of, live, START), recipe.form)


def undone(recipe: Recipe, of: Operation, live: JsonObject) -> JsonObject:
    """The object after the patch and after its undo, which is read as if people had pasted it."""
    back = recipe.undo(of, live)
    assert back is not None
    after, back = done(recipe, of, live), Operation.model_validate(back.to_json())
    if back.patch is not None:
        return patched(after, json.loads(back.patch.patch), recipe.form)
    assert back.type is recipe.operation
    recipe.check(back, after)
    return done(recipe, back, after)


def told(recipe: Recipe, of: Operation, live: JsonObject) -> list[tuple[str, Any, Any]]:
    """The changes, without the way to the list of containers."""
    prefix = ".".join((*template_path(live["kind"]), "spec", ""))
    return [
        (change.field.removeprefix(prefix), change.before, change.after)
        for change in recipe.changes(of, live)
    ]
