"""What of an action is told beyond the request: in chat, in the knowledge base, of an incident.

Who reads a request may read the action as it was written; those others need not be allowed to. So
values that look like secrets are left out there.
"""

from __future__ import annotations

import re

from countersign.actions.documents import DocumentError, document
from countersign.actions.parser import parse
from countersign.actions.render import action_text, render
from countersign.actions.secrecy import HIDDEN, holds_secret_variable, is_secret, without_secret
from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import Operation

_WORD = re.compile(r"\S+")


def told(request: ApprovalRequest) -> str:
    """The action as the proposer wrote it; where it holds a secret, as a command without that."""
    text, operation = action_text(request), request.spec.operation
    if operation is None:
        found = parse(text)
        operation = found if isinstance(found, Operation) else None
    if operation is None:
        return _WORD.sub(lambda word: without_secret(word[0]), text)
    hidden = _without_secrets(operation)
    return text if hidden == operation else render(hidden)


def _without_secrets(operation: Operation) -> Operation:
    if (env := operation.set_env) is not None:
        put = {name: HIDDEN if is_secret(name, given) else given for name, given in env.put.items()}
        return operation.model_copy(update={"set_env": env.model_copy(update={"put": put})})
    if (given := operation.patch) is not None and _tells_a_secret(operation, given.patch):
        return operation.model_copy(update={"patch": given.model_copy(update={"patch": HIDDEN})})
    if (run := operation.exec) is not None:
        command = tuple(map(without_secret, run.command))
        return operation.model_copy(update={"exec": run.model_copy(update={"command": command})})
    return operation


def _tells_a_secret(operation: Operation, patch: str) -> bool:
    if any(each.kind == "Secret" for each in operation.all_targets):
        return True
    try:
        return holds_secret_variable(document(patch))
    except DocumentError:
        return False
