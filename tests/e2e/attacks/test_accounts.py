"""Attacks on power: a service account that may do more, and namespaces of others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from devcluster import Cluster, OperatorProcess
from tests.e2e.attacks.conftest import LABEL, People
from tests.support.eventually import eventually
from tests.support.people import request_object
from tests.support.shop import condition
from tests.support.site import EXECUTOR, JsonObject, Site
from tests.support.workloads import config_map, cron_job, laid, pod, workload

SAMPLES = Path(__file__).parents[3] / "manifests" / "samples"
RBAC = "rbac.authorization.k8s.io"
SENTENCE = "To have an action run as service account restarter takes the verb use on it"


@pytest.fixture(scope="module")
def theirs(cluster: Cluster, operator: OperatorProcess) -> Iterator[Site]:
    """Another team's namespace, with all that can be attacked in it."""
    assert operator.alive()
    opened = Site.opened(cluster)
    laid(opened, workload("Deployment"), pod("lone"), config_map(), cron_job())
    yield opened
    opened.closed()


class TestMorePower:
    def test_nobody_names_an_account_that_they_may_not_use(
        self, people: People, site: Site
    ) -> None:
        for user in ("agent", "alice", "carol", "gitops"):
            answer = people(user).propose("more", operation=LABEL, serviceAccountName="restarter")
            answer.refused(f"{SENTENCE}, which {user} does not have in namespace {site.namespace}")
        dry = {"operation": LABEL, "serviceAccountName": "restarter", "dryRun": True}
        people("agent").propose("more", **dry).refused(SENTENCE)  # A plan shows things as well.
        people("agent").propose("default", operation=LABEL, serviceAccountName=EXECUTOR).accepted()

    def test_one_that_a_team_has_opened_is_used_by_those_it_was_opened_to(
        self, people: People, site: Site
    ) -> None:
        about = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "restarter"}}
        site.create(about)
        for body in yaml.safe_load_all((SAMPLES / "other-executor.yaml").read_text()):
            site.create(body)
        can = site.binding("RoleBinding", "countersign-can-objects")
        can["metadata"]["name"] = "restarter"
        can["subjects"][0]["name"] = "restarter"
        site.create(can)
        spec = {"operation": LABEL, "serviceAccountName": "restarter", "dryRun": True}
        agent = people("agent")
        eventually(lambda: agent.propose("opened", **spec).code == 201, what="the Role in force")
        assert site.ended("opened")["phase"] == "Succeeded"
        people("alice").propose("not-to-her", **spec).refused(SENTENCE)


def doors(namespace: str) -> dict[str, JsonObject]:
    """Ways to name what is not in the request's own namespace."""

    def typed(type_: str, kind: str, **rest: Any) -> JsonObject:
        target = {"kind": kind, "namespace": namespace}
        target |= rest.pop("target", {"name": "web"})
        return {"operation": {"type": type_, "target": target, **rest}}

    def applied(*objects: JsonObject) -> JsonObject:
        text = "---\n".join(json.dumps(each) + "\n" for each in objects)
        return {"operation": {"type": "Apply", "apply": {"manifest": text}}}

    def ruling(kind: str, **metadata: str) -> JsonObject:
        admin = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
        subject = {"apiGroup": RBAC, "kind": "User", "name": "agent"}
        return {
            "apiVersion": f"{RBAC}/v1",
            "kind": kind,
            "metadata": {"name": "mine", **metadata},
            "roleRef": admin,
            "subjects": [subject],
        }

    fresh = config_map("fresh")
    fresh["metadata"]["namespace"] = namespace
    everywhere = {"selector": "app=web"}
    return {
        "text": {"action": f"kubectl rollout restart deployment/web -n {namespace}"},
        "text-scale": {"action": f"kubectl scale deployment/web --replicas=0 -n {namespace}"},
        "text-delete": {"action": f"kubectl delete pod lone -n {namespace}"},
        "text-exec": {"action": f"kubectl exec lone -n {namespace} -- date"},
        "text-job": {"action": f"kubectl create job j --from=cronjob/report -n {namespace}"},
        "typed": typed("RestartRollout", "Deployment"),
        "selector": typed("RestartRollout", "Deployment", target=everywhere),
        "selector-pods": typed("DeletePod", "Pod", target={"selector": "app=lone"}),
        "label": typed(
            "Label", "ConfigMap", target={"name": "settings"}, label={"set": {"a": "b"}}
        ),
        "patch": typed(
            "Patch", "ConfigMap", target={"name": "settings"}, patch={"patch": '{"data":{"a":"b"}}'}
        ),
        "delete": typed(
            "DeleteResource", "ConfigMap", target={"name": "settings"}, deleteResource={}
        ),
        "apply": applied(fresh),
        "apply-both": applied(config_map("fresh"), fresh),
        "namespace": {"action": f"kubectl delete namespace {namespace}"},
        "node": {"action": "kubectl cordon kwok-node-0"},
        "role-here": applied(ruling("RoleBinding")),
        "role-there": applied(ruling("RoleBinding", namespace=namespace)),
        "cluster-role": applied(ruling("ClusterRoleBinding")),
        "secret": {"action": "kubectl label secret token a=b"},
        "request": {
            "operation": {
                "type": "Label",
                "target": {
                    "apiVersion": "countersign.dev/v1alpha1",
                    "kind": "ApprovalRequest",
                    "name": "first",
                },
                "label": {"set": {"a": "b"}},
            }
        },
    }


class TestOtherNamespaces:
    @pytest.fixture(scope="module")
    @classmethod
    def tried(cls, site: Site, theirs: Site, people: People) -> dict[str, JsonObject]:
        """Every door, tried at once; the statuses."""
        every = doors(theirs.namespace)
        for name, spec in every.items():
            people("agent").propose(f"door-{name}", **spec).accepted()
        return {name: site.ended(f"door-{name}") for name in every}

    @pytest.mark.parametrize("door", doors("theirs"))
    def test_there_is_no_door(self, site: Site, tried: dict[str, JsonObject], door: str) -> None:
        status = tried[door]
        planned = condition(status, "Planned")
        assert (status["phase"], planned["reason"]) == ("Failed", "Forbidden"), status["message"]
        account = f"system:serviceaccount:{site.namespace}:{EXECUTOR}"
        assert f'User "{account}" cannot' in planned["message"]
        assert f"Bind service account {site.namespace}/{EXECUTOR} a role" in planned["message"]

    def test_a_request_makes_no_requests(self, site: Site, people: People) -> None:
        inner = request_object("inner", {"action": "kubectl rollout restart deployment/web"})
        operation = {"type": "Apply", "apply": {"manifest": json.dumps(inner)}}
        people("agent").propose("outer", operation=operation).accepted()
        status = site.ended("outer")
        assert "objects of countersign.dev cannot be applied by a request." in status["message"]
        assert site.find("ApprovalRequest", "inner") is None

    def test_nothing_has_happened_behind_them(
        self, site: Site, theirs: Site, tried: dict[str, JsonObject]
    ) -> None:
        assert len(tried) == len(doors(""))
        assert theirs.get("Deployment", "web")["metadata"]["generation"] == 1
        assert theirs.find("ConfigMap", "fresh") is None
        assert site.find("ConfigMap", "fresh") is None
        assert site.find("ClusterRoleBinding", "mine") is None

    def test_one_opens_where_the_other_team_gives_the_account_a_role(
        self, site: Site, theirs: Site, people: People
    ) -> None:
        given = theirs.binding("RoleBinding", "countersign-can-restart-and-scale")
        given["metadata"]["name"] = "for-our-neighbours"
        given["subjects"][0]["namespace"] = site.namespace
        theirs.create(given)
        action = {"action": f"kubectl rollout restart deployment/web -n {theirs.namespace}"}
        people("agent").propose("invited", **action, dryRun=True).accepted()
        assert site.ended("invited")["phase"] == "Succeeded"
        people("agent").propose("not-that", **doors(theirs.namespace)["text-delete"]).accepted()
        assert condition(site.ended("not-that"), "Planned")["reason"] == "Forbidden"
