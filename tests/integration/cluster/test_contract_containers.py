"""One contract for logs and commands, and for what an account may do."""

from __future__ import annotations

from countersign.api.status import OUTPUT_LIMIT
from countersign.cluster.targets import KubernetesCluster
from countersign.ports import Finished, JsonObject, ObjectPath, ServiceAccount
from tests.support.eventually import eventually
from tests.support.fakes_faults import forbidden
from tests.support.ground import (
    Ground,
    InMemory,
    OnServer,
    Opener,
    refusal,
    said,
)
from tests.support.ground_objects import pod, running

# --- Rights ---------------------------------------------------------------------------------------

REVIEWS = ObjectPath("authorization.k8s.io/v1", "selfsubjectaccessreviews", None)


def review(verb: str, resource: str, subresource: str, namespace: str) -> JsonObject:
    wanted = {
        "verb": verb,
        "resource": resource,
        "subresource": subresource,
        "namespace": namespace,
        "name": "web",
    }
    return {
        "apiVersion": REVIEWS.api_version,
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": wanted},
    }


async def test_a_review_says_what_an_account_may_do(ground: Ground) -> None:
    asked = review("create", "pods", "exec", ground.namespace)
    answer = await ground.port.create(REVIEWS, asked, ground.account)
    assert answer["status"]["allowed"] is True
    assert answer["spec"] == asked["spec"]
    stranger = ground.stranger("create", "pods/exec")
    answer = await ground.port.create(REVIEWS, asked, stranger)
    assert answer["status"]["allowed"] is False


async def test_what_rbac_forbids_is_forbidden_in_its_own_words(beside: Opener) -> None:
    async with beside(operator=True) as opened:
        account = ServiceAccount(opened.namespace, "countersign-executor")
        path = ObjectPath("apps/v1", "deployments", opened.namespace, "web")
        port = KubernetesCluster(opened.connection)
        error = await refusal(port.patch(path, {}, account))
    wanted = forbidden(account)
    assert (error.code, error.reason, str(error)) == (wanted.code, wanted.reason, str(wanted))


# --- Containers -----------------------------------------------------------------------------------


def pods(ground: Ground, name: str) -> ObjectPath:
    return ObjectPath("v1", "pods", ground.namespace, name)


async def test_the_log_of_no_pod_and_of_no_container(ground: Ground) -> None:
    two = [{"name": name, "image": "example/web:1"} for name in ("main", "side")]
    ground.put(pod())
    ground.put(pod("two", containers=two))
    logs = ground.port.logs
    assert await said(logs(pods(ground, "none"), None, ground.account)) == (
        404,
        "NotFound",
        'pods "none" not found',
    )
    assert await said(logs(pods(ground, "web"), "other", ground.account)) == (
        400,
        "BadRequest",
        "container other is not valid for pod web",
    )
    assert await said(logs(pods(ground, "two"), None, ground.account)) == (
        400,
        "BadRequest",
        "a container name must be specified for pod two, choose one of: [main side]",
    )


async def test_a_pod_that_is_on_no_node_has_written_nothing(ground: Ground) -> None:
    ground.put(pod(node=None))
    assert await ground.port.logs(pods(ground, "web"), "main", ground.account) == ""


async def test_no_command_runs_in_no_pod_no_container_or_on_no_node(ground: Ground) -> None:
    ground.put(pod())
    ground.put(pod("idle", node=None))
    for name, container, refused in (
        ("none", "main", (404, "NotFound", 'pods "none" not found')),
        ("web", "other", (400, "BadRequest", "container other is not valid for pod web")),
        ("idle", None, (400, "BadRequest", "pod idle does not have a host assigned")),
    ):
        run = ground.port.run(pods(ground, name), container, ["true"], ground.account)
        assert await said(run) == refused


def at_work(ground: Ground) -> ObjectPath:
    """A pod on a node that plays its part: in memory, whoever says so does."""
    if isinstance(ground, InMemory):
        return running(ground)
    assert isinstance(ground, OnServer)
    path, admin = ground.put(pod(node=None, schedulerName="default-scheduler")), ground.admin

    def runs() -> bool:
        live = admin.get("Pod", ground.namespace, path.name)
        return bool(live["status"].get("phase") == "Running")

    eventually(runs, what="the pod to run")
    return path


async def test_the_end_of_what_a_container_and_a_command_have_written_is_kept(
    ground: Ground,
) -> None:
    path = at_work(ground)
    digits = "0123456789" * (OUTPUT_LIMIT // 10 + 100)
    if isinstance(ground, InMemory):
        ground.port.written[path.name, None] = f"{digits} plays this pod.\n"
        ground.port.endings.append(Finished(0, digits, ""))
    log = await ground.port.logs(path, "main", ground.account)
    assert log.endswith("plays this pod.\n")
    assert len(log) <= OUTPUT_LIMIT
    command = ["printf", "%s", digits]
    finished = await ground.port.run(path, "main", command, ground.account)
    assert finished == Finished(0, "…" + digits[1 - OUTPUT_LIMIT :], "")
