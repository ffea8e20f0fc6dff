"""Incidents and playbooks, as the person may read them."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from countersign.api.approval_request import API_VERSION
from countersign.api.base import Model, first_problem
from countersign.api.incident import INCIDENT_PLURAL, Incident
from countersign.api.playbook import PLAYBOOK_PLURAL, Playbook
from countersign.cluster.urls import url_of
from countersign.connection import Call, Connection
from countersign.errors import ApiError
from countersign.plugin.exits import Exit, PluginError, refused
from countersign.ports import JsonObject, ObjectPath

Found = TypeVar("Found", bound=Model)
_NOT_INSTALLED = ("could not find the requested resource", "page not found")
_MOST_NAMES = 500


class Cases:
    """Each method raises ``ApiError``; those that read one, ``PluginError`` where there is none."""

    def __init__(self, connection: Connection) -> None:
        """Over this connection."""
        self._connection = connection

    async def playbook(self, namespace: str, name: str) -> Playbook:
        """Read one."""
        return _read(Playbook, await self._get(PLAYBOOK_PLURAL, namespace, name))

    async def incident(self, namespace: str, name: str) -> Incident:
        """Read one."""
        return _read(Incident, await self._get(INCIDENT_PLURAL, namespace, name))

    async def names(self, plural: str, namespace: str) -> list[str]:
        """The names there are, for completion."""
        call = Call("GET", _url(plural, namespace), query=(("limit", str(_MOST_NAMES)),))
        answer = await self._connection.request(call)
        return [str(each["metadata"]["name"]) for each in answer.get("items") or []]

    async def _get(self, plural: str, namespace: str, name: str) -> JsonObject:
        try:
            return await self._connection.request(Call("GET", _url(plural, namespace, name)))
        except ApiError as error:
            if not error.not_found or any(text in str(error) for text in _NOT_INSTALLED):
                raise
            raise PluginError(
                f"There is no {plural.removesuffix('s')} {name} in namespace {namespace}. "
                f"kubectl get {plural} -n {namespace} shows what there is.",
                Exit.MISSING,
            ) from error


def _url(plural: str, namespace: str, name: str = "") -> str:
    return url_of(ObjectPath(API_VERSION, plural, namespace, name))


def _read(model: type[Found], answer: JsonObject) -> Found:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise refused(
            f"This version of the plugin cannot read that {model.__name__} "
            f"({first_problem(error)}). Use the plugin of the operator's version."
        ) from error
