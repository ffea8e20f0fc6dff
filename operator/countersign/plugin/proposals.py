"""What is sent to propose: from a text, from flags or from a file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml
from pydantic import ValidationError

from countersign.actions.parser import Foreign, Refusal, parse
from countersign.actions.parser.kinds import kind_of
from countersign.api.approval_request import API_VERSION, KIND
from countersign.api.base import first_problem, format_time
from countersign.api.duration import parse_duration
from countersign.api.operation import Operation, OperationType
from countersign.plugin.exits import PluginError, refused
from countersign.ports import JsonObject

_LONGEST_STEM = 48
"""Of a generated name, so that what is made of it stays a name: five characters are added."""


def text_of(words: Sequence[str]) -> str:
    """One quoted text as it is; several words as a shell would have to be given them."""
    return words[0] if len(words) == 1 else shlex.join(words)


def understood(text: str) -> Operation:
    """What the text is read as, before anything is sent. Raises ``PluginError``."""
    outcome = parse(text)
    if isinstance(outcome, (Refusal, Foreign)):
        raise refused(f"This action is refused: {outcome.message}")
    return outcome


def typed(operation: str, targets: Sequence[str], given: Sequence[str]) -> Operation:
    """An operation of flags: its type, KIND/NAME targets and KEY=VALUE parameters.

    A key may be a path (``set.COLOUR=blue``), a value is YAML. Raises ``PluginError``.
    """
    type_ = _type(operation)
    body: JsonObject = {"type": type_.value}
    found = [_target(each) for each in targets]
    if len(found) == 1:
        body["target"] = found[0]
    elif found:
        body["targets"] = found
    parameters: JsonObject = {}
    for each in given:
        _put(parameters, each)
    if parameters:
        if type_.parameters is None:
            raise refused(f"{type_} takes no parameters. Leave --with out.")
        body[type_.parameters] = parameters
    try:
        return Operation.model_validate(body)
    except ValidationError as error:
        raise refused(
            f"That is no {type_}: {first_problem(error)}. docs/actions.md has what each operation "
            "needs."
        ) from error


def from_file(text: str) -> JsonObject:
    """One ApprovalRequest, as YAML or JSON. Raises ``PluginError``."""
    try:
        documents = [each for each in yaml.safe_load_all(text) if each is not None]
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" (line {where.line + 1})" if where is not None else ""
        raise refused(f"The file is no YAML{line}.") from error
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise refused("The file has to hold one ApprovalRequest.")
    body: JsonObject = documents[0]
    if (body.get("apiVersion"), body.get("kind")) != (API_VERSION, KIND):
        raise refused(f"The file has to hold an object of apiVersion {API_VERSION}, kind {KIND}.")
    for part in ("metadata", "spec"):
        if not isinstance(body.setdefault(part, {}), dict):
            raise refused(f"The file's {part} has to be an object.")
    if not body["spec"]:
        raise refused("The file's spec is empty.")
    return body


def body_of(spec: JsonObject, *, name: str | None, operation: Operation | None) -> JsonObject:
    """An object to be created; where it has no name, the API server makes one from its stem."""
    metadata = {"name": name} if name else {"generateName": f"{stem(operation)}-"}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}


def stem(operation: Operation | None) -> str:
    """What a generated name begins with: ``restart-web``."""
    if operation is None:
        return "request"
    verb = re.sub(r"(?<!^)(?=[A-Z])", "-", operation.type.value).lower().removesuffix("-rollout")
    names = [each.name for each in operation.all_targets if each.name]
    words = re.sub(r"[^a-z0-9]+", "-", f"{verb}-{names[0] if names else ''}".lower())
    return words[:_LONGEST_STEM].strip("-")


def namespace_of(operation: Operation | None) -> str | None:
    """The one namespace that an action names, which is then the request's as well."""
    if operation is None:
        return None
    named = {each.namespace for each in operation.all_targets}
    return named.pop() if len(named) == 1 else None


def time_of(text: str, now: datetime, option: str) -> str:
    """A time: RFC 3339, or from now on as a duration (``2h``). Raises ``PluginError``."""
    try:
        return format_time(now + parse_duration(text))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise refused(
            f"{option}: {text!r} is no time; write it like 2h or 2026-12-01T22:00:00Z."
        ) from error
    return format_time(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def duration_of(text: str, option: str) -> str:
    """A duration such as ``24h``. Raises ``PluginError``."""
    try:
        if parse_duration(text) > timedelta(0):
            return text
    except ValueError as error:
        raise refused(f"{option}: {error}.") from error
    raise refused(f"{option}: it has to be longer than nothing.")


def merged(spec: JsonObject, given: Mapping[str, Any]) -> JsonObject:
    """The spec with what the flags say, where they say something."""
    return {**spec, **{key: value for key, value in given.items() if value not in (None, "")}}


def _type(word: str) -> OperationType:
    wanted = word.replace("-", "").replace("_", "").lower()
    for each in OperationType:
        if each.value.lower() == wanted:
            return each
    known = ", ".join(each.value for each in OperationType)
    raise refused(f"There is no operation {word!r}. There are {known}.")


def _target(text: str) -> JsonObject:
    """``deployment/web`` or ``shop/deployment/web``."""
    namespace, _, rest = text.rpartition("/")[0].rpartition("/")
    name = text.rpartition("/")[2]
    known = kind_of(rest) if rest else None
    if known is None or not name or "/" in namespace:
        raise _no_target(text)
    target: JsonObject = {"kind": known.kind, "name": name}
    if known.api_version:
        target["apiVersion"] = known.api_version
    if namespace:
        target["namespace"] = namespace
    return target


def _no_target(text: str) -> PluginError:
    return refused(
        f"--target {text!r}: write KIND/NAME, such as deployment/web, or NAMESPACE/KIND/NAME."
    )


def _put(parameters: JsonObject, text: str) -> None:
    path, equals, value = text.partition("=")
    *parents, last = path.split(".")
    if not equals or not all((*parents, last)):
        raise refused(f"--with {text!r}: write KEY=VALUE, such as replicas=3.")
    where = parameters
    for each in parents:
        where = where.setdefault(each, {})
        if not isinstance(where, dict):
            raise refused(f"--with {text!r}: {each} has a value already.")
    try:
        where[last] = yaml.safe_load(value) if value else ""
    except yaml.YAMLError as error:
        raise refused(f"--with {text!r}: the value is no YAML; put it into quotes.") from error
