"""A fault proxy that knows an effect when it sees one, holds it, and counts what the server did.

Each site has one request, so a site's name says which request an effect belongs to. Commands in
containers it answers itself, in a kubelet's place: so it knows how often each has run.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from devcluster import Cluster
from tests.support.container_server import PROTOCOL, STATUS, STDOUT, SUCCESS
from tests.support.fault_proxy import Answer, Asked, Exchange, FaultProxy, Happening

_SITE = re.compile(r"site-[0-9a-f]{8}")
_WRITES = ("PATCH", "POST", "DELETE")
_OWN = ("/approvalrequests", "/events", "/selfsubjectaccessreviews")
"""What the operator writes for itself, or only asks."""

Fits = Callable[[Asked], bool]


def site_of(asked: Asked) -> str | None:
    """The namespace whose request this belongs to; it is in a node's name as well."""
    found = _SITE.search(asked.path) or _SITE.search(asked.query.get("fieldSelector", ""))
    return found.group() if found else None


def is_command(asked: Asked) -> bool:
    """A command in a container."""
    return asked.path.endswith("/exec")


def is_effect(asked: Asked) -> bool:
    """A write for a site that is neither a dry run nor the operator's own, or a command."""
    if site_of(asked) is None or any(part in asked.path for part in _OWN):
        return False
    if is_command(asked):
        return True
    dry = "dryRun" in asked.query or b'"dryRun"' in asked.body
    return asked.method in _WRITES and not dry


def is_watch(asked: Asked) -> bool:
    """The watch of a target."""
    watches = asked.query.get("watch") == "true" and "/approvalrequests" not in asked.path
    return watches and site_of(asked) is not None


def is_final_status(asked: Asked) -> bool:
    """The status write that ends a request."""
    ends = b'"Succeeded"' in asked.body or b'"Failed"' in asked.body
    return asked.method == "PATCH" and asked.path.endswith("/status") and ends


def of(site: str, fits: Fits) -> Fits:
    """The same, of one site alone."""
    return lambda asked: site_of(asked) == site and fits(asked)


@dataclass
class Hold:
    """Holds the first request of each site that fits; ``acted`` lets the server act before."""

    fits: Fits
    acted: bool
    held: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)

    def takes(self, asked: Asked) -> bool:
        """Whether this one is held."""
        site = site_of(asked)
        if site is None or site in self.held or not self.fits(asked):
            return False
        self.held.add(site)
        return True

    async def happens(self, exchange: Exchange) -> Answer:
        """Nothing more is heard of it; but a write that the server refuses has no effect."""
        [site] = _SITE.findall(exchange.request.path_qs)[:1]
        if self.acted:
            answer = await exchange.passed_on()
            if answer.status >= web.HTTPMultipleChoices.status_code:
                self.held.discard(site)
                return answer
        self.reached.add(site)
        await asyncio.Event().wait()
        raise AssertionError("an Event that nobody sets was set")


class CountingExchange(Exchange):
    """Tells the proxy what the server has done."""

    proxy: EffectProxy
    asked: Asked

    async def passed_on(self) -> web.Response:
        if is_command(self.asked):
            self.proxy.note(self.asked, 200)
            return web.Response()  # What holds it or cuts it off has no use for the answer.
        # Who asked may be killed meanwhile; what the server does then counts as well.
        return await asyncio.shield(self.proxy.kept(self._noted(super().passed_on())))

    async def _noted(self, answering: Coroutine[Any, Any, web.Response]) -> web.Response:
        answer = await answering
        self.proxy.note(self.asked, answer.status)
        return answer


class EffectProxy(FaultProxy):
    """Counts effects, by site, that the server has carried out."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.effects: Counter[str] = Counter()
        self._holds: list[Hold] = []
        self._kept: set[asyncio.Task[web.Response]] = set()

    def hold(self, fits: Fits, *, acted: bool) -> Hold:
        """From now on."""
        hold = Hold(fits, acted)
        self._holds.append(hold)
        return hold

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self._holds.clear()
        self._faults.clear()

    def note(self, asked: Asked, code: int) -> None:
        """The server has answered."""
        site = site_of(asked)
        if site is not None and is_effect(asked) and code < web.HTTPMultipleChoices.status_code:
            self.effects[site] += 1

    def kept(self, answering: Coroutine[Any, Any, web.Response]) -> asyncio.Task[web.Response]:
        """It goes on to its end, whoever has stopped waiting for it."""
        task = asyncio.create_task(answering)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        return task

    async def _stop(self) -> None:
        await asyncio.gather(*self._kept, return_exceptions=True)
        await super()._stop()

    async def _handle(self, request: web.Request) -> Answer:
        asked = Asked(request.method, request.path, request.query, await request.read())
        exchange = CountingExchange(request, self._upstream, self._server, self._tls)
        exchange.proxy, exchange.asked = self, asked
        happens = self._fault_for(asked)
        if happens is not None:
            return await happens(exchange)
        if is_command(asked):
            self.note(asked, 200)
            return await _command(request)
        try:
            if request.query.get("watch") == "true":
                return await exchange.streamed()
            return await exchange.passed_on()
        except aiohttp.ClientError:
            return await exchange.broken()

    def _fault_for(self, asked: Asked) -> Happening | None:
        for hold in self._holds:
            if hold.takes(asked):
                return hold.happens
        for fault in self._faults:
            if fault.met < fault.times and fault.fits(asked):
                fault.met += 1
                return fault.happens
        return None


async def late_command(exchange: Exchange) -> Answer:
    """A command whose first word comes late."""
    assert isinstance(exchange, CountingExchange)
    exchange.proxy.note(exchange.asked, 200)
    await asyncio.sleep(1.0)
    return await _command(exchange.request)


async def _command(request: web.Request) -> Answer:
    """A command that writes one line and ends well."""
    opened = web.WebSocketResponse(protocols=(PROTOCOL,))
    await opened.prepare(request)
    await opened.send_bytes(STDOUT + b"it ran\n")
    await opened.send_bytes(STATUS + json.dumps(SUCCESS).encode())
    await opened.close()
    return opened
