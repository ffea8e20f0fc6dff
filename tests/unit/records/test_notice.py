"""Events: what people read in ``kubectl get events``."""

from __future__ import annotations

import re

import pytest

from countersign.records.notice import Notice, event_name, event_object
from tests.support.fakes_objects import UID, request
from tests.support.fakes_time import START

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
NOTICE = Notice(step="end", type="Normal", reason="Succeeded", note="Done.")
NAMES = {
    "a short name": "web",
    "a name with dots": "web.v1.shop",
    "the longest name there is": "a" * 253,
    "a long name that is cut behind a dash": "a" * 239 + "-" + "b" * 13,
    "a long name that is cut behind a dot": "a" * 239 + "." + "b" * 13,
    "a long name that is cut behind many dashes": "a" * 200 + "-" * 50 + "bbb",
}


@pytest.mark.parametrize("what", NAMES)
def test_an_events_name_is_one_that_the_api_server_takes(what: str) -> None:
    name = event_name(request(name=NAMES[what]), NOTICE)
    assert len(name) <= 253
    assert SUBDOMAIN.fullmatch(name)
    assert name.endswith(f"-{UID[:8]}-end")


def test_the_same_thing_has_the_same_name_whoever_posts_it() -> None:
    assert event_name(request(), NOTICE) == event_name(request(version="999"), NOTICE)
    assert event_name(request(), NOTICE) == f"restart-web-{UID[:8]}-end"


def test_other_things_have_other_names() -> None:
    stale = Notice(step="stale-1", type="Warning", reason="Stale", note="")
    names = {
        event_name(request(), NOTICE),
        event_name(request(), stale),
        event_name(request(name="other"), NOTICE),
        event_name(request(uid="00000000-0a4c-4a44-9c46-0f5d9c3c3f10"), NOTICE),
    }
    assert len(names) == 4


def test_an_event_regards_the_request() -> None:
    event = event_object(request(), NOTICE, now=START, instance="operator-0")
    assert event["apiVersion"] == "events.k8s.io/v1"
    assert event["metadata"] == {"name": f"restart-web-{UID[:8]}-end", "namespace": "shop"}
    assert event["regarding"] == {
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "ApprovalRequest",
        "namespace": "shop",
        "name": "restart-web",
        "uid": UID,
    }
    assert (event["type"], event["reason"], event["note"]) == ("Normal", "Succeeded", "Done.")
    assert event["eventTime"] == "2026-03-01T12:00:00.000000Z"
    assert event["action"]


def test_an_events_texts_are_within_the_api_servers_bounds() -> None:
    notice = Notice(step="end", type="Warning", reason="Failed", note="é" * 5000)
    event = event_object(request(), notice, now=START, instance="i" * 300)
    assert len(event["note"]) == 1024
    assert len(event["reportingInstance"]) == 128
    assert len(event["reportingController"]) <= 128
    assert len(event["action"]) <= 128
