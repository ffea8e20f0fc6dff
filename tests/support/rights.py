"""Rights that a user is given in a namespace, for a test."""

from __future__ import annotations

import uuid
from typing import Any

from devcluster import Cluster
from tests.support.caller import Caller
from tests.support.eventually import eventually


def grant(
    cluster: Cluster, namespace: str, user: str, resource: str, verbs: str, subresource: str = ""
) -> str:
    """Let a user do something in a namespace; the binding's name, once the API server knows it."""
    name = f"{user}-{uuid.uuid4().hex[:8]}"
    full = f"{resource}/{subresource}" if subresource else resource
    # Not by `kubectl create role`: it refuses verbs that it does not know for a kind.
    group = "" if resource == "serviceaccounts" else "countersign.dev"
    rule = {"apiGroups": [group], "resources": [full], "verbs": verbs.split(",")}
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": namespace},
        "rules": [rule],
    }
    admin = Caller(cluster)
    admin.create(role, namespace).accepted()
    admin.create(binding(name, user), namespace).accepted()
    caller = admin.acting_as(user)
    verb, known = verbs.rpartition(",")[2], {"sub": subresource, "namespace": namespace}
    eventually(
        lambda: caller.may(verb, resource, **known), what=f"{user} to be allowed to {verbs} {full}"
    )
    return name


def binding(name: str, user: str) -> dict[str, Any]:
    """A user's binding to a Role of the same name."""
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }
