"""The operator's process: probes, Lease, Kopf, and an orderly end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Collection, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import kopf
import structlog

from countersign.api.approval_policy import POLICY_PLURAL
from countersign.api.approval_request import GROUP, PLURAL, VERSION
from countersign.api.crd import missing_fields
from countersign.api.incident import INCIDENT_PLURAL
from countersign.api.playbook import PLAYBOOK_PLURAL
from countersign.bootstrap import Parts, assemble
from countersign.clock import SystemClock
from countersign.config import Settings
from countersign.errors import ApiError
from countersign.handlers.incidents import Incidents
from countersign.handlers.kept_plans import KeptPlans
from countersign.handlers.kopf_settings import kopf_settings
from countersign.handlers.policies import PolicyWatch
from countersign.handlers.registration import register_incidents, register_login, register_requests
from countersign.handlers.requests import Requests
from countersign.handlers.wakeups import Wakeups
from countersign.logs import set_up_logs
from countersign.policybook import PolicyBook
from countersign.probes import serve_probes

log = structlog.get_logger()
DRAIN_SECONDS = 15.0
TELL_SECONDS = 5.0
_LEASE_LOST = 3
"""The process's exit status."""
_CRD_AGAIN = 2.0
"""Seconds between two looks for a CRD that is not there."""


def run(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; returns the process's exit status."""
    set_up_logs(settings.log_format, settings.log_level)
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> int:
    stop = asyncio.Event()
    _end_at_signals(stop)
    parts = await assemble(settings)
    state = _State()
    probes = await serve_probes(
        host=settings.probe_host, port=settings.probe_port, meter=parts.meter, ready=state.missing
    )
    try:
        ready = await _done_before(_await_schema(parts, state), stop)
        if ready and await _done_before(parts.leadership.take(), stop):
            parts.meter.leads(True)
            await _serve(parts, stop, state)
        return 0
    finally:
        await probes.cleanup()
        await parts.store.close()
        await parts.connection.close()


def _end_at_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


class _State:
    """What /readyz answers. A replica that waits for the Lease is ready: it is of use."""

    def __init__(self) -> None:
        self.lacks: str | None = "it has not started yet"
        self.started: asyncio.Event | None = None
        self.book: PolicyBook | None = None

    def missing(self) -> str | None:
        if self.started is not None and not self.started.is_set():
            return "the watch has not started yet"
        if self.book is not None and not self.book.complete:
            return f"not known yet, so nothing is approved: {self.book.lacks}"
        return self.lacks


async def _await_schema(parts: Parts, state: _State) -> None:
    """Wait for the CRDs: Kopf would silently serve nothing. One that is too old is told of."""
    for plural in (PLURAL, POLICY_PLURAL, INCIDENT_PLURAL, PLAYBOOK_PLURAL):
        await _await_crd(parts, state, f"{plural}.{GROUP}", plural)
    state.lacks = None


async def _await_crd(parts: Parts, state: _State, name: str, plural: str) -> None:
    while True:
        try:
            installed = await parts.schema.installed(plural)
        except ApiError as error:
            log.warning("a CRD could not be read; is the RBAC applied?", crd=name, error=str(error))
            return
        if installed is not None:
            if missing := missing_fields(installed):
                log.error("the installed CRD is too old: apply crds/", crd=name, missing=missing)
            return
        state.lacks = f"the CRD {name} is not installed: kubectl apply -k crds/"
        log.error(state.lacks)
        await asyncio.sleep(_CRD_AGAIN)


async def _done_before(step: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Whether a step was done before we were told to stop. What it raises ends the process."""
    doing, stopping = asyncio.create_task(step), asyncio.create_task(stop.wait())
    await asyncio.wait((doing, stopping), return_when=asyncio.FIRST_COMPLETED)
    done = doing.done()
    for task in (doing, stopping):
        task.cancel()
    if done:
        doing.result()
    return done


@dataclass(frozen=True)
class _Handlers:
    """Whom events are handed to, and what runs beside them."""

    requests: Requests
    incidents: Incidents
    wakeups: Wakeups
    policies: PolicyWatch


def _handlers(parts: Parts) -> _Handlers:
    clock, sweep = SystemClock(), parts.settings.sweep_seconds
    again = timedelta(seconds=sweep)
    wakeups = Wakeups(parts.desk.touch, clock, again=again)
    requests = Requests(
        parts.workflow,
        parts.outbox,
        wakeups,
        parts.book,
        clock,
        KeptPlans(parts.desk.read),
        sweep=sweep,
    )
    policies = PolicyWatch(
        parts.book,
        wakeups,
        clock,
        parts.connection,
        parts.desk.write_policy_status,
        namespaces=parts.settings.watch_namespaces,
    )
    return _Handlers(requests, Incidents(parts.casework, clock, again=again), wakeups, policies)


async def _serve(parts: Parts, stop: asyncio.Event, state: _State) -> None:
    settings, handlers = parts.settings, _handlers(parts)
    state.book = parts.book
    state.started, kopf_stop = asyncio.Event(), asyncio.Event()
    others = [
        asyncio.create_task(each)
        for each in (
            _keep_or_leave(parts),
            handlers.wakeups.run(),
            handlers.policies.run(),
            handlers.incidents.run(),
            _drain_then_stop(stop, handlers.requests, kopf_stop),
        )
    ]
    if parts.courier is not None:
        parts.courier.start()
    await asyncio.sleep(0)
    before = asyncio.all_tasks()
    tasks = await _spawn(_registry(handlers), settings, kopf_stop, state.started)
    _end_at_signals(stop)  # Kopf has taken them: take them back.
    log.info("serving", namespaces=settings.watch_namespaces or "all")
    try:
        await kopf.run_tasks(tasks, ignored=before)
    finally:
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await parts.leadership.give_back()
        if parts.courier is not None:  # Last: nobody waits for it.
            await parts.courier.drain(TELL_SECONDS)
        await parts.outbox.flush(TELL_SECONDS)
        log.info("stopped")


def _registry(handlers: _Handlers) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    register_requests(registry, handlers.requests, (GROUP, VERSION, PLURAL))
    register_incidents(registry, handlers.incidents, (GROUP, VERSION, INCIDENT_PLURAL))
    register_login(registry)
    return registry


async def _spawn(
    registry: kopf.OperatorRegistry,
    settings: Settings,
    stop: asyncio.Event,
    ready: asyncio.Event,
) -> Collection[asyncio.Task[Any]]:
    return await kopf.spawn_tasks(
        registry=registry,
        settings=kopf_settings(settings),
        standalone=True,
        stop_flag=stop,
        ready_flag=ready,
        clusterwide=not settings.watch_namespaces,
        namespaces=settings.watch_namespaces,
    )


async def _drain_then_stop(
    stop: asyncio.Event, requests: Requests, kopf_stop: asyncio.Event
) -> None:
    await stop.wait()
    log.info("stopping")
    await requests.drain(DRAIN_SECONDS)
    kopf_stop.set()


async def _keep_or_leave(parts: Parts) -> None:
    await parts.leadership.keep()
    parts.meter.leads(False)
    # Another replica leads now. What is cut off here it finds again, by the stamps.
    os._exit(_LEASE_LOST)
