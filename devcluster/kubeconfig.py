"""Kubeconfig files: one context for each user, named as the user."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from devcluster.users import User

CLUSTER_NAME = "countersign"


def own_cluster(server: str, ca: bytes) -> dict[str, Any]:
    """The `cluster` stanza for a server whose certificate `ca` (PEM) vouches for."""
    return {"server": server, "certificate-authority-data": base64.b64encode(ca).decode()}


def impersonating(credentials: Mapping[str, Any], user: User) -> dict[str, Any]:
    """The `user` stanza that acts as `user` with somebody else's credentials."""
    return {**credentials, "as": user.name, "as-groups": list(user.groups)}


def render(
    cluster: Mapping[str, Any],
    users: Mapping[str, Mapping[str, Any]],
    *,
    current: str,
    namespace: str | None = None,
) -> str:
    """The text of a kubeconfig with a context for each of `users` (name to `user` stanza)."""

    def context(name: str) -> dict[str, Any]:
        place = {"namespace": namespace} if namespace else {}
        return {"name": name, "context": {"cluster": CLUSTER_NAME, "user": name, **place}}

    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CLUSTER_NAME, "cluster": dict(cluster)}],
        "users": [{"name": name, "user": dict(stanza)} for name, stanza in users.items()],
        "contexts": [context(name) for name in users],
        "current-context": current,
    }
    return yaml.safe_dump(config, sort_keys=False)


def write_private(path: Path, text: str) -> Path:
    """Write a file that only its owner may read, for it holds credentials.

    It appears whole: another process may be reading an older one.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(temporary).replace(path)
