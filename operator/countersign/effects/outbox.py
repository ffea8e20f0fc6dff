"""What follows a status that was written. None of it can change an outcome or stop another part.

What is still to be done stands in ``status.effects``, and nowhere else: another process goes on
from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime

import structlog

from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.effects import EffectState
from countersign.effects.deliveries import Deliveries
from countersign.effects.dossier import Dossier
from countersign.effects.effect import Effect
from countersign.effects.estate import Estate
from countersign.effects.events import Events
from countersign.effects.messages import Messages
from countersign.effects.patience import RECORD_AGAIN, Patience
from countersign.errors import CountersignError
from countersign.policy.bookkeeping import KNOWLEDGE, LATE, Result, effects_of, pending
from countersign.ports import Casebook, Clock, Meter, Store
from countersign.records.notice import Notice

log = structlog.get_logger()
_AT_FIRST = 10.0
"""Seconds for what comes before the final status, which is not to wait for a store that hangs."""
_PATIENCE = 30.0
"""Seconds for one effect after it: one that hangs is not to keep the others waiting."""


class Outbox:
    """Knowledge, incidents, playbooks, Events and messages: each tried by itself."""

    def __init__(
        self,
        effects: Mapping[str, Effect],
        *,
        casebook: Casebook,
        store: Store,
        events: Events,
        messages: Messages,
        deliveries: Deliveries,
        clock: Clock,
        meter: Meter,
    ) -> None:
        """``effects`` by their names in ``status.effects``."""
        self._effects = effects
        self._casebook = casebook
        self._store = store
        self._events = events
        self._messages = messages
        self._deliveries = deliveries
        self._clock = clock
        self._meter = meter
        self._patience = Patience()
        self._estate = Estate(
            self.work_off, self._patience.next_try, self._patience.forget, self._clock
        )

    # --- After an execution -------------------------------------------------------------------

    async def remember(self, request: ApprovalRequest) -> dict[str, Result]:
        """Write the knowledge entry of a request that has ended; its final status comes next."""
        dossier = Dossier(request, self._casebook, self._clock.now())
        return {KNOWLEDGE: await self._try(KNOWLEDGE, dossier, _AT_FIRST)}

    async def work_off(self, request: ApprovalRequest) -> dict[str, Result]:
        """Try what is still to be done and is due, one after the other; and what was delivered."""
        uid, now = request.metadata.uid, self._clock.now()
        dossier, results = Dossier(request, self._casebook, now), {}
        dossier.undone = set(pending(effects_of(request, now)))
        with self._deliveries.held(request):
            for name in (KNOWLEDGE, *LATE):
                if name in dossier.undone and not self._patience.has_time(uid, name, now):
                    results[name] = await self._try(name, dossier, _PATIENCE)
                    if results[name].state.settled:
                        dossier.undone.discard(name)
            return results | self._deliveries.settled(request)

    def next_try(self, request: ApprovalRequest) -> datetime | None:
        """When to work off what is left; None where nothing has failed."""
        if self._messages.unowned(request):
            return self._clock.now() + RECORD_AGAIN
        return self._patience.next_try(request.metadata.uid)

    async def _try(self, name: str, dossier: Dossier, seconds: float) -> Result:
        """Whatever it is that goes wrong with one of them, it is only this one."""
        uid = dossier.request.metadata.uid
        try:
            async with asyncio.timeout(seconds):
                result = await self._effects[name].carry_out(dossier)
        except Exception as error:  # noqa: BLE001 - whatever it is, the outcome stands
            self._meter.failed_effect(name)
            log.warning("effect is tried again", effect=name, error=_described(error))
            self._patience.failed(uid, name, self._clock.now())
            return Result(EffectState.PENDING, _described(error))
        self._patience.settled(uid, name)
        if result.state is EffectState.SKIPPED:
            log.info("effect is skipped", effect=name, why=result.message)
        return result

    # --- Around every status ------------------------------------------------------------------

    async def prepared(
        self, request: ApprovalRequest, status: ApprovalRequestStatus
    ) -> ApprovalRequestStatus:
        """A status that is about to be written, with the messages that it makes due.

        Events of the timeline for which it has no more room go into the store.
        """
        kept = set(status.timeline)
        gone = tuple(each for each in request.status.timeline if each not in kept)
        if gone:
            try:
                async with asyncio.timeout(_AT_FIRST):
                    await self._store.note(request.metadata.uid, gone)
            except Exception as error:  # noqa: BLE001 - whatever it is, the request goes on
                self._meter.failed_effect("timeline")
                log.warning("timeline could not be kept", error=_described(error), lost=len(gone))
        return self._messages.due(request, status)

    async def tell(self, request: ApprovalRequest, *notices: Notice) -> None:
        """Post Events; one that fails does not stop the next."""
        await self._events.post(request, *notices)

    async def written(
        self, before: ApprovalRequest, after: ApprovalRequest, notices: Iterable[Notice]
    ) -> None:
        """A status has been written: hand over what channels are told of it, and post its Events.

        No channel is waited for.
        """
        self._messages.announce(before, after)
        await self.tell(before, *notices)

    def saw(self, request: ApprovalRequest) -> None:
        """An object as it is now: hand over what an earlier process has left behind."""
        self._messages.saw(request)

    def waits(self, request: ApprovalRequest) -> None:
        """Hand over what channels are told if a request still waits when its time is nearly up."""
        self._messages.waits(request)

    def forget(self, uid: str) -> None:
        """A request is gone."""
        self._messages.forget(uid)
        self._patience.forget(uid)

    def inherit(self, request: ApprovalRequest) -> None:
        """A finished request is gone, and was last like this: what is left of it is done."""
        self._estate.take(request)

    async def flush(self, seconds: float) -> None:
        """Write what was delivered, for so long: the process is about to end."""
        await self._estate.close()
        await self._deliveries.flush(seconds)


def _described(error: Exception) -> str:
    """For a status that people read: our own texts, and of anything else only what it is."""
    if isinstance(error, CountersignError):
        return str(error) or type(error).__name__
    return "It took too long." if isinstance(error, TimeoutError) else type(error).__name__
