"""What one channel is still to be told, and the worker that tells it.

After a failure the channel pauses as a whole, longer each time until something arrives. After a
message's second failure it is another one's turn: so one that fails by itself (the service answers
500 to it, or hangs up) costs the others short pauses, and not hours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

from countersign.notifications.backoff import PATIENCE, Answer, waits
from countersign.notifications.channel import Sender
from countersign.records.notification import Notification

log = structlog.get_logger()

_IN_A_ROW = 1
"""A first failure changes no order: mostly the next attempt succeeds."""

Result = Literal["delivered", "retried", "dead", "overflow", "abandoned"]


@dataclass(frozen=True)
class Pace:
    """How time passes, and by what luck: that of the machine, or of a test.

    ``draw`` is from [0, 1), ``monotonic`` in seconds.
    """

    sleep: Callable[[float], Awaitable[object]]
    draw: Callable[[], float]
    monotonic: Callable[[], float]


class Ledger(Protocol):
    """Who is told what came of each attempt."""

    def __call__(self, channel: str, message: Notification, result: Result) -> None:
        """Note it."""
        ...


@dataclass
class _Letter:
    """A message that waits; times are those of ``Pace.monotonic``."""

    message: Notification
    since: float
    due: float
    attempts: int = 0
    failing_since: float | None = None
    had_its_turn: bool = False
    """Whether it failed again since anything arrived: then it is the others' turn first."""


class Mailbox:
    """One channel's messages, at most ``limit``, and the worker that sends one at a time."""

    def __init__(self, name: str, sender: Sender, note: Ledger, *, limit: int, pace: Pace) -> None:
        self._name = name
        self._sender = sender
        self._note = note
        self._limit = limit
        self._pace = pace
        self._letters: dict[str, _Letter] = {}
        self._came = asyncio.Event()
        self._resting = asyncio.Event()
        self._resting.set()
        self._pausing = False
        self._in_a_row = 0
        self._failing_since: float | None = None
        self.worker: asyncio.Task[None] | None = None

    def put(self, message: Notification) -> None:
        """Take a message over; where too many wait, it is a dead letter at once."""
        if len(self._letters) >= self._limit:
            self._bury(message, "overflow", f"{self._limit} messages wait already")
            return
        now = self._pace.monotonic()
        self._letters[message.id] = _Letter(message, since=now, due=now)
        if not self._pausing:
            self._resting.clear()
        self._came.set()

    def start(self) -> None:
        """Begin to send."""
        self.worker = asyncio.create_task(self._work(), name=f"notifications to {self._name}")

    async def resting(self) -> None:
        """Wait until nothing can be sent now: all is sent, or the channel pauses."""
        await self._resting.wait()

    async def stop(self) -> None:
        """Stop at once; what still waits stays untold."""
        if self.worker is not None:
            self.worker.cancel()
            await asyncio.gather(self.worker, return_exceptions=True)
        for letter in self._letters.values():
            self._note(self._name, letter.message, "abandoned")
        if self._letters:
            log.warning(
                "notifications are left unsent", channel=self._name, count=len(self._letters)
            )
        self._letters.clear()

    async def _work(self) -> None:
        while True:
            letter = await self._next()
            self._resting.clear()
            answer = await self._attempt(letter.message)
            if answer.well:
                self._arrived(letter)
            elif answer.passing:
                await self._failed(letter, answer)
            else:
                self._refused(letter, answer)

    async def _next(self) -> _Letter:
        """The first that is due and whose turn it is; waits for one."""
        while True:
            self._came.clear()
            now = self._pace.monotonic()
            due = [letter for letter in self._letters.values() if letter.due <= now]
            if due:
                return self._in_turn(due)
            self._resting.set()
            await self._until_one_comes_or_is_due(now)

    def _in_turn(self, due: list[_Letter]) -> _Letter:
        for letter in due:
            if not letter.had_its_turn:
                return letter
        for letter in due:
            letter.had_its_turn = False
        return due[0]

    async def _until_one_comes_or_is_due(self, now: float) -> None:
        if not self._letters:
            await self._came.wait()
            return
        seconds = min(letter.due for letter in self._letters.values()) - now
        ways = [
            asyncio.ensure_future(self._came.wait()),
            asyncio.ensure_future(self._pace.sleep(seconds)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()

    async def _attempt(self, message: Notification) -> Answer:
        try:
            return await self._sender.send(message)
        except Exception as error:  # noqa: BLE001 - a defect must not end the worker
            # Not its text: that may hold the address, which is a secret.
            return Answer(None, f"a defect ({type(error).__name__})")

    def _arrived(self, letter: _Letter) -> None:
        self._alive()
        del self._letters[letter.message.id]
        log.info("notification sent", channel=self._name, message_id=letter.message.id)
        self._note(self._name, letter.message, "delivered")

    def _refused(self, letter: _Letter, answer: Answer) -> None:
        """The channel answers, and will never have this one."""
        self._alive()
        del self._letters[letter.message.id]
        self._bury(letter.message, "dead", f"{answer.described}: it is not tried again")

    def _alive(self) -> None:
        self._in_a_row, self._failing_since = 0, None
        for each in self._letters.values():
            each.had_its_turn = False

    async def _failed(self, letter: _Letter, answer: Answer) -> None:
        now = self._pace.monotonic()
        self._in_a_row += 1
        if self._failing_since is None:
            self._failing_since = now
        letter.attempts += 1
        letter.had_its_turn = letter.attempts > _IN_A_ROW
        if letter.failing_since is None:
            letter.failing_since = now
        self._give_up_what_took_too_long(answer, now)
        wait = waits(
            answer, in_a_row=self._in_a_row, attempts=letter.attempts, draw=self._pace.draw()
        )
        letter.due = now + wait.message
        if letter.message.id in self._letters:
            self._note(self._name, letter.message, "retried")
        log.info(
            "notification channel fails and pauses",
            channel=self._name,
            message_id=letter.message.id,
            why=answer.described,
            waiting=len(self._letters),
            seconds=round(wait.channel, 1),
        )
        await self._pause(wait.channel)

    async def _pause(self, seconds: float) -> None:
        self._pausing = True
        self._resting.set()
        await self._pace.sleep(seconds)
        self._pausing = False

    def _give_up_what_took_too_long(self, answer: Answer, now: float) -> None:
        for letter in [each for each in self._letters.values() if self._is_hopeless(each, now)]:
            del self._letters[letter.message.id]
            hours = f"{PATIENCE / 3600:g} h"
            self._bury(letter.message, "dead", f"{answer.described}, and has been for {hours}")

    def _is_hopeless(self, letter: _Letter, now: float) -> bool:
        """Whether it has failed by itself for so long, or nothing has arrived since it came."""
        if letter.failing_since is not None and now - letter.failing_since >= PATIENCE:
            return True
        silent = self._failing_since is not None and now - self._failing_since >= PATIENCE
        return silent and now - letter.since >= PATIENCE

    def _bury(self, message: Notification, result: Result, why: str) -> None:
        log.error(
            "notification is given up",
            channel=self._name,
            message_id=message.id,
            request=message.key,
            step=str(message.step),
            why=why,
        )
        self._note(self._name, message, result)
