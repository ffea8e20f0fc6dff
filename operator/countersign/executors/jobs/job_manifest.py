"""The Job that a CronJob would make: as ``kubectl create job --from`` writes it, but that stays."""

from __future__ import annotations

import shlex

from countersign.actions.digest import digest_of
from countersign.actions.secret_words import without_secrets
from countersign.api.operation import Operation
from countersign.api.status import VALUE_LIMIT, Change
from countersign.api.text import clip
from countersign.executors.once.stamps import STAMP
from countersign.policy.reading.fields import listed, part, strings
from countersign.ports import JsonObject

LONGEST_NAME = 63
_UID_SHOWN = 8
LATE = 3600
"""Seconds after the approval from which on a Job that is not found may have been tidied away."""
KEPT_FOR = 2 * LATE
"""Seconds that a finished Job stays at least: a run that was cut off must find it, also one whose
clock is slow."""
_KEPT_UNLESS_SAID = 24 * 3600
_CONTAINERS_SHOWN = 5


def job_name(operation: Operation, request_uid: str) -> str:
    """The name that was asked for, else one that belongs to the request."""
    if operation.run_job is not None and operation.run_job.name:
        return operation.run_job.name
    beginning = (operation.one.name or "")[: LONGEST_NAME - _UID_SHOWN - 1]
    return f"{beginning.rstrip('-.')}-{request_uid[:_UID_SHOWN]}"


def job_from(cron_job: JsonObject, name: str, request_uid: str) -> JsonObject:
    """The manifest, with the request's stamp."""
    template = part(cron_job, "spec", "jobTemplate")
    metadata = cron_job["metadata"]
    annotations = {
        **strings(template, "metadata", "annotations"),
        "cronjob.kubernetes.io/instantiate": "manual",
        STAMP: request_uid,
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": metadata.get("namespace"),
            "labels": strings(template, "metadata", "labels"),
            "annotations": annotations,
            "ownerReferences": [_owner(cron_job)],
        },
        "spec": _spec(template),
    }


def job_changes(operation: Operation, cron_job: JsonObject) -> tuple[Change, ...]:
    """What runs, in words, and a digest of all of it."""
    name = job_name(operation, "") if operation.run_job else ""
    field = f"Job {name}" if name else "Job (its name ends with the request's UID)"
    template = part(cron_job, "spec", "jobTemplate")
    mark = f" ({digest_of([template, _spec(template)])[:23]})"
    return (Change(field=field, after=clip(_words(template), VALUE_LIMIT - len(mark)) + mark),)


def _spec(template: JsonObject) -> JsonObject:
    """The template's; the Job stays for a known time, as nobody else tidies it up (``_owner``)."""
    spec = part(template, "spec")
    lifetime = spec.get("ttlSecondsAfterFinished")
    kept = max(lifetime, KEPT_FOR) if isinstance(lifetime, int) else _KEPT_UNLESS_SAID
    return {**spec, "ttlSecondsAfterFinished": kept}


def _owner(cron_job: JsonObject) -> JsonObject:
    """It goes with its CronJob, but is not controlled by it.

    The CronJob's controller removes what it controls beyond its history limits: of one that runs
    each minute, a Job would be gone in three.
    """
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": cron_job["metadata"]["name"],
        "uid": cron_job["metadata"]["uid"],
    }


def _words(template: JsonObject) -> str:
    """Images and commands."""
    containers = listed(part(template, "spec", "template", "spec"), "containers")
    said = []
    for each in containers[:_CONTAINERS_SHOWN]:
        words = [str(word) for field in ("command", "args") for word in each.get(field) or ()]
        runs = f": {shlex.join(without_secrets(words))}" if words else ""
        said.append(f"{each.get('image')}{runs}")
    if len(containers) > _CONTAINERS_SHOWN:
        said.append(f"{len(containers) - _CONTAINERS_SHOWN} more containers")
    return "; ".join(said)
