"""Kinds that are not Kubernetes' own: the API server is asked where it keeps them."""

from __future__ import annotations

import time
from http import HTTPStatus

from countersign.api.kinds import Resource
from countersign.connection import Call, Connection
from countersign.errors import ApiError, RefusedError
from countersign.ports import JsonObject, ServiceAccount

_AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
)


REMEMBERED = 60.0
"""Seconds after which a kind is asked for again: its CRD may have another version by then."""


class Discovery:
    """Finds custom kinds, and remembers those it has found for a while: a kind seldom moves."""

    def __init__(self, connection: Connection) -> None:
        """Ask through ``connection``."""
        self._connection = connection
        self._known: dict[tuple[str, str | None], tuple[float, Resource]] = {}

    async def resource(
        self, kind: str, api_version: str | None, account: ServiceAccount
    ) -> Resource:
        """The place of a kind; ``RefusedError`` where there is none or more than one."""
        since, known = self._known.get((kind, api_version), (0.0, None))
        if known is None or time.monotonic() - since > REMEMBERED:
            known = _the_one(kind, api_version, await self._ask(kind, api_version, account))
            self._known[kind, api_version] = time.monotonic(), known
        return known

    async def _ask(
        self, kind: str, api_version: str | None, account: ServiceAccount
    ) -> list[Resource]:
        if api_version is None:
            call = Call("GET", "/apis", account=account, accept=_AGGREGATED)
            return _in_groups(kind, await self._connection.request(call))
        root = "/api" if api_version == "v1" else "/apis"
        try:
            listed = await self._connection.request(
                Call("GET", f"{root}/{api_version}", account=account)
            )
        except ApiError as error:
            if error.code == HTTPStatus.NOT_FOUND:  # Of a path that it does not know.
                return []
            raise
        return [
            Resource(kind, api_version, each["name"], bool(each.get("namespaced")))
            for each in listed.get("resources") or []
            if each.get("kind") == kind and "/" not in each["name"]
        ]


def _in_groups(kind: str, discovered: JsonObject) -> list[Resource]:
    """One a group: its versions come in the server's order of preference."""
    found = []
    for group in discovered.get("items") or []:
        name = group["metadata"]["name"]
        places = [
            Resource(
                kind,
                f"{name}/{version['version']}",
                each["resource"],
                each.get("scope") == "Namespaced",
            )
            for version in group.get("versions") or []
            for each in version.get("resources") or []
            if (each.get("responseKind") or {}).get("kind") == kind
        ]
        found += places[:1]
    return found


def _the_one(kind: str, api_version: str | None, found: list[Resource]) -> Resource:
    if len(found) == 1:
        return found[0]
    if found:
        versions = ", ".join(sorted(each.api_version for each in found))
        raise RefusedError(
            "Ambiguous",
            f"Several API groups have a kind {kind} ({versions}). Write spec.operation with the "
            "apiVersion that is meant.",
        )
    where = f"{api_version} has" if api_version else "The API server has"
    raise RefusedError(
        "TargetNotFound", f"{where} no kind {kind}. Check its spelling (kubectl api-resources)."
    )
