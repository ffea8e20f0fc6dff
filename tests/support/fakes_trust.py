"""Playbooks and executions to test trust with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from countersign.api.operation import Operation
from countersign.api.playbook import Playbook, PlaybookState, PlaybookStep
from countersign.records.execution import Choice, Execution
from tests.support.fakes_objects import operation
from tests.support.fakes_time import START
from tests.support.memory_store import MemoryStore

PLAYBOOK = "restart-web"
_UID = "playbook-uid"


def playbook(
    successes: int = 0,
    failures: int = 0,
    *,
    state: str = "Approved",
    steps: Sequence[PlaybookStep | Operation] = (),
    at: datetime = START - timedelta(days=1),
    status_uid: str | None = _UID,
    **spec: Any,
) -> Playbook:
    """One in namespace ``shop``, by default of one restart of ``web``, carried out so often."""
    chosen = steps or (operation(namespace=None),)
    written = [
        each if isinstance(each, PlaybookStep) else PlaybookStep(operation=each) for each in chosen
    ]
    went = [True] * successes + [False] * failures
    outcomes = [
        {"uid": f"run-{number}", "at": at, "success": success}
        for number, success in enumerate(went)
    ]
    return Playbook.model_validate(
        {
            "metadata": {
                "name": PLAYBOOK,
                "namespace": "shop",
                "uid": _UID,
                "resource_version": "1",
                "generation": 1,
                "creation_timestamp": START,
            },
            "spec": {"state": state, "steps": written, **spec},
            "status": {"uid": status_uid, "outcomes": outcomes},
        }
    )


def execution(uid: str, *, success: bool = True, **fields: Any) -> Execution:
    """A restart of ``web`` of yesterday."""
    return Execution.model_validate(
        {
            "id": uid,
            "request": uid,
            "namespace": "shop",
            "operation": "RestartRollout",
            "targets": ["shop/Deployment/web"],
            "success": success,
            "disposition": "human_approved",
            "duration_seconds": 1.0,
            "finished_at": START - timedelta(days=1),
            **fields,
        }
    )


class Shelf:
    """Playbooks by name, and how often one was asked for; ``error`` is raised while it is set."""

    def __init__(self, *playbooks: Playbook) -> None:
        self.playbooks = {each.metadata.name: each for each in playbooks}
        self.asked: list[tuple[str, str]] = []
        self.error: Exception | None = None

    async def playbook(self, namespace: str, name: str) -> Playbook | None:
        self.asked.append((namespace, name))
        if self.error is not None:
            raise self.error
        found = self.playbooks.get(name)
        return found if found is not None and found.metadata.namespace == namespace else None

    async def retired(self, namespace: str) -> list[Playbook]:
        if self.error is not None:
            raise self.error
        here = (each for each in self.playbooks.values() if each.metadata.namespace == namespace)
        return [each for each in here if each.spec.state is PlaybookState.RETIRED]


class Ledger(MemoryStore):
    """Executions, and what was asked of them; ``error`` is raised while it is set."""

    def __init__(self, *executions: Execution) -> None:
        super().__init__()
        self._executions = {each.id: each for each in executions}
        self.asked: list[Choice] = []
        self.error: Exception | None = None

    async def executions(self, choice: Choice) -> list[Execution]:
        self.asked.append(choice)
        if self.error is not None:
            raise self.error
        return await super().executions(choice)
