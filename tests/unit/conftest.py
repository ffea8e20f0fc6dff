"""What keeps unit tests quick: plain log lines, and no certificates to be read."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Log to standard output, which pytest shows for tests that fail."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ],
        cache_logger_on_first_use=False,
    )
    yield
    structlog.reset_defaults()


_one_context = functools.cache(ssl.create_default_context)


@pytest.fixture
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the machine's certificates once and not for each connection: nothing here needs them."""
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: _one_context())
