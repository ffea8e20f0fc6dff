"""One POST. The only module that knows httpx; an address is a secret and never leaves it."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from functools import partial

import httpx

from countersign.errors import ConfigError
from countersign.notifications.backoff import Answer, retry_after
from countersign.notifications.parcel import Parcel

_TIMEOUT = 10.0
_PATIENCE = partial(asyncio.timeout, _TIMEOUT)
_HEADERS = {"User-Agent": "countersign"}


class Post:
    """Posts parcels. Redirects are not followed: the address is a secret of that one host."""

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        patience: Callable[[], asyncio.Timeout] = _PATIENCE,
    ) -> None:
        """Give one attempt as long as ``patience`` says, however slowly an answer drips."""
        for name in ("httpx", "httpcore"):  # They log the address of each request.
            logging.getLogger(name).setLevel(logging.WARNING)
        self._now = now
        self._patience = patience
        self._client = httpx.AsyncClient(
            headers=_HEADERS, timeout=_TIMEOUT, follow_redirects=False, verify=_certificates()
        )

    async def send(self, address: str, parcel: Parcel) -> Answer:
        """Post it. Raises nothing that an address or a server can cause."""
        try:
            async with (
                self._patience(),
                self._client.stream(
                    "POST", address, content=parcel.body, headers=dict(parcel.headers)
                ) as response,
            ):
                # The answer's text is of no interest, and may repeat what we sent.
                wish = retry_after(response.headers.get("Retry-After"), self._now())
                return Answer(response.status_code, retry_after=wish)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(None, "no answer in time")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError, ValueError) as error:
            # Only the kind: texts may hold the address.
            return Answer(None, f"no answer ({type(error).__name__})")

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def check_address(address: str) -> None:
    """Raises ``ConfigError`` for what can be no address; it does not repeat it."""
    try:
        url = httpx.URL(address)
        host = url.host  # Decoded only now, which xn--a cannot be.
    except (httpx.InvalidURL, ValueError):
        raise ConfigError("it is no URL") from None
    if url.scheme not in ("https", "http") or not host:
        raise ConfigError("it is no https:// URL")


def _certificates() -> ssl.SSLContext:
    """The machine's own, as everywhere here."""
    return ssl.create_default_context()
