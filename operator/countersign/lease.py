"""One active replica, by a Lease of the API server.

The Lease keeps two replicas from doing the same work; it is not what keeps an action from
happening twice (``executors.once`` is). So a clock that runs wrong costs work, not safety.

The elector that the official client bundles was looked at: it cannot give the Lease back, takes
two requests for each renewal and writes local times without a zone.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

import structlog

from countersign.api.base import format_time
from countersign.errors import ApiError
from countersign.ports import Clock, JsonObject

log = structlog.get_logger()
_LONGEST_WAIT = 2.0
"""Seconds between two looks at another's Lease: one that is given back is taken soon, however
long it could have held."""


class Leases(Protocol):
    """The three requests on one Lease. Each raises ``ApiError``."""

    async def read(self) -> JsonObject:
        """Read it."""
        ...

    async def create(self, body: JsonObject) -> JsonObject:
        """Create it."""
        ...

    async def replace(self, body: JsonObject) -> JsonObject:
        """Replace it; 409 where ``metadata.resourceVersion`` is not the current one."""
        ...


class Leadership:
    """Taking, keeping and giving back one Lease."""

    def __init__(
        self, leases: Leases, clock: Clock, *, name: str, holder: str, seconds: float
    ) -> None:
        """``holder`` must be this process's alone; the Lease holds for ``seconds``."""
        self._leases = leases
        self._clock = clock
        self._name = name
        self._holder = holder
        self._seconds = seconds
        self._lease: JsonObject = {}

    async def take(self) -> None:
        """Wait until the Lease is ours: free, given back, or not renewed for its whole time.

        How long it was not renewed is measured here, by the time we have seen no new version of
        it: the times that others write are never compared with our clock.
        """
        seen_version, seen_at = "", time.monotonic()
        while True:
            try:
                lease = await self._read_or_create()
                version = lease["metadata"]["resourceVersion"]
                if version != seen_version:
                    seen_version, seen_at = version, time.monotonic()
                holder = (lease.get("spec") or {}).get("holderIdentity")
                duration = float((lease.get("spec") or {}).get("leaseDurationSeconds") or 0)
                if holder in (None, "", self._holder) or time.monotonic() - seen_at > duration:
                    self._lease = await self._leases.replace(self._mine(lease))
                    log.info("lease taken", lease=self._name, holder=self._holder)
                    return
            except ApiError as error:
                if not error.conflict:
                    log.warning("lease could not be taken yet", error=str(error))
            await asyncio.sleep(min(self._seconds / 5, _LONGEST_WAIT))

    async def keep(self) -> None:
        """Renew the Lease for as long as it goes; return when it is lost.

        That is after two thirds of its time without a renewal, whatever hangs meanwhile: nobody
        else takes it before the whole of it is over.
        """
        held = True
        while held:
            try:
                async with asyncio.timeout(self._seconds * 2 / 3):
                    held = await self._renew_once()
            except TimeoutError:
                break
        log.error("lease lost", lease=self._name, holder=self._holder)

    async def _renew_once(self) -> bool:
        """Wait for the time of the next renewal, and try until it is done; False if taken.

        What fails or hangs is tried again soon: a server that has just come back is found in
        time, however late in the Lease's time that is.
        """
        await asyncio.sleep(self._seconds / 5)
        while True:
            try:
                async with asyncio.timeout(self._seconds / 3):
                    self._lease = await self._leases.replace(self._mine(self._lease))
            except (ApiError, TimeoutError) as error:
                log.warning("lease could not be renewed", error=str(error) or "timed out")
                conflict = isinstance(error, ApiError) and error.conflict
                if conflict and not await self._still_mine():
                    return False
            else:
                return True
            await asyncio.sleep(self._seconds / 30)

    async def give_back(self) -> None:
        """Free the Lease, so that the next replica need not wait."""
        if (self._lease.get("spec") or {}).get("holderIdentity") != self._holder:
            return
        body = self._mine(self._lease)
        body["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
        try:
            await self._leases.replace(body)
        except ApiError as error:
            log.warning("lease could not be given back; it runs out by itself", error=str(error))

    async def _still_mine(self) -> bool:
        """After a conflict: an answer that was lost on its way may have been a renewal."""
        try:
            self._lease = await self._leases.read()
        except ApiError:
            return True  # Unknown; the time limit decides.
        return bool((self._lease.get("spec") or {}).get("holderIdentity") == self._holder)

    async def _read_or_create(self) -> JsonObject:
        try:
            return await self._leases.read()
        except ApiError as error:
            if not error.not_found:
                raise
        return await self._leases.create(
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": self._name},
                "spec": {},
            }
        )

    def _mine(self, lease: JsonObject) -> JsonObject:
        now, spec = format_time(self._clock.now()), lease.get("spec") or {}
        mine = spec.get("holderIdentity") == self._holder
        return {
            **lease,
            "spec": {
                "holderIdentity": self._holder,
                "leaseDurationSeconds": max(1, round(self._seconds)),
                "acquireTime": spec.get("acquireTime") if mine else now,
                "renewTime": now,
                "leaseTransitions": int(spec.get("leaseTransitions") or 0) + (0 if mine else 1),
            },
        }
