"""What all models of the API share."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A part of a custom resource: camelCase outside, snake_case inside, never changed in place.

    Fields this version does not know are ignored: the API server has pruned what is not in the
    CRD, and a newer CRD must not break an older operator.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
    )

    def to_json(self, *, only: set[str] | None = None) -> dict[str, Any]:
        """As the JSON object the API server stores, without what is unset.

        ``only``: the attributes that are asked for.
        """
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, include=only)


class LeanModel(Model):
    """A model whose defaults go without saying: what is left out is not written out either.

    So what people wrote, what the status shows of it and what they copy from there are alike.
    """

    @model_serializer(mode="wrap")
    def _without_defaults(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = serialize(self)
        for name, alias, default in _defaults(type(self)):
            if getattr(self, name) == default:
                written.pop(name, None)
                written.pop(alias, None)
        return written


@cache
def _defaults(model: type[Model]) -> tuple[tuple[str, str, Any], ...]:
    """Of each field its name, its alias and its default."""
    return tuple(
        (name, field.alias or name, field.get_default(call_default_factory=True))
        for name, field in model.model_fields.items()
    )


def first_problem(error: ValidationError, *within: str) -> str:
    """Where an object is first wrong, and why: ``spec.retry.limit: Input should be …``."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in (*within, *first["loc"]))
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as Kubernetes' MicroTime."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # Not a ValueError, so one such object would break whoever reads it.
        raise ValueError("write a time within the years 1 to 9999 in UTC") from None


Time = Annotated[datetime, AfterValidator(_in_utc), PlainSerializer(format_time, return_type=str)]
"""A moment: RFC 3339 outside, an aware datetime in UTC inside."""


def schema(**extensions: Any) -> dict[str, Any]:
    """Kubernetes' own words for a field's schema: ``schema(list_type="map")`` and so on."""
    return {f"x-kubernetes-{key.replace('_', '-')}": value for key, value in extensions.items()}


def rule(expression: str, message: str) -> dict[str, str]:
    """One CEL rule for ``x-kubernetes-validations``; the message tells people what to do."""
    return {"rule": expression, "message": message}
