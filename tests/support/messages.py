"""Messages for channels, as small as they can be and still be real."""

from __future__ import annotations

from typing import Any

from countersign.api.approval_request import ApprovalRequest
from countersign.records.notification import Notification, expiring_soon, notifications
from tests.support.fakes_objects import RESTART_WEB, planned, request
from tests.support.fakes_time import START

HOSTILE = (
    "@everyone <!channel> <@U1> <https://evil.example|click> [click](https://evil.example) "
    "https://evil.example `*_~|> &lt; \x1b[31m\u202e\n# big"
)


def wanted(of: ApprovalRequest | None = None, action: str = RESTART_WEB) -> Notification:
    """That a signature is wanted."""
    of = of or request()
    [message] = notifications(of, planned(of), action, START)
    return message


def reminder(of: ApprovalRequest) -> Notification:
    """That a request expires soon."""
    return expiring_soon(planned(of), RESTART_WEB, START)


def message(**fields: Any) -> Notification:
    """Any message: the fields given, over those of a wanted signature."""
    if "namespace" in fields:
        fields.setdefault("namespaces", (fields["namespace"],))
    return wanted().model_copy(update=fields)


def hostile(text: str = HOSTILE, **fields: Any) -> Notification:
    """A message whose every free text is hostile."""
    of = request(
        description=text,
        requested_by=text[:512],
        incident=text[:100],
        blast_radius={
            "estimated_downtime": text[:60],
            "related_services": [text[:253]] * 40,
            "data_impact": text[:60],
        },
        signatures=[{"signer": f"{text[:500]}{at}", "comment": text[:1024]} for at in range(30)],
    )
    made = wanted(of, text)
    return made.model_copy(update={"error": text * 5, "message": text * 5, **fields})
