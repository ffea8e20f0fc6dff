"""What a message says to people, before a service's own markup. Pure.

``rows`` holds other people's words: each channel has to escape them. ``headline`` holds ours only.
"""

from __future__ import annotations

from countersign.api.base import format_time
from countersign.api.phase import Phase
from countersign.api.text import clip
from countersign.records.notification import (
    Notification,
    NotificationStatus,
    NotificationStep,
    Signer,
)

LONGEST_VALUE = 380
"""Characters. Five times as many, for an entity each, still fit a field of Slack's (2000)."""
_SHORT = 120
_SIGNERS_SHOWN = 8


def headline(message: Notification) -> str:
    """One line of our own words."""
    marks = [
        text
        for text, holds in (
            ("BREAK-GLASS", message.break_glass),
            ("AUTOMATIC", message.automatic),
        )
        if holds
    ]
    words = f"{_mark(message)} {_what(message)}"
    risk = f" · risk {message.risk_level}"
    return words + "".join(f" · {each}" for each in marks) + risk


def command(message: Notification) -> str | None:
    """What who signs can type. Names of objects, which the API server has checked."""
    if message.step not in (NotificationStep.SIGNATURE_WANTED, NotificationStep.EXPIRING_SOON):
        return None
    return f"kubectl countersign show {message.request} -n {message.request_namespace}"


def rows(message: Notification) -> list[tuple[str, str]]:
    """Label and value, in the order to read them; no value is empty or longer than a bound."""
    found = [
        ("Action", message.action_title),
        ("Description", message.description),
        ("What is going on", message.message),
        ("Error", message.error or ""),
        ("Status", message.status or ""),
        ("Operation", message.operation_type),
        ("Target", message.target),
        ("Namespace", ", ".join(message.namespaces)),
        ("Risk", message.risk_level),
        ("Proposed by", message.proposer),
        ("Signed by", _signers(message.signers)),
        ("Required signatures", str(message.required_signatures)),
        ("Affected pods", str(message.affected_pods)),
        ("Estimated downtime", message.estimated_downtime),
        ("Related services", ", ".join(message.related_services) or "none"),
        ("Data impact", message.data_impact),
        ("Duration", f"{message.duration_ms} ms"),
        ("Incident", message.incident or ""),
        ("Request", message.key),
        ("Approval id", message.approval_id),
        ("Can be approved until", format_time(message.expires_at) if message.expires_at else ""),
        ("Look at it, then sign", command(message) or ""),
    ]
    if message.error == message.message:
        found = [row for row in found if row[0] != "What is going on"]
    return [(label, clip(value, _limit(label))) for label, value in found if value.strip()]


def _limit(label: str) -> int:
    whole = ("Action", "Description", "What is going on", "Error", "Signed by", "Request")
    long = (*whole, "Look at it, then sign")
    return LONGEST_VALUE if label in long else _SHORT


def _mark(message: Notification) -> str:
    if message.status is not None:
        return "✅" if message.status is NotificationStatus.SUCCESS else "❌"
    match message.step:
        case NotificationStep.SIGNATURE_WANTED:
            return "✍️"
        case NotificationStep.STALE | NotificationStep.EXPIRING_SOON:
            return "⚠️"
        case NotificationStep.DECIDED | NotificationStep.EXECUTED:
            return "🚨" if message.break_glass else "•"


def _what(message: Notification) -> str:
    match message.step:
        case NotificationStep.SIGNATURE_WANTED:
            return "Signature wanted"
        case NotificationStep.STALE:
            return "The plan went stale, its signatures are void"
        case NotificationStep.EXPIRING_SOON:
            return "Expires soon, still not approved"
        case NotificationStep.EXECUTED:
            return f"Executed: {message.status or message.phase}"
        case NotificationStep.DECIDED:
            return _decided(message)


def _decided(message: Notification) -> str:
    if message.phase is Phase.PENDING:
        return "Held back: it was approved and has not begun"
    if message.phase is Phase.FAILED:
        return f"Cannot be planned: {message.status}"
    if message.phase is Phase.SUCCEEDED:
        return "Planned only, as the request says"
    return str(message.phase)


def _signers(signers: tuple[Signer, ...]) -> str:
    shown = [
        clip(f"{each.name} ({each.comment})" if each.comment else each.name, _SHORT)
        for each in signers[:_SIGNERS_SHOWN]
    ]
    more = len(signers) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "") or "nobody"
