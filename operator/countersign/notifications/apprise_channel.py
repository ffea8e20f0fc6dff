"""Everything that Apprise reaches. The only module that knows apprise; it is an extra.

Apprise blocks, so each attempt has a thread; it says yes or no and not why; and it logs addresses,
so it and what it builds on log nothing here. A thread cannot be ended: one that hangs is waited for
again before another is begun, so a channel has one at most.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from threading import Thread
from typing import TYPE_CHECKING

from countersign.errors import ConfigError
from countersign.notifications.backoff import Answer
from countersign.notifications.plain import plain_body, plain_title
from countersign.notifications.routing import SecretReference
from countersign.notifications.secret import read_secret
from countersign.records.notification import Notification, NotificationStatus

if TYPE_CHECKING:
    from apprise import Apprise

_TIMEOUT = 30.0
"""Seconds: some services want pauses between the parts of a message."""
_PATIENCE = partial(asyncio.timeout, _TIMEOUT)
_TALKATIVE = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib")
_NAME = "countersign"


class AppriseChannel:
    """A ``Sender`` over Apprise. Its URL is read for each attempt, so that it can be rotated."""

    def __init__(
        self, url: SecretReference, *, patience: Callable[[], asyncio.Timeout] = _PATIENCE
    ) -> None:
        """Raises ``ConfigError`` where the library or the secret is missing or makes no sense."""
        _silence()
        self._reference = url
        self._patience = patience
        self._url = ""
        self._under_way: tuple[str, Future[bool]] | None = None
        self._service = self._connected()

    async def send(self, message: Notification) -> Answer:
        """Make one attempt, or wait for one that hangs."""
        try:
            async with self._patience():
                if (earlier := self._under_way) is not None:
                    arrived = await self._end_of(earlier[1])
                    if earlier[0] == message.id:  # What was sent late is not sent twice.
                        return _answer(arrived=arrived)
                self._service = self._connected()
                self._under_way = message.id, _in_a_thread(partial(_send, self._service, message))
                return _answer(arrived=await self._end_of(self._under_way[1]))
        except TimeoutError:
            return Answer(None, "no answer in time")
        except ConfigError as error:  # A Secret in the middle of being changed, perhaps.
            return Answer(None, str(error))

    async def _end_of(self, attempt: Future[bool]) -> bool:
        try:
            arrived = await asyncio.wrap_future(attempt)
        except asyncio.CancelledError:
            raise  # The thread goes on.
        except Exception:  # noqa: BLE001 - a defect of a plugin's; its text may hold the address
            arrived = False
        self._under_way = None
        return arrived

    def _connected(self) -> Apprise:
        """The service behind the URL of now; the same as before if that is the same."""
        url = read_secret(self._reference)
        if url != self._url:
            self._service, self._url = _service(url, self._reference), url
        return self._service


def _answer(*, arrived: bool) -> Answer:
    return Answer(HTTPStatus.OK) if arrived else Answer(None, "Apprise could not deliver it")


def _service(url: str, reference: SecretReference) -> Apprise:
    try:
        from apprise import Apprise, AppriseAsset, OverflowMode  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise ConfigError(
            "type: apprise needs a library of its own: pip install '.[apprise]' in the folder "
            "of Countersign's sources, or an image built with "
            "--build-arg REQUIREMENTS=requirements-extras.lock"
        ) from None
    asset = AppriseAsset(
        app_id=_NAME,
        app_desc=_NAME,
        app_url="",
        async_mode=False,
        http_redirects=False,
        interpret_escapes=False,
        interpret_emojis=False,
        storage_mode="memory",
    )
    plugin = None
    with suppress(Exception):  # A plugin's own; its text may hold the URL.
        plugin = Apprise.instantiate(url, asset=asset)
    if plugin is None:
        raise ConfigError(f"{reference}: it is no URL that Apprise can use here")
    plugin.redirects = False  # Whatever the URL says: it is a secret of that one host.
    if plugin.overflow_mode is OverflowMode.UPSTREAM:
        plugin.overflow_mode = OverflowMode.SPLIT  # Rather two messages than half of one.
    service = Apprise(asset=asset)
    service.add(plugin)
    return service


def _send(service: Apprise, message: Notification) -> bool:
    from apprise import NotifyFormat, NotifyType  # noqa: PLC0415

    match message.status:
        case None:
            kind = NotifyType.WARNING if message.break_glass else NotifyType.INFO
        case NotificationStatus.SUCCESS:
            kind = NotifyType.SUCCESS
        case NotificationStatus.FAILED | NotificationStatus.DRY_RUN_BLOCKED:
            kind = NotifyType.FAILURE
    return bool(
        service.notify(
            body=plain_body(message),
            title=plain_title(message),
            notify_type=kind,
            body_format=NotifyFormat.TEXT,
        )
    )


def _in_a_thread(act: Callable[[], bool]) -> Future[bool]:
    """Begin it. No pool's thread: the process must not wait at its end for one that hangs."""
    future: Future[bool] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(act())
        except Exception as error:  # noqa: BLE001 - handed on
            future.set_exception(error)

    Thread(target=run, name="notifications by apprise", daemon=True).start()
    return future


def _silence() -> None:
    """Let libraries log nothing at all: their lines hold addresses, at every level."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)
        logger.handlers[:] = [logging.NullHandler()]
