"""TaintNode: a node gets and loses taints, as by ``kubectl taint``."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pydantic import ValidationError

from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import MAX_ITEMS, Taint, TaintNodeParameters, TaintRemoval
from countersign.api.status import Change
from countersign.api.text import clip
from countersign.errors import RefusedError
from countersign.executors.wording.values import bounded, shown
from countersign.ports import JsonObject, PatchForm, Progress

_LONGEST = 128
_Key = tuple[str, str]
"""Key and effect: what tells one taint from another."""


class TaintNode:
    """The whole list in ``spec.taints``, on the very version of the node it was made from."""

    operation = OperationType.TAINT_NODE
    form = PatchForm.MERGE
    needs_live = True

    def check(self, operation: Operation, live: JsonObject) -> None:
        """A taint to remove must be there; one to add must not have another value, as kubectl."""
        parameters, now = _parameters(operation), _taints(live)
        _refuse_odd(parameters)
        where = operation.one.described
        for removal in parameters.remove:
            found = [taint for taint in now.values() if _matches(removal, taint)]
            if not found:
                raise RefusedError("Invalid", f"{where} has no taint {_named(removal)}.")
            for taint in found:
                value = taint.get("value") or ""
                if removal.value is not None and removal.value != value:
                    message = f"{where} has {_described(taint)}, not the value {removal.value}."
                    raise RefusedError("Invalid", message)
        for added in parameters.add:
            old = now.get((added.key, added.effect))
            if old and not parameters.overwrite and (old.get("value") or "") != added.value:
                raise RefusedError(
                    "Invalid",
                    f"{where} has the taint {_described(old)}; set overwrite: true (--overwrite) "
                    "to change its value.",
                )

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """Each taint that comes, goes or gets another value."""
        before, after = _taints(live), _afterwards(operation, live)
        return bounded(
            [
                Change(
                    field=f"spec.taints[{_label(key)}]",
                    before=_value(before.get(key)),
                    after=_value(after.get(key)),
                )
                for key in dict.fromkeys((*before, *after))
                if before.get(key) != after.get(key)
            ]
        )

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """The list as it will be."""
        del approved_at
        return {"spec": {"taints": list(_afterwards(operation, live or {}).values())}}

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """Put back what goes or changes, take off what comes."""
        before, after = _taints(live), _afterwards(operation, live)
        back = [taint for key, taint in before.items() if after.get(key) != taint]
        gone = [key for key in after if key not in before]
        if not (back or gone) or max(len(back), len(gone)) > MAX_ITEMS:
            return None
        try:
            parameters = TaintNodeParameters(
                add=tuple(
                    Taint(key=each["key"], value=each.get("value") or "", effect=each["effect"])
                    for each in back
                ),
                remove=tuple(
                    TaintRemoval.model_validate({"key": key, "effect": effect})
                    for key, effect in gone
                ),
                overwrite=any((each["key"], each["effect"]) in after for each in back),
            )
        except ValidationError:  # An old taint that no operation of ours can name.
            return None
        return Operation(type=self.operation, target=operation.target, taint_node=parameters)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence."""
        before, after = _taints(live), _afterwards(operation, live)
        put = [_described(each) for key, each in after.items() if before.get(key) != each]
        gone = [_described(each) for key, each in before.items() if key not in after]
        told = [f"put on {', '.join(put)}"] if put else []
        told += [f"take off {', '.join(gone)}"] if gone else []
        where = operation.one.described
        if not told:
            return f"{where} has these taints already"
        return f"Taints of {where}: {'; '.join(told)}"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """Done at once; what NoExecute evicts is the node controller's work."""
        del live
        return Progress("done", f"{operation.one.described} has its new taints")


def _refuse_odd(parameters: TaintNodeParameters) -> None:
    if not parameters.add and not parameters.remove:
        text = "TaintNode without taints; write add: [{key: dedicated, effect: NoSchedule}]."
        raise RefusedError("Invalid", text)
    times = Counter((each.key, each.effect) for each in parameters.add)
    for removal in parameters.remove:
        if any(_matches(removal, {"key": key, "effect": effect}) for key, effect in times):
            message = f"The taint {_named(removal)} cannot be put on and taken off at once."
            raise RefusedError("Invalid", f"{message} Write one of both.")
    for (key, effect), count in times.items():
        if count > 1:
            message = f"The taint {_label((key, effect))} is there twice; write it once."
            raise RefusedError("Invalid", message)


def _taints(live: JsonObject) -> dict[_Key, JsonObject]:
    taints = (live.get("spec") or {}).get("taints") or []
    return {(each.get("key", ""), each.get("effect", "")): each for each in taints}


def _afterwards(operation: Operation, live: JsonObject) -> dict[_Key, JsonObject]:
    """The taints by key and effect; one that keeps its value stays as it is, with its time."""
    parameters = _parameters(operation)
    taints = {
        key: taint
        for key, taint in _taints(live).items()
        if not any(_matches(removal, taint) for removal in parameters.remove)
    }
    for added in parameters.add:
        key = (added.key, added.effect)
        if key not in taints or (taints[key].get("value") or "") != added.value:
            taints[key] = {"key": added.key, "value": added.value, "effect": added.effect}
    return taints


def _matches(removal: TaintRemoval, taint: JsonObject) -> bool:
    is_effect = removal.effect in (None, taint.get("effect"))
    return removal.key == taint.get("key") and is_effect


def _value(taint: JsonObject | None) -> str | None:
    return None if taint is None else shown(_described(taint))


def _described(taint: JsonObject) -> str:
    value = taint.get("value")
    said = f"={value}" if value else ""
    return clip(f"{taint.get('key')}{said}:{taint.get('effect')}", 2 * _LONGEST)


def _named(removal: TaintRemoval) -> str:
    return clip(removal.key + (f":{removal.effect}" if removal.effect else ""), _LONGEST)


def _label(key: _Key) -> str:
    return clip(":".join(key), 2 * _LONGEST)


def _parameters(operation: Operation) -> TaintNodeParameters:
    if operation.taint_node is None:  # The model refuses this; here it is for the type checker.
        raise RefusedError("Invalid", "TaintNode without taints; write taintNode: {add: […]}.")
    return operation.taint_node
