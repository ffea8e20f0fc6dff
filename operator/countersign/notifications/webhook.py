"""A webhook of one's own: CloudEvents 1.0 in the structured mode, signed. Pure.

The signature is that of Standard Webhooks: HMAC-SHA256 over ``<id>.<timestamp>.<body>``, in the
headers ``webhook-id``, ``webhook-timestamp`` (seconds since 1970) and ``webhook-signature``
(``v1,<base64>``); docs/notifications.md shows how to verify it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from countersign.api.approval_request import GROUP, PLURAL, VERSION
from countersign.api.base import format_time
from countersign.errors import ConfigError
from countersign.notifications.parcel import Parcel
from countersign.records.notification import Notification

_PREFIX = "whsec_"
_SHORTEST_KEY = 24
"""Bytes, as Standard Webhooks demands."""


def webhook_parcel(message: Notification, key: bytes, now: datetime) -> Parcel:
    """What is posted; signed anew for each attempt, since receivers refuse old timestamps."""
    body = json.dumps(cloud_event(message), ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = str(int(now.timestamp()))
    return Parcel(
        body,
        {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": message.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(key, message.id, timestamp, body),
        },
    )


def cloud_event(message: Notification) -> dict[str, Any]:
    """The event; ``id`` and ``source`` together are what to de-duplicate by."""
    namespace, name = message.request_namespace, message.request
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}/{name}",
        "type": f"dev.countersign.approvalrequest.{message.step}.v1alpha1",
        "subject": message.key,
        "time": format_time(message.time),
        "datacontenttype": "application/json",
        "data": message.model_dump(mode="json", by_alias=True),
    }


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """``v1,`` and the base64 of the HMAC."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def signing_key(secret: str) -> bytes:
    """The key's bytes: ``whsec_`` and base64, or any long text as it is. Raises ``ConfigError``."""
    try:
        key = (
            base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
            if secret.startswith(_PREFIX)
            else secret.encode()
        )
    except ValueError:  # Also of what is no ASCII.
        raise ConfigError(f"what follows {_PREFIX} is not base64") from None
    if len(key) < _SHORTEST_KEY:
        raise ConfigError(f"it is too short; make one with: openssl rand -base64 {_SHORTEST_KEY}")
    return key
