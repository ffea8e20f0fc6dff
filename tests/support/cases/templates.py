"""Cases: set image, environment and resources."""

from __future__ import annotations

from typing import Any

from tests.support.cases.case import Case
from tests.support.cases.rollouts import IMAGE, image_is, new_image
from tests.support.site import JsonObject
from tests.support.workloads import cron_job, workload

_MAIN = "spec.template.spec.containers[main]"


def _container(live: JsonObject) -> JsonObject:
    spec = live["spec"].get("jobTemplate", live)["spec"]
    container: JsonObject = spec["template"]["spec"]["containers"][0]
    return container


def _changed(**container: Any) -> tuple[str, JsonObject]:
    """A change of the container by hand."""
    containers = [{"name": "main", **container}]
    return "strategic", {"spec": {"template": {"spec": {"containers": containers}}}}


def _with_env(**env: str) -> JsonObject:
    body = workload("Deployment")
    listed = [{"name": name, "value": value} for name, value in env.items()]
    body["spec"]["template"]["spec"]["containers"][0]["env"] = listed
    return body


def _set_image(kind: str, risk: str) -> Case:
    return Case(
        name=f"set-image-{kind}",
        operation={
            "type": "SetImage",
            "target": {"kind": kind, "name": "web"},
            "setImage": {"images": [{"container": "main", "image": "example/web:2"}]},
        },
        text=f"kubectl set image {kind.lower()}/web main=example/web:2",
        risk=risk,
        laid=lambda site: (workload(kind),),
        changes=((IMAGE, "example/web:1", "example/web:2"),),
        done=image_is("example/web:2"),
        undo="SetImage",
        meddling=("strategic", new_image("example/web:3")),
    )


_SET_IMAGE_OF_CRON_JOB = Case(
    name="set-image-CronJob",
    operation={
        "type": "SetImage",
        "target": {"kind": "CronJob", "name": "report"},
        "setImage": {"images": [{"container": "main", "image": "example/web:2"}]},
    },
    text="kubectl set image cronjob/report main=example/web:2",
    risk="medium",
    laid=lambda site: (cron_job(),),
    changes=(
        (
            "spec.jobTemplate.spec.template.spec.containers[main].image",
            "example/web:1",
            "example/web:2",
        ),
    ),
    done=lambda live: _container(live)["image"] == "example/web:2",
    undo="SetImage",
)

_SET_ENV = Case(
    name="set-env-Deployment",
    operation={
        "type": "SetEnv",
        "target": {"kind": "Deployment", "name": "web"},
        "setEnv": {"set": {"COLOUR": "blue", "SIZE": "9"}, "remove": ["OLD"]},
    },
    text="kubectl set env deployment/web COLOUR=blue SIZE=9 OLD-",
    risk="medium",
    laid=lambda site: (_with_env(COLOUR="red", OLD="1"),),
    changes=(
        (f"{_MAIN}.env[COLOUR].value", "red", "blue"),
        (f"{_MAIN}.env[SIZE].value", None, "9"),
        (f"{_MAIN}.env[OLD].value", "1", None),
    ),
    done=lambda live: (
        {each["name"]: each["value"] for each in _container(live)["env"]}
        == {"COLOUR": "blue", "SIZE": "9"}
    ),
    undo="SetEnv",
    meddling=_changed(env=[{"name": "COLOUR", "value": "green"}]),
)

_SET_RESOURCES = Case(
    name="set-resources-Deployment",
    operation={
        "type": "SetResources",
        "target": {"kind": "Deployment", "name": "web"},
        "setResources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m"}},
    },
    text="kubectl set resources deployment/web --limits=memory=256Mi --requests=cpu=100m",
    risk="medium",
    laid=lambda site: (_with_resources(),),
    changes=(
        (f"{_MAIN}.resources.limits.memory", "128Mi", "256Mi"),
        (f"{_MAIN}.resources.requests.cpu", "50m", "100m"),
    ),
    done=lambda live: (
        (_container(live)["resources"]["limits"]["memory"] == "256Mi")
        and _container(live)["resources"]["requests"]["cpu"] == "100m"
    ),
    undo="SetResources",
    meddling=_changed(resources={"limits": {"memory": "200Mi"}}),
)


def _with_resources() -> JsonObject:
    body = workload("Deployment")
    resources = {"limits": {"memory": "128Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}}
    body["spec"]["template"]["spec"]["containers"][0]["resources"] = resources
    return body


CASES = (
    _set_image("Deployment", "medium"),
    _set_image("StatefulSet", "high"),
    _set_image("DaemonSet", "high"),
    _SET_IMAGE_OF_CRON_JOB,
    _SET_ENV,
    _SET_RESOURCES,
)
