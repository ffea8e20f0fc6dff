"""Where the containers of a workload are, and how a patch reaches them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from countersign.api.operation import Kind, Operation, OperationType
from countersign.api.parameters import PATCH_LIMIT, PatchParameters
from countersign.api.text import clip
from countersign.errors import RefusedError
from countersign.executors.wording.values import compact
from countersign.ports import JsonObject

ALL = "*"
_LISTS = ("containers", "initContainers")
_NAMES_SHOWN = 16
_MESSAGE = 600
_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Container:
    """A container or init container; ``field`` is its path, ``body`` what it is now."""

    list_name: str
    field: str
    body: JsonObject

    @property
    def name(self) -> str:
        """Its name, unique among both lists."""
        return str(self.body.get("name"))


def template_path(kind: str) -> tuple[str, ...]:
    """Where a kind keeps its pod template; empty for a Pod, which is what a template makes."""
    if kind == Kind.POD:
        return ()
    if kind == Kind.CRON_JOB:
        return ("spec", "jobTemplate", "spec", "template")
    return ("spec", "template")


def containers_of(kind: str, live: JsonObject) -> tuple[Container, ...]:
    """Every container, then every init container, in their order."""
    path = (*template_path(kind), "spec")
    spec = live
    for key in path:
        spec = spec.get(key) or {}
    return tuple(
        Container(list_name, f"{'.'.join(path)}.{list_name}[{body.get('name')}]", body)
        for list_name in _LISTS
        for body in spec.get(list_name) or []
    )


def chosen(operation: Operation, live: JsonObject, name: str | None) -> tuple[Container, ...]:
    """The container of that name, or all (``*`` or None); ``RefusedError`` if there is none."""
    there = containers_of(operation.one.kind, live)
    found = there if name in (None, ALL) else tuple(each for each in there if each.name == name)
    if not found:
        names = ", ".join(each.name for each in there[:_NAMES_SHOWN]) or "none"
        more = ", …" if len(there) > _NAMES_SHOWN else ""
        message = f"{operation.one.described} has no container {name}; it has {names}{more}."
        raise RefusedError("Invalid", clip(message, _MESSAGE))
    return found


def refuse_owned_replica_set(operation: Operation, live: JsonObject) -> None:
    """The template of a ReplicaSet that a Deployment owns is the Deployment's history."""
    if operation.one.kind != Kind.REPLICA_SET:
        return
    for owner in live["metadata"].get("ownerReferences") or []:
        if owner.get("controller"):
            master = clip(f"{owner.get('kind')} {owner.get('name')}", _MESSAGE // 2)
            message = f"{operation.one.described} belongs to {master}; change that."
            raise RefusedError("Invalid", message)


def in_containers(kind: str, parts: Iterable[tuple[Container, JsonObject]]) -> JsonObject:
    """A strategic merge patch that merges each part into its container."""
    spec: JsonObject = {}
    for container, part in parts:
        spec.setdefault(container.list_name, []).append({"name": container.name, **part})
    patch: JsonObject = {"spec": spec}
    for key in reversed(template_path(kind)):
        patch = {key: patch}
    return patch


def patch_operation(
    operation: Operation, parts: Iterable[tuple[Container, JsonObject]]
) -> Operation | None:
    """An operation that merges the parts, for what no other can say; None if it is too long."""
    text = compact(in_containers(operation.one.kind, parts))
    if len(text) > PATCH_LIMIT:
        return None
    patch = PatchParameters(type="strategic", patch=text)
    return Operation(type=OperationType.PATCH, target=operation.target, patch=patch)


def one_scope(
    parts: Sequence[tuple[Container, _Part]], among: Sequence[Container]
) -> tuple[str | None, _Part] | None:
    """How one operation can do each part: in one container, or (None) alike in all of them."""
    if len(parts) == 1:
        [(container, part)] = parts
        return container.name, part
    if len(parts) == len(among) and all(part == parts[0][1] for _, part in parts):
        return None, parts[0][1]
    return None


def scope_described(operation: Operation, container: str | None) -> str:
    """For sentences: ``container web of Deployment shop/web``."""
    which = "all containers" if container in (None, ALL) else f"container {container}"
    return f"{which} of {operation.one.described}"
