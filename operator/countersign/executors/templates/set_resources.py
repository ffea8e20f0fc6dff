"""SetResources: containers get other limits and requests, as by ``kubectl set resources``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import SetResourcesParameters
from countersign.api.status import Change
from countersign.api.text import clip
from countersign.errors import RefusedError
from countersign.executors.rollout_status import settled
from countersign.executors.templates.pod_template import (
    Container,
    chosen,
    in_containers,
    one_scope,
    patch_operation,
    refuse_owned_replica_set,
    scope_described,
)
from countersign.executors.templates.quantities import amount, same
from countersign.executors.wording.values import below, bounded, shown
from countersign.ports import JsonObject, PatchForm, Progress

_NAME = re.compile(r"[a-zA-Z0-9]([-._/a-zA-Z0-9]{0,315}[a-zA-Z0-9])?")
_SAYABLE = re.compile(r"[0-9][0-9.]*([eE][0-9]+|[EPTGMkmun]|[KMGTPE]i)?")
_Resources = dict[str, dict[str, str | None]]
"""``limits`` and ``requests`` by the resource's name; None where it is to be taken away."""


@dataclass(frozen=True)
class _Edit:
    """One quantity that changes: ``requests``, ``cpu``, from, to."""

    side: str
    resource: str
    before: str | None
    after: str


class SetResources:
    """Quantities of each container. A quantity of 0 is written as any other, as kubectl does."""

    operation = OperationType.SET_RESOURCES
    form = PatchForm.STRATEGIC
    needs_live = True  # Whether a name is that of an init container only the object tells.

    def check(self, operation: Operation, live: JsonObject) -> None:
        """There must be quantities, and a container that they are for."""
        wanted = list(_wanted(operation))
        if not wanted:
            message = "SetResources without quantities; write limits: {cpu: 500m} or requests."
            raise RefusedError("Invalid", message)
        for _, resource, quantity in wanted:
            if not _NAME.fullmatch(resource):
                named = clip(resource, 64)
                raise RefusedError("Invalid", f"{named!r} is not the name of a resource.")
            if amount(quantity) is None:
                message = f"{clip(quantity, 64)!r} is not a quantity; write 500m or 1Gi, say."
                raise RefusedError("Invalid", message)
        refuse_owned_replica_set(operation, live)
        chosen(operation, live, _parameters(operation).container)

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """Each quantity that is another one now, however it is written."""
        return bounded(
            [
                Change(
                    field=below(f"{container.field}.resources.{edit.side}", edit.resource),
                    before=None if edit.before is None else shown(edit.before),
                    after=shown(edit.after),
                )
                for container, edits in _edits(operation, live)
                for edit in edits
            ]
        )

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """The quantities and nothing else."""
        del approved_at
        parts = [
            (container, {"resources": _resources((each, each.after) for each in edits)})
            for container, edits in _edits(operation, live or {})
        ]
        return in_containers(operation.one.kind, parts)

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """The quantities that they had; a patch where one is to be gone again, which 0 is not."""
        back = [
            (container, _resources((each, each.before) for each in edits))
            for container, edits in _edits(operation, live)
        ]
        if not back:
            return None
        among = chosen(operation, live, _parameters(operation).container)
        scope = one_scope(back, among)
        said = None if scope is None else _said(operation, *scope)
        return said or patch_operation(operation, [(each, {"resources": of}) for each, of in back])

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence."""
        scope = scope_described(operation, _parameters(operation).container)
        if not _edits(operation, live):
            return f"These are the resources of {scope} already"
        told = ", ".join(f"{side} {name}={value}" for side, name, value in _wanted(operation))
        return f"Set resources of {scope}: {told}"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """The rollout of the new template."""
        return settled(operation.one.kind, live)


def _wanted(operation: Operation) -> Iterator[tuple[str, str, str]]:
    parameters = _parameters(operation)
    for side, quantities in (("limits", parameters.limits), ("requests", parameters.requests)):
        for resource, quantity in sorted(quantities.items()):
            yield side, resource, quantity


def _edits(operation: Operation, live: JsonObject) -> list[tuple[Container, list[_Edit]]]:
    found = chosen(operation, live, _parameters(operation).container)
    edits = [(container, list(_container_edits(operation, container))) for container in found]
    return [each for each in edits if each[1]]


def _container_edits(operation: Operation, container: Container) -> Iterator[_Edit]:
    resources = container.body.get("resources") or {}
    for side, resource, quantity in _wanted(operation):
        before = (resources.get(side) or {}).get(resource)
        if before is None or not same(str(before), quantity):
            yield _Edit(side, resource, None if before is None else str(before), quantity)


def _resources(quantities: Iterator[tuple[_Edit, str | None]]) -> _Resources:
    resources: _Resources = {}
    for edit, quantity in quantities:
        resources.setdefault(edit.side, {})[edit.resource] = quantity
    return resources


def _said(operation: Operation, container: str | None, back: _Resources) -> Operation | None:
    """As SetResources; None where it cannot say it."""
    quantities = [quantity or "" for of in back.values() for quantity in of.values()]
    if not all(_SAYABLE.fullmatch(each) for each in quantities):
        return None
    try:
        parameters = SetResourcesParameters.model_validate({**back, "container": container})
    except ValidationError:
        return None
    return Operation(type=operation.type, target=operation.target, set_resources=parameters)


def _parameters(operation: Operation) -> SetResourcesParameters:
    if operation.set_resources is None:  # The model refuses this; it is for the type checker.
        raise RefusedError("Invalid", "SetResources without setResources: {limits: …}.")
    return operation.set_resources
