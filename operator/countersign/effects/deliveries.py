"""Messages on their way, and what came of them: written into the status, several in one write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog

from countersign.api.approval_request import ApprovalRequest
from countersign.api.effects import EffectState
from countersign.api.phase import MOVING
from countersign.effects.patience import Patience
from countersign.errors import ApiError
from countersign.policy.bookkeeping import Result, pending, recorded
from countersign.ports import Clock, Desk, Meter

log = structlog.get_logger()
_GATHER_SECONDS = 1.0
"""For how long what is delivered is collected before it is written."""
_RECEIPT = "receipt"


@dataclass
class _File:
    """One request's messages in our hands: None while one is on its way, then what came of it."""

    request: ApprovalRequest
    messages: dict[str, Result | None] = field(default_factory=dict)

    @property
    def settled(self) -> dict[str, Result]:
        return {name: result for name, result in self.messages.items() if result is not None}


class Deliveries:
    """In memory; what is lost with the process is Pending in the status, and is told again.

    Every write is a compare-and-set on the latest object that was seen. One that comes too late is
    made again once the object's news have arrived. While a request is being carried out nothing is
    written: no write of ours may come in the way of that.
    """

    def __init__(self, desk: Desk, clock: Clock, meter: Meter) -> None:
        """Write through ``desk``."""
        self._desk = desk
        self._clock = clock
        self._meter = meter
        self._files: dict[str, _File] = {}
        self._held: set[str] = set()
        self._writers: dict[str, asyncio.Task[None]] = {}
        self._patience = Patience()

    def has(self, request: ApprovalRequest, name: str) -> bool:
        """Whether a message is on its way, or what came of it is about to be written."""
        file = self._files.get(request.metadata.uid)
        return file is not None and name in file.messages

    def expect(self, request: ApprovalRequest, name: str) -> Callable[[tuple[str, ...]], None]:
        """A message is handed over; what is given back is to be called once it is settled."""
        self._file(request).messages[name] = None
        return partial(self._settled, request.metadata.uid, name)

    def give_back(self, request: ApprovalRequest, name: str) -> None:
        """It could not be handed over after all."""
        self._file(request).messages.pop(name, None)

    def settle(self, request: ApprovalRequest, name: str, result: Result) -> None:
        """Write down what came of a message that was not handed over."""
        self._file(request).messages[name] = result
        self._write_soon(request.metadata.uid)

    def saw(self, request: ApprovalRequest) -> bool:
        """A request as it is; False where something newer is known of it."""
        uid = request.metadata.uid
        if (file := self._files.get(uid)) is None:
            return True
        if request.metadata.version < file.request.metadata.version:
            return False
        left = pending(request.status.effects)
        file.request = request
        file.messages = {name: each for name, each in file.messages.items() if name in left}
        if not file.messages:
            del self._files[uid]
        elif file.settled:
            self._write_soon(uid)
        return True

    def wrote(self, saved: ApprovalRequest) -> None:
        """A status was written, and this is the object after it.

        It stays in hand, and be it empty, until an event shows it: earlier ones may still arrive.
        """
        file = self._files.get(saved.metadata.uid)
        if file is not None and saved.metadata.version >= file.request.metadata.version:
            left = pending(saved.status.effects)
            file.request = saved
            file.messages = {name: each for name, each in file.messages.items() if name in left}

    def settled(self, request: ApprovalRequest) -> dict[str, Result]:
        """What is known and not yet written, for somebody else to write along."""
        file = self._files.get(request.metadata.uid)
        return file.settled if file is not None else {}

    @contextmanager
    def held(self, request: ApprovalRequest) -> Iterator[None]:
        """Write nothing into this request meanwhile: somebody else is about to."""
        uid = request.metadata.uid
        self._held.add(uid)
        try:
            yield
        finally:
            self._held.discard(uid)
            self._write_soon(uid)

    def forget(self, uid: str) -> None:
        """The request is gone."""
        self._files.pop(uid, None)
        self._patience.forget(uid)
        if (writer := self._writers.pop(uid, None)) is not None:
            writer.cancel()

    async def flush(self, seconds: float) -> None:
        """Write what is known, for so long: the process is about to end."""
        for writer in self._writers.values():
            writer.cancel()
        self._writers.clear()
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(self._write(uid) for uid in list(self._files)))
        except TimeoutError:
            log.warning("what was delivered could not all be written; it is told again")

    def _file(self, request: ApprovalRequest) -> _File:
        file = self._files.setdefault(request.metadata.uid, _File(request))
        if request.metadata.version >= file.request.metadata.version:
            file.request = request
        return file

    def _settled(self, uid: str, name: str, given_up: tuple[str, ...]) -> None:
        file = self._files.get(uid)
        if file is None or name not in file.messages:
            return  # The request is gone, or says so already.
        if given_up:
            file.messages[name] = Result(EffectState.DEAD, f"Given up: {', '.join(given_up)}.")
        else:
            file.messages[name] = Result(EffectState.DONE)
        self._write_soon(uid)

    def _write_soon(self, uid: str) -> None:
        if uid in self._writers or uid not in self._files or not self._files[uid].settled:
            return
        writer = asyncio.create_task(self._keep_writing(uid), name=f"receipts of {uid}")
        self._writers[uid] = writer
        writer.add_done_callback(partial(self._written, uid))

    def _written(self, uid: str, writer: asyncio.Task[None]) -> None:
        if self._writers.get(uid) is writer:
            del self._writers[uid]

    async def _keep_writing(self, uid: str) -> None:
        seconds = _GATHER_SECONDS
        while True:
            await asyncio.sleep(seconds)
            file = self._files.get(uid)
            if file is None or uid in self._held or file.request.phase in MOVING:
                return  # Looked at again when that is over.
            if await self._write(uid):
                return
            now = self._clock.now()
            self._patience.failed(uid, _RECEIPT, now)
            at = self._patience.next_try(uid) or now
            seconds = (at - now).total_seconds()

    async def _write(self, uid: str) -> bool:
        """Whether it is written, or will be once the request's news have arrived."""
        while (file := self._files.get(uid)) is not None and (results := file.settled):
            request = file.request
            try:
                if (status := recorded(request, results, self._clock.now())) is None:
                    return True
                self.wrote(await self._desk.claim(request, status))
                self._patience.settled(uid, _RECEIPT)
            except Exception as error:  # noqa: BLE001 - it is tried again, whatever it was
                if isinstance(error, ApiError) and error.not_found:
                    self._files.pop(uid, None)
                elif not (isinstance(error, ApiError) and error.conflict):
                    self._failed(error)
                    return False
                elif file.request is request:
                    return True  # It has changed since; we are told of it.
        return True

    def _failed(self, error: Exception) -> None:
        self._meter.failed_effect(_RECEIPT)
        log.warning("what was delivered could not be written", error=str(error))
