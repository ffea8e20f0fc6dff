"""What of an action is told beyond the request: in chat, in the knowledge base, of an incident.

Who reads a request may read the action as it was written; those others need not be allowed to. So
values that look like secrets are left out there.
"""

from __future__ import annotations

import re
from typing import Any

from countersign.actions.documents import DocumentError, document
from countersign.actions.parser import parse
from countersign.actions.render import action_text, render
from countersign.actions.secrecy import HIDDEN, holds_secret_variable, is_secret
from countersign.actions.secret_words import text_without_secrets, without_secrets
from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import Operation

_UNNAMED = re.compile(r"/env/[^/\s\"']+/value\b")
_NAME = re.compile(r"""(["'])name\1\s*:\s*(["'])([^"']*)\2""")
_VALUE = re.compile(r"""((["'])value\2\s*:\s*)(?:"(?:[^"\\]|\\.)*"|'[^']*')""")


def told(request: ApprovalRequest) -> str:
    """The action as the proposer wrote it; where it holds a secret, as a command without that."""
    text, operation = action_text(request), request.spec.operation
    if operation is None:
        found = parse(text)
        operation = found if isinstance(found, Operation) else None
    if operation is None:
        return text_without_secrets(_without_values(text))
    hidden = _without_secrets(operation)
    # What stands around a command, in a comment for one, is no part of the operation.
    return text if hidden == operation and text_without_secrets(text) == text else render(hidden)


def _without_secrets(operation: Operation) -> Operation:
    if (env := operation.set_env) is not None:
        put = {name: _without_secret(name, given) for name, given in env.put.items()}
        return operation.model_copy(update={"set_env": env.model_copy(update={"put": put})})
    if (given := operation.patch) is not None and _tells_a_secret(operation, given.patch):
        return operation.model_copy(update={"patch": given.model_copy(update={"patch": HIDDEN})})
    if (run := operation.exec) is not None:
        command = without_secrets(run.command)
        return operation.model_copy(update={"exec": run.model_copy(update={"command": command})})
    return operation


def _without_secret(name: str, given: str) -> str:
    return HIDDEN if is_secret(name, given) else text_without_secrets(given)


def _tells_a_secret(operation: Operation, patch: str) -> bool:
    if any(each.kind == "Secret" for each in operation.all_targets):
        return True
    try:
        found = document(patch)
    except DocumentError:
        return False
    steps = found if isinstance(found, list) else ()
    return (
        holds_secret_variable(found)
        or _holds_secret_words(found)
        or any(map(_sets_an_unnamed_variable, steps))
    )


def _sets_an_unnamed_variable(step: Any) -> bool:
    """Whether a step of a JSON patch has the value of a variable whose name is not there."""
    return isinstance(step, dict) and "value" in step and _is_unnamed(str(step.get("path")))


def _is_unnamed(text: str) -> bool:
    return bool(_UNNAMED.search(text))


def _without_values(text: str) -> str:
    """A patch that was not understood, without values where one may be a secret variable's."""
    secret = any(is_secret(found[3], "") for found in _NAME.finditer(text))
    return _VALUE.sub(rf'\1"{HIDDEN}"', text) if secret or _is_unnamed(text) else text


def _holds_secret_words(value: Any) -> bool:
    """Whether anywhere in it is a command, or arguments of one, with a secret."""
    if isinstance(value, dict):
        return any(map(_holds_secret_words, value.values()))
    if not isinstance(value, list):
        return False
    words = [each for each in value if isinstance(each, str)]
    return without_secrets(words) != tuple(words) or any(map(_holds_secret_words, value))
