"""Where Kopf keeps its own state: in the status, so that it is written together with ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import kopf


class StatusProgress(kopf.StatusProgressStorage):
    """Progress of retries in ``status.kopf``; nothing is written where there is nothing to keep."""

    def __init__(self) -> None:
        """Keep everything below one field that the CRD leaves unpruned."""
        super().__init__(field="status.kopf.progress", touch_field="status.kopf.touch")

    def touch(self, *, body: kopf.Body, patch: kopf.Patch, value: str | None) -> None:
        """Touch, but do not clean old touches up: that would be a request of its own."""
        if value is not None:
            super().touch(body=body, patch=patch, value=value)

    def purge(self, *, key: Any, body: kopf.Body, patch: kopf.Patch) -> None:
        """The handler is over: all of Kopf's state goes, in the same write as the outcome."""
        del key
        patch.status.pop("kopf", None)
        if (body.get("status") or {}).get("kopf"):
            patch.status["kopf"] = None


class NoDiffBase(kopf.DiffBaseStorage):
    """No last-seen state: what to do is decided by the phase, not by what has changed.

    Kopf still wants to know what is *new*; of that, one field is enough for its handler filter,
    and copying whole objects at each event would cost more than all the rest of a cycle.
    """

    def build(
        self, *, body: kopf.Body, extra_fields: Iterable[Any] | None = None
    ) -> kopf.BodyEssence:
        """Only the phase."""
        del extra_fields
        phase = (body.get("status") or {}).get("phase")
        return kopf.BodyEssence({"status": {"phase": phase}}) if phase else kopf.BodyEssence({})

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        """Nothing is remembered."""
        del body
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Nothing is remembered."""
