"""The stamp on a target: which requests have been carried out on it.

It is written in the same request as the effect, so that the two are there together or not at all.
"""

from __future__ import annotations

from countersign.ports import JsonObject

STAMP = "countersign.dev/executed"
_STAMPS_KEPT = 8
"""Requests remembered on a target: a run that was cut off finds its own stamp even when others
have acted on the same target since."""
_LONGEST_STAMP = 512


def stamps_on(live: JsonObject) -> list[str]:
    """UIDs of the requests whose effect the object bears, latest first."""
    annotations = live["metadata"].get("annotations") or {}
    return str(annotations.get(STAMP, "")).split(",")


def kept_from(live: JsonObject) -> str:
    """The stamp of an object as it may be kept in a plan."""
    stamp = ",".join(stamps_on(live))
    # The annotation is the target's owner's to edit: one that is too long is nobody's stamp.
    return stamp if len(stamp) <= _LONGEST_STAMP else ""


def stamp_after(request_uid: str, before: str | None) -> str:
    """The annotation's value once this request has been carried out as well."""
    stamps = [request_uid, *(before or "").split(",")]
    return ",".join(list(filter(None, stamps))[:_STAMPS_KEPT])
