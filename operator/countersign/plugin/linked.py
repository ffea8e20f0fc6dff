"""The incident and the playbook that a request names, as far as the person may read them."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

from countersign.api.approval_request import ApprovalRequest
from countersign.api.incident import Incident
from countersign.api.playbook import Playbook
from countersign.errors import ApiError
from countersign.plugin import repairs
from countersign.plugin.cases import Cases
from countersign.plugin.exits import PluginError
from countersign.plugin.screen import Span
from countersign.plugin.session import Session
from countersign.plugin.together import together
from countersign.policy.decide import current_plan
from countersign.policy.memory.reliance import Reliance, in_playbook
from countersign.records.incident import incident_name

Found = TypeVar("Found")


@dataclass(frozen=True)
class Linked:
    """Each is what was read, or a phrase that says why it was not; None where none is named."""

    incident: Incident | str | None = None
    playbook: Playbook | str | None = None

    def said(self, request: ApprovalRequest, now: datetime) -> list[tuple[str, Span]]:
        """A label and a line for each that is named; just its name where nobody has looked."""
        found = []
        if (incident := request.spec.incident or _mentioned(request)) is not None:
            found.append(("Incident", self._incident(incident)))
        if request.spec.playbook:
            found.append(("Playbook", self._playbook(request.spec.playbook, now)))
        return found

    def reliance(self, request: ApprovalRequest, now: datetime) -> Reliance | None:
        """How far its playbook can be trusted; None where that cannot be told from here."""
        plan = current_plan(request)
        if plan is None or request.spec.playbook is None or isinstance(self.playbook, str):
            return None
        return in_playbook(request, plan, self.playbook, now)

    def _incident(self, name: str) -> Span:
        if isinstance(self.incident, Incident):
            return repairs.incident_line(self.incident)
        return _named(name, self.incident)

    def _playbook(self, name: str, now: datetime) -> Span:
        if isinstance(self.playbook, Playbook):
            return repairs.playbook_line(self.playbook, now)
        return _named(name, self.playbook)


NOTHING_READ = Linked()


async def linked(session: Session, request: ApprovalRequest) -> Linked:
    """Read what a request names. What cannot be read is no error: the request is looked at."""
    cases, named = Cases(session.connection), request.spec.playbook
    namespace, mentioned = request.metadata.namespace, _mentioned(request)
    incident, playbook = await together(
        _read(cases.incident(namespace, mentioned) if mentioned else None),
        _read(cases.playbook(namespace, named) if named else None),
    )
    return Linked(incident, playbook)


def _mentioned(request: ApprovalRequest) -> str | None:
    """Name of the incident that the operator takes it to belong to."""
    action = request.spec.action
    if action is None:
        from countersign.actions.render import action_text  # noqa: PLC0415 - slow

        action = action_text(request)
    return incident_name(request, action)


async def _read(asked: Coroutine[Any, Any, Found] | None) -> Found | str | None:
    if asked is None:
        return None
    try:
        return await asked
    except PluginError:
        return "there is none of that name that this plugin can read"
    except ApiError as error:
        if error.code == HTTPStatus.FORBIDDEN:
            return "you may not read it"
        return "it cannot be read just now"


def _named(name: str, why: str | None) -> Span:
    return (f"{name} ({why})", "yellow") if why else (name, "")
