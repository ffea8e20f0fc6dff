"""ApprovalRequest: an action that somebody proposes and other people sign."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from countersign.api.approval_request_spec import ApprovalRequestSpec
from countersign.api.approval_request_status import ApprovalRequestStatus
from countersign.api.base import Model, rule, schema
from countersign.api.metadata import Metadata
from countersign.api.phase import Phase

GROUP = "countersign.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
PLURAL = "approvalrequests"
KIND = "ApprovalRequest"


def _schema_of_request(json_schema: dict[str, Any]) -> None:
    had_phase = "has(oldSelf.status) && has(oldSelf.status.phase)"
    rules = [
        rule(
            f"!({had_phase} && oldSelf.status.phase != 'Pending') || self.spec == oldSelf.spec",
            "This request has been decided; nothing in its spec can be changed any more.",
        ),
        rule(
            # A rule on the status itself does not run when the status is removed as a whole.
            f"!({had_phase}) || (has(self.status) && has(self.status.phase))",
            "A decision is final: the phase cannot be removed.",
        ),
    ]
    json_schema.update(schema(validations=rules))


class ApprovalRequest(Model):
    """An action that somebody proposes, other people sign, and the operator carries out once."""

    model_config = ConfigDict(json_schema_extra=_schema_of_request)

    metadata: Metadata
    spec: ApprovalRequestSpec
    status: ApprovalRequestStatus = Field(default=ApprovalRequestStatus())

    @property
    def key(self) -> str:
        """namespace/name, as kubectl users say it."""
        return f"{self.metadata.namespace}/{self.metadata.name}"

    @property
    def phase(self) -> Phase:
        """The phase; a request nobody has looked at yet is Pending."""
        return self.status.phase or Phase.PENDING
