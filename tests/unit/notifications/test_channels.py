"""What each service is sent, and that hostile texts do nothing there."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from countersign.api.phase import Phase
from countersign.errors import ConfigError
from countersign.notifications.discord import discord_body, discord_parcel
from countersign.notifications.slack import slack_body, slack_parcel
from countersign.notifications.summary import headline, rows
from countersign.notifications.webhook import (
    cloud_event,
    signature,
    signing_key,
    webhook_parcel,
)
from countersign.records.notification import (
    Notification,
    NotificationStatus,
    NotificationStep,
    Signer,
)
from tests.support.fakes_objects import UID
from tests.support.fakes_time import START
from tests.support.messages import HOSTILE, hostile, message

KEY = b"k" * 32
DOCS = Path(__file__).parents[3] / "docs" / "notifications.md"
LABELS = {
    "Action": "Delete Pod web-0",
    "Description": "It hangs.",
    "Signed by": "alice (go ahead), bob",
    "Required signatures": "2",
    "Affected pods": "3",
    "Estimated downtime": "30s",
    "Related services": "web, api",
    "Data impact": "read-only",
    "Namespace": "shop",
    "Operation": "DeletePod",
    "Duration": "1500 ms",
    "Error": "It is forbidden.",
    "Risk": "high",
    "Proposed by": "agent",
    "Approval id": UID,
    "Status": "FAILED",
}


def failed() -> Notification:
    return message(
        step=NotificationStep.EXECUTED,
        status=NotificationStatus.FAILED,
        phase=Phase.FAILED,
        action_title="Delete Pod web-0",
        description="It hangs.",
        signers=(Signer(name="alice", comment="go ahead"), Signer(name="bob")),
        required_signatures=2,
        affected_pods=3,
        estimated_downtime="30s",
        related_services=("web", "api"),
        data_impact="read-only",
        operation_type="DeletePod",
        duration_ms=1500,
        error="It is forbidden.",
        risk_level="high",
        proposer="agent",
    )


def outside(text: str) -> str:
    """What a service reads as markup: everything that stands in no code span."""
    return re.sub(r"`[^`\n]+`", "", text)


def slack_texts(body: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for block in body["blocks"]:
        found += [block["text"]] if "text" in block else []
        found += [*block.get("fields", []), *block.get("elements", [])]
    return found


# --- Slack ----------------------------------------------------------------------------------------


def test_slack_shows_every_field() -> None:
    shown = {
        found[1]: found[2]
        for text in slack_texts(slack_body(failed()))
        if (found := re.fullmatch(r"\*(.*)\*\n`(.*)`", text["text"]))
    }
    assert shown.items() >= LABELS.items()


def test_in_slack_nobody_else_s_text_is_markup_a_mention_or_a_link() -> None:
    body = slack_body(hostile())
    texts = [body["text"], *(each["text"] for each in slack_texts(body))]
    for text in texts:
        assert "<" not in text
        assert ">" not in text
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)
        assert "http" not in outside(text)
        assert "@" not in outside(text)
        assert text.count("`") % 2 == 0
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert all(each["verbatim"] for each in slack_texts(body) if each["type"] == "mrkdwn")
    assert body["unfurl_links"] is body["unfurl_media"] is False


def test_slack_s_limits_hold_for_the_longest_texts() -> None:
    for text in (HOSTILE * 100, "&" * 5000, "長" * 5000):
        body = slack_body(hostile(text[:4096]))
        assert len(body["blocks"]) <= 50
        assert len(body["text"]) <= 4000
        for block in body["blocks"]:
            assert len(block.get("fields", [])) <= 10
            if block["type"] == "header":
                assert len(block["text"]["text"]) <= 150
        assert all(len(each["text"]) <= 2000 for each in slack_texts(body))
    assert slack_parcel(hostile()).headers["Content-Type"].startswith("application/json")


# --- Discord --------------------------------------------------------------------------------------


def test_discord_shows_every_field() -> None:
    [embed] = discord_body(failed())["embeds"]
    shown = {field["name"]: field["value"].strip("`") for field in embed["fields"]}
    assert shown.items() >= LABELS.items()
    assert embed["color"] == 0xC62828


def test_in_discord_nobody_is_mentioned_and_nothing_is_markup() -> None:
    body = discord_body(hostile())
    assert body["allowed_mentions"] == {"parse": []}
    assert "content" not in body
    for field in body["embeds"][0]["fields"]:
        assert outside(field["value"]) == ""
        assert field["value"].count("`") == 2


def test_discord_s_limits_hold_for_the_longest_texts() -> None:
    for text in (HOSTILE * 100, "長" * 5000, "😀" * 5000):
        [embed] = discord_body(hostile(text[:4096]))["embeds"]
        fields = embed["fields"]
        assert len(fields) <= 25
        assert all(units(field["name"]) <= 256 for field in fields)
        assert all(0 < units(field["value"]) <= 1024 for field in fields)
        texts = [field[part] for field in fields for part in ("name", "value")]
        texts += [embed["title"], embed["footer"]["text"]]
        assert sum(units(each) for each in texts) <= 6000
        assert units(embed["title"]) <= 256
    assert json.loads(discord_parcel(hostile()).body)


def units(text: str) -> int:
    """UTF-16 units, the longest way to count."""
    return len(text.encode("utf-16-le")) // 2


# --- Webhook --------------------------------------------------------------------------------------


def test_a_webhook_gets_a_cloud_event_in_the_structured_mode() -> None:
    parcel = webhook_parcel(failed(), KEY, START)
    assert parcel.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    event = json.loads(parcel.body)
    data = event.pop("data")
    assert event == {
        "specversion": "1.0",
        "id": failed().id,
        "source": "/apis/countersign.dev/v1alpha1/namespaces/shop/approvalrequests/restart-web",
        "type": "dev.countersign.approvalrequest.executed.v1alpha1",
        "subject": "shop/restart-web",
        "time": "2026-03-01T12:00:00.000000Z",
        "datacontenttype": "application/json",
    }
    assert data["actionTitle"] == "Delete Pod web-0"
    assert data["relatedServices"] == ["web", "api"]
    assert cloud_event(hostile())["data"]["proposer"].isprintable()


def test_a_receiver_can_verify_the_signature_as_documented() -> None:
    parcel = webhook_parcel(hostile(), KEY, START)
    id_, timestamp = parcel.headers["webhook-id"], parcel.headers["webhook-timestamp"]
    signed = f"{id_}.{timestamp}.".encode() + parcel.body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert parcel.headers["webhook-signature"] == f"v1,{expected}"
    assert int(timestamp) == int(START.timestamp())


def test_the_documented_receiver_accepts_what_is_ours_and_nothing_else() -> None:
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    known: dict[str, Any] = {}
    exec(code, known)
    parcel = webhook_parcel(hostile(), KEY, datetime.now(UTC))
    whsec = "whsec_" + base64.b64encode(KEY).decode()
    known["verify"](whsec, parcel.headers, parcel.body)
    old = webhook_parcel(hostile(), KEY, START)
    forged = {**parcel.headers, "webhook-id": "another"}
    for headers, body in (
        (parcel.headers, parcel.body + b" "),
        (forged, parcel.body),
        (old.headers, old.body),
    ):
        with pytest.raises(ValueError, match=r"not signed|too old"):
            known["verify"](whsec, headers, body)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of its own specification's reference libraries."""
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert (
        signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@pytest.mark.parametrize(
    "secret", ["s3cr3t", "whsec_czNjcjN0", "whsec_***", "whsec_" + "é" * 32, ""]
)
def test_a_key_that_protects_nothing_is_refused(secret: str) -> None:
    with pytest.raises(ConfigError) as caught:
        signing_key(secret)
    assert not secret or secret not in str(caught.value)


# --- The words ------------------------------------------------------------------------------------


HEADLINES = {
    "✍️ Signature wanted · risk medium": {},
    "✅ Executed: SUCCESS · risk medium": {
        "step": NotificationStep.EXECUTED,
        "status": NotificationStatus.SUCCESS,
    },
    "❌ Cannot be planned: DRY_RUN_BLOCKED · risk medium": {
        "step": NotificationStep.DECIDED,
        "phase": Phase.FAILED,
        "status": NotificationStatus.DRY_RUN_BLOCKED,
    },
    "🚨 Approved · BREAK-GLASS · risk medium": {
        "step": NotificationStep.DECIDED,
        "phase": Phase.APPROVED,
        "break_glass": True,
    },
    "• Approved · AUTOMATIC · risk medium": {
        "step": NotificationStep.DECIDED,
        "phase": Phase.APPROVED,
        "automatic": True,
    },
    "• Held back: it was approved and has not begun · risk medium": {
        "step": NotificationStep.DECIDED
    },
    "• Planned only, as the request says · risk medium": {
        "step": NotificationStep.DECIDED,
        "phase": Phase.SUCCEEDED,
    },
    "• Denied · risk medium": {"step": NotificationStep.DECIDED, "phase": Phase.DENIED},
    "⚠️ The plan went stale, its signatures are void · risk medium": {
        "step": NotificationStep.STALE
    },
    "⚠️ Expires soon, still not approved · risk medium": {"step": NotificationStep.EXPIRING_SOON},
}


@pytest.mark.parametrize("expected", HEADLINES)
def test_the_headline_says_what_it_is_about(expected: str) -> None:
    assert headline(message(**HEADLINES[expected])) == expected


def test_the_headline_holds_nobody_else_s_words() -> None:
    assert headline(hostile()) == headline(message())


def test_who_is_to_sign_is_told_how_to_look_at_it() -> None:
    assert dict(rows(message()))["Look at it, then sign"] == (
        "kubectl countersign show restart-web -n shop"
    )
    assert "Look at it, then sign" not in dict(rows(failed()))
