"""How an execution can end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from countersign.api.status import VALUE_LIMIT, Attempt, Plan
from countersign.api.text import clip


@dataclass(frozen=True)
class Ending:
    """How an execution ended. ``verified`` is None where nothing was to be verified."""

    executed: bool
    reason: str
    message: str
    attempt: Attempt
    changed: bool
    verified: bool | None = None
    verified_reason: str = ""

    @property
    def success(self) -> bool:
        """Whether everything that was to happen has happened."""
        return self.executed and self.verified is not False


def failed(reason: str, message: str, attempt: Attempt) -> Ending:
    """It was not done."""
    return Ending(False, reason, message, attempt, changed=False)


def unverified(plan: Plan, attempt: Attempt, *, changed: bool, retries: int) -> Ending:
    """It was done, and nobody wanted to know what came of it."""
    message = f"{_done(plan, changed=changed, retries=retries)}. Not verified."
    return Ending(True, "Applied", message, attempt, changed)


def verified(plan: Plan, seen: str, attempt: Attempt, changed: bool, retries: int) -> Ending:  # noqa: FBT001
    """It was done, and was seen to work."""
    message = f"{_done(plan, changed=changed, retries=retries)}; {seen}."
    return Ending(True, "Applied", message, attempt, changed, verified=True, verified_reason="Done")


def not_verified(plan: Plan, reason: str, seen: str, attempt: Attempt, *, changed: bool) -> Ending:
    """It was done, but was not seen to work."""
    message = f"{plan.summary}: applied, but {seen}."
    return Ending(True, "Applied", message, attempt, changed, False, reason)


def incomplete(now: datetime) -> Ending:
    """Approved, but without what approving writes: the CRD has dropped it."""
    message = (
        "status.plan or status.approvedAt is missing although the request is approved. The "
        "installed CRD is older than the operator: apply crds/ again, then a new request."
    )
    return failed("SchemaOutdated", message, _cut_off(message, now))


def broken(error: Exception, now: datetime) -> Ending:
    """A defect of our own."""
    message = (
        f"Internal error ({type(error).__name__}: {error}). The change may have been applied: "
        "look for this request's UID in the target's annotation countersign.dev/executed."
    )
    return failed("InternalError", message, _cut_off(message, now))


def _cut_off(message: str, now: datetime) -> Attempt:
    error = clip(message, VALUE_LIMIT)
    return Attempt(started_at=now, finished_at=now, error=error, transient=False)


def _done(plan: Plan, *, changed: bool, retries: int) -> str:
    text = f"{plan.summary}: done" if changed else f"{plan.summary}: nothing to change"
    if retries:
        text += f", succeeded after {retries} {'retry' if retries == 1 else 'retries'}"
    return text
