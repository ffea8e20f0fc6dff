"""A message as plain text, for services whose markup nobody knows. Pure.

The services behind Apprise read Markdown, HTML, or mentions of their own, each in another way. So
the characters that such things are made of are replaced in other people's words by ones that look
like them and mean nothing, and ``://`` as well, of which services make links.
"""

from __future__ import annotations

from countersign.notifications.summary import headline, rows
from countersign.records.notification import Notification

_HARMLESS = str.maketrans(
    {
        "@": "＠",
        "<": "‹",
        ">": "›",
        "&": "＆",
        "`": "ˋ",
        "*": "∗",
        "~": "∼",
        "|": "｜",
        "#": "＃",
        "[": "［",
        "]": "］",
        "\\": "＼",
    }
)


def plain_title(message: Notification) -> str:
    """One line of our own words."""
    return headline(message)


def plain_body(message: Notification) -> str:
    """A line for each thing worth knowing; the last one is the id to de-duplicate by."""
    lines = [*rows(message), ("Message", message.id)]
    return "\n".join(f"{label}: {harmless(value)}" for label, value in lines)


def harmless(text: str) -> str:
    """Without markup, mentions and links, whatever reads it."""
    return text.translate(_HARMLESS).replace("://", ":／／")
