"""Where the API keeps the objects of an operation."""

from __future__ import annotations

from countersign.api.kinds import Resource
from countersign.api.operation import Target
from countersign.api.status import ObjectReference
from countersign.ports import Cluster, JsonObject, ObjectPath, ServiceAccount


async def path_of(
    cluster: Cluster, target: Target | ObjectReference, account: ServiceAccount
) -> ObjectPath:
    """One object's place in the API; its kind is asked for if it is not Kubernetes' own."""
    resource = await cluster.resource(target.kind, target.api_version, account)
    return in_resource(resource, target.namespace, target.name or "")


def in_resource(resource: Resource, namespace: str | None, name: str = "") -> ObjectPath:
    """An object, or a whole collection, of a kind."""
    where = namespace if resource.namespaced else None
    return ObjectPath(resource.api_version, resource.plural, where, name)


def reference(
    path: ObjectPath, kind: str, live: JsonObject | None, executed: str = ""
) -> ObjectReference:
    """The very object that was read (None: there is none), as a plan refers to it."""
    metadata = (live or {}).get("metadata") or {}
    return ObjectReference(
        api_version=path.api_version,
        kind=kind,
        namespace=path.namespace,
        name=path.name,
        uid=metadata.get("uid"),
        resource_version=metadata.get("resourceVersion"),
        executed=executed or None,
    )
