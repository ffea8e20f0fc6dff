"""Why something cannot be done: a condition's reason, and a sentence that says what to change."""

from __future__ import annotations

from http import HTTPStatus

from countersign.api.approval_request import ApprovalRequest
from countersign.api.operation import Operation, OperationType
from countersign.api.phase import Phase
from countersign.errors import ApiError, RefusedError
from countersign.policy.abilities import EXECUTOR, needed_for
from countersign.ports import ServiceAccount

_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)


def explanation(
    request: ApprovalRequest, operation: Operation, error: ApiError | RefusedError
) -> tuple[str, str]:
    """Reason and sentence for what an operation on one object has met, planned or carried out."""
    account = ServiceAccount.of(request)
    if isinstance(error, RefusedError):
        return error.reason, str(error)
    if error.not_found:
        what = operation.one.described
        return "TargetNotFound", f"{what} was not found. Check kind, name and namespace."
    if error.code == HTTPStatus.FORBIDDEN and _is_missing_right(error, account):
        return "Forbidden", _why_forbidden(account, operation.type, error)
    if error.code in _REFUSALS:
        reason = "DryRunBlocked" if request.phase is Phase.PENDING else "Blocked"
        return reason, f"The API server refuses this: {error}"
    return "Invalid", f"The API server cannot do this: {error}"


def _is_missing_right(error: ApiError, account: ServiceAccount) -> bool:
    """RBAC's own words, as opposed to those of an admission policy or a webhook."""
    text = str(error)
    return f'User "{account.user}" cannot ' in text or "cannot impersonate" in text


def _why_forbidden(account: ServiceAccount, operation: OperationType, error: ApiError) -> str:
    """What to give. Whether there is such an account the operator has no right to know."""
    who = f"{account.namespace}/{account.name}"
    if "cannot impersonate" in str(error):
        return (
            f"The operator may not act as service account {who}. Allow it in that namespace "
            "(manifests/samples/other-executor.yaml shows how), or name another one in "
            "spec.serviceAccountName."
        )
    bind = f"{error}. Bind service account {who} a role that allows it"
    if account.name == EXECUTOR:
        command = f"setup -n {account.namespace} --allow {needed_for(operation).value}"
        return (
            f"{bind}, and create the account if there is none: kubectl countersign {command} does "
            "both. manifests/samples/executor.yaml shows how without the plugin."
        )
    return (
        f"{bind} (see kubectl get clusterroles -l app.kubernetes.io/component=executor), and "
        "create the account if there is none: manifests/samples/executor.yaml shows how."
    )
