"""Cases: label, annotate, patch, apply and delete objects of any kind."""

from __future__ import annotations

import json
from typing import Any

from tests.support.cases.case import Case
from tests.support.cases.rollouts import IMAGE, image_is, new_image
from tests.support.site import EXECUTOR, JsonObject, Site
from tests.support.workloads import config_map, widget, workload

_SETTINGS = {"kind": "ConfigMap", "name": "settings"}
_RIGHTS = "rbac.authorization.k8s.io"


def _patch(target: JsonObject, form: str, body: Any) -> JsonObject:
    return {"type": "Patch", "target": target, "patch": {"type": form, "patch": json.dumps(body)}}


def manifest(*objects: JsonObject) -> str:
    """Several documents, as people write them."""
    return "---\n".join(json.dumps(body) + "\n" for body in objects)


def apply(*objects: JsonObject, **parameters: Any) -> JsonObject:
    """The typed operation that applies these objects."""
    return {"type": "Apply", "apply": {"manifest": manifest(*objects), **parameters}}


def _labelled(**labels: str) -> JsonObject:
    body = config_map()
    body["metadata"]["labels"] = labels
    return body


def _right_to_widgets(site: Site) -> tuple[JsonObject, ...]:
    """None of our ClusterRoles gives it."""
    rule = {
        "apiGroups": ["shop.example.com"],
        "resources": ["widgets"],
        "verbs": ["get", "list", "watch", "create", "patch", "delete"],
    }
    about = {"apiVersion": f"{_RIGHTS}/v1", "metadata": {"name": "widgets"}}
    role = {**about, "kind": "Role", "rules": [rule]}
    binding = {
        **about,
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": _RIGHTS, "kind": "Role", "name": "widgets"},
        "subjects": [{"kind": "ServiceAccount", "name": EXECUTOR, "namespace": site.namespace}],
    }
    return (role, binding)


_MARKS = (
    Case(
        name="label-Deployment",
        operation={
            "type": "Label",
            "target": {"kind": "Deployment", "name": "web"},
            "label": {"set": {"tier": "web"}},
        },
        text="kubectl label deployment/web tier=web",
        risk="low",
        laid=lambda site: (workload("Deployment"),),
        changes=(("metadata.labels[tier]", None, "web"),),
        done=lambda live: live["metadata"]["labels"] == {"app": "web", "tier": "web"},
        undo="Label",
        meddling=("merge", {"metadata": {"labels": {"tier": "web"}}}),
    ),
    Case(
        name="relabel-ConfigMap",
        operation={
            "type": "Label",
            "target": _SETTINGS,
            "label": {"set": {"tier": "db"}, "remove": ["old"], "overwrite": True},
        },
        text="kubectl label configmap settings tier=db old- --overwrite",
        risk="low",
        laid=lambda site: (_labelled(tier="web", old="yes"),),
        changes=(("metadata.labels[tier]", "web", "db"), ("metadata.labels[old]", "yes", None)),
        done=lambda live: live["metadata"]["labels"] == {"tier": "db"},
        undo="Label",
        meddling=("merge", {"metadata": {"labels": {"tier": "cache"}}}),
    ),
    Case(
        name="annotate-ConfigMap",
        operation={
            "type": "Annotate",
            "target": _SETTINGS,
            "annotate": {"set": {"example.com/note": "looked at, 看过了"}},
        },
        text="kubectl annotate configmap settings 'example.com/note=looked at, 看过了'",
        risk="low",
        laid=lambda site: (config_map(),),
        changes=(("metadata.annotations[example.com/note]", None, "looked at, 看过了"),),
        done=lambda live: (
            live["metadata"]["annotations"]["example.com/note"] == "looked at, 看过了"
        ),
        undo="Annotate",
        meddling=(
            "merge",
            {"metadata": {"annotations": {"example.com/note": "looked at, 看过了"}}},
        ),
    ),
)

_PATCHES = (
    Case(
        name="patch-merge-ConfigMap",
        operation=_patch(_SETTINGS, "merge", {"data": {"colour": "blue"}}),
        text="kubectl patch configmap settings --type=merge -p "
        f"'{json.dumps({'data': {'colour': 'blue'}})}'",
        risk="medium",
        laid=lambda site: (config_map(),),
        changes=(("data.colour", "red", "blue"),),
        done=lambda live: live["data"] == {"colour": "blue"},
        undo="Patch",
        meddling=("merge", {"data": {"colour": "green"}}),
    ),
    Case(
        name="patch-strategic-Deployment",
        operation=_patch(
            {"kind": "Deployment", "name": "web"}, "strategic", new_image("example/web:2")
        ),
        text=f"kubectl patch deployment web -p '{json.dumps(new_image('example/web:2'))}'",
        risk="medium",
        laid=lambda site: (workload("Deployment"),),
        changes=((IMAGE, "example/web:1", "example/web:2"),),
        done=image_is("example/web:2"),
        undo="Patch",
        meddling=("strategic", new_image("example/web:3")),
    ),
    Case(
        name="patch-json-Deployment",
        operation=_patch(
            {"kind": "Deployment", "name": "web"},
            "json",
            [{"op": "replace", "path": "/spec/replicas", "value": 2}],
        ),
        text="kubectl patch deployment web --type=json -p "
        f"'{json.dumps([{'op': 'replace', 'path': '/spec/replicas', 'value': 2}])}'",
        risk="medium",
        laid=lambda site: (workload("Deployment"),),
        changes=(("spec.replicas", "1", "2"),),
        done=lambda live: live["spec"]["replicas"] == 2,
        undo="Patch",
        meddling=("merge", {"spec": {"replicas": 3}}),
    ),
    Case(
        name="patch-merge-Widget",
        operation=_patch(
            {"apiVersion": "shop.example.com/v1", "kind": "Widget", "name": "one"},
            "merge",
            {"spec": {"size": 2}},
        ),
        text=None,
        risk="high",
        rights=_right_to_widgets,
        laid=lambda site: (widget(),),
        changes=(("spec.size", "1", "2"),),
        done=lambda live: live["spec"]["size"] == 2,
        measurable=False,
        undo="Patch",
        meddling=("merge", {"spec": {"size": 3}}),
    ),
)

_APPLIES = (
    Case(
        name="apply-new-ConfigMap",
        operation=apply(config_map("fresh", colour="blue")),
        text=None,
        risk="medium",
        laid=lambda site: (),
        changes=(("data.colour", None, "blue"),),
        done=lambda live: live["data"] == {"colour": "blue"},
        shown=("ConfigMap", "fresh"),
        undo="DeleteResource",
    ),
    Case(
        name="apply-existing-ConfigMap",
        operation=apply(config_map("settings", size="big")),
        text=None,
        risk="medium",
        laid=lambda site: (config_map(),),
        changes=(("data.size", None, "big"),),
        done=lambda live: live["data"] == {"colour": "red", "size": "big"},
        shown=("ConfigMap", "settings"),
        undo="Patch",
        # Not data.size itself: that would be somebody else's field then, and a conflict.
        meddling="replaced",
    ),
)

_DELETIONS = (
    Case(
        name="delete-ConfigMap",
        operation={"type": "DeleteResource", "target": _SETTINGS},
        text="kubectl delete configmap settings",
        risk="high",
        laid=lambda site: (config_map(),),
        changes=(),
        done=None,
        undo="Apply",
        gone="Succeeded",
    ),
    Case(
        name="delete-Deployment",
        operation={
            "type": "DeleteResource",
            "target": {"kind": "Deployment", "name": "web"},
            "deleteResource": {"cascade": "orphan"},
        },
        text="kubectl delete deployment web --cascade=orphan",
        risk="high",
        laid=lambda site: (workload("Deployment"),),
        changes=(),
        done=None,
        undo="Apply",
        gone="Succeeded",
    ),
)

CASES = (*_MARKS, *_PATCHES, *_APPLIES, *_DELETIONS)
