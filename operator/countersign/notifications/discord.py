"""Discord: a webhook with one embed. Pure.

Other people's words stand in code spans, in which Discord knows no markup; and nobody is
mentioned, whatever the text says: ``allowed_mentions`` is empty.
"""

from __future__ import annotations

import json
from typing import Any

from countersign.api.base import format_time
from countersign.notifications.parcel import Parcel
from countersign.notifications.summary import headline, rows
from countersign.records.notification import Notification, NotificationStatus

_MOST_FIELDS = 25
_GREEN, _RED, _AMBER, _BLUE = 0x2E7D32, 0xC62828, 0xF9A825, 0x1565C0
_WIDE = ("Action", "Description", "What is going on", "Error", "Signed by", "Look at it, then sign")


def discord_parcel(message: Notification) -> Parcel:
    """What a Discord webhook takes."""
    text = json.dumps(discord_body(message), ensure_ascii=False)
    return Parcel(text.encode(), {"Content-Type": "application/json; charset=utf-8"})


def discord_body(message: Notification) -> dict[str, Any]:
    """The JSON object: no content, one embed."""
    fields = [
        {"name": label, "value": _code(value), "inline": label not in _WIDE}
        for label, value in rows(message)[:_MOST_FIELDS]
    ]
    return {
        "allowed_mentions": {"parse": []},
        "embeds": [
            {
                "title": headline(message),
                "color": _colour(message),
                "timestamp": format_time(message.time),
                "fields": fields,
                "footer": {"text": message.id},
            }
        ],
    }


def _colour(message: Notification) -> int:
    if message.status is not None:
        return _GREEN if message.status is NotificationStatus.SUCCESS else _RED
    return _AMBER if message.break_glass or message.step != "signature-wanted" else _BLUE


def _code(text: str) -> str:
    """A code span that the text cannot end."""
    return f"`{text.replace('`', 'ˋ') or '–'}`"
