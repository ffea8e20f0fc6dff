"""The control plane of `devcluster`, for real."""

from __future__ import annotations

import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from devcluster import Cluster, Options, Source, start
from devcluster.errors import CommandError, StartError, UnsupportedError
from devcluster.pins import KUBERNETES
from devcluster.users import PEOPLE
from devcluster.waiting import wait_until

pytestmark = pytest.mark.timeout(180)

GROUPS = {user.name: user.groups for user in PEOPLE}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One cluster for the tests that only look at it."""
    with start(Options(source=Source.BUILD, audit=True, install=False, quiet=True)) as cluster:
        yield cluster


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


def test_the_server_is_the_pinned_version(cluster: Cluster) -> None:
    answer = json.loads(cluster.kubectl("version", "--output=json").stdout)
    assert answer["serverVersion"]["gitVersion"] == f"v{KUBERNETES}"
    assert answer["serverVersion"]["minor"] == KUBERNETES.split(".")[1]


@pytest.mark.parametrize("user", GROUPS)
def test_each_user_is_known_with_the_groups_of_the_design(cluster: Cluster, user: str) -> None:
    assert user in cluster.users
    answer = cluster.kubectl("auth", "whoami", "--output=json", user=user).stdout
    info = json.loads(answer)["status"]["userInfo"]
    assert info["username"] == user
    assert info["groups"] == [*GROUPS[user], "system:authenticated"]


def test_a_python_client_needs_no_more_than_the_token_and_the_certificate(
    cluster: Cluster,
) -> None:
    context = ssl.create_default_context(cafile=cluster.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    headers = {"Authorization": f"Bearer {cluster.token('eve')}"}
    url = f"{cluster.server}/api/v1/namespaces/default/secrets"
    answer = httpx.get(url, headers=headers, verify=context, trust_env=False)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert 'User "eve" cannot list' in answer.json()["message"]


def test_a_deployment_rolls_out_and_restarts(cluster: Cluster, namespace: str) -> None:
    here = ("--namespace", namespace)
    cluster.kubectl("create", "deployment", "web", "--image=web", "--replicas=3", *here)
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s", *here)
    before = pods(cluster, namespace)
    assert len(before) == 3
    cluster.kubectl("rollout", "restart", "deployment/web", *here)
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s", *here)
    wait_until(
        lambda: len(pods(cluster, namespace)) == 3 and not before & pods(cluster, namespace),
        timeout=30,
        what="three new pods",
    )


def pods(cluster: Cluster, namespace: str) -> set[str]:
    """The names of the pods that are there."""
    names = cluster.kubectl("get", "pods", "--output=name", "--namespace", namespace).stdout
    return set(names.split())


@pytest.mark.parametrize("how", ["stop_apiserver", "kill_apiserver"])
def test_a_restart_of_the_apiserver_keeps_data_and_address(
    cluster: Cluster, namespace: str, how: str
) -> None:
    here = ("--namespace", namespace)
    cluster.kubectl("create", "configmap", "kept", "--from-literal=key=value", *here)
    getattr(cluster, how)()
    with pytest.raises(CommandError, match="refused"):
        cluster.kubectl("get", "configmap", "kept", *here)
    cluster.start_apiserver()
    assert cluster.kubectl("get", "configmap", "kept", "--output=name", *here).stdout
    cluster.kubectl("create", "deployment", "late", "--image=web", *here)
    cluster.kubectl("rollout", "status", "deployment/late", "--timeout=60s", *here)


def test_a_service_account_gets_a_kubeconfig_of_its_own(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("create", "serviceaccount", "robot", "--namespace", namespace)
    kubeconfig = cluster.service_account_kubeconfig(namespace, "robot")
    answer = cluster.kubectl("--kubeconfig", kubeconfig, "auth", "whoami", "--output=json").stdout
    name = json.loads(answer)["status"]["userInfo"]["username"]
    assert name == f"system:serviceaccount:{namespace}:robot"


def test_the_audit_log_tells_a_person_s_requests_from_the_harness_s(cluster: Cluster) -> None:
    cluster.kubectl(
        "get", "--raw", "/api/v1/namespaces/kube-public/configmaps", user="bob", check=False
    )
    assert cluster.audit_log
    events = [json.loads(line) for line in cluster.audit_log.read_text("utf-8").splitlines()]
    (event,) = [
        e for e in events if e["user"]["username"] == "bob" and "kube-public" in e["requestURI"]
    ]
    assert (event["level"], event["stage"], event["verb"]) == (
        "Metadata",
        "ResponseComplete",
        "list",
    )
    assert not [e for e in events if e["stage"] == "RequestReceived"]


_OPERATOR = """\
import http.server, os, signal, sys
assert sys.argv[1:] == ["run"]
print(open(os.environ["KUBECONFIG"]).read().count("token:"), os.environ["COLOUR"])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))

class Probe(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

port = int(os.environ["COUNTERSIGN_PROBE_PORT"])
http.server.HTTPServer(("127.0.0.1", port), Probe).serve_forever()
"""


def test_operators_run_beside_each_other_under_their_service_account(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.kubectl("create", "namespace", "countersign-system")
    cluster.kubectl("create", "serviceaccount", "countersign-operator", "-n", "countersign-system")
    package = tmp_path / "countersign"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(_OPERATOR, "utf-8")
    env = {"PYTHONPATH": str(tmp_path), "COLOUR": "blue"}
    first = cluster.start_operator(env=env)
    second = cluster.start_operator(name="second", env=env)
    assert first.probe_port != second.probe_port
    assert first.log_path.read_text("utf-8").startswith("1 blue")
    assert second.terminate() == 5
    assert first.alive()
    first.kill()
    assert not first.alive()


def test_an_operator_that_dies_is_reported_in_its_own_words(
    cluster: Cluster, tmp_path: Path
) -> None:
    package = tmp_path / "countersign"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("raise SystemExit('no moon')", "utf-8")
    with pytest.raises(StartError, match=r"broken ended with status 1(?s:.*)no moon"):
        cluster.start_operator(name="broken", env={"PYTHONPATH": str(tmp_path)})


_KUSTOMIZATION = {
    "kustomization.yaml": "resources: [crd.yaml, moon.yaml, policy.yaml]\n",
    "crd.yaml": """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: moons.devcluster.test}
spec:
  group: devcluster.test
  names: {kind: Moon, plural: moons}
  scope: Cluster
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object}}
""",
    "moon.yaml": "{apiVersion: devcluster.test/v1, kind: Moon, metadata: {name: luna}}\n",
    "policy.yaml": """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-second-moon}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [devcluster.test], apiVersions: [v1], operations: [CREATE], resources: [moons]}
  validations:
  - {expression: "object.metadata.name == 'luna'", message: there is one moon}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-second-moon}
spec: {policyName: no-second-moon, validationActions: [Deny]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: moons-shine}
spec:
  reinvocationPolicy: Never
  matchConstraints:
    resourceRules:
    - {apiGroups: [devcluster.test], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [moons]}
  mutations:
  - patchType: JSONPatch
    jsonPatch:
      expression: >-
        [JSONPatch{op: "add", path: "/metadata/labels", value: {"shines": "yes"}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: moons-shine}
spec: {policyName: moons-shine}
""",
}


def test_what_is_installed_is_in_force_when_install_returns(
    cluster: Cluster, tmp_path: Path
) -> None:
    for name, text in _KUSTOMIZATION.items():
        (tmp_path / name).write_text(text, "utf-8")
    cluster.install(tmp_path)
    second = _KUSTOMIZATION["moon.yaml"].replace("luna", "selene")
    with pytest.raises(CommandError, match="there is one moon"):
        cluster.kubectl("create", "--filename=-", input=second)
    cluster.kubectl("annotate", "moon", "luna", "seen=yes")
    luna = cluster.kubectl("get", "moon", "luna", "--output=jsonpath={.metadata.labels}").stdout
    assert json.loads(luna) == {"shines": "yes"}
    cluster.kubectl("delete", "--ignore-not-found", "--kustomize", tmp_path)


def test_a_kustomization_that_is_wrong_is_refused_with_kubectl_s_words(
    cluster: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [moon.yaml]\n", "utf-8")
    with pytest.raises(CommandError, match=r"moon\.yaml"):
        cluster.install(tmp_path)


def test_the_current_cluster_is_used_by_impersonation_and_left_alone(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    with start(Options(source=Source.CURRENT, install=False)) as borrowed:
        assert borrowed.server == cluster.server
        whoami = ("auth", "whoami", "--output=jsonpath={.status.userInfo.username}")
        assert borrowed.kubectl(*whoami, user="alice").stdout == "alice"
        with pytest.raises(UnsupportedError, match="tokens"):
            borrowed.token("alice")
        with pytest.raises(UnsupportedError, match="not ours"):
            borrowed.kill_apiserver()
    assert not borrowed.state.exists()
    assert cluster.kubectl("get", "--raw", "/readyz").stdout == "ok"


def test_stop_leaves_no_process_and_no_file_and_can_be_repeated() -> None:
    before = children()
    cluster = start(Options(source=Source.BUILD, install=False, quiet=True))
    assert len(children() - before) == 6  # etcd, API server, the three controllers, the guard
    cluster.stop()
    cluster.stop()
    assert children() == before
    assert not cluster.state.exists()


def children() -> set[int]:
    """Our direct children."""
    return {child.pid for child in psutil.Process().children()}


def test_a_flag_that_the_apiserver_refuses_is_reported_in_its_own_words() -> None:
    options = Options(
        source=Source.BUILD, controllers=False, apiserver_flags=("--moon=full",), quiet=True
    )
    before = children()
    with pytest.raises(StartError, match=r"kube-apiserver ended(?s:.*)unknown flag: --moon"):
        start(options)
    assert children() == before


@contextmanager
def devcluster(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m devcluster run …`, its output to be read; told to end with the block."""
    command = [
        sys.executable,
        "-m",
        "devcluster",
        "run",
        "--cluster=build",
        "--no-install",
        *arguments,
    ]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def test_run_gives_the_command_a_cluster_and_exits_as_the_command_did() -> None:
    script = "kubectl config current-context; exit 7"
    with devcluster("--no-controllers", "--", "sh", "-c", script) as process:
        output, _ = process.communicate()
    assert (output, process.returncode) == ("admin\n", 7)


def family_of(process: subprocess.Popen[str], names: set[str]) -> list[psutil.Process]:
    """All processes below it, once those of these names are among them."""
    family: list[psutil.Process] = []

    def complete() -> bool:
        family[:] = psutil.Process(process.pid).children(recursive=True)
        return names <= {child.name() for child in family}

    wait_until(complete, timeout=10, what=f"{names} to run")
    return family


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_run_however_it_ends(end: signal.Signals) -> None:
    script = 'echo "$KUBECONFIG"; exec sleep 600'
    with devcluster("--", "sh", "-c", script) as process:
        assert process.stdout
        state = Path(process.stdout.readline().strip()).parent
        family = family_of(process, {"etcd", "kube-apiserver", "kwok", "sleep"})
        process.send_signal(end)
        _, alive = psutil.wait_procs(family, timeout=20)
        assert not alive
        wait_until(lambda: not state.exists(), timeout=10, what="the state to be gone")
    assert process.returncode == (-end if end is signal.SIGKILL else 128 + end)
