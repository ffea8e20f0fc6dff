"""What Kopf is told to call, and for what."""

from __future__ import annotations

from typing import Any

import kopf

from countersign.handlers.incidents import Incidents
from countersign.handlers.requests import MOVING, Requests


def register_requests(
    registry: kopf.OperatorRegistry, requests: Requests, resource: tuple[str, ...]
) -> None:
    """The two handlers of requests."""

    @kopf.on.event(*resource, registry=registry)
    async def observe(
        type: str | None,  # noqa: A002 - Kopf's own name
        body: kopf.Body,
        patch: kopf.Patch,
        **_: Any,
    ) -> None:
        await requests.observe(type, body, patch)

    @kopf.on.field(
        *resource,
        field="status.phase",
        id="execute",
        when=lambda body, **_: (
            body.get("status", {}).get("phase") in MOVING
            and not requests.is_ahead_of(body.get("metadata", {}).get("uid", ""))
        ),
        errors=kopf.ErrorsMode.PERMANENT,
        registry=registry,
    )
    async def execute(body: kopf.Body, patch: kopf.Patch, **_: Any) -> None:
        await requests.execute(body, patch)


def register_incidents(
    registry: kopf.OperatorRegistry, incidents: Incidents, resource: tuple[str, ...]
) -> None:
    """The one handler of incidents."""

    @kopf.on.event(*resource, registry=registry)
    async def observe(
        type: str | None,  # noqa: A002 - Kopf's own name
        body: kopf.Body,
        **_: Any,
    ) -> None:
        await incidents.observe(type, body)
