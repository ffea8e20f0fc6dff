"""Requests to be carried out and then cut off, each with the objects that it takes."""

from __future__ import annotations

from dataclasses import dataclass

from countersign.api.operation import OperationType
from countersign.ports import JsonObject
from tests.support.endings import cron_job
from tests.support.fakes_objects import workload

RUN = "kubectl create job x --from=cronjob/backup"


def deletion(*names: str) -> JsonObject:
    """An operation that deletes ConfigMaps."""
    targets = [{"kind": "ConfigMap", "name": name} for name in names]
    return {"type": OperationType.DELETE_RESOURCE, "targets": targets}


def config_map(name: str, **data: str) -> JsonObject:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@dataclass(frozen=True)
class Begun:
    """What was done, and what it takes for it."""

    spec: JsonObject
    laid: tuple[JsonObject, ...] = ()


JSON_PATCH = (
    '[{"op": "test", "path": "/spec/replicas", "value": 3},'
    ' {"op": "replace", "path": "/spec/replicas", "value": 5}]'
)
BEGUN = {
    "a job that was given a name": Begun({"action": RUN}, (cron_job(),)),
    "a job of the request's own": Begun(
        {
            "action": None,
            "operation": {"type": "RunJob", "target": {"kind": "CronJob", "name": "backup"}},
        },
        (cron_job(),),
    ),
    "a number that was to be another one before": Begun(
        {"action": "kubectl scale deployment/web --current-replicas=3 --replicas=5"}
    ),
    "a patch that tests what was there before": Begun(
        {
            "action": None,
            "operation": {
                "type": "Patch",
                "target": {"kind": "Deployment", "name": "web"},
                "patch": {"type": "json", "patch": JSON_PATCH},
            },
        }
    ),
    "a second object, after one that was as it should be": Begun(
        {"action": "kubectl scale deployment/web deployment/db --replicas=3"},
        (workload(name="db", replicas=1),),
    ),
}
