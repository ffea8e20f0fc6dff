"""What Kopf is told to call, and for what."""

from __future__ import annotations

from typing import Any

import kopf
from kubernetes.aio.client import Configuration

from countersign.api.phase import MOVING
from countersign.connection import load_configuration
from countersign.handlers.incidents import Incidents
from countersign.handlers.requests import Requests


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


def register_login(registry: kopf.OperatorRegistry) -> None:
    """The operator's own account, asked for again while it cannot be read."""

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
