"""The API server, and what is said to it and by it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from countersign.api.approval_request import ApprovalRequest
from countersign.api.kinds import Resource

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class ServiceAccount:
    """Whom an action runs as."""

    namespace: str
    name: str

    @classmethod
    def of(cls, request: ApprovalRequest) -> ServiceAccount:
        """Whom a request's action runs as."""
        return cls(request.metadata.namespace, request.spec.service_account_name)

    @property
    def user(self) -> str:
        """The user name the API server knows it by."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"


@dataclass(frozen=True)
class ObjectPath:
    """Where an object is in the API: ``apps/v1``, ``deployments``, namespace, name.

    An empty name stands for the whole collection; without a namespace too, for all namespaces'.
    """

    api_version: str
    plural: str
    namespace: str | None
    name: str = ""
    subresource: str = ""


class PatchForm(StrEnum):
    """How a patch is written; the value is its content type."""

    STRATEGIC = "application/strategic-merge-patch+json"
    MERGE = "application/merge-patch+json"
    JSON = "application/json-patch+json"
    APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Finished:
    """What a command in a container left behind.

    The texts are the last ``OUTPUT_LIMIT`` characters of each, an ellipsis first where there were
    more; ``code`` is its exit status.
    """

    code: int
    stdout: str
    stderr: str


class Cluster(Protocol):
    """The API server, spoken to as a service account.

    Every method raises ``ApiError``.
    """

    async def get(self, path: ObjectPath, account: ServiceAccount) -> JsonObject:
        """Read one object."""
        ...

    async def select(
        self,
        path: ObjectPath,
        account: ServiceAccount,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 500,
    ) -> list[JsonObject]:
        """The first ``limit`` objects of a collection that match both selectors."""
        ...

    async def patch(
        self,
        path: ObjectPath,
        body: JsonObject | list[JsonObject],
        account: ServiceAccount,
        *,
        form: PatchForm = PatchForm.STRATEGIC,
        dry_run: bool = False,
        force: bool = False,
    ) -> JsonObject:
        """Apply one patch and return the object as it is afterwards.

        ``metadata.resourceVersion`` in the body is a precondition: the server answers 409 where it
        does not hold. So is ``metadata.uid``, but alone it is answered with 422; and where there is
        no such object, an apply that has no UID creates it, whatever version it names. ``force``
        takes over other managers' fields (server-side apply only).
        """
        ...

    async def create(
        self, path: ObjectPath, body: JsonObject, account: ServiceAccount, *, dry_run: bool = False
    ) -> JsonObject:
        """Create an object in a collection, or post to an object's sub-resource."""
        ...

    async def delete(
        self,
        path: ObjectPath,
        options: JsonObject,
        account: ServiceAccount,
        *,
        dry_run: bool = False,
    ) -> JsonObject:
        """Delete an object with ``DeleteOptions``, whose preconditions answer 409."""
        ...

    def watch(
        self, path: ObjectPath, resource_version: str, account: ServiceAccount
    ) -> AbstractAsyncContextManager[AsyncIterator[JsonObject]]:
        """The object's versions after ``resource_version``, until the stream ends.

        A deletion raises ``ApiError`` with code 404.
        """
        ...

    async def resource(
        self, kind: str, api_version: str | None, account: ServiceAccount
    ) -> Resource:
        """Where the API keeps a kind; asked of the server unless it is Kubernetes' own.

        Raises ``RefusedError`` where there is none, or where several groups have it and
        ``api_version`` does not say which.
        """
        ...

    async def logs(self, path: ObjectPath, container: str | None, account: ServiceAccount) -> str:
        """The last ``OUTPUT_LIMIT`` characters that a pod's container has written.

        An ellipsis is the first of them where there were more.
        """
        ...

    async def run(
        self,
        path: ObjectPath,
        container: str | None,
        command: Sequence[str],
        account: ServiceAccount,
    ) -> Finished:
        """Run a command in a pod's container and wait for its end.

        An ``ApiError`` with an HTTP code says that it was refused before it began; without one,
        nobody can tell what has happened.
        """
        ...
