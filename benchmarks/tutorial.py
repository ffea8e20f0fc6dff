"""The plain Kopf operator: what a reader of Kopf's tutorial and of the client's README writes.

Kopf's default settings, one handler on the field that is signed, the official asyncio client with
its generated method, the outcome through ``patch.status``. It is run by ``kopf run`` as a process
of its own and knows nothing of plans, quorums, stamps, retries of its own or knowledge.
"""

from __future__ import annotations

from typing import Any

import kopf
from kubernetes.aio import client, config


@kopf.on.startup()
async def connect(memo: kopf.Memo, **_: Any) -> None:
    """One client for all handlers."""
    await config.load_kube_config()
    memo.apps = client.AppsV1Api(client.ApiClient())


@kopf.on.cleanup()
async def disconnect(memo: kopf.Memo, **_: Any) -> None:
    """Close its connections."""
    await memo.apps.api_client.close()


@kopf.on.field("bench.countersign.dev", "v1", "plainapprovals", field="spec.signatures")
async def carry_out(
    spec: kopf.Spec, new: Any, namespace: str | None, memo: kopf.Memo, patch: kopf.Patch, **_: Any
) -> None:
    """Do what has been signed, and say so."""
    if not new:
        return
    body = {"spec": {"replicas": spec["replicas"]}}
    await memo.apps.patch_namespaced_deployment(spec["deployment"], namespace, body)
    patch.status["phase"] = "Succeeded"
    patch.status["message"] = f"{spec['deployment']} scaled to {spec['replicas']}"
