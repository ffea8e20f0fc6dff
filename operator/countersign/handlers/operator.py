"""The operator's process: probes, Lease, Kopf, and an orderly end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Collection, Coroutine
from datetime import timedelta
from typing import Any

import kopf
import structlog
from kubernetes.aio.client import Configuration

from countersign.api.approval_policy import POLICY_PLURAL
from countersign.api.approval_request import GROUP, PLURAL, VERSION
from countersign.api.crd import missing_fields
from countersign.api.incident import INCIDENT_PLURAL
from countersign.api.playbook import PLAYBOOK_PLURAL
from countersign.bootstrap import Parts, assemble
from countersign.clock import SystemClock
from countersign.config import Settings
from countersign.connection import load_configuration
from countersign.errors import ApiError
from countersign.handlers.incidents import Incidents
from countersign.handlers.kept_plans import KeptPlans
from countersign.handlers.persistence import NoDiffBase, StatusProgress
from countersign.handlers.policies import PolicyWatch
from countersign.handlers.registration import register_incidents, register_requests
from countersign.handlers.requests import Requests
from countersign.handlers.wakeups import Wakeups
from countersign.logs import set_up_logs
from countersign.policybook import PolicyBook
from countersign.probes import serve_probes

log = structlog.get_logger()
DRAIN_SECONDS = 15.0
TELL_SECONDS = 5.0
_LEASE_LOST = 3
_CRD_AGAIN = 2.0


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


async def _serve(parts: Parts, stop: asyncio.Event, state: _State) -> None:
    settings, clock = parts.settings, SystemClock()
    wakeups = Wakeups(parts.desk.touch, clock, again=timedelta(seconds=settings.sweep_seconds))
    requests = Requests(
        parts.workflow,
        parts.outbox,
        wakeups,
        parts.book,
        clock,
        KeptPlans(parts.desk.read),
        sweep=settings.sweep_seconds,
    )
    policies = PolicyWatch(
        parts.book,
        wakeups,
        clock,
        parts.connection,
        parts.desk.write_policy_status,
        namespaces=settings.watch_namespaces,
    )
    incidents = Incidents(parts.casework, clock, again=timedelta(seconds=settings.sweep_seconds))
    state.book = parts.book
    state.started, kopf_stop = asyncio.Event(), asyncio.Event()
    others = [
        asyncio.create_task(each)
        for each in (
            _keep_or_leave(parts),
            wakeups.run(),
            policies.run(),
            incidents.run(),
            _drain_then_stop(stop, requests, kopf_stop),
        )
    ]
    if parts.courier is not None:
        parts.courier.start()
    await asyncio.sleep(0)
    before = asyncio.all_tasks()
    registry = _registry(requests, incidents)
    tasks = await _spawn(registry, settings, kopf_stop, state.started)
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


def _registry(requests: Requests, incidents: Incidents) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    register_requests(registry, requests, (GROUP, VERSION, PLURAL))
    register_incidents(registry, incidents, (GROUP, VERSION, INCIDENT_PLURAL))
    _register_login(registry)
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


_BACKOFFS = (0.5, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, *(5.0,) * 8)
"""Seconds between attempts, for as long in all as Kopf's own, but never more than five: a server
that has come back, or has reloaded our type, is found soon."""


def kopf_settings(settings: Settings) -> kopf.OperatorSettings:
    """Kopf as it was measured to be right and fast for us; docs/kopf.md tells why, line by line."""
    result = kopf.OperatorSettings()
    result.persistence.progress_storage = StatusProgress()
    result.persistence.diffbase_storage = NoDiffBase()
    result.persistence.consistency_timeout = min(30.0, max(10.0, 2 * settings.sweep_seconds))
    result.queueing.idle_timeout = 0.2
    result.queueing.exit_timeout = 5.0
    result.watching.initial_streaming = True
    result.watching.inactivity_timeout = settings.sweep_seconds + min(10.0, settings.sweep_seconds)
    result.scanning.disabled = True
    result.posting.enabled = False
    result.posting.loggers = False
    result.networking.request_timeout = settings.request_timeout
    result.networking.error_backoffs = _BACKOFFS
    return result


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


def _register_login(registry: kopf.OperatorRegistry) -> None:
    @kopf.on.login(registry=registry, errors=kopf.ErrorsMode.TEMPORARY, backoff=5)
    async def login(**_: Any) -> kopf.ConnectionInfo:
        configuration: Configuration = await load_configuration()
        token = await configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        scheme, _sep, secret = (token or "").rpartition(" ")
        return kopf.ConnectionInfo(
            server=configuration.host,
            ca_path=configuration.ssl_ca_cert,
            insecure=not configuration.verify_ssl,
            certificate_path=configuration.cert_file,
            private_key_path=configuration.key_file,
            scheme=scheme or None,
            token=secret or None,
        )
