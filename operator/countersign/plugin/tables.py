"""Requests under each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from countersign.api.approval_request import ApprovalRequest
from countersign.plugin import words
from countersign.plugin.reading import readable
from countersign.plugin.screen import Line, Span, columns, line
from countersign.ports import JsonObject

_HEAD = ("NAME", "PHASE", "OPERATION", "TARGET", "RISK", "SIGNED", "REQUESTED-BY", "AGE")
_WIDE = ("EXPIRES", "MESSAGE")
_OF_HISTORY = ("WHEN", "NAME", "PHASE", "OPERATION", "TARGET", "REQUESTED-BY", "SIGNED-BY", "TOOK")
_LEAST_OF_TABLE = ("REQUESTED-BY", "OPERATION", "AGE")
_LEAST_OF_HISTORY = ("TOOK", "REQUESTED-BY", "OPERATION")
_UNREADABLE: Span = ("(of another version; see kubectl get -o yaml)", "dim")


def table(
    items: Sequence[JsonObject],
    now: datetime,
    *,
    namespaces: bool,
    wide: bool,
    width: int | None = None,
) -> list[Line]:
    """The columns of ``kubectl get approvals``; with ``wide`` two more.

    ``width`` is the terminal's. Where it is too narrow the columns that say least are left out, as
    long as that helps and nobody asks for the wide table; the last line says which.
    """
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
    return _fitted(rows, None if wide else width, _LEAST_OF_TABLE)


def history(
    items: Sequence[ApprovalRequest],
    now: datetime,
    *,
    namespaces: bool,
    width: int | None = None,
) -> list[Line]:
    """What has been done and decided: who asked, who signed, how it ended. ``width`` as above."""
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
    return _fitted(rows, width, _LEAST_OF_HISTORY)


def _fitted(
    rows: list[tuple[str | Span, ...]], width: int | None, least: Sequence[str]
) -> list[Line]:
    lines = columns(rows)
    if width is None:
        return lines
    kept, left_out = rows, list[str]()
    narrow = lines
    for name in least:
        if _fit(narrow, width):
            break
        at = kept[0].index((name, "bold"))
        kept = [(*row[:at], *row[at + 1 :]) for row in kept]
        narrow, left_out = columns(kept), [*left_out, name]
    if not left_out or not _fit(narrow, width):
        return lines
    said = f"Too narrow for {' and '.join(left_out)}; -o wide has every column."
    return [*narrow, line((said, "dim"))]


def _fit(lines: Sequence[Line], width: int) -> bool:
    from rich.cells import cell_len  # noqa: PLC0415 - slow

    return all(cell_len(each.plain) <= width for each in lines)


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
