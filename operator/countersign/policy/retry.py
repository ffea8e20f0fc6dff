"""Whether a failed attempt is made again.

What the API server says in its own terms (HTTP code, ``Status.reason``) is better evidence than
words. For everything else the text decides, compared in lower case: the words of permanent
errors are looked for first and win ("connection refused (not found)" is permanent).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from countersign.api.approval_request_spec import Retry
from countersign.errors import ApiError, RefusedError

PERMANENT_WORDS = (
    "not found",
    "forbidden",
    "permission denied",
    "unauthorized",
    "already exists",
    "invalid",
    "immutable",
    "destructive",
    "blocked",
)
TRANSIENT_WORDS = (
    "connection refused",
    "connection reset",
    "timeout",
    "timed out",
    "i/o error",
    "io error",
    "temporary failure",
    "service unavailable",
    "too many requests",
    "dial tcp",
    "eof",
)
_LONGEST_WISH = timedelta(hours=1).total_seconds()
_TRANSIENT_CODES = frozenset({408, 409, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Again:
    """Make attempt ``number`` (2 for the first retry) after ``delay``."""

    number: int
    retry: int
    limit: int
    delay: timedelta


def is_transient(error: Exception) -> bool:
    """Whether the same attempt may succeed later."""
    if isinstance(error, RefusedError):
        return False  # Its text quotes people, whose words prove nothing.
    if isinstance(error, ApiError) and error.code is not None:
        return error.code in _TRANSIENT_CODES
    return text_is_transient(str(error))


def text_is_transient(text: str) -> bool:
    """The same from words alone. No text, or no known word: not transient."""
    lowered = text.lower()
    if any(word in lowered for word in PERMANENT_WORDS):
        return False
    return any(word in lowered for word in TRANSIENT_WORDS)


def again(error: Exception, attempts_made: int, retry: Retry) -> Again | None:
    """The next attempt, or None where the error is permanent or the retries are used up.

    ``attempts_made`` counts the one that failed. The server's Retry-After is honoured where it
    asks for more than the request's own delay, up to an hour: a webhook can make it any number.
    """
    if not is_transient(error) or attempts_made > retry.limit:
        return None
    wished = timedelta(seconds=min(getattr(error, "retry_after", None) or 0, _LONGEST_WISH))
    return Again(
        number=attempts_made + 1,
        retry=attempts_made,
        limit=retry.limit,
        delay=max(retry.delay, wished),
    )
