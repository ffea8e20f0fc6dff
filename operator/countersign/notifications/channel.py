"""One channel: a message becomes a parcel and goes to the channel's address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from countersign.errors import ConfigError
from countersign.notifications.backoff import Answer
from countersign.notifications.discord import discord_parcel
from countersign.notifications.parcel import Parcel
from countersign.notifications.post import Post, check_address
from countersign.notifications.routing import Channel, ChannelType, SecretReference
from countersign.notifications.secret import read_secret
from countersign.notifications.slack import slack_parcel
from countersign.notifications.webhook import signing_key, webhook_parcel
from countersign.records.notification import Notification


class Sender(Protocol):
    """Whatever carries a message to where it goes."""

    async def send(self, message: Notification) -> Answer:
        """Make one attempt."""
        ...


class HttpChannel:
    """A ``Sender`` over HTTP. Secrets are read for each attempt, so that they can be rotated."""

    def __init__(self, channel: Channel, post: Post, now: Callable[[], datetime]) -> None:
        """Raises ``ConfigError`` where a secret is missing or makes no sense."""
        self._channel = channel
        self._post = post
        self._now = now
        self._address()
        self._key()

    async def send(self, message: Notification) -> Answer:
        """Make one attempt."""
        try:
            return await self._post.send(self._address(), self._parcel(message))
        except ConfigError as error:  # A Secret in the middle of being changed, perhaps.
            return Answer(None, str(error))

    def _parcel(self, message: Notification) -> Parcel:
        match self._channel.type:
            case ChannelType.SLACK:
                return slack_parcel(message)
            case ChannelType.DISCORD:
                return discord_parcel(message)
            case ChannelType.WEBHOOK:
                return webhook_parcel(message, self._key(), self._now())
            case ChannelType.APPRISE:
                raise ConfigError("type: apprise is sent by Apprise")

    def _address(self) -> str:
        reference = self._channel.url
        address = read_secret(reference)
        with _said_of(reference):
            check_address(address)
        return address

    def _key(self) -> bytes:
        reference = self._channel.signing_key
        if reference is None:
            return b""
        secret = read_secret(reference)
        with _said_of(reference):
            return signing_key(secret)


@contextmanager
def _said_of(reference: SecretReference) -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{reference}: {error}") from None
