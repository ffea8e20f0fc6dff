"""Slack: an incoming webhook with blocks. Pure.

Other people's words stand in code spans, in which Slack knows no markup, and ``&``, ``<`` and
``>`` are escaped, without which there is no mention and no link. ``verbatim`` keeps Slack from
making links of what looks like one.
"""

from __future__ import annotations

import json
from typing import Any

from countersign.notifications.parcel import Parcel
from countersign.notifications.summary import headline, rows
from countersign.records.notification import Notification

_FIELDS_A_SECTION = 10
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "ˋ"})


def slack_parcel(message: Notification) -> Parcel:
    """What an incoming webhook takes."""
    text = json.dumps(slack_body(message), ensure_ascii=False)
    return Parcel(text.encode(), {"Content-Type": "application/json; charset=utf-8"})


def slack_body(message: Notification) -> dict[str, Any]:
    """The JSON object: a headline, then a field for each thing worth knowing."""
    title, fields = headline(message), [_field(*row) for row in rows(message)]
    sections = [
        {"type": "section", "fields": fields[at : at + _FIELDS_A_SECTION]}
        for at in range(0, len(fields), _FIELDS_A_SECTION)
    ]
    return {
        # What a notification on a phone shows; and what a client without blocks shows.
        "text": f"{title}: {_code(message.action_title)} ({_code(message.key)})",
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}},
            *sections,
            {"type": "context", "elements": [_mrkdwn(f"Message {_code(message.id)}")]},
        ],
    }


def _field(label: str, value: str) -> dict[str, Any]:
    return _mrkdwn(f"*{label}*\n{_code(value)}")


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _code(text: str) -> str:
    """A code span that the text cannot end, in which nothing is a link or a mention."""
    return f"`{text.translate(_ENTITIES) or '–'}`"
