"""What is proposed: immutable but for signatures and cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import ConfigDict, Field

from countersign.api.base import Model, Time, rule, schema
from countersign.api.duration import Duration
from countersign.api.metadata import OBJECT_NAME
from countersign.api.operation import Operation
from countersign.api.risk import Risk
from countersign.api.signature import MAX_SIGNATURES, USER_NAME_LIMIT, Signature

MUTABLE_SPEC_FIELDS = ("signatures", "cancelled")


class BlastRadius(Model):
    """What the proposer expects to be affected."""

    affected_pods: int = Field(default=0, description="Number of pods.", ge=0, le=1_000_000)
    estimated_downtime: str = Field(
        default="N/A", description="For example 30s, none, N/A.", max_length=64
    )
    related_services: tuple[str, ...] = Field(
        default=(),
        description="Names of Services that may notice.",
        max_length=64,
        json_schema_extra={"items": {"type": "string", "maxLength": 253}},
    )
    data_impact: str = Field(
        default="none", description="For example none, read-only, loss.", max_length=64
    )


class Retry(Model):
    """How transient errors are retried."""

    limit: int = Field(default=2, description="Retries after the first attempt.", ge=0, le=10)
    delay: Duration = Field(
        default=timedelta(seconds=30),
        description="Wait between attempts, for example 30s.",
        json_schema_extra={"default": "30s"},
    )


class Verify(Model):
    """Whether and how long the outcome is watched."""

    enabled: bool = Field(default=True, description="Watch the target until it is done.")
    timeout: Duration = Field(
        default=timedelta(minutes=5),
        description="How long to watch, for example 5m.",
        json_schema_extra={"default": "5m"},
    )


def _may_be_absent(field: dict[str, Any]) -> bool:
    """Whether the API server leaves it out: what has a default is always there."""
    return field.get("default") in (None, "")


def _spec_rules(may_be_absent: list[str]) -> list[dict[str, str]]:
    came_or_went = {name: f"has(self.{name}) != has(oldSelf.{name})" for name in may_be_absent}
    first = " : ".join(f"{changed} ? '{name}'" for name, changed in came_or_went.items()) + " : ''"
    return [
        rule(
            "has(self.action) != has(self.operation)",
            "Write exactly one of action (text) and operation (typed).",
        ),
        {
            "rule": f"!({' || '.join(came_or_went.values())})",
            "messageExpression": f"'spec.' + ({first}) + "
            "' cannot be changed after creation; create a new request.'",
        },
    ]


def _schema_of_spec(json_schema: dict[str, Any]) -> None:
    """Hold each field where it is: a rule on its parent would cost the API server several times.

    A rule that reads a field of an object makes the API server list all fields of that object,
    so what one value can be judged by is on that value. Only that a field comes or goes is not.
    """
    fields, may_be_absent = json_schema["properties"], []
    for name in ApprovalRequestSpec.immutable_fields():
        text = f"spec.{name} cannot be changed after creation; create a new request."
        fields[name].update(schema(validations=[rule("self == oldSelf", text)]))
        if _may_be_absent(fields[name]):
            may_be_absent.append(name)
    text = "spec.cancelled cannot be taken back; create a new request."
    fields["cancelled"].update(schema(validations=[rule("self || !oldSelf", text)]))
    json_schema.update(schema(validations=_spec_rules(may_be_absent)))


class ApprovalRequestSpec(Model):
    """What is proposed. Immutable but for signatures and cancelled."""

    model_config = ConfigDict(json_schema_extra=_schema_of_spec)

    action: str | None = Field(
        default=None,
        description="What to do, as text: a kubectl command or a plain sentence, for example "
        "'kubectl rollout restart deployment/web'. It is parsed to a typed operation or refused; "
        "it never reaches a shell.",
        max_length=4096,
    )
    operation: Operation | None = Field(
        default=None, description="What to do, typed. Machines should prefer it to action."
    )
    description: str = Field(
        default="", description="Why, for the people who sign.", max_length=4096
    )
    incident: str | None = Field(
        default=None,
        description="Name of the Incident this belongs to, in the same namespace; where it is left "
        "out, the first INC-… in the texts is taken, in small letters.",
        max_length=253,
    )
    playbook: str | None = Field(
        default=None,
        description="Name of the Playbook that this follows, in the same namespace. Its trust "
        "counts only for the very operations of its steps.",
        max_length=253,
        pattern=OBJECT_NAME,
    )
    requested_by: str | None = Field(
        default=None,
        description="Who proposes; must be the caller, and is filled in when left out.",
        max_length=USER_NAME_LIMIT,
    )
    submitted_by: str | None = Field(
        default=None,
        description="Account that created the request for requestedBy (GitOps, verb request-as); "
        "filled in when left out, absent on one's own. It cannot sign the request either.",
        max_length=USER_NAME_LIMIT,
    )
    risk_level: Risk | None = Field(
        default=None,
        description="The least risk the proposer sees: low, medium, high or critical. The "
        "operator assesses its own and the higher of both counts.",
    )
    confidence: float | None = Field(
        default=None, description="How sure an AI proposer is, 0 to 1.", ge=0, le=1
    )
    required_signatures: int | None = Field(
        default=None,
        description="Signatures wanted; can raise what the policy demands, never lower it.",
        ge=1,
        le=MAX_SIGNATURES,
    )
    blast_radius: BlastRadius | None = Field(
        default=None, description="What the proposer expects to be affected."
    )
    expires_after: Duration | None = Field(
        default=None,
        description="How long after its creation the request can be approved, for example 24h.",
    )
    not_before: Time | None = Field(
        default=None, description="Not approved before this time (RFC 3339)."
    )
    retry: Retry = Field(default=Retry(), description="How transient errors are retried.")
    verify: Verify = Field(default=Verify(), description="How the outcome is verified.")
    service_account_name: str = Field(
        default="countersign-executor",
        description="ServiceAccount of the request's namespace that the action runs as.",
        min_length=1,
        max_length=253,
        pattern=OBJECT_NAME,
    )
    dry_run: bool = Field(default=False, description="Plan only; nothing is ever carried out.")
    cancelled: bool = Field(default=False, description="Set to true to call the request off.")
    signatures: tuple[Signature, ...] = Field(
        default=(),
        description="Decisions; each signer writes their own entry.",
        max_length=MAX_SIGNATURES,
        json_schema_extra=schema(list_type="map", list_map_keys=["signer"]),
    )

    @classmethod
    def immutable_fields(cls) -> list[str]:
        """JSON names of all fields that cannot be changed."""
        names = [field.alias or name for name, field in cls.model_fields.items()]
        return [name for name in names if name not in MUTABLE_SPEC_FIELDS]
