"""An effect that did not come to a good end: the request says why."""

from __future__ import annotations

import json

import pytest

from tests.support.eventually import eventually
from tests.support.shop import condition
from tests.support.site import JsonObject, Site
from tests.support.workloads import cron_job, laid, settled, workload

REQUEST = "do-it"
NOWHERE = {"nodeSelector": {"no": "such-node"}}
BACK_OFF = 'Back-off pulling image "example/web:2"'


def the_new_pods(site: Site, count: int) -> list[JsonObject]:
    """Those that found no node."""

    def look() -> list[JsonObject] | None:
        found = [each for each in site.every("Pod") if "nodeName" not in each["spec"]]
        return found if len(found) >= count else None

    return eventually(look, what=f"{count} pods without a node")


def cannot_pull(site: Site, pods: list[JsonObject]) -> None:
    """What a kubelet would say of an image that is not there."""
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": BACK_OFF}}
    said = {
        "name": "main",
        "image": "example/web:2",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": waiting,
    }
    for each in pods:
        name = each["metadata"]["name"]
        site.patch("Pod", name, {"status": {"containerStatuses": [said]}}, sub="status")


@pytest.mark.parametrize("replicas", [1, 12])
def test_a_rollout_that_gets_nowhere_says_what_its_pods_say_and_no_more_than_fits(
    site: Site, replicas: int
) -> None:
    body = workload("Deployment", replicas=replicas, progressDeadlineSeconds=3)
    body["spec"]["strategy"] = {"rollingUpdate": {"maxSurge": replicas, "maxUnavailable": 0}}
    laid(site, body)
    patch = {
        "spec": {
            "template": {
                "spec": {"containers": [{"name": "main", "image": "example/web:2"}], **NOWHERE}
            }
        }
    }
    target = {"kind": "Deployment", "name": "web"}
    operation = {"type": "Patch", "target": target, "patch": {"patch": json.dumps(patch)}}
    site.propose(REQUEST, operation=operation, verify={"timeout": "20s"})
    site.planned(REQUEST)
    site.sign(REQUEST)
    cannot_pull(site, the_new_pods(site, replicas))
    status = site.ended(REQUEST, seconds=60)
    assert status["phase"] == "Failed"
    verified = condition(status, "Verified")
    assert verified["reason"] == "Degraded"
    assert "ImagePullBackOff" in verified["message"]
    assert len(status["message"]) <= 1024
    settled_again = site.carried_out("undo-it", operation=status["undo"])
    assert settled_again["phase"] == "Succeeded", settled_again["message"]
    settled(site, "Deployment")


def test_a_job_that_fails_is_a_request_that_failed(site: Site) -> None:
    body = cron_job()
    body["spec"]["jobTemplate"]["spec"]["template"]["spec"] |= NOWHERE
    laid(site, body)
    site.propose(REQUEST, action="kubectl create job report-now --from=cronjob/report")
    site.planned(REQUEST)
    site.sign(REQUEST)
    [only] = the_new_pods(site, 1)
    failed = {"status": {"phase": "Failed", "reason": "Evicted", "message": "out of memory"}}
    site.patch("Pod", only["metadata"]["name"], failed, sub="status")
    status = site.ended(REQUEST)
    assert status["phase"] == "Failed"
    verified = condition(status, "Verified")
    assert verified["reason"] == "Degraded"
    assert "report-now" in verified["message"]
    assert "BackoffLimitExceeded" in verified["message"]


def test_the_end_of_a_job_s_log_is_kept(site: Site) -> None:
    laid(site, cron_job())
    target = {"kind": "CronJob", "name": "report"}
    status = site.carried_out(REQUEST, operation={"type": "RunJob", "target": target})
    assert status["phase"] == "Succeeded", status["message"]
    assert "kwok plays this pod" in status["result"]["output"]
    [job] = site.every("Job")
    assert job["metadata"]["name"].startswith("report-")
    owners = [(each["kind"], each["name"]) for each in job["metadata"]["ownerReferences"]]
    assert owners == [("CronJob", "report")]
    assert job["metadata"]["name"] in status["message"]
