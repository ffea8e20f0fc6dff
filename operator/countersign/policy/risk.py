"""How much can go wrong, from the operation and its target alone.

| what                                             | risk                       |
|--------------------------------------------------|----------------------------|
| restart or scale a Deployment, ReplicaSet        | medium                     |
| restart or scale a StatefulSet, DaemonSet        | high: state, or every node |
| scale to zero                                    | high: nothing is left      |
| anything in kube-*, countersign-system, default  | one step more              |

The proposer can raise the result and never lower it.
"""

from __future__ import annotations

from countersign.api.approval_request import Risk
from countersign.api.operation import Kind, Operation

_PROTECTED_NAMESPACES = frozenset({"default", "countersign-system"})
_PROTECTED_PREFIX = "kube-"
_HIGH_KINDS = frozenset({Kind.STATEFUL_SET, Kind.DAEMON_SET})


def assess(operation: Operation) -> Risk:
    """Our own assessment of one operation, its target's namespace filled in."""
    risk = Risk.HIGH if operation.target.kind in _HIGH_KINDS else Risk.MEDIUM
    if operation.scale is not None and operation.scale.replicas == 0:
        risk = Risk.HIGH
    return _one_more(risk) if _is_protected(operation.target.namespace or "") else risk


def effective(assessed: Risk, proposed: Risk | None) -> Risk:
    """The higher of our own assessment and the proposer's."""
    return max(assessed, proposed or assessed, key=lambda risk: risk.rank)


def _is_protected(namespace: str) -> bool:
    return namespace in _PROTECTED_NAMESPACES or namespace.startswith(_PROTECTED_PREFIX)


def _one_more(risk: Risk) -> Risk:
    return list(Risk)[min(risk.rank + 1, Risk.CRITICAL.rank)]
