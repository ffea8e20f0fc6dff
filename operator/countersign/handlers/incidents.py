"""From Kopf's events about incidents to the casework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from pydantic import ValidationError

from countersign.api.base import first_problem
from countersign.api.incident import Incident
from countersign.api.text import clip
from countersign.casework import Casework
from countersign.handlers.wakeups import Wakeups
from countersign.ports import Clock
from countersign.turns import Turns

log = structlog.get_logger()
_AT_A_TIME, _OF_ONE_NAMESPACE = 16, 4


class Incidents:
    """Attends to every incident that is listed or has changed; where that fails, later again."""

    def __init__(self, casework: Casework, clock: Clock, *, again: timedelta) -> None:
        """Where the API server or the store is down, try again after ``again``."""
        self._casework = casework
        self._clock = clock
        self._again = again
        self._turns = Turns(in_all=_AT_A_TIME, of_each=_OF_ONE_NAMESPACE)
        self._wakeups = Wakeups(self._look_again, clock, again=again)

    async def run(self) -> None:
        """Look again at those that could not be attended to, until cancelled."""
        await self._wakeups.run()

    async def observe(self, kind: str | None, body: Mapping[str, Any]) -> None:
        """An object was listed, has changed or is gone. Nothing is written through Kopf's patch."""
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        if kind == "DELETED":
            self._wakeups.forget(_key(namespace, name))
            return
        try:
            incident = Incident.model_validate(dict(body))
        except ValidationError as error:
            why = clip(first_problem(error))
            log.warning("incident cannot be read", incident=_key(namespace, name), why=why)
            self._wakeups.forget(_key(namespace, name))
            return
        await self._see(namespace, name, partial(self._casework.attend, incident))

    async def _look_again(self, namespace: str, name: str) -> None:
        await self._see(namespace, name, partial(self._casework.look_again, namespace, name))

    async def _see(self, namespace: str, name: str, act: Callable[[], Awaitable[None]]) -> None:
        key = _key(namespace, name)
        try:
            async with self._turns.of(namespace):
                await act()
        except Exception as error:  # noqa: BLE001 - Kopf would lose it: it is tried again
            log.warning("incident could not be attended to", incident=key, error=str(error))
            self._wakeups.at(key, namespace, name, self._clock.now() + self._again)
        else:
            self._wakeups.forget(key)


def _key(namespace: str, name: str) -> str:
    return f"{namespace}/{name}"
