"""Statuses and Events, as requests to the API server."""

from __future__ import annotations

import pytest
from kmock import RawHandler

from countersign.cluster.desk import OperatorDesk
from countersign.errors import ApiError
from countersign.policy import transitions
from countersign.records.notice import Notice
from tests.support.fakes_objects import (
    UID,
    after,
    approved,
    request,
    with_status,
)

pytestmark = [pytest.mark.kmock(cls=RawHandler), pytest.mark.usefixtures("plain_http")]
REQUESTS = "/apis/countersign.dev/v1alpha1/namespaces/shop/approvalrequests"
EVENTS = "/apis/events.k8s.io/v1/namespaces/shop/events"
NOTICE = Notice(step="end", type="Normal", reason="Succeeded", note="Done.")


def impersonated(kmock: RawHandler) -> list[str | None]:
    return [sent.headers.get("Impersonate-User") for sent in kmock]


async def test_an_event_is_posted_under_its_name_by_the_operator_itself(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    kmock[f"post {EVENTS}"] << 201 << {}
    await desk.post(request(), NOTICE)
    [sent] = list(kmock)
    assert sent.data["metadata"]["name"] == f"restart-web-{UID[:8]}-end"
    assert sent.data["reportingInstance"] == "operator-0"
    assert impersonated(kmock) == [None]


async def test_an_event_that_is_there_already_is_fine(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    kmock[f"post {EVENTS}"] << 409 << {"reason": "AlreadyExists", "message": "already exists"}
    await desk.post(request(), NOTICE)


async def test_an_event_that_cannot_be_posted_is_an_error(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    kmock[f"post {EVENTS}"] << 403 << {"message": "namespace is being terminated"}
    with pytest.raises(ApiError, match="being terminated"):
        await desk.post(request(), NOTICE)


async def test_a_status_is_merged_into_the_subresource_and_only_what_has_changed(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    of = approved()
    new = transitions.verifying(of, after(2))
    kmock[f"patch {REQUESTS}/restart-web/status"] << with_status(of, new).to_json()
    saved = await desk.save_status(of, new)
    assert saved.status == new
    [sent] = list(kmock)
    assert sent.headers["Content-Type"] == "application/merge-patch+json"
    assert sent.data["status"]["phase"] == "Executing"
    assert set(sent.data["status"]) == {"phase", "message", "conditions", "uid"}


async def test_a_claim_bears_the_very_object_as_its_precondition(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    of = approved()
    kmock[f"patch {REQUESTS}/restart-web/status"] << of.to_json()
    assert await desk.claim(of, transitions.verifying(of, after(2))) == of
    [sent] = list(kmock)
    assert sent.data["metadata"] == {"uid": UID, "resourceVersion": "100"}


async def test_an_answer_that_is_no_request_is_an_error(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    kmock[f"patch {REQUESTS}/restart-web/status"] << {"kind": "Status"}
    with pytest.raises(ApiError, match="is no request"):
        await desk.save_status(approved(), transitions.verifying(approved(), after(2)))


async def test_a_touch_changes_nothing_but_its_own_field(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    touch = {"status": {"kopf": {"touch": "2026-03-01T12:00:00+00:00"}}}
    kmock[f"patch {REQUESTS}/web/status"] << touch
    await desk.touch("shop", "web")
    assert [request.data for request in kmock] == [touch]


async def test_where_an_older_crd_drops_the_touch_an_annotation_takes_its_place(
    kmock: RawHandler, desk: OperatorDesk
) -> None:
    kmock[f"patch {REQUESTS}/web/status"] << {"status": {"phase": "Pending"}}
    kmock[f"patch {REQUESTS}/web"] << {}
    await desk.touch("shop", "web")
    moment = "2026-03-01T12:00:00+00:00"
    assert kmock[1].data == {"metadata": {"annotations": {"countersign.dev/touched": moment}}}
