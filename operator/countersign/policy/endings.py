"""How an execution can end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from countersign.api.status import VALUE_LIMIT, Attempt, StepResult
from countersign.api.text import clip, clip_before

OUTCOME_UNKNOWN = "OutcomeUnknown"


@dataclass(frozen=True)
class Ending:
    """How an execution ended. ``verified`` is None where nothing was to be verified.

    ``results`` tells of each step, where there are several; ``output`` is what a command wrote.
    """

    executed: bool
    reason: str
    message: str
    attempt: Attempt
    changed: bool
    verified: bool | None = None
    verified_reason: str = ""
    results: tuple[StepResult, ...] = ()
    output: str = ""

    @property
    def success(self) -> bool:
        """Whether everything that was to happen has happened."""
        return self.executed and self.verified is not False


@dataclass(frozen=True)
class Told:
    """What an execution has to tell, however it ended: what, each step, output, retries."""

    summary: str
    changed: bool
    results: tuple[StepResult, ...] = ()
    output: str = ""
    notes: str = ""
    retries: int = 0


def failed(reason: str, message: str, attempt: Attempt, told: Told | None = None) -> Ending:
    """It was not done, or not all of it."""
    if told is None:
        return Ending(False, reason, message, attempt, changed=False)
    return Ending(
        False,
        reason,
        f"{message}{_which(told.results)}",
        attempt,
        told.changed,
        results=told.results,
        output=told.output,
    )


def unverified(told: Told, attempt: Attempt) -> Ending:
    """It was done, and nobody wanted to know what came of it."""
    message = f"{_done(told)}. Not verified."
    return Ending(
        True, "Applied", message, attempt, told.changed, results=told.results, output=told.output
    )


def verified(told: Told, seen: str, attempt: Attempt) -> Ending:
    """It was done, and was seen to work."""
    return Ending(
        True,
        "Applied",
        f"{_done(told)}; {seen}.",
        attempt,
        told.changed,
        verified=True,
        verified_reason="Done",
        results=told.results,
        output=told.output,
    )


def not_verified(told: Told, reason: str, seen: str, attempt: Attempt) -> Ending:
    """It was done, but was not seen to work."""
    return Ending(
        True,
        "Applied",
        f"{told.summary}: applied, but {seen}.{_which(told.results)}",
        attempt,
        told.changed,
        verified=False,
        verified_reason=reason,
        results=told.results,
        output=told.output,
    )


def incomplete(now: datetime) -> Ending:
    """Approved, but without what approving writes: the CRD has dropped it."""
    message = (
        "status.plan or status.approvedAt is missing although the request is approved. The "
        "installed CRD is older than the operator: apply crds/ again, then a new request."
    )
    return failed("SchemaOutdated", message, _cut_off(message, now))


def outcome_unknown(summary: str, why: str, now: datetime) -> Ending:
    """It had begun, cannot be repeated, and nobody can tell how it ended."""
    message = clip_before(
        f"{summary}: {why}",
        ". It may have run or not, and it is not run again: look at what it was to change, and "
        "create a new request if it is still needed.",
    )
    return failed(OUTCOME_UNKNOWN, message, _cut_off(message, now))


def broken(error: Exception, now: datetime) -> Ending:
    """A defect of our own."""
    message = clip_before(
        f"Internal error ({type(error).__name__}: {error}",
        "). The change may have been applied: look for this request's UID in the target's "
        "annotation countersign.dev/executed.",
    )
    return failed("InternalError", message, _cut_off(message, now))


def _cut_off(message: str, now: datetime) -> Attempt:
    error = clip(message, VALUE_LIMIT)
    return Attempt(started_at=now, finished_at=now, error=error, transient=False)


def _done(told: Told) -> str:
    text = f"{told.summary}: done" if told.changed else f"{told.summary}: nothing to change"
    if told.notes:
        text += f" ({told.notes})"
    if told.retries:
        retries = told.retries
        text += f", succeeded after {retries} {'retry' if retries == 1 else 'retries'}"
    return text


def _which(results: tuple[StepResult, ...]) -> str:
    """Of several steps: which ran and which did not."""
    if not results:
        return ""
    words = {"Succeeded": "Done", "Failed": "Failed", "NotRun": "Not run"}
    parts = [
        f"{words[outcome]}: {', '.join(names)}"
        for outcome in words
        if (names := [each.target for each in results if each.outcome == outcome])
    ]
    return f" {'. '.join(parts)}."
