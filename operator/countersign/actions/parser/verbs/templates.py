"""``set image``, ``set env`` and ``set resources``: changes to the template of pods."""

from __future__ import annotations

import re

from countersign.actions.parser import pairs, targets
from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.names import valid_container, valid_image
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.selectors import KEY, MAX_KEY
from countersign.actions.parser.verbs.command import Command, aimed, command
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import (
    ContainerImage,
    SetEnvParameters,
    SetImageParameters,
    SetResourcesParameters,
)

MAX_ENV_NAME = 253
_ENV_NAME = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]*")
_CONTAINER = re.compile(r"\*|[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_RESOURCE = re.compile(KEY)
_QUANTITY = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][0-9]+|[EPTGMkmun]|[KMGTPE]i)?")
_LONGEST_QUANTITY = 32


def _set_image(arguments: Arguments) -> Operation:
    objects, words = pairs.split(arguments.positionals)
    found = targets.read(OperationType.SET_IMAGE, objects, arguments)
    read = pairs.read(words, _CONTAINER, 63, what="container")
    if read.remove or ("*" in read.put and len(read.put) > 1):
        raise TextRefusedError(
            RefusalClass.MALFORMED, "Write CONTAINER=IMAGE, and * for all containers by itself."
        )
    images = tuple(
        ContainerImage(container=container, image=valid_image(image))
        for container, image in read.put.items()
    )
    return Operation(
        type=OperationType.SET_IMAGE, set_image=SetImageParameters(images=images), **aimed(found)
    )


def _set_env(arguments: Arguments) -> Operation:
    if "-" in arguments.positionals:
        raise TextRefusedError(
            RefusalClass.UNSUPPORTED, "- reads standard input, which nobody can see here."
        )
    objects, words = pairs.split(arguments.positionals)
    found = targets.read(OperationType.SET_ENV, objects, arguments)
    if arguments.value("overwrite") is not None and not arguments.is_set("overwrite"):
        raise TextRefusedError(RefusalClass.UNSUPPORTED, "--overwrite=false is not supported.")
    read = pairs.read(words, _ENV_NAME, MAX_ENV_NAME, what="name")
    parameters = SetEnvParameters(
        put=read.put, remove=tuple(read.remove), container=_container(arguments)
    )
    return Operation(type=OperationType.SET_ENV, set_env=parameters, **aimed(found))


def _set_resources(arguments: Arguments) -> Operation:
    found = targets.read(OperationType.SET_RESOURCES, arguments.positionals, arguments)
    limits, requests = _quantities(arguments, "limits"), _quantities(arguments, "requests")
    if not limits and not requests:
        raise TextRefusedError(
            RefusalClass.MALFORMED, "No limits and no requests are given. Add --limits=memory=1Gi."
        )
    parameters = SetResourcesParameters(
        limits=limits, requests=requests, container=_container(arguments)
    )
    return Operation(type=OperationType.SET_RESOURCES, set_resources=parameters, **aimed(found))


def _container(arguments: Arguments) -> str | None:
    """The value of -c, whose long name is --containers here; people write --container as well."""
    values = {arguments.value("container"), arguments.value("containers")} - {None}
    if len(values) > 1:
        raise TextRefusedError(RefusalClass.AMBIGUOUS, "Two containers are named. Name one.")
    container = values.pop() if values else None
    return None if container is None else valid_container(container)


def _quantities(arguments: Arguments, flag: str) -> dict[str, str]:
    text = arguments.value(flag)
    quantities: dict[str, str] = {}
    for part in text.split(",") if text is not None else ():
        name, _, quantity = part.partition("=")
        is_resource = _RESOURCE.fullmatch(name) and len(name) <= MAX_KEY
        is_quantity = _QUANTITY.fullmatch(quantity) and len(quantity) <= _LONGEST_QUANTITY
        if not is_resource or not is_quantity or name in quantities:
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                f"{quote(part)} is no resource with its quantity, or is there twice. Write for "
                f"example --{flag}=cpu=500m,memory=1Gi.",
            )
        quantities[name] = quantity
    return quantities


COMMANDS: dict[tuple[str, ...], Command] = {
    ("set", "image"): command(_set_image, "selector"),
    ("set", "env"): command(_set_env, "selector container containers overwrite"),
    ("set", "resources"): command(_set_resources, "selector container containers limits requests"),
}
