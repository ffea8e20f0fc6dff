"""etcd and kube-apiserver on the loopback interface, all state in one folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from devcluster import keys, kubelet, users
from devcluster.api import Api
from devcluster.binaries import Binaries
from devcluster.errors import StartError
from devcluster.kubeconfig import write_private
from devcluster.ports import free_port
from devcluster.processes import Guard, Process, terminate_all
from devcluster.waiting import wait_until

_END, _CHAIN_LENGTH = "-----END CERTIFICATE-----", 2
_READY_WITHIN = 90.0  # seconds; 3 on an idle machine, more where it compiles beside us

# RequestReceived would count every request twice.
_AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
"""


class ControlPlane:
    """The two processes, and what a client needs to talk to them."""

    def __init__(
        self,
        binaries: Binaries,
        state: Path,
        guard: Guard,
        *,
        audit: bool = False,
        apiserver_flags: Sequence[str] = (),
    ) -> None:
        self.state = state
        self.guard = guard
        self.tokens = users.new_tokens((*users.PEOPLE, *users.COMPONENTS))
        self.port = free_port()
        self.server = f"https://127.0.0.1:{self.port}"
        self.ca_file = state / "pki" / "apiserver.crt"
        self.audit_log = state / "audit.log" if audit else None
        self._write_files()
        self._etcd = self.process("etcd", [binaries.path("etcd"), *self._etcd_flags()])
        self._apiserver = self.process(
            "kube-apiserver",
            [binaries.path("kube-apiserver"), *self._apiserver_flags(), *apiserver_flags],
        )
        self._api: Api | None = None

    @property
    def api(self) -> Api:
        """A client with the harness's rights."""
        if self._api is None:
            token = self.tokens[users.HARNESS.name]
            self._api = Api(self.server, self.ca_file, token)
        return self._api

    def process(self, name: str, argv: Sequence[str | Path]) -> Process:
        """A process of this cluster, not started yet; its log is `<name>.log`.

        Its environment holds nothing of the person's: etcd, for one, takes flags from there.
        """
        env = {"PATH": os.defpath, "HOME": str(self.state), "TMPDIR": str(self.state)}
        log = self.state / f"{name}.log"
        return Process(argv, name=name, guard=self.guard, log=log, env=env)

    def start(self) -> None:
        """Start both at once (the API server waits for etcd by itself) and wait until ready."""
        self._etcd.start()
        self._apiserver.start()
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop both, the API server first."""
        self.stop_apiserver()
        terminate_all([self._etcd])

    def start_apiserver(self) -> None:
        """Start it again on its port and wait until it is ready; nothing if it runs."""
        if not self._apiserver.alive():
            self._apiserver.start()
        self._wait_until_ready()

    def stop_apiserver(self) -> None:
        """Stop the API server as a node's shutdown would; etcd keeps the data."""
        terminate_all([self._apiserver])
        self._forget_connections()

    def kill_apiserver(self) -> None:
        """SIGKILL the API server; etcd keeps the data."""
        if self._apiserver.alive():
            self._apiserver.kill()
        self._forget_connections()

    def _forget_connections(self) -> None:
        if self._api is not None:
            self._api.close()
            self._api = None

    def _wait_until_ready(self) -> None:
        def ready() -> bool:
            self._etcd.check()
            self._apiserver.check()
            # The certificate is the one thing here that the API server makes for us.
            return _complete(self.ca_file) and self.api.answers("/readyz")

        try:
            wait_until(ready, timeout=_READY_WITHIN, what="/readyz of kube-apiserver")
        except StartError as error:
            if self._apiserver.alive():
                raise StartError(f"{error}\nIts last lines:\n{self._apiserver.tail()}") from None
            raise

    def _write_files(self) -> None:
        everybody = (*users.PEOPLE, *users.COMPONENTS)
        write_private(self.state / "tokens.csv", users.token_file(everybody, self.tokens))
        write_private(self.state / "service-account.key", keys.signing_key())
        if self.audit_log:
            (self.state / "audit-policy.yaml").write_text(_AUDIT_POLICY, "utf-8")

    def _etcd_flags(self) -> list[str]:
        # Sockets in a private folder instead of ports: nobody else on the machine can write
        # around the API server, and no port can be taken.
        return [
            f"--data-dir={self.state / 'etcd'}",
            f"--listen-client-urls=unix://{self.state / 'etcd.sock'}",
            f"--listen-peer-urls=unix://{self.state / 'peer.sock'}",
            "--advertise-client-urls=http://localhost:2379",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]

    def _apiserver_flags(self) -> list[str]:
        key = self.state / "service-account.key"
        flags = [
            f"--etcd-servers=unix://{self.state / 'etcd.sock'}",
            f"--cert-dir={self.ca_file.parent}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            # The Endpoints of the `kubernetes` Service may not name a loopback address.
            "--endpoint-reconciler-type=none",
            f"--secure-port={self.port}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            f"--token-auth-file={self.state / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            "--profiling=false",
            *kubelet.API_SERVER_FLAGS,
        ]
        if self.audit_log:
            policy = self.state / "audit-policy.yaml"
            flags += [f"--audit-policy-file={policy}", f"--audit-log-path={self.audit_log}"]
        return flags


def _complete(certificate: Path) -> bool:
    """Whether the file holds the server's certificate and the one that signed it."""
    try:
        return certificate.read_text("utf-8").count(_END) == _CHAIN_LENGTH
    except FileNotFoundError:
        return False
