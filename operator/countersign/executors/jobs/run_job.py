"""RunJob: a CronJob's Job is run now, as by ``kubectl create job --from``."""

from __future__ import annotations

from datetime import timedelta

from countersign.api.operation import Operation, OperationType
from countersign.api.status import PlanStep
from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.jobs.job_manifest import LATE, job_changes, job_from, job_name
from countersign.executors.once.paths import path_of, reference
from countersign.executors.once.stamps import stamps_on
from countersign.executors.once.traces import must_be_the_same
from countersign.executors.wording.output import tail
from countersign.policy.endings import OUTCOME_UNKNOWN
from countersign.policy.reading.fields import listed, number, part
from countersign.ports import (
    Clock,
    Cluster,
    Draft,
    Effect,
    JsonObject,
    ObjectPath,
    Progress,
    ServiceAccount,
    Stamp,
    Trace,
)

_ALREADY_EXISTS = "AlreadyExists"
_REHEARSAL = "rehearsal"
_MESSAGE_LIMIT = 300
_PODS_READ = 100
_GONE = Progress(
    "degraded",
    "the Job was deleted before anybody saw its end; whether it has done its work is not known",
)


class RunJob:
    """A creation under a name of the request's own; its stamp tells whose the Job is."""

    operation = OperationType.RUN_JOB
    repeatable = True

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        """Run Jobs on ``cluster``."""
        self._cluster = cluster
        self._clock = clock

    async def draft(self, operation: Operation, account: ServiceAccount) -> Draft:
        """Read the CronJob and create its Job as a dry run."""
        path = await path_of(self._cluster, operation.one, account)
        live = await self._cluster.get(path, account)
        name = job_name(operation, _REHEARSAL)
        body = job_from(live, name, _REHEARSAL)
        try:
            await self._cluster.create(_jobs(path), body, account, dry_run=True)
        except ApiError as error:
            if error.conflict and error.reason == _ALREADY_EXISTS:
                raise _taken(path, name) from error
            raise
        return Draft(
            target=reference(path, operation.one.kind, live),
            changes=job_changes(operation, live),
            summary=f"Run {operation.one.described} now",
            live=live,
        )

    async def execute(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Effect:
        """Create the Job; where it is there and bears the stamp, an earlier run has done it."""
        path = await path_of(self._cluster, step.target, account)
        name = job_name(step.operation, stamp.request_uid)
        if stamp.applied:
            return _effect(path, await self._still_there(path, name, stamp, account), earlier=True)
        try:
            body = job_from(await self._cron_job(step, path, account), name, stamp.request_uid)
        except (StaleError, ApiError) as error:
            if isinstance(error, ApiError) and not error.not_found:
                raise
            found = await self._ours(path, name, stamp, account)
            if found is None:
                raise
            return _effect(path, found, earlier=True)
        try:
            # Late, a Job that is not there may have run and been removed: none is made any more,
            # and the dry run only tells whether it is there.
            late = self._clock.now() - stamp.approved_at > timedelta(seconds=LATE)
            made = await self._cluster.create(_jobs(path), body, account, dry_run=late)
        except ApiError as error:
            if not error.conflict:
                raise
            found = await self._ours(path, name, stamp, account)
            if found is not None:
                return _effect(path, found, earlier=True)
            if error.reason != _ALREADY_EXISTS:
                raise  # Of a quota's update, say: the same may succeed later.
            raise _taken(path, name) from error
        if late:
            raise _tidied_away(path, name)
        return _effect(path, made)

    async def trace(self, step: PlanStep, stamp: Stamp, account: ServiceAccount) -> Trace:
        """The Job."""
        path = await path_of(self._cluster, step.target, account)
        name = job_name(step.operation, stamp.request_uid)
        found = await self._ours(path, name, stamp, account)
        return Trace.NONE if found is None else Trace.DONE

    async def another_round(
        self, step: PlanStep, effect: Effect, stamp: Stamp, account: ServiceAccount
    ) -> Progress:
        """Look at the Job; at its end, read what it has written."""
        path = await path_of(self._cluster, step.target, account)
        job = _jobs(path, job_name(step.operation, stamp.request_uid))
        try:
            live = await self._cluster.get(job, account)
        except ApiError as error:
            if error.not_found:
                return _GONE
            raise
        if effect.live is not None and live["metadata"]["uid"] != effect.live["metadata"]["uid"]:
            return _GONE
        progress = self.progress(step, live)
        if progress.state == "underway":
            return progress
        return await self._with_output(progress, job, live, account)

    def progress(self, step: PlanStep, live: JsonObject) -> Progress:
        """What the Job's conditions say."""
        del step
        for condition in listed(part(live, "status"), "conditions"):
            if condition.get("status") != "True":
                continue
            if condition.get("type") == "Complete":
                return Progress("done", f"Job {live['metadata']['name']} is complete")
            if condition.get("type") == "Failed":
                why = f"{condition.get('reason')}: {condition.get('message')}"
                name = live["metadata"]["name"]
                return Progress("degraded", f"Job {name} failed ({clip(why, _MESSAGE_LIMIT)})")
        return Progress("underway", _state(live))

    def gone(self, step: PlanStep) -> Progress:
        """Nobody knows how it ended."""
        del step
        return _GONE

    async def _cron_job(
        self, step: PlanStep, path: ObjectPath, account: ServiceAccount
    ) -> JsonObject:
        """The CronJob, if it is still as signed."""
        where = step.operation.one.described
        live = await self._cluster.get(path, account)
        must_be_the_same(step, live)
        if job_changes(step.operation, live) != step.changes:
            raise StaleError(f"{where} has changed since the plan (its job template).")
        return live

    async def _still_there(
        self, path: ObjectPath, name: str, stamp: Stamp, account: ServiceAccount
    ) -> JsonObject:
        """The Job that was seen to be made; one that is gone is not made again."""
        found = await self._ours(path, name, stamp, account)
        if found is None:
            raise RefusedError(
                OUTCOME_UNKNOWN,
                f"Job {path.namespace}/{name} was made, and was deleted before anybody saw its "
                "end. It is not made again: look at what it should have done, and create a new "
                "request if that is still needed.",
            )
        return found

    async def _ours(
        self, path: ObjectPath, name: str, stamp: Stamp, account: ServiceAccount
    ) -> JsonObject | None:
        """The Job of this name, if this request has made it."""
        try:
            live = await self._cluster.get(_jobs(path, name), account)
        except ApiError as error:
            if error.not_found:
                return None
            raise
        return live if stamp.request_uid in stamps_on(live) else None

    async def _with_output(
        self, progress: Progress, job: ObjectPath, live: JsonObject, account: ServiceAccount
    ) -> Progress:
        """The end of its last pod's log; that it cannot be read changes nothing else."""
        pods = ObjectPath("v1", "pods", job.namespace)
        labels = f"batch.kubernetes.io/controller-uid={live['metadata']['uid']}"
        try:
            found = await self._cluster.select(pods, account, labels=labels, limit=_PODS_READ)
            if not found:
                return _adding(progress, "its pods are gone, and their logs with them")
            pod = max(found, key=lambda each: str(each["metadata"].get("creationTimestamp")))
            where = ObjectPath("v1", "pods", job.namespace, pod["metadata"]["name"])
            text = await self._cluster.logs(where, _container(pod), account)
        except ApiError as error:
            return _adding(progress, f"its log cannot be read: {clip(str(error), _MESSAGE_LIMIT)}")
        return Progress(progress.state, progress.message, tail(text))


def _effect(path: ObjectPath, job: JsonObject, *, earlier: bool = False) -> Effect:
    where = _jobs(path, job["metadata"]["name"])
    return Effect(
        changed=True, live=job, watched=where, earlier=earlier, message=f"Job {where.name}"
    )


def _jobs(cron_job: ObjectPath, name: str = "") -> ObjectPath:
    return ObjectPath("batch/v1", "jobs", cron_job.namespace, name)


def _taken(path: ObjectPath, name: str) -> RefusedError:
    where = f"Job {path.namespace}/{name}"
    return RefusedError(
        "Invalid", f"There is a {where} already, which is not this request's. Take another name."
    )


def _tidied_away(path: ObjectPath, name: str) -> RefusedError:
    return RefusedError(
        OUTCOME_UNKNOWN,
        f"It was approved over {LATE // 60} minutes ago. Job {path.namespace}/{name} may have "
        "run and been removed since, or never have been made: look at what it should have done, "
        "and create a new request if the Job is still needed.",
    )


def _state(live: JsonObject) -> str:
    status = part(live, "status")
    if part(live, "spec").get("suspend") is True:
        return "it is suspended: resume it (kubectl patch) to let it run"
    running, failed = number(status, "active"), number(status, "failed")
    return f"{running} of its pods run" + (f", {failed} have failed" if failed else "")


def _container(pod: JsonObject) -> str | None:
    containers = listed(part(pod, "spec"), "containers")
    return str(containers[0].get("name")) if containers else None


def _adding(progress: Progress, words: str) -> Progress:
    return Progress(progress.state, f"{progress.message}; {words}")
