"""Cases: cordon, uncordon, taint and drain a node of the test's own."""

from __future__ import annotations

from typing import Any

from tests.support.cases.case import Case
from tests.support.site import JsonObject, Site
from tests.support.workloads import node

_NODE = {"kind": "Node", "name": "NODE"}
_CAN = "countersign-can-nodes"


def _own_node(site: Site, **spec: Any) -> tuple[JsonObject, ...]:
    return (node(site.node, **spec),)


def _right_to_nodes(site: Site) -> tuple[JsonObject, ...]:
    return (site.binding("ClusterRoleBinding", _CAN),)


def _is_cordoned(live: JsonObject) -> bool:
    return live["spec"].get("unschedulable") is True


def _taints(live: JsonObject) -> set[str]:
    return {f"{each['key']}={each.get('value', '')}" for each in live["spec"].get("taints", [])}


_CORDON = Case(
    name="cordon",
    operation={"type": "CordonNode", "target": _NODE},
    text="kubectl cordon NODE",
    risk="medium",
    rights=_right_to_nodes,
    laid=_own_node,
    changes=(("spec.unschedulable", "false", "true"),),
    done=_is_cordoned,
    undo="UncordonNode",
    meddling=("merge", {"spec": {"unschedulable": True}}),
)
_UNCORDON = Case(
    name="uncordon",
    operation={"type": "UncordonNode", "target": _NODE},
    text="kubectl uncordon NODE",
    risk="medium",
    rights=_right_to_nodes,
    laid=lambda site: _own_node(site, unschedulable=True),
    changes=(("spec.unschedulable", "true", "false"),),
    done=lambda live: not _is_cordoned(live),
    undo="CordonNode",
    meddling=("merge", {"spec": {"unschedulable": None}}),
)
_TAINT = Case(
    name="taint",
    operation={
        "type": "TaintNode",
        "target": _NODE,
        "taintNode": {"add": [{"key": "dedicated", "value": "db", "effect": "NoSchedule"}]},
    },
    text="kubectl taint nodes NODE dedicated=db:NoSchedule",
    risk="medium",
    rights=_right_to_nodes,
    laid=_own_node,
    changes=(("spec.taints[dedicated:NoSchedule]", None, "dedicated=db:NoSchedule"),),
    done=lambda live: "dedicated=db" in _taints(live),
    undo="TaintNode",
)
_DRAIN = Case(
    name="drain",
    operation={
        "type": "DrainNode",
        "target": _NODE,
        "drainNode": {"ignoreDaemonSets": True},
    },
    text="kubectl drain NODE --ignore-daemonsets",
    risk="high",
    rights=_right_to_nodes,
    laid=_own_node,
    changes=(("spec.unschedulable", "false", "true"),),
    done=_is_cordoned,
    undo="UncordonNode",
)

CASES = (_CORDON, _UNCORDON, _TAINT, _DRAIN)
