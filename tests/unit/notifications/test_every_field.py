"""Each field that a message has to have, in each channel, of requests that went all the way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from countersign.api.status import Attempt
from countersign.notifications.discord import discord_parcel
from countersign.notifications.plain import plain_body, plain_title
from countersign.notifications.slack import slack_parcel
from countersign.notifications.webhook import webhook_parcel
from countersign.policy import endings, transitions
from countersign.records.notification import Notification, notifications
from tests.support.fakes_objects import (
    UID,
    after,
    approval_of,
    planned,
    request,
    signature,
    signed,
    with_status,
)
from tests.support.fakes_time import START

ACTION = "kubectl rollout restart deployment/web --in-words=" + "abcdefghij" * 10
DESCRIPTION = "It hangs and hangs. " * 15
RADIUS = {
    "affected_pods": 7,
    "estimated_downtime": "90s",
    "related_services": ["cart", "checkout"],
    "data_impact": "loses carts",
}
ERROR = "It is forbidden."


def told(error: str | None, **spec: Any) -> Notification:
    """What is told at the end of a request, made by the operator's own rules."""
    waiting = planned(request(action=ACTION, description=DESCRIPTION, **spec))
    digest = waiting.status.plan.digest if waiting.status.plan else None
    waiting = signed(waiting, signature("alice", plan=digest, comment="go ahead"))
    before = with_status(waiting, transitions.approved(waiting, approval_of(waiting), START))
    attempt = Attempt(started_at=START, finished_at=after(1.5))
    ending = (
        endings.failed("Forbidden", error, attempt)
        if error
        else endings.Ending(True, "Applied", "Restart: done.", attempt, changed=True)
    )
    now = with_status(before, transitions.finished(before, ending, START))
    [message] = notifications(before, now, ACTION, START)
    return message


Shown = dict[str, Any]


def slack(message: Notification) -> Shown:
    """Label and value, as Slack is sent them."""
    body = json.loads(slack_parcel(message).body)
    texts = [each["text"] for block in body["blocks"] for each in block.get("fields", [])]
    found = [re.fullmatch(r"\*(.*)\*\n`(.*)`", text) for text in texts]
    return {each[1]: each[2] for each in found if each is not None}


def discord(message: Notification) -> Shown:
    """Label and value, as Discord is sent them."""
    [embed] = json.loads(discord_parcel(message).body)["embeds"]
    return {each["name"]: each["value"].strip("`") for each in embed["fields"]}


def apprise(message: Notification) -> Shown:
    """Label and value, as Apprise is given them."""
    lines = (line.partition(": ") for line in plain_body(message).split("\n"))
    return {label: value for label, _, value in lines}


CHATS: dict[str, Callable[[Notification], Shown]] = {
    "slack": slack,
    "discord": discord,
    "apprise": apprise,
}
NAMES = {
    "Action": "actionTitle",
    "Description": "description",
    "Approval id": "approvalId",
    "Signed by": "signers",
    "Required signatures": "requiredSignatures",
    "Affected pods": "affectedPods",
    "Estimated downtime": "estimatedDowntime",
    "Related services": "relatedServices",
    "Data impact": "dataImpact",
    "Namespace": "namespace",
    "Operation": "operationType",
    "Duration": "durationMs",
    "Error": "error",
    "Risk": "riskLevel",
    "Proposed by": "proposer",
    "Status": "status",
}
"""What a field is called for people, and in a webhook's JSON."""
ALWAYS = {
    "Action": (ACTION[:100], ACTION[:100]),
    "Description": (DESCRIPTION[:199], DESCRIPTION[:200]),
    "Approval id": (UID, UID),
    "Signed by": ("alice (go ahead)", [{"name": "alice", "comment": "go ahead"}]),
    "Required signatures": ("1", 1),
    "Namespace": ("shop", "shop"),
    "Operation": ("Scale", "Scale"),
    "Duration": ("1500 ms", 1500),
    "Risk": ("medium", "medium"),
    "Proposed by": ("agent", "agent"),
}
BADLY = ALWAYS | {
    "Affected pods": ("7", 7),
    "Estimated downtime": ("90s", "90s"),
    "Related services": ("cart, checkout", ["cart", "checkout"]),
    "Data impact": ("loses carts", "loses carts"),
    "Error": (ERROR, ERROR),
    "Status": ("FAILED", "FAILED"),
}
WELL = ALWAYS | {
    "Affected pods": ("0", 0),
    "Estimated downtime": ("N/A", "N/A"),
    "Related services": ("none", []),
    "Data impact": ("none", "none"),
    "Error": (None, None),
    "Status": ("SUCCESS", "SUCCESS"),
}


def test_no_field_is_left_out_of_this_test() -> None:
    assert BADLY.keys() == WELL.keys() == NAMES.keys()


@pytest.mark.parametrize("field", NAMES)
@pytest.mark.parametrize("channel", CHATS)
def test_people_in_a_chat_are_told(channel: str, field: str) -> None:
    badly, well = told(ERROR, blast_radius=RADIUS), told(None)
    assert CHATS[channel](badly)[field] == BADLY[field][0]
    assert CHATS[channel](well).get(field) == WELL[field][0]


@pytest.mark.parametrize("field", NAMES)
def test_a_webhook_is_told(field: str) -> None:
    for message, expected in ((told(ERROR, blast_radius=RADIUS), BADLY), (told(None), WELL)):
        data = json.loads(webhook_parcel(message, b"k" * 32, START).body)["data"]
        assert data[NAMES[field]] == expected[field][1]


def test_the_status_is_in_the_headline_too() -> None:
    assert plain_title(told(ERROR)) == "❌ Executed: FAILED · risk medium"


@pytest.mark.parametrize("channel", CHATS)
def test_a_failure_that_the_dry_run_stopped_says_so(channel: str) -> None:
    of = told('deployments.apps "web" not found')
    assert CHATS[channel](of)["Status"] == "DRY_RUN_BLOCKED"
