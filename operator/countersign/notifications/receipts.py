"""Who waits to hear what came of a message, and what came of those that nobody waits for now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

Settled = Callable[[tuple[str, ...]], None]
_REMEMBERED = 10_000


@dataclass
class _Receipt:
    """A message on its way: where it is not settled yet, where it was given up, who waits."""

    open: set[str]
    given_up: list[str] = field(default_factory=list)
    callers: list[Settled] = field(default_factory=list)


class Receipts:
    """Every message that was taken over, by its id: on its way, or settled some time ago.

    As many are on their way as the queues hold; of those that were settled the last 10,000 are
    known.
    """

    def __init__(self, call: Callable[[Callable[[], None]], object]) -> None:
        """``call``: have the event loop call something soon, not now."""
        self._call = call
        self._on_its_way: dict[str, _Receipt] = {}
        self._over: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def known(self, message_id: str) -> bool:
        """Whether it was taken over before."""
        return message_id in self._on_its_way or message_id in self._over

    def again(self, message_id: str, caller: Settled | None) -> None:
        """A message that is known is handed over again: its caller hears what the first hears."""
        if caller is None:
            return
        if (receipt := self._on_its_way.get(message_id)) is not None:
            receipt.callers.append(caller)
        else:
            self._tell((caller,), self._over[message_id])

    def open(self, message_id: str, channels: Iterable[str], caller: Settled | None) -> None:
        """A message goes to these channels."""
        receipt = _Receipt(set(channels), callers=[caller] if caller is not None else [])
        self._on_its_way[message_id] = receipt
        self._settle(message_id, receipt)

    def close(self, message_id: str, channel: str, *, given_up: bool) -> None:
        """A channel has the message, or has given it up."""
        receipt = self._on_its_way[message_id]
        receipt.open.discard(channel)
        if given_up:
            receipt.given_up.append(channel)
        self._settle(message_id, receipt)

    def _settle(self, message_id: str, receipt: _Receipt) -> None:
        if receipt.open:
            return
        del self._on_its_way[message_id]
        given_up = tuple(receipt.given_up)
        self._over[message_id] = given_up
        if len(self._over) > _REMEMBERED:
            self._over.popitem(last=False)
        self._tell(receipt.callers, given_up)

    def _tell(self, callers: Iterable[Settled], given_up: tuple[str, ...]) -> None:
        for caller in callers:
            self._call(partial(caller, given_up))
