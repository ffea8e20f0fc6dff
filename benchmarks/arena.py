"""The control plane with every contestant on it, all running at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import yaml

from benchmarks.api import Api, JsonObject
from benchmarks.contestants import (
    ROOT,
    Actors,
    Contestant,
    Countersign,
    CountersignVerified,
    Floor,
    PlainKopf,
    deployment,
    settled,
)
from devcluster import Cluster

_HERE = Path(__file__).parent
_EXECUTOR = _HERE.parent / "manifests" / "samples" / "executor.yaml"
_NEVER = 2**31 - 1
"""``progressDeadlineSeconds`` that means none: one status write of its controller less."""


@contextmanager
def plain_operator(cluster: Cluster, kubeconfig: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``kopf run`` of the tutorial's operator, under its own service account."""
    command = [sys.executable, "-m", "kopf", "run", "--namespace", PlainKopf.namespace]
    with (cluster.state / "plain-kopf.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, str(_HERE / "tutorial.py")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONUNBUFFERED": "1"},
            process_group=cluster.process_group,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def prepare(cluster: Cluster) -> Path:
    """Install what the contestants need; the kubeconfig of the bench's service account."""
    cluster.kubectl("apply", "--server-side", "-f", _HERE / "manifests.yaml")
    crd = "crd/plainapprovals.bench.countersign.dev"
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", crd)
    for contestant in (Floor, PlainKopf, Countersign, CountersignVerified):
        cluster.kubectl("create", "namespace", contestant.namespace)
    for ours in (Countersign, CountersignVerified):
        cluster.kubectl("apply", "-n", ours.namespace, "-f", _EXECUTOR)
    return cluster.service_account_kubeconfig("bench-system", "bench")


@asynccontextmanager
async def actors(cluster: Cluster, kubeconfig: Path) -> AsyncIterator[Actors]:
    """A bare client for each of those who write."""
    tokens = [cluster.token(user) for user in ("admin", "agent", "alice")]
    tokens.append(_token_in(kubeconfig))
    async with AsyncExitStack() as stack:
        apis = [
            await stack.enter_async_context(Api(cluster.server, cluster.ca_file, token))
            for token in tokens
        ]
        yield Actors(*apis)


def _token_in(kubeconfig: Path) -> str:
    config: dict[str, Any] = yaml.safe_load(kubeconfig.read_text())
    return str(config["users"][0]["user"]["token"])


def contestants(them: Actors, plain_pid: int, our_pid: int) -> tuple[Contestant, ...]:
    """All of them, in the order of the report."""
    return (
        Floor(them),
        PlainKopf(them, plain_pid),
        Countersign(them, our_pid),
        CountersignVerified(them, our_pid),
    )


async def deploy(api: Api, contestant: Contestant, count: int) -> None:
    """The Deployments that a lap acts on. None of them ever has a pod."""
    path = f"{ROOT}/{contestant.namespace}/deployments"
    for number in range(count):
        await api.create(path, _target(deployment(number), rolls_out=contestant.verified))
    await settled(api, contestant.namespace)


def _target(name: str, *, rolls_out: bool) -> JsonObject:
    """Without pods: paused before its first rollout, or with no replicas."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "paused": not rolls_out,
            "replicas": 0,
            "progressDeadlineSeconds": _NEVER,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": "example/web:1"}]},
            },
        },
    }
