"""``apply`` of a file: understood, but nobody can see the file here."""

from __future__ import annotations

import re
from typing import Any

from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.foreign import Foreign
from countersign.actions.parser.names import valid_namespace
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.verbs.command import Command, command

_PATH = re.compile(r"[\w.~/:@%+=?&\\-]{1,1024}", re.ASCII)
_MESSAGE = (
    "The file cannot be seen here, so nobody could tell what they sign. Put its contents into "
    "spec.operation: {type: Apply, apply: {manifest: '…'}}."
)


def _apply(arguments: Arguments) -> Foreign:
    files = [*arguments.given.get("filename", ()), *arguments.given.get("kustomize", ())]
    if arguments.positionals:
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            f"{quote(arguments.positionals[0])} has no place in this command. Write kubectl apply "
            "-f FILE.",
        )
    if not files:
        raise TextRefusedError(RefusalClass.NO_TARGET, "The command names no file.")
    if len(files) > 1 or "," in files[0]:
        raise TextRefusedError(
            RefusalClass.AMBIGUOUS, "More than one file is named. Write a request for each."
        )
    if files[0] == "-" or not _PATH.fullmatch(files[0]):
        raise TextRefusedError(RefusalClass.UNSUPPORTED, f"{quote(files[0])} is no file's name.")
    arguments.is_set("wait"), arguments.is_set("server-side")  # on or off: nothing else
    described: dict[str, Any] = {
        "operation": "Apply",
        "kind": None,
        "name": None,
        "namespace": valid_namespace(arguments.value("namespace")),
        "manifest": files[0],
    }
    if arguments.is_set("force-conflicts"):
        described["forceConflicts"] = True
    return Foreign(described, _MESSAGE)


COMMANDS: dict[tuple[str, ...], Command] = {
    ("apply",): command(_apply, "filename kustomize wait server-side force-conflicts"),
}
