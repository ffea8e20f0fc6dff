"""Where the API keeps each kind."""

from __future__ import annotations

from countersign.api.operation import Kind, Operation
from countersign.ports import ObjectPath

_RESOURCES = {
    Kind.DEPLOYMENT: ("apps/v1", "deployments"),
    Kind.STATEFUL_SET: ("apps/v1", "statefulsets"),
    Kind.DAEMON_SET: ("apps/v1", "daemonsets"),
    Kind.REPLICA_SET: ("apps/v1", "replicasets"),
}


def path_of(operation: Operation) -> ObjectPath:
    """The target's place in the API."""
    api_version, plural = _RESOURCES[operation.target.kind]
    return ObjectPath(api_version, plural, operation.target.namespace, operation.target.name)
