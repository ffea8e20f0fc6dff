"""Which channel is told what, from a YAML file. Pure: the text comes in as an argument."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from countersign.api.duration import Duration
from countersign.api.phase import Phase
from countersign.api.risk import Risk
from countersign.errors import ConfigError
from countersign.records.notification import Notification, NotificationStep

ChannelName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
Glob = Annotated[str, Field(min_length=1, max_length=253)]


class ChannelType(StrEnum):
    """What stands behind a channel."""

    SLACK = "slack"
    DISCORD = "discord"
    WEBHOOK = "webhook"
    APPRISE = "apprise"


class _Part(BaseModel):
    """A part of the file. What it does not know it refuses: a typo must not silence anybody."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True
    )


class SecretReference(_Part):
    """Where a secret is: a file (of a mounted Secret) or an environment variable; never itself."""

    file: str | None = Field(default=None, pattern=r"^/.")
    env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.file is None) == (self.env is None):
            raise ValueError("write exactly one of file and env")
        return self

    def __str__(self) -> str:
        """For people: where it is."""
        return f"the file {self.file}" if self.file else f"the environment variable {self.env}"


class Channel(_Part):
    """Somewhere to send to."""

    type: ChannelType
    url: SecretReference
    signing_key: SecretReference | None = None

    @model_validator(mode="after")
    def _signed_as_it_should_be(self) -> Self:
        if (self.type is ChannelType.WEBHOOK) != (self.signing_key is not None):
            raise ValueError("signingKey belongs to every channel of type webhook, and to no other")
        return self


class Route(_Part):
    """Who is told of what. What is left out matches everything."""

    channels: tuple[ChannelName, ...] = Field(min_length=1)
    namespaces: tuple[Glob, ...] = ()
    risks: tuple[Risk, ...] = ()
    steps: tuple[NotificationStep, ...] = ()
    phases: tuple[Phase, ...] = ()

    def matches(self, message: Notification) -> bool:
        """Whether a message goes this way. An unknown risk is taken for any."""
        namespaces = {*message.namespaces, message.request_namespace}
        return (
            _in(self.steps, message.step)
            and _in(self.phases, message.phase)
            and (message.risk_level == "unknown" or _in(self.risks, message.risk_level))
            and (
                not self.namespaces
                or any(fnmatchcase(each, glob) for glob in self.namespaces for each in namespaces)
            )
        )


class Routing(_Part):
    """The whole file."""

    enabled: bool = True
    expiring_soon: Duration = timedelta(hours=1)
    channels: dict[ChannelName, Channel] = Field(min_length=1, max_length=64)
    routes: tuple[Route, ...] = Field(min_length=1, max_length=256)

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> Self:
        named = {name for route in self.routes for name in route.channels}
        if unknown := sorted(named - set(self.channels)):
            raise ValueError(f"no channel is called {', '.join(unknown)}")
        if unused := sorted(set(self.channels) - named):
            raise ValueError(f"no route leads to {', '.join(unused)}")
        return self

    def channels_for(self, message: Notification) -> tuple[str, ...]:
        """The names of the channels that are told, each once."""
        matching = (route for route in self.routes if route.matches(message))
        return tuple(dict.fromkeys(name for route in matching for name in route.channels))


def parse_routing(text: str) -> Routing:
    """Read the file. Raises ``ConfigError`` that names the place, and never what stands there.

    Somebody may have written a secret where a reference belongs.
    """
    try:
        return Routing.model_validate(_read(text))
    except ValidationError as error:
        raise ConfigError("; ".join(_sentence(each) for each in _causes(error))) from None


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice: the first would be dropped, and with it whom it tells."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        known: set[str] = set()
        for key in (each for each, _ in node.value if isinstance(each, yaml.ScalarNode)):
            if key.value in known:
                raise ConfigError(f"line {key.start_mark.line + 1} has a key for the second time")
            known.add(key.value)
        return node


def _read(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe one
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"line {line} is not YAML") from None
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: 2026-02-30, say.
        raise ConfigError("it is not YAML that can be read") from None


def _causes(error: ValidationError) -> list[Any]:
    """Without what follows from the others: a list that is empty because its item was refused."""
    errors = error.errors()
    places = [each["loc"] for each in errors]
    return [
        each
        for each in errors
        if not any(place != each["loc"] == place[: len(each["loc"])] for place in places)
    ]


_SAID = {
    "tuple_type": "write a list",
    "too_short": "write at least one",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "dict_type": "write a name and what belongs to it",
    "model_type": "write its fields",
    "string_type": "write a text",
}


def _sentence(error: Any) -> str:
    kind, where = error["type"], [str(part) for part in error["loc"]]
    if kind == "extra_forbidden":
        # Its name is shown only where it can be no secret: a field, not a value taken for one.
        *where, name = where
        shown = name if name.isidentifier() and len(name) <= _LONGEST_FIELD else "a field"
        return f"{'.'.join(where) or 'the file'}: {shown} is not known here"
    place = ".".join(part for part in where if part != "[key]") or "the file"
    said = error["msg"].removeprefix("Value error, ").replace("Input should be", "write", 1)
    said = _SAID.get(kind, said)
    if where[-1:] in (["url"], ["signingKey"]) and kind in ("model_type", "model_attributes_type"):
        said = "a secret does not stand in this file; write {file: …} or {env: …}"
    if kind == "value_error" and where[-1:] == ["expiringSoon"]:
        said = "write a duration like 30m or 1h"
    return f"{place}: {said}"


_LONGEST_FIELD = 30


def _in(wanted: tuple[Any, ...], value: str) -> bool:
    return not wanted or value in wanted
