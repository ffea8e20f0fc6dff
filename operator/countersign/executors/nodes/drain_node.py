"""DrainNode: a node takes no new pods, and those on it are evicted, as by ``kubectl drain``.

The node is cordoned and stamped in one write. Then every pod is evicted under its UID; a
disruption budget may hold some, which are asked again round by round. Pods come and go on a busy
node, so people sign which classes of pods are hit, and not which pods.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import DrainNodeParameters
from countersign.api.status import Change, PlanStep
from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.nodes.evacuation import HELD, evacuated, rehearsed
from countersign.executors.nodes.node_pods import NodePods, sorted_out
from countersign.executors.once.convergent import Convergent
from countersign.executors.once.paths import path_of
from countersign.executors.once.stamps import kept_from, stamps_on
from countersign.executors.once.traces import must_be_the_same, must_not_have_been_applied
from countersign.policy.reading.fields import part
from countersign.policy.reading.selectors import escaped
from countersign.ports import (
    Cluster,
    Draft,
    Effect,
    JsonObject,
    ObjectPath,
    PatchForm,
    Progress,
    ServiceAccount,
    Stamp,
    Trace,
)

MOST_PODS = 1000
_CORDON = "spec.unschedulable"
_UNCORDONED = "somebody has uncordoned it meanwhile: the drain stopped"
_UNDERWAY = Progress("underway", "its pods are being evicted")


class _Cordon:
    """The first half, as a recipe: written even to a node that is cordoned, for the stamp."""

    operation = OperationType.DRAIN_NODE
    form = PatchForm.STRATEGIC
    needs_live = False

    def check(self, operation: Operation, live: JsonObject) -> None:
        """Any node may be cordoned."""

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """From what it is, to true."""
        del operation
        return (_cordoning(cordoned=_is_cordoned(live)),)

    def patch(
        self, operation: Operation, live: JsonObject | None, approved_at: datetime
    ) -> JsonObject:
        """One field."""
        del operation, live, approved_at
        return {"spec": {"unschedulable": True}}

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """Uncordon it; pods that have gone stay where they are now."""
        if _is_cordoned(live):
            return None
        return Operation(type=OperationType.UNCORDON_NODE, target=operation.target)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The first half of the sentence."""
        verb = "Drain" if _is_cordoned(live) else "Cordon and drain"
        return f"{verb} {operation.one.described}"

    def progress(self, operation: Operation, live: JsonObject) -> Progress:
        """The cordon itself is done at once."""
        del operation, live
        return _UNDERWAY


class DrainNode:
    """An executor that is asked round by round."""

    operation = OperationType.DRAIN_NODE
    repeatable = True

    def __init__(self, cluster: Cluster) -> None:
        """Drain nodes of ``cluster``."""
        self._cluster = cluster
        self._cordon = Convergent(_Cordon(), cluster)

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Read the node and its pods, and rehearse the cordon and an eviction a namespace."""
        draft = await self._cordon.draft(operation, account)
        pods = await self._pods(operation, account)
        await rehearsed(self._cluster, pods, account)
        return Draft(
            target=draft.target,
            changes=_changes(draft.live or {}, pods),
            summary=f"{draft.summary}: {_counted(pods)}",
            live=draft.live,
            undo=draft.undo,
        )

    async def execute(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Cordon it once, and ask every pod to go once; a re-run goes on where the stamp is."""
        path = await path_of(self._cluster, step.target, account)
        live = await self._node(step, path, account)
        earlier = stamp.request_uid in stamps_on(live)
        if not earlier:
            must_not_have_been_applied(step, stamp, live)
            effect = await self._begin(step, live, stamp, account)
            live, earlier = effect.live or live, effect.earlier
        if not step.changes and not earlier:
            return Effect(changed=False, live=live)
        if not _is_cordoned(live):
            return Effect(changed=True, live=live, earlier=earlier, message=_UNCORDONED)
        progress = await self._round(step, account)
        held = progress.state == "degraded" or HELD in progress.message
        message = f"at first {progress.message}" if held else ""
        changed = bool(step.changes) or earlier
        return Effect(changed=changed, live=live, earlier=earlier, message=message)

    async def trace(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Trace:
        """That of the cordon, with which it begins."""
        return await self._cordon.trace(step, stamp, account)

    async def another_round(
        self, step: PlanStep, effect: Effect, stamp: Stamp, account: ServiceAccount
    ) -> Progress:
        """Evict those that are left; over when there are none, or somebody wants the node back."""
        del effect, stamp
        path = await path_of(self._cluster, step.target, account)
        try:
            live = await self._node(step, path, account)
        except StaleError as another:
            return Progress("degraded", str(another))
        except ApiError as error:
            if not error.not_found:
                raise
            return self.gone(step)
        if not _is_cordoned(live):
            return Progress("degraded", _UNCORDONED)
        try:
            return await self._round(step, account)
        except ApiError as error:
            if error.code != HTTPStatus.FORBIDDEN:
                raise
            return Progress("degraded", clip(str(error)))

    def progress(self, step: PlanStep, live: JsonObject) -> Progress:
        """The node alone does not tell."""
        del step, live
        return _UNDERWAY

    def gone(self, step: PlanStep) -> Progress:
        """A node that was to be drained should still be there."""
        return Progress("degraded", f"{step.operation.one.described} was deleted meanwhile")

    async def _begin(
        self, step: PlanStep, live: JsonObject, stamp: Stamp, account: ServiceAccount
    ) -> Effect:
        """Cordon and stamp it, if node and pods are still as signed."""
        where = step.operation.one.described
        try:
            pods = await self._pods(step.operation, account)
        except RefusedError as error:
            raise StaleError(f"{where} has changed since the plan: {error}") from error
        changes = _changes(live, pods)
        if changes != step.changes:
            now = "; ".join(f"{each.field}: {each.before}" for each in changes) or "nothing to do"
            raise StaleError(f"{where} has changed since the plan (now: {now}).")
        if not changes:
            return Effect(changed=False, live=live)
        cordoned = all(each.field != _CORDON for each in step.changes)
        target = step.target.model_copy(
            update={
                "resource_version": live["metadata"]["resourceVersion"],
                "executed": kept_from(live) or None,
            }
        )
        cordon = (_cordoning(cordoned=cordoned),)
        inner = step.model_copy(update={"changes": cordon, "target": target})
        return await self._cordon.execute(inner, stamp, account)

    async def _round(self, step: PlanStep, account: ServiceAccount) -> Progress:
        flags = _parameters(step.operation)
        try:
            pods = await self._pods(step.operation, account)
        except RefusedError as error:  # Somebody has put such a pod on it since.
            return Progress("degraded", str(error))
        return await evacuated(self._cluster, pods.evicted, flags.grace_period_seconds, account)

    async def _node(self, step: PlanStep, path: ObjectPath, account: ServiceAccount) -> JsonObject:
        live = await self._cluster.get(path, account)
        must_be_the_same(step, live)
        return live

    async def _pods(self, operation: Operation, account: ServiceAccount) -> NodePods:
        where, flags = operation.one, _parameters(operation)
        found = await self._cluster.select(
            ObjectPath("v1", "pods", None),
            account,
            labels=flags.pod_selector or "",
            fields=f"spec.nodeName={escaped(where.name or '')}",
            limit=MOST_PODS,
        )
        if len(found) >= MOST_PODS:
            message = (
                f"{where.described} has {MOST_PODS} pods or more. Drain it with a podSelector."
            )
            raise RefusedError("Unsupported", message)
        return sorted_out(found, flags, where.described)


def _changes(live: JsonObject, pods: NodePods) -> tuple[Change, ...]:
    """The cordon where it is one, and what befalls the pods; never how many or which."""
    found = [] if _is_cordoned(live) else [_cordoning(cordoned=False)]
    if pods.evicted:
        fate = "; ".join(("on the node", *pods.classes))
        found.append(Change(field="pods", before=fate, after="evicted"))
    return tuple(found)


def _cordoning(*, cordoned: bool) -> Change:
    return Change(field=_CORDON, before=str(cordoned).lower(), after="true")


def _counted(pods: NodePods) -> str:
    many = [
        (pods.with_data, "with emptyDir data that is lost"),
        (pods.bare, "without a controller"),
    ]
    parts = ", ".join(f"{number} {words}" for number, words in many if number)
    total = len(pods.evicted)
    left = f", {len(pods.left)} stay" if pods.left else ""
    return f"evict {total} {'pod' if total == 1 else 'pods'}{f' ({parts})' if parts else ''}{left}"


def _is_cordoned(live: JsonObject) -> bool:
    return part(live, "spec").get("unschedulable") is True


def _parameters(operation: Operation) -> DrainNodeParameters:
    return operation.drain_node or DrainNodeParameters()
