"""Requests under each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from countersign.api.approval_request import ApprovalRequest
from countersign.plugin import words
from countersign.plugin.reading import readable
from countersign.plugin.screen import Line, Span, columns
from countersign.ports import JsonObject

_HEAD = ("NAME", "PHASE", "OPERATION", "TARGET", "RISK", "SIGNED", "REQUESTED-BY", "AGE")
_WIDE = ("EXPIRES", "MESSAGE")
_OF_HISTORY = ("WHEN", "NAME", "PHASE", "OPERATION", "TARGET", "REQUESTED-BY", "SIGNED-BY", "TOOK")
_UNREADABLE: Span = ("(of another version; see kubectl get -o yaml)", "dim")


def table(
    items: Sequence[JsonObject], now: datetime, *, namespaces: bool, wide: bool
) -> list[Line]:
    """The columns of ``kubectl get approvals``; with ``wide`` two more."""
    head = (*(("NAMESPACE",) if namespaces else ()), *_HEAD, *(_WIDE if wide else ()))
    rows: list[tuple[str | Span, ...]] = [tuple((each, "bold") for each in head)]
    for item in items:
        request = readable(item)
        if request is None:
            cells: tuple[str | Span, ...] = _unreadable(item, len(_HEAD) + len(_WIDE) * wide)
        else:
            cells = (*_cells(request, now), *(_wide_cells(request, now) if wide else ()))
        place = (_metadata(item, "namespace"),) if namespaces else ()
        rows.append((*place, *cells))
    return columns(rows)


def history(items: Sequence[ApprovalRequest], now: datetime, *, namespaces: bool) -> list[Line]:
    """What has been done and decided: who asked, who signed, how it ended."""
    head = (*(("NAMESPACE",) if namespaces else ()), *_OF_HISTORY)
    rows: list[tuple[str | Span, ...]] = [tuple((each, "bold") for each in head)]
    for request in items:
        status, result = request.status, request.status.result
        signers = ", ".join(
            each.signer if each.decision == "Approve" else f"{each.signer} (no)"
            for each in request.spec.signatures
        )
        rows.append(
            (
                *((request.metadata.namespace,) if namespaces else ()),
                words.age(request.metadata.creation_timestamp, now) + " ago",
                request.metadata.name,
                words.phase(request),
                status.operation or "",
                status.target or "",
                request.spec.requested_by or "",
                signers or "-",
                _took(result.duration_milliseconds) if result else "-",
            )
        )
    return columns(rows)


def _cells(request: ApprovalRequest, now: datetime) -> tuple[str | Span, ...]:
    status = request.status
    return (
        request.metadata.name,
        words.phase(request),
        status.operation or "",
        status.target or "",
        words.risk(request),
        status.signed or "",
        request.spec.requested_by or "",
        words.age(request.metadata.creation_timestamp, now),
    )


def _wide_cells(request: ApprovalRequest, now: datetime) -> tuple[str | Span, ...]:
    expires = request.status.expires_at
    left = "-" if expires is None else words.age(expires, now)
    if expires is not None and expires <= now:
        left += " ago"
    return left, request.status.message or ""


def _unreadable(item: JsonObject, width: int) -> tuple[str | Span, ...]:
    return (_metadata(item, "name"), _UNREADABLE, *("",) * (width - 2))


def _metadata(item: JsonObject, field: str) -> str:
    return str((item.get("metadata") or {}).get(field) or "")


def _took(milliseconds: int) -> str:
    return f"{milliseconds}ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f}s"  # noqa: PLR2004 - a second
