"""``label`` and ``annotate``."""

from __future__ import annotations

import re

from countersign.actions.parser import pairs, targets
from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.selectors import KEY, MAX_KEY, VALUE
from countersign.actions.parser.verbs.command import Command, aimed, command
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import AnnotateParameters, LabelParameters

_KEY = re.compile(KEY)
_LABEL_VALUE = re.compile(VALUE)


def _label(arguments: Arguments) -> Operation:
    objects, words = pairs.split(arguments.positionals)
    found = targets.read(OperationType.LABEL, objects, arguments)
    read = pairs.read(words, _KEY, MAX_KEY, what="label")
    for value in read.put.values():
        if not _LABEL_VALUE.fullmatch(value):
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                f"{quote(value)} cannot be the value of a label. Use kubectl annotate for texts.",
            )
    parameters = LabelParameters(
        put=read.put, remove=tuple(read.remove), overwrite=arguments.is_set("overwrite")
    )
    return Operation(type=OperationType.LABEL, label=parameters, **aimed(found))


def _annotate(arguments: Arguments) -> Operation:
    objects, words = pairs.split(arguments.positionals)
    found = targets.read(OperationType.ANNOTATE, objects, arguments)
    read = pairs.read(words, _KEY, MAX_KEY, what="annotation")
    parameters = AnnotateParameters(
        put=read.put, remove=tuple(read.remove), overwrite=arguments.is_set("overwrite")
    )
    return Operation(type=OperationType.ANNOTATE, annotate=parameters, **aimed(found))


COMMANDS: dict[tuple[str, ...], Command] = {
    ("label",): command(_label, "selector overwrite"),
    ("annotate",): command(_annotate, "selector overwrite"),
}
