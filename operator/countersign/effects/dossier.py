"""One finished request, and its incident and playbooks as far as they have been read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from countersign.actions.discretion import told
from countersign.actions.render import action_text
from countersign.api.approval_request import ApprovalRequest
from countersign.api.incident import Incident
from countersign.api.playbook import Playbook
from countersign.errors import ApiError
from countersign.policy.bookkeeping import Result, succeeded
from countersign.policy.memory.reliance import follows
from countersign.ports import Casebook
from countersign.records.incident import incident_name, resolved

_COMPARISONS = 5
"""How often a compare-and-set is made before others are left alone for a while."""


class Dossier:
    """What the effects of one request share in one round: each object is read once."""

    def __init__(self, request: ApprovalRequest, casebook: Casebook, now: datetime) -> None:
        """``request`` has ended."""
        self.request = request
        self.action = told(request)
        self.now = now
        self.success = succeeded(request)
        self.incident_name = incident_name(request, action_text(request))
        self.undone: set[str] = set()
        """Names of the effects that are still to be done."""
        self._casebook = casebook
        self._incident: Incident | None = None
        self._playbooks: dict[str, Playbook] = {}

    @property
    def namespace(self) -> str:
        """Where the request, its incident and its playbooks are."""
        return self.request.metadata.namespace

    async def incident(self) -> Incident | None:
        """The linked incident; None where none is linked, or there is none of that name."""
        if self._incident is None and self.incident_name is not None:
            self._incident = await self._casebook.incident(self.namespace, self.incident_name)
        return self._incident

    async def judged_incident(self) -> Incident | None:
        """The same, as it is once the request has resolved it, if it ended well."""
        incident = await self.incident()
        if incident is None or not self.success:
            return incident
        return incident.model_copy(
            update={"status": resolved(incident, self.request, self.action, self.now)}
        )

    async def playbook(self, name: str) -> Playbook | None:
        """A playbook; None where there is none of that name."""
        if name not in self._playbooks:
            found = await self._casebook.playbook(self.namespace, name)
            if found is None:
                return None
            self._playbooks[name] = found
        return self._playbooks[name]

    async def followed_playbook(self, name: str) -> Playbook | None:
        """The same, if what was done is one of its steps: nothing else speaks for it."""
        found, plan = await self.playbook(name), self.request.status.plan
        if found is None or plan is None or not follows(self.request, plan, found):
            return None
        return found

    def incident_is(self, incident: Incident) -> None:
        """It has been written."""
        self._incident = incident

    def playbook_is(self, playbook: Playbook) -> None:
        """It has been written."""
        self._playbooks[playbook.metadata.name] = playbook

    async def compared_and_set(self, attempt: Callable[[Dossier], Awaitable[Result]]) -> Result:
        """Read, decide and write; all of it again where somebody else wrote in between."""
        for _ in range(_COMPARISONS - 1):
            try:
                return await attempt(self)
            except ApiError as error:
                if not error.conflict:
                    raise
                self._incident = None
                self._playbooks.clear()
        return await attempt(self)
