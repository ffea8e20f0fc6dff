"""Cases: restart, scale, roll back, pause and resume workloads."""

from __future__ import annotations

from tests.support.cases.case import Case
from tests.support.site import JsonObject, Look, Site
from tests.support.workloads import settled, workload

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
IMAGE = "spec.template.spec.containers[main].image"
_RESTARTED = f"spec.template.metadata.annotations[{RESTARTED_AT}]"
_KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def image_is(image: str) -> Look:
    """Whether a workload's one container has this image."""
    return lambda live: live["spec"]["template"]["spec"]["containers"][0]["image"] == image


def new_image(image: str) -> JsonObject:
    """A strategic merge patch of a workload."""
    container = {"name": "main", "image": image}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


def _restart(kind: str, risk: str) -> Case:
    restarted = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: "by hand"}}}}}
    return Case(
        name=f"restart-{kind}",
        operation={"type": "RestartRollout", "target": {"kind": kind, "name": "web"}},
        text=f"kubectl rollout restart {kind.lower()}/web",
        risk=risk,
        laid=lambda site: (workload(kind, replicas=2),),
        changes=((_RESTARTED, None, "the time of the approval"),),
        done=lambda live: live["spec"]["template"]["metadata"]["annotations"][
            RESTARTED_AT
        ].endswith("Z"),
        meddling=("merge", restarted),
        again="repeats",
    )


def _scale(kind: str, risk: str) -> Case:
    return Case(
        name=f"scale-{kind}",
        operation={
            "type": "Scale",
            "target": {"kind": kind, "name": "web"},
            "scale": {"replicas": 3},
        },
        text=f"kubectl scale {kind.lower()}/web --replicas=3",
        risk=risk,
        laid=lambda site: (workload(kind),),
        changes=(("spec.replicas", "1", "3"),),
        done=lambda live: live["spec"]["replicas"] == 3 == live["status"]["readyReplicas"],
        undo="Scale",
        meddling=("merge", {"spec": {"replicas": 2}}),
    )


def _rollback(kind: str, risk: str) -> Case:
    return Case(
        name=f"rollback-{kind}",
        operation={"type": "RollbackRollout", "target": {"kind": kind, "name": "web"}},
        text=f"kubectl rollout undo {kind.lower()}/web",
        risk=risk,
        laid=lambda site: _with_two_revisions(site, kind),
        changes=((IMAGE, "example/web:2", "example/web:1"),),
        done=image_is("example/web:1"),
        undo="RollbackRollout",
        meddling=("strategic", new_image("example/web:3")),
        done_after_meddling=image_is("example/web:2"),  # By then that is the one before.
        # What is rolled back now has the other revision before it.
        again="repeats",
    )


def _with_two_revisions(site: Site, kind: str) -> tuple[JsonObject, ...]:
    site.create(workload(kind))
    settled(site, kind)
    site.patch(kind, "web", new_image("example/web:2"), form="strategic")
    settled(site, kind)
    return ()


def _paused(*, to: bool) -> Case:
    verb, type_ = ("pause", "PauseRollout") if to else ("resume", "ResumeRollout")
    return Case(
        name=f"{verb}-Deployment",
        operation={"type": type_, "target": {"kind": "Deployment", "name": "web"}},
        text=f"kubectl rollout {verb} deployment/web",
        risk="low" if to else "medium",
        laid=lambda site: (workload("Deployment", **({} if to else {"paused": True})),),
        changes=(("spec.paused", str(not to).lower(), str(to).lower()),),
        done=lambda live: live["spec"].get("paused", False) is to,
        undo="ResumeRollout" if to else "PauseRollout",
        meddling=("merge", {"spec": {"paused": to or None}}),
    )


CASES = (
    *(_restart(kind, "medium" if kind == "Deployment" else "high") for kind in _KINDS),
    *(
        _scale(kind, "high" if kind == "StatefulSet" else "medium")
        for kind in ("Deployment", "StatefulSet", "ReplicaSet")
    ),
    *(_rollback(kind, "medium" if kind == "Deployment" else "high") for kind in _KINDS),
    _paused(to=True),
    _paused(to=False),
)
