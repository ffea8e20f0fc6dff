"""Whether a failed attempt is made again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from countersign.api.approval_request_spec import Retry
from countersign.errors import ApiError, RefusedError
from countersign.policy.retry import again, is_transient, text_is_transient

TRANSIENT = [
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
]
PERMANENT = [
    "not found",
    "forbidden",
    "permission denied",
    "unauthorized",
    "already exists",
    "invalid",
    "immutable",
    "destructive",
    "blocked",
]


@pytest.mark.parametrize("word", TRANSIENT)
def test_a_word_of_a_transient_error_is_known_in_any_case(word: str) -> None:
    assert text_is_transient(word)
    assert text_is_transient(f"Error: {word.upper()}!")


@pytest.mark.parametrize("word", PERMANENT)
def test_a_word_of_a_permanent_error_wins_over_every_word_of_a_transient_one(word: str) -> None:
    assert not text_is_transient(word)
    for other in TRANSIENT:
        assert not text_is_transient(f"{other} ({word.upper()})")
        assert not text_is_transient(f"{word}: {other}")


@pytest.mark.parametrize("text", ["", "something went wrong", "conection refusd", "time out"])
def test_no_text_or_no_known_word_is_not_tried_again(text: str) -> None:
    assert not text_is_transient(text)
    assert not is_transient(ApiError(text))


CODES = {
    **dict.fromkeys((408, 409, 429, 500, 502, 503, 504), True),
    **dict.fromkeys((400, 401, 403, 404, 405, 410, 413, 415, 422, 501), False),
}


@pytest.mark.parametrize("code", CODES)
def test_the_code_of_the_api_server_is_better_evidence_than_words(code: int) -> None:
    assert is_transient(ApiError("not found, forbidden, invalid", code=code)) == CODES[code]
    assert is_transient(ApiError("connection refused, timeout", code=code)) == CODES[code]


def test_without_an_answer_the_words_decide() -> None:
    assert is_transient(ApiError("GET /apis: connection refused"))
    assert not is_transient(ApiError("certificate is invalid (timeout)"))
    assert is_transient(OSError("dial tcp 10.0.0.1:443"))
    assert not is_transient(RefusedError("Invalid", "Deployment shop/web is paused"))


def test_two_retries_are_made_after_the_first_attempt_and_no_more() -> None:
    error, retry = ApiError("timeout"), Retry()
    numbers = []
    for made in range(1, 6):
        next_ = again(error, made, retry)
        numbers.append(next_ and (next_.retry, next_.limit, next_.number))
    assert numbers == [(1, 2, 2), (2, 2, 3), None, None, None]


@pytest.mark.parametrize("limit", [0, 1, 5, 10])
def test_the_request_says_how_many_retries_there_are(limit: int) -> None:
    made = [again(ApiError("timeout"), n, Retry(limit=limit)) for n in range(1, 15)]
    assert [each is not None for each in made] == [n <= limit for n in range(1, 15)]


def test_a_permanent_error_is_not_tried_again() -> None:
    assert again(ApiError("gone", code=404), 1, Retry()) is None


DELAYS = {
    "the request's own delay": (None, 30),
    "a Retry-After that asks for less": (5.0, 30),
    "a Retry-After that asks for more": (90.0, 90),
    "a Retry-After of nothing": (0.0, 30),
    "a Retry-After of years": (2.0**31, 3600),
    "a Retry-After beyond all time": (1e300, 3600),
}


@pytest.mark.parametrize("what", DELAYS)
def test_the_longer_of_delay_and_retry_after_is_waited(what: str) -> None:
    retry_after, seconds = DELAYS[what]
    next_ = again(ApiError("slow", code=429, retry_after=retry_after), 1, Retry())
    assert next_ is not None
    assert next_.delay == timedelta(seconds=seconds)


def test_the_delay_of_the_request_is_used_for_errors_that_have_no_retry_after() -> None:
    next_ = again(OSError("timed out"), 1, Retry(delay="1m"))
    assert next_ is not None
    assert next_.delay == timedelta(minutes=1)
