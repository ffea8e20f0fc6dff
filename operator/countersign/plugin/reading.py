"""Objects of the API as requests, also where this plugin and the operator are of two versions."""

from __future__ import annotations

from pydantic import ValidationError

from countersign.api.approval_request import ApprovalRequest
from countersign.api.base import first_problem
from countersign.plugin.exits import refused
from countersign.ports import JsonObject


def read(item: JsonObject) -> ApprovalRequest:
    """One request; ``PluginError`` where this version cannot read it."""
    try:
        return ApprovalRequest.model_validate(item)
    except ValidationError as error:
        raise refused(
            f"This version of the plugin cannot read that request ({first_problem(error)}). Use "
            "the plugin of the operator's version, or kubectl get -o yaml."
        ) from error


def readable(item: JsonObject) -> ApprovalRequest | None:
    """The same for one of many, which is not to spoil the others."""
    try:
        return ApprovalRequest.model_validate(item)
    except ValidationError:
        return None
