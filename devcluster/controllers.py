"""What makes objects come alive: kube-controller-manager, kube-scheduler, and kwok's one Node."""

from __future__ import annotations

from typing import Any, Final

import httpx

from devcluster import users
from devcluster.binaries import Binaries
from devcluster.control_plane import ControlPlane
from devcluster.errors import StartError
from devcluster.kubeconfig import own_cluster, render, write_private
from devcluster.kubelet import Kubelet
from devcluster.processes import Process, terminate_all
from devcluster.waiting import wait_until

NODE_NAME: Final = "node-1"
_CAPACITY: Final = {"cpu": "64", "memory": "256Gi", "pods": "500"}
_READY_WITHIN = 60.0  # seconds; 2 on an idle machine


class Controllers:
    """The three processes beside a control plane; kwok plays the node's part."""

    def __init__(self, plane: ControlPlane, binaries: Binaries, *, exec_: bool = False) -> None:
        """``exec_`` lets commands in containers run on this machine (see ``Kubelet``)."""
        self._plane = plane
        self._binaries = binaries
        self._kubelet = Kubelet(plane.state, commands=exec_)
        self._processes: list[Process] = []

    def start(self) -> None:
        """Start all of them; returns at once."""
        manager = self._component(users.CONTROLLER_MANAGER)
        manager += [
            "--use-service-account-credentials=false",
            f"--root-ca-file={self._plane.ca_file}",
            # Its own limit, 20 requests a second, is what a test with 20 Deployments waits for.
            "--kube-api-qps=200",
            "--kube-api-burst=400",
        ]
        scheduler = self._component(users.SCHEDULER)
        self._processes = [
            self._plane.process("kube-controller-manager", manager),
            self._plane.process("kube-scheduler", scheduler),
            self._plane.process("kwok", self._kwok()),
        ]
        for process in self._processes:
            process.start()
        self._plane.api.create("/api/v1/nodes", _node()).raise_for_status()

    def wait_until_ready(self) -> None:
        """Wait until a pod can be created in `default`, scheduled and run."""

        def ready() -> bool:
            for process in self._processes:
                process.check()
            return self._namespace_usable() and self._node_usable()

        wait_until(ready, timeout=_READY_WITHIN, what="a Node and a service account to be ready")

    def stop(self) -> None:
        """Stop all of them."""
        terminate_all(self._processes)

    def _namespace_usable(self) -> bool:
        api = self._plane.api
        place = "/api/v1/namespaces/default"
        return api.answers(f"{place}/serviceaccounts/default") and api.answers(
            f"{place}/configmaps/kube-root-ca.crt"
        )

    def _node_usable(self) -> bool:
        try:
            node = self._plane.api.get(f"/api/v1/nodes/{NODE_NAME}")
        except httpx.HTTPError:
            return False
        if node is None:
            raise StartError(f"the Node {NODE_NAME} has vanished while it was starting")
        conditions = {c["type"]: c["status"] for c in node["status"].get("conditions", [])}
        return conditions.get("Ready") == "True" and not node["spec"].get("taints")

    def _component(self, user: users.User) -> list[str]:
        """The command of one of Kubernetes' own, which serves nothing and leads alone."""
        name = user.name.removeprefix("system:")
        return [
            str(self._binaries.path(name)),
            f"--kubeconfig={self._kubeconfig(user)}",
            "--leader-elect=false",
            "--secure-port=0",
        ]

    def _kwok(self) -> list[str]:
        return [
            str(self._binaries.path("kwok")),
            f"--kubeconfig={self._kubeconfig(users.KWOK)}",
            "--manage-all-nodes=true",
            "--node-lease-duration-seconds=40",
            "--cidr=10.244.0.1/16",  # pods; its default overlaps with the Services
            *(f"--config={stage}" for stage in self._binaries.stages),
            *self._kubelet.flags(),
        ]

    def _kubeconfig(self, user: users.User) -> str:
        cluster = own_cluster(self._plane.server, self._plane.ca_file.read_bytes())
        stanza = {"token": self._plane.tokens[user.name]}
        text = render(cluster, {user.name: stanza}, current=user.name)
        file_name = f"{user.name.rpartition(':')[2]}.kubeconfig"
        return str(write_private(self._plane.state / file_name, text))


def _node() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE_NAME,
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": NODE_NAME,
                "kubernetes.io/os": "linux",
            },
        },
        "status": {"allocatable": _CAPACITY, "capacity": _CAPACITY},
    }
