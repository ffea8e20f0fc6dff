"""Exec: a command in a container, run once: nobody can tell from outside whether it has run."""

from __future__ import annotations

import shlex

from countersign.actions.secret_words import without_secrets
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import ExecParameters
from countersign.api.status import Change, PlanStep
from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.once.paths import path_of, reference
from countersign.executors.once.traces import must_be_the_same
from countersign.executors.wording.output import labelled, last_line
from countersign.executors.wording.values import shown
from countersign.policy.reading.fields import listed, part, strings
from countersign.ports import (
    Cluster,
    Draft,
    Effect,
    Finished,
    JsonObject,
    ObjectPath,
    Progress,
    ServiceAccount,
    Stamp,
    Trace,
)

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_VERBS = ("get", "create")
"""A WebSocket is opened by GET, and since Kubernetes 1.35 needs the verb create as well."""
_REVIEWS = ObjectPath("authorization.k8s.io/v1", "selfsubjectaccessreviews", None)
_LINE_LIMIT, _TAIL_LIMIT = 200, 700
_NAMES_SHOWN = 300
_DONE = Progress("done", "the command has ended")


class Exec:
    """There is no dry run of a command: the right to run it is asked for instead."""

    operation = OperationType.EXEC
    repeatable = False

    def __init__(self, cluster: Cluster) -> None:
        """Run commands in pods of ``cluster``."""
        self._cluster = cluster

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Read the pod, see that the container runs, and ask whether the account may."""
        path = await path_of(self._cluster, operation.one, account)
        live = await self._cluster.get(path, account)
        container = _container(operation, live)
        for verb in _VERBS:
            await self._must_be_allowed(verb, path, account)
        told = without_secrets(_parameters(operation).command)
        line = clip(shlex.join(told), _LINE_LIMIT)
        return Draft(
            target=reference(path, operation.one.kind, live),
            changes=_changes(operation, container),
            summary=f"Run in {operation.one.described}, container {container}: {line}",
            live=live,
        )

    async def execute(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Run it in the very pod that was signed; another exit status than 0 is a failure."""
        del stamp  # A command leaves no mark: that it begins was written down before.
        path = await path_of(self._cluster, step.target, account)
        container = await self._as_signed(step, path, account)
        command = _parameters(step.operation).command
        try:
            finished = await self._cluster.run(path, container, command, account)
        except ApiError as error:
            if error.not_found:
                raise _gone(step, error) from error
            raise
        output = labelled(finished.stdout, finished.stderr)
        if finished.code != 0:
            raise RefusedError("CommandFailed", _failure(finished))
        return Effect(changed=True, message="exit status 0", output=output)

    async def trace(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Trace:
        """None: that it begins was written down before."""
        del step, stamp, account
        return Trace.NONE

    def progress(self, step: PlanStep, live: JsonObject) -> Progress:
        """Its end was waited for."""
        del step, live
        return _DONE

    def gone(self, step: PlanStep) -> Progress:
        """What becomes of the pod afterwards is no matter."""
        del step
        return _DONE

    async def _as_signed(self, step: PlanStep, path: ObjectPath, account: ServiceAccount) -> str:
        """The container, if pod and container are still as signed."""
        where = step.operation.one.described
        try:
            live = await self._cluster.get(path, account)
        except ApiError as error:
            if error.not_found:
                raise StaleError(f"{where} is gone since the plan.") from error
            raise
        must_be_the_same(step, live)
        try:
            container = _container(step.operation, live)
        except RefusedError as error:
            raise StaleError(f"{where} has changed since the plan: {error}") from error
        if _changes(step.operation, container) != step.changes:
            raise StaleError(f"{where} has another default container since the plan.")
        return container

    async def _must_be_allowed(self, verb: str, path: ObjectPath, account: ServiceAccount) -> None:
        wanted = {
            "verb": verb,
            "resource": "pods",
            "subresource": "exec",
            "namespace": path.namespace,
            "name": path.name,
        }
        review = {
            "apiVersion": _REVIEWS.api_version,
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": wanted},
        }
        answer = await self._cluster.create(_REVIEWS, review, account)
        if part(answer, "status").get("allowed") is not True:
            raise RefusedError(
                "Forbidden",
                f"Service account {account.namespace}/{account.name} may not {verb} pods/exec in "
                f"{path.namespace}. Bind it a role with the rule {{apiGroups: [''], resources: "
                "[pods/exec], verbs: [get, create]} (ClusterRole countersign-can-exec has it).",
            )


def _changes(operation: Operation, container: str) -> tuple[Change, ...]:
    line = shlex.join(_parameters(operation).command)
    return (Change(field=f"command in container {container}", after=shown(line)),)


def _container(operation: Operation, live: JsonObject) -> str:
    """The container that is meant, which has to run."""
    where, wanted = operation.one.described, _parameters(operation).container
    statuses = [each for field in _STATUSES for each in listed(part(live, "status"), field)]
    names = [str(each.get("name")) for each in listed(part(live, "spec"), "containers")]
    name = wanted or strings(live, "metadata", "annotations").get(_DEFAULT_CONTAINER)
    if not name:
        name = names[0] if names else ""
    status = next((each for each in statuses if each.get("name") == name), None)
    if status is None:
        there = clip(", ".join(names), _NAMES_SHOWN) or "none"
        raise RefusedError(
            "Invalid", f"{where} has no container {clip(name, 63)} yet. Its containers: {there}."
        )
    if "running" not in part(status, "state"):
        state = clip(", ".join(part(status, "state")) or "unknown", _NAMES_SHOWN)
        raise RefusedError(
            "Invalid",
            f"Container {name} of {where} does not run (it is {state}). Name a pod that runs.",
        )
    return name


def _gone(step: PlanStep, error: ApiError) -> RefusedError:
    """Since it was read, a moment before."""
    return RefusedError(
        "TargetNotFound",
        f"{step.operation.one.described} is gone ({error}), and nothing was run. Write a new "
        "request for a pod that runs, if it is still needed.",
    )


def _failure(finished: Finished) -> str:
    """The exit status, the last line of the errors, and the end of all that was written."""
    line = last_line(finished.stderr, _LINE_LIMIT) or last_line(finished.stdout, _LINE_LIMIT)
    text = f"exit status {finished.code}: {line}" if line else f"exit status {finished.code}"
    whole = clip(labelled(finished.stdout, finished.stderr, _TAIL_LIMIT), _TAIL_LIMIT)
    return f"{text} (output: {whole})" if whole and whole != line else text


def _parameters(operation: Operation) -> ExecParameters:
    if operation.exec is None:  # The model refuses this; here it is for the type checker.
        raise RefusedError("Invalid", "Exec without a command; write exec: {command: [date]}.")
    return operation.exec
