"""Whether and when a delivery is tried again. Pure.

A channel that is down for an hour or two gets everything once it is back: what may pass is tried
again for ``PATIENCE``. What never will is given up at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

PATIENCE = 2 * 3600.0
"""Seconds. A message is given up no earlier, unless the channel says that it will never have it."""
LONGEST_WAIT = 300.0
"""Seconds between two attempts, at most; a server that asks for more gets more."""
LONGEST_WISH = 3600.0
"""Seconds that a server may ask us to wait; a longer wish is cut to this."""
_BASE = 1.0
_MOST_DOUBLINGS = 16
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
class Waits:
    """How long, in seconds, after a failure: the channel as a whole, and the message that failed.

    Whatever failed, the channel is asked no sooner, with any message. A message that fails while
    others arrive waits longer, and does not stand in their way.
    """

    channel: float
    message: float


def waits(answer: Answer, *, in_a_row: int, attempts: int, draw: float) -> Waits:
    """How long to wait after a failure that may pass.

    ``in_a_row``: failures of the channel since anything arrived, ``attempts``: those of the
    message, both with this one. Exponential back-off with full jitter: ``draw`` is from [0, 1). The
    same draw for both, so that a message of a channel that is down is due when the channel is.
    What the server asks for, up to ``LONGEST_WISH``, is the least that is waited.
    """
    wish = min(answer.retry_after or 0.0, LONGEST_WISH)
    channel, message = (wish + draw * _most(count) for count in (in_a_row, attempts))
    return Waits(channel, message)


def _most(failures: int) -> float:
    return min(LONGEST_WAIT, _BASE * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))


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
