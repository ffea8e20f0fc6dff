"""The few other objects that the operator reads or writes as itself."""

from __future__ import annotations

from urllib.parse import quote

from countersign.api.approval_request import GROUP
from countersign.cluster.urls import url_of
from countersign.connection import Call, Connection
from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath, PatchForm


class KubernetesConfigMaps:
    """The requests of ``stores.configmap``."""

    def __init__(self, connection: Connection) -> None:
        """Use ``connection``'s own account."""
        self._connection = connection

    async def patch_config_map(self, namespace: str, name: str, body: JsonObject) -> JsonObject:
        """Merge patch."""
        url = url_of(ObjectPath("v1", "configmaps", namespace, name))
        return await self._connection.request(Call("PATCH", url, body, PatchForm.MERGE))

    async def create_config_map(self, namespace: str, body: JsonObject) -> JsonObject:
        """Create."""
        url = url_of(ObjectPath("v1", "configmaps", namespace, ""))
        return await self._connection.request(Call("POST", url, body))

    async def list_config_maps(self, namespace: str, selector: str) -> list[JsonObject]:
        """All that bear the labels."""
        url = url_of(ObjectPath("v1", "configmaps", namespace, ""))
        call = Call("GET", url, query=(("labelSelector", selector),))
        answer = await self._connection.request(call)
        return list(answer.get("items") or [])


class KubernetesLease:
    """The requests of ``lease``, on one Lease."""

    def __init__(self, connection: Connection, *, namespace: str, name: str) -> None:
        """The Lease ``name`` in ``namespace``, as ``connection``'s own account."""
        self._connection = connection
        self._collection = url_of(ObjectPath("coordination.k8s.io/v1", "leases", namespace, ""))
        self._url = f"{self._collection}/{quote(name, safe='')}"

    async def read(self) -> JsonObject:
        """Read it."""
        return await self._connection.request(Call("GET", self._url))

    async def create(self, body: JsonObject) -> JsonObject:
        """Create it."""
        return await self._connection.request(Call("POST", self._collection, body))

    async def replace(self, body: JsonObject) -> JsonObject:
        """Replace it."""
        return await self._connection.request(Call("PUT", self._url, body))


class KubernetesSchema:
    """The installed CustomResourceDefinitions of our own kinds."""

    def __init__(self, connection: Connection) -> None:
        """Use ``connection``'s own account."""
        self._connection = connection

    async def installed(self, plural: str) -> JsonObject | None:
        """A CRD as the API server has it; None where there is none. Raises ``ApiError``."""
        name = f"{plural}.{GROUP}"
        path = ObjectPath("apiextensions.k8s.io/v1", "customresourcedefinitions", None, name)
        try:
            return await self._connection.request(Call("GET", url_of(path)))
        except ApiError as error:
            if error.not_found:
                return None
            raise
