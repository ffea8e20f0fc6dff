"""From the file of settings to a courier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from countersign.errors import ConfigError
from countersign.notifications.apprise_channel import AppriseChannel
from countersign.notifications.channel import HttpChannel, Sender
from countersign.notifications.delivery import Courier
from countersign.notifications.post import Post
from countersign.notifications.routing import Channel, ChannelType, Routing, parse_routing
from countersign.ports import Clock, Meter

_LONGEST = 1 << 20


def courier_from(path: Path, clock: Clock, meter: Meter) -> Courier | None:
    """The courier that a file describes; None where it says ``enabled: false``.

    Raises ``ConfigError`` with a sentence that names the file and the place in it.
    """
    try:
        routing = parse_routing(_text(path))
        return _courier(routing, clock, meter) if routing.enabled else None
    except ConfigError as error:
        raise ConfigError(f"notifications ({path}): {error}.") from None


def _courier(routing: Routing, clock: Clock, meter: Meter) -> Courier:
    now: Callable[[], datetime] = clock.now
    post = Post(now)
    senders: dict[str, Sender] = {}
    for name, channel in routing.channels.items():
        try:
            senders[name] = _sender(channel, post, now)
        except ConfigError as error:
            raise ConfigError(f"channels.{name}: {error}") from None
    return Courier(routing, senders, meter, clock, close=post.close)


def _sender(channel: Channel, post: Post, now: Callable[[], datetime]) -> Sender:
    if channel.type is ChannelType.APPRISE:
        return AppriseChannel(channel.url)
    return HttpChannel(channel, post, now)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LONGEST:
            raise ConfigError("it is longer than 1 MiB")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"it cannot be read ({type(error).__name__})") from None
