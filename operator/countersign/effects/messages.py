"""What channels are told: each message stands in the status until it has been delivered.

The status that makes a message due names it as Pending. It is handed over once that is written;
what came of it is written by ``Deliveries``. A message that a status names and that is in nobody's
hands is one that an earlier process left behind: it is made again from the object.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog

from countersign.actions.discretion import told
from countersign.api.approval_request import ApprovalRequest
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.effects import EffectState
from countersign.api.phase import Phase
from countersign.effects.deliveries import Deliveries
from countersign.policy.bookkeeping import MESSAGE, Result, pending, with_messages
from countersign.ports import Clock, Meter, Notifier
from countersign.records.notification import Notification, expiring_soon, notifications
from countersign.records.retelling import retold

log = structlog.get_logger()
_NO_CHANNEL = "No channel is to be told of it any more."
_NO_SENSE = "It has been overtaken by what happened since."


class Messages:
    """From statuses to the notifier. What is down raises nothing here."""

    def __init__(
        self, notifier: Notifier | None, deliveries: Deliveries, clock: Clock, meter: Meter
    ) -> None:
        """Hand messages to ``notifier``, where there is one."""
        self._notifier = notifier
        self._deliveries = deliveries
        self._clock = clock
        self._meter = meter

    def due(self, request: ApprovalRequest, status: ApprovalRequestStatus) -> ApprovalRequestStatus:
        """The status that is about to be written, with the messages that it makes due."""
        try:
            after = request.model_copy(update={"status": status})
            names = [_name(each) for each in self._between(request, after)]
            return with_messages(request, status, names, self._clock.now())
        except Exception as error:  # noqa: BLE001 - whatever it is, the outcome stands
            self._failed(error)
            return status

    def announce(self, before: ApprovalRequest, after: ApprovalRequest) -> None:
        """Hand over what a status that has been written made due. Waits for nothing."""
        self._deliveries.wrote(after)
        if self._notifier is None:
            return
        try:
            if after.phase is not Phase.PENDING:
                self._notifier.forget(after.metadata.uid)
            for message in self._between(before, after):
                self._hand_over(after, message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the outcome stands
            self._failed(error)

    def saw(self, request: ApprovalRequest) -> None:
        """An object as it is now: hand over what is due and in nobody's hands."""
        if not self._deliveries.saw(request):
            return
        try:
            for name in self.unowned(request):
                self._take_up(request, name)
        except Exception as error:  # noqa: BLE001 - whatever it is, the outcome stands
            self._failed(error)

    def waits(self, request: ApprovalRequest) -> None:
        """Hand over what channels are told if a request still waits when its time is nearly up."""
        if self._notifier is None or request.status.expires_at is None:
            return
        try:
            message = expiring_soon(request, told(request), self._clock.now())
            self._notifier.remind(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the request waits on
            self._failed(error)

    def unowned(self, request: ApprovalRequest) -> list[str]:
        """Names of the messages that are due and in nobody's hands, the oldest first."""
        effects = request.status.effects
        names = [
            name
            for name in pending(effects)
            if name.startswith(MESSAGE) and not self._deliveries.has(request, name)
        ]
        return sorted(names, key=lambda name: (effects[name].since, name))

    def forget(self, uid: str) -> None:
        """A request is gone."""
        if self._notifier is not None:
            self._notifier.forget(uid)
        self._deliveries.forget(uid)

    def _between(self, before: ApprovalRequest, after: ApprovalRequest) -> Iterator[Notification]:
        """The messages that anybody wants to have."""
        if self._notifier is None:
            return
        for message in notifications(before, after, told(after), self._clock.now()):
            if self._notifier.wants(message):
                yield message

    def _hand_over(self, request: ApprovalRequest, message: Notification) -> None:
        name = _name(message)
        if self._notifier is None or self._deliveries.has(request, name):
            return
        if name not in pending(request.status.effects):
            self._notifier.notify(message)  # An older CRD has dropped the entry.
            return
        settled = self._deliveries.expect(request, name)
        try:
            self._notifier.notify(message, settled)
        except Exception:
            self._deliveries.give_back(request, name)
            raise

    def _take_up(self, request: ApprovalRequest, name: str) -> None:
        """Make a message again that is named and in nobody's hands."""
        part, now = name.removeprefix(MESSAGE), self._clock.now()
        message = retold(request, part, told(request), now)
        if message is None:
            self._deliveries.settle(request, name, Result(EffectState.SKIPPED, _NO_SENSE))
        elif self._notifier is None or not self._notifier.wants(message):
            self._deliveries.settle(request, name, Result(EffectState.SKIPPED, _NO_CHANNEL))
        else:
            self._hand_over(request, message)

    def _failed(self, error: Exception) -> None:
        self._meter.failed_effect("notification")
        # Not its text: that may hold an address, which is a secret.
        log.warning("message could not be handed over", error=type(error).__name__)


def _name(message: Notification) -> str:
    return MESSAGE + message.id.partition("/")[2]
