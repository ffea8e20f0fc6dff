"""Options that commands share: each group is a dataclass, which a command takes as one argument."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Annotated, Any, get_type_hints

import typer

from countersign.plugin.exits import refused


def _names(context: typer.Context, incomplete: str) -> list[str]:
    from countersign.plugin.completion import request_names  # noqa: PLC0415 - only on the tab key

    return request_names(context, incomplete)


def _contexts(incomplete: str) -> list[str]:
    from countersign.plugin.completion import context_names  # noqa: PLC0415 - only on the tab key

    return context_names(incomplete)


Name = Annotated[
    str,
    typer.Argument(metavar="NAME", autocompletion=_names, help="The request: web, or shop/web."),
]


Context = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="CONTEXT",
        help="Context of the kubeconfig.",
        autocompletion=_contexts,
    ),
]
Kubeconfig = Annotated[
    str | None,
    typer.Option("--kubeconfig", metavar="FILE", help="The kubeconfig; else as kubectl finds it."),
]


@dataclass(frozen=True)
class Where:
    """Which cluster, as whom, and which namespace."""

    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace",
            "-n",
            metavar="NAMESPACE",
            help="Namespace; that of the context if left out.",
        ),
    ] = None
    context: Context = None
    kubeconfig: Kubeconfig = None


@dataclass(frozen=True)
class Scope:
    """One namespace or all."""

    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", "-A", help="In all namespaces.")
    ] = False


class Goal(StrEnum):
    """How far a request is to come."""

    PLANNED = "planned"
    APPROVED = "approved"
    EXECUTED = "executed"
    END = "end"


class Format(StrEnum):
    """How objects are written."""

    WIDE = "wide"
    NAME = "name"
    JSON = "json"
    YAML = "yaml"


@dataclass(frozen=True)
class Output:
    """How the result is written."""

    output: Annotated[
        Format | None,
        typer.Option("--output", "-o", help="For people if left out.", show_choices=True),
    ] = None

    @property
    def for_machines(self) -> bool:
        """Whether sentences for people have no place in it."""
        return self.output in (Format.JSON, Format.YAML, Format.NAME)


@dataclass(frozen=True)
class Patience:
    """How long to wait."""

    timeout: Annotated[
        str,
        typer.Option(
            "--timeout",
            metavar="DURATION",
            help="How long to wait, such as 30s or 1h30m; 0s: for ever.",
        ),
    ] = "5m"

    @property
    def seconds(self) -> float | None:
        """None for ever. Raises ``PluginError``."""
        from countersign.api.duration import parse_duration  # noqa: PLC0415 - loads the models

        try:
            return parse_duration(self.timeout).total_seconds() or None
        except ValueError as error:
            raise refused(f"--timeout: {error}.") from error


def flattened(command: Callable[..., None]) -> Callable[..., None]:
    """A command for typer: each parameter that is a dataclass becomes its fields, as options."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        group = groups.get(parameter.name)
        if group is None:
            kind = inspect.Parameter.KEYWORD_ONLY
            parameters.append(parameter.replace(kind=kind, annotation=hints[parameter.name]))
        else:
            parameters.extend(_options(group))

    @functools.wraps(command)
    def flat(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{each.name: given.pop(each.name) for each in fields(group)})
        command(**given)

    # What typer reads: a signature without the groups, and no way back to the original.
    flat.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {each.name: each.annotation for each in parameters}
    del flat.__wrapped__
    return flat


def _options(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=each.default,
            annotation=hints[each.name],
        )
        for each in fields(group)
    ]
