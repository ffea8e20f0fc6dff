"""Whether and when a delivery is tried again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

ATTEMPTS = 6
_BASE = 1.0
_LONGEST = 60.0
LONGEST_WISH = 900.0
"""Seconds that a server may ask us to wait; with more, the message is given up."""
_PASSING = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


@dataclass(frozen=True)
class Answer:
    """What came of one attempt: the HTTP status, or else what went wrong. Holds no secret.

    ``retry_after`` is in seconds.
    """

    code: int | None
    problem: str = ""
    retry_after: float | None = None

    @property
    def well(self) -> bool:
        """Whether the message has arrived."""
        return self.code is not None and HTTPStatus(200) <= self.code < HTTPStatus(300)

    @property
    def passing(self) -> bool:
        """Whether a later attempt may fare better."""
        if self.code is None:
            return True
        return self.code in _PASSING or self.code >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def described(self) -> str:
        """For the log."""
        return f"HTTP {self.code}" if self.code is not None else self.problem


@dataclass(frozen=True)
class Again:
    """Try again after so many seconds."""

    delay: float


@dataclass(frozen=True)
class GiveUp:
    """It is not tried again."""

    why: str


def after_failure(answer: Answer, attempt: int, draw: float) -> Again | GiveUp:
    """What to do after attempt number ``attempt`` (from 1) failed; ``draw`` is from [0, 1).

    Exponential back-off with full jitter. What the server asks for is the least that is waited.
    """
    if not answer.passing:
        return GiveUp(f"{answer.described}: it is not tried again")
    if attempt >= ATTEMPTS:
        return GiveUp(f"{answer.described} after {attempt} attempts")
    if answer.retry_after is not None and answer.retry_after > LONGEST_WISH:
        return GiveUp(f"{answer.described}: asks to wait longer than {LONGEST_WISH:g} s")
    jitter = draw * min(_LONGEST, _BASE * 2 ** (attempt - 1))
    return Again((answer.retry_after or 0) + jitter)


def retry_after(header: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for: a number, or a date. None where it is odd."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if seconds == seconds else None  # noqa: PLR0124 - not a number
