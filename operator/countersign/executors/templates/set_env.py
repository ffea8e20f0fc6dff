"""SetEnv: containers get and lose environment variables, as by ``kubectl set env``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import SetEnvParameters
from countersign.api.status import Change
from countersign.api.text import clip
from countersign.errors import RefusedError
from countersign.executors.rollout_status import settled
from countersign.executors.templates.env_edits import (
    Edit,
    back_part,
    edits_of,
    env_of,
    forward_part,
)
from countersign.executors.templates.pod_template import (
    Container,
    chosen,
    in_containers,
    one_scope,
    patch_operation,
    refuse_owned_replica_set,
    scope_described,
)
from countersign.executors.wording.values import bounded
from countersign.ports import JsonObject, PatchForm, Progress

_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]{0,252}")
_LONGEST_VALUE = 4096


class SetEnv:
    """Entries of each container's ``env``. Old values whose name looks secret are never shown."""

    operation = OperationType.SET_ENV
    form = PatchForm.STRATEGIC
    needs_live = True  # What an entry was says how it is to be patched.

    def check(self, operation: Operation, live: JsonObject) -> None:
        """Names and values must be an environment's, and the container must be there."""
        parameters = _parameters(operation)
        _refuse_odd(parameters)
        refuse_owned_replica_set(operation, live)
        for container in chosen(operation, live, parameters.container):
            times = Counter(str(entry.get("name")) for entry in env_of(container))
            for name in sorted(parameters.put):
                if times[name] > 1:  # A merge by name would change one of them and leave the other.
                    message = (
                        f"Container {container.name} of {operation.one.described} has {name} "
                        f"{times[name]} times; remove it first, then set it."
                    )
                    raise RefusedError("Invalid", clip(message))

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """Each entry that will be another one, or gone."""
        return bounded(
            [
                change
                for container, edits in _edits(operation, live)
                for edit in edits
                for change in edit.changes(f"{container.field}.env")
            ]
        )

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """The entries that change, and nothing else."""
        del approved_at
        edited = _edits(operation, live or {})
        parts = [(container, forward_part(container, edits)) for container, edits in edited]
        return in_containers(operation.one.kind, parts)

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """The entries that were; a patch where one had its value from elsewhere.

        None where an old value is hidden: it is not kept anywhere.
        """
        edited = _edits(operation, live)
        if not edited or _hides(edited):
            return None
        scope = None
        if not any(edit.source for _, edits in edited for edit in edits):
            back = [(container, _values(edits)) for container, edits in edited]
            among = chosen(operation, live, _parameters(operation).container)
            scope = one_scope(back, among)
        said = None if scope is None else _said(operation, *scope)
        parts = [(container, back_part(container, edits)) for container, edits in edited]
        return said or patch_operation(operation, parts)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence, without values."""
        parameters, edited = _parameters(operation), _edits(operation, live)
        scope = scope_described(operation, parameters.container)
        if not edited:
            return f"This is the environment of {scope} already"
        put, removed = ", ".join(sorted(parameters.put)), ", ".join(parameters.remove)
        told = [f"set {put}"] if put else []
        told += [f"remove {removed}"] if removed else []
        text = " and ".join(told)
        lost = "; a hidden value is lost, so this cannot be taken back" if _hides(edited) else ""
        return f"{text[0].upper()}{text[1:]} in {scope}{lost}"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """The rollout of the new template."""
        return settled(operation.one.kind, live)


def _refuse_odd(parameters: SetEnvParameters) -> None:
    names = [*parameters.put, *parameters.remove]
    if not names:
        raise RefusedError("Invalid", "SetEnv without variables; write set: {NAME: value}.")
    for name in names:
        if not _NAME.fullmatch(name):
            message = f"{clip(name, 64)!r} cannot be a variable; use letters, digits, _, - and dot."
            raise RefusedError("Invalid", message)
    for name, value in parameters.put.items():
        if len(value) > _LONGEST_VALUE:
            message = f"The value of {name} is longer than {_LONGEST_VALUE} characters."
            raise RefusedError("Invalid", f"{message} Put it into a ConfigMap.")
    both = sorted(set(parameters.put) & set(parameters.remove))
    if both:
        message = f"{', '.join(both[:8])} cannot be set and removed at once; write one of both."
        raise RefusedError("Invalid", message)


_Edited = list[tuple[Container, list[Edit]]]
_Values = dict[str, str | None]


def _edits(operation: Operation, live: JsonObject) -> _Edited:
    parameters = _parameters(operation)
    found = chosen(operation, live, parameters.container)
    edited = [(container, edits_of(parameters, container)) for container in found]
    return [each for each in edited if each[1]]


def _hides(edited: _Edited) -> bool:
    return any(edit.hidden for _, edits in edited for edit in edits)


def _values(edits: Sequence[Edit]) -> _Values:
    """The values that they had; None where there was none."""
    return {edit.name: edit.value for edit in edits}


def _said(operation: Operation, container: str | None, back: _Values) -> Operation | None:
    """As SetEnv; None where it cannot say it."""
    put = {name: value for name, value in back.items() if value is not None}
    if any(len(value) > _LONGEST_VALUE for value in put.values()):
        return None
    removed = tuple(name for name, value in back.items() if value is None)
    try:
        parameters = SetEnvParameters(put=put, remove=removed, container=container)
    except ValidationError:  # More than one operation can name.
        return None
    return Operation(type=operation.type, target=operation.target, set_env=parameters)


def _parameters(operation: Operation) -> SetEnvParameters:
    if operation.set_env is None:  # The model refuses this; here it is for the type checker.
        raise RefusedError("Invalid", "SetEnv without variables; write setEnv: {set: …}.")
    return operation.set_env
