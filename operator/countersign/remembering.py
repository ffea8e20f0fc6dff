"""What is written down and told about a request. None of it can change an outcome."""

from __future__ import annotations

import structlog

from countersign.actions.render import render
from countersign.api.approval_request import ApprovalRequest, Phase
from countersign.api.status import KnowledgeReference
from countersign.ports import Clock, Desk, Meter, Notifier, Store
from countersign.records.catalogue import Catalogue
from countersign.records.catalogue_en import ENGLISH
from countersign.records.knowledge import Outcome, knowledge_entry
from countersign.records.notice import Notice
from countersign.records.notification import expiring_soon, notifications

log = structlog.get_logger()


class Memory:
    """Knowledge entries, Events and messages. What is down raises nothing here."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        clock: Clock,
        meter: Meter,
        notifier: Notifier | None = None,
        words: Catalogue = ENGLISH,
    ) -> None:
        """Write entries into ``store``, in these ``words``, and Events through ``desk``.

        Messages go to ``notifier``.
        """
        self._store = store
        self._desk = desk
        self._clock = clock
        self._meter = meter
        self._notifier = notifier
        self._words = words

    async def remember(
        self, request: ApprovalRequest, outcome: Outcome
    ) -> KnowledgeReference | None:
        """Write the knowledge entry; None where the store would not have it now."""
        try:
            now, action = self._clock.now(), action_text(request)
            entry = knowledge_entry(request, action, outcome, now, self._words)
            return await self._store.save(entry)
        except Exception as error:  # noqa: BLE001 - whatever it is, the outcome stands
            self._meter.failed_effect("knowledge")
            log.warning("knowledge entry could not be written", error=str(error))
            return None

    async def tell(self, request: ApprovalRequest, *notices: Notice) -> None:
        """Post Events; one that fails does not stop the next."""
        for notice in notices:
            try:
                await self._desk.post(request, notice)
            except Exception as error:  # noqa: BLE001 - whatever it is, the outcome stands
                self._meter.failed_effect("event")
                log.warning("event could not be posted", step=notice.step, error=str(error))

    def announce(self, before: ApprovalRequest, after: ApprovalRequest) -> None:
        """Hand over what channels are told of a status that has been written. Waits for nothing."""
        if self._notifier is None:
            return
        try:
            if after.phase is not Phase.PENDING:
                self._notifier.forget(after.metadata.uid)
            action, now = action_text(after), self._clock.now()
            for message in notifications(before, after, action, now):
                self._notifier.notify(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the outcome stands
            self._meter.failed_effect("notification")
            log.warning("message could not be handed over", error=type(error).__name__)

    def waits(self, request: ApprovalRequest) -> None:
        """Hand over what channels are told if a request still waits when its time is nearly up."""
        if self._notifier is None or request.status.expires_at is None:
            return
        try:
            message = expiring_soon(request, action_text(request), self._clock.now())
            self._notifier.remind(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the request waits on
            self._meter.failed_effect("notification")
            log.warning("message could not be handed over", error=type(error).__name__)

    def forget(self, uid: str) -> None:
        """A request is gone."""
        if self._notifier is not None:
            self._notifier.forget(uid)


def action_text(request: ApprovalRequest) -> str:
    """The action as the proposer wrote it; a typed one as the kubectl command it stands for."""
    if request.spec.action is not None:
        return request.spec.action
    return render(request.spec.operation) if request.spec.operation else ""
