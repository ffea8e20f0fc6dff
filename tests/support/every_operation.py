"""One request of each operation, all at once in one namespace, each about an object of its own."""

from __future__ import annotations

import json
from typing import Any

from tests.support.cases.rollouts import new_image
from tests.support.site import JsonObject, Site
from tests.support.workloads import config_map, cron_job, laid, node, pod, settled, workload

_APPS = ("restart", "scale", "rollback", "pause", "image", "env", "resources", "label", "drained")


def laid_out(site: Site) -> None:
    """Everything that `every_operation` is about."""
    apps = [workload("Deployment", name) for name in _APPS]
    things = [config_map("settings"), config_map("noted"), config_map("spare"), cron_job()]
    pods = [pod("deleted"), pod("evicted"), pod("entered")]
    nodes = [node(name) for name in _nodes(site)]
    laid(site, *apps, workload("Deployment", "resume", paused=True), *things, *pods, *nodes)
    site.patch("Deployment", "rollback", new_image("example/web:2"), form="strategic")
    settled(site, "Deployment", "rollback")


def cleared(site: Site) -> None:
    """Its nodes, which no namespace takes along."""
    for name in _nodes(site):
        site.delete("Node", name)


def every_operation(site: Site) -> dict[str, JsonObject]:
    """What to put into the spec of a request, by the type of its operation."""
    cordoned, uncordoned, drained, tainted = _nodes(site)
    applied = {"type": "Apply", "apply": {"manifest": json.dumps(config_map("fresh"))}}
    patch = {"patch": '{"data":{"colour":"blue"}}', "type": "merge"}
    return {
        "RestartRollout": _app("RestartRollout", "restart"),
        "Scale": _app("Scale", "scale", scale={"replicas": 2}),
        "RollbackRollout": _app("RollbackRollout", "rollback", rollbackRollout={}),
        "PauseRollout": _app("PauseRollout", "pause"),
        "ResumeRollout": _app("ResumeRollout", "resume"),
        "SetImage": {"action": "kubectl set image deployment/image main=example/web:3"},
        "SetEnv": {"action": "kubectl set env deployment/env COLOUR=blue"},
        "SetResources": {
            "action": "kubectl set resources deployment/resources --limits=memory=256Mi"
        },
        "Label": _typed("Label", "ConfigMap", "settings", label={"set": {"a": "b"}}),
        "Annotate": _typed("Annotate", "ConfigMap", "noted", annotate={"set": {"a": "b"}}),
        "Patch": _typed("Patch", "ConfigMap", "noted", patch=patch),
        "Apply": {"operation": applied},
        "DeleteResource": {"action": "kubectl delete configmap spare"},
        "DeletePod": _typed("DeletePod", "Pod", "deleted"),
        "EvictPod": _typed("EvictPod", "Pod", "evicted"),
        "CordonNode": {"action": f"kubectl cordon {cordoned}"},
        "UncordonNode": {"action": f"kubectl uncordon {uncordoned}"},
        "DrainNode": {"action": f"kubectl drain {drained} --ignore-daemonsets"},
        "TaintNode": {"action": f"kubectl taint nodes {tainted} dedicated=db:NoSchedule"},
        "RunJob": {"action": "kubectl create job report-now --from=cronjob/report"},
        "Exec": {"action": "kubectl exec entered -- date -u"},
    }


def _nodes(site: Site) -> list[str]:
    return [f"{site.node}-{what}" for what in ("cordon", "uncordon", "drain", "taint")]


def _app(type_: str, name: str, **parameters: Any) -> JsonObject:
    return _typed(type_, "Deployment", name, **parameters)


def _typed(type_: str, kind: str, name: str, **parameters: Any) -> JsonObject:
    target = {"kind": kind, "name": name}
    return {"operation": {"type": type_, "target": target, **parameters}}
