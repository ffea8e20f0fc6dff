"""``patch``."""

from __future__ import annotations

from typing import Literal

from countersign.actions.documents import DocumentError, document
from countersign.actions.parser import targets
from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.verbs.command import Command, aimed, command
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import PATCH_LIMIT, PatchParameters

# The members that each operation of a JSON patch (RFC 6902) must have.
_JSON_PATCH = {
    "add": {"value"},
    "remove": set[str](),
    "replace": {"value"},
    "move": {"from"},
    "copy": {"from"},
    "test": {"value"},
}


def _patch(arguments: Arguments) -> Operation:
    found = targets.read(OperationType.PATCH, arguments.positionals, arguments)
    patch_type = _type(arguments.value("type"))
    text = arguments.value("patch")
    if text is None:
        raise TextRefusedError(RefusalClass.MALFORMED, "The patch is missing. Add --patch='{…}'.")
    if len(text) > PATCH_LIMIT:
        raise TextRefusedError(
            RefusalClass.MALFORMED, "The patch is too long. Write a shorter one."
        )
    read = _document(text, is_secret=any(target.kind == "Secret" for target in found))
    if patch_type == "json":
        _check_json_patch(read)
    elif not isinstance(read, dict):
        raise TextRefusedError(
            RefusalClass.MALFORMED, f"A {patch_type} patch is a mapping. Write --patch='{{…}}'."
        )
    return Operation(
        type=OperationType.PATCH,
        patch=PatchParameters(type=patch_type, patch=text),
        **aimed(found),
    )


def _document(text: str, *, is_secret: bool) -> object:
    """What the patch says; why it is refused may quote it, unless it may hold secrets."""
    try:
        return document(text)
    except DocumentError as error:
        why = "it is no plain JSON or YAML" if is_secret else str(error)
        raise TextRefusedError(
            RefusalClass.MALFORMED, f"The patch cannot be read: {why}."
        ) from error


def _type(text: str | None) -> Literal["strategic", "merge", "json"]:
    match text:
        case None | "strategic":
            return "strategic"
        case "merge" | "json":
            return "merge" if text == "merge" else "json"
        case _:
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                f"{quote(text)} is no type of patch. Write strategic, merge or json.",
            )


def _check_json_patch(steps: object) -> None:
    for step in steps if isinstance(steps, list) and steps else [None]:
        members = step if isinstance(step, dict) else {}
        wanted = _JSON_PATCH.get(str(members.get("op")))
        if wanted is None or not wanted | {"path"} <= set(members):
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                "A json patch is a list of operations with op, path and value or from. Write for "
                'example [{"op": "remove", "path": "/spec/paused"}].',
            )


COMMANDS: dict[tuple[str, ...], Command] = {("patch",): command(_patch, "patch type")}
