"""From an action to a plan that people can sign: parse → resolve → assess → dry-run → digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import structlog

from countersign.actions.digest import plan_digest
from countersign.actions.parser import Refusal, parse
from countersign.api.approval_request import ApprovalRequest, Phase, Risk
from countersign.api.operation import Operation, OperationType
from countersign.api.status import Plan
from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError
from countersign.policy import risk
from countersign.ports import Cluster, Executor, ServiceAccount

log = structlog.get_logger()


_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)


@dataclass(frozen=True)
class Planned:
    """A plan, its effective risk, and the operation that would take it back."""

    plan: Plan
    risk: Risk
    undo: Operation | None


class Planner:
    """Makes plans. Everything it asks the cluster, it asks as the executing service account."""

    def __init__(self, executors: Mapping[OperationType, Executor], cluster: Cluster) -> None:
        """Plan for these operations on this cluster."""
        self._executors = executors
        self._cluster = cluster

    async def plan(
        self, request: ApprovalRequest, operation: Operation, revision: int, now: datetime
    ) -> Planned:
        """Make a plan; raises ``ApiError`` or ``RefusedError`` where there can be none."""
        executor = self._executors[operation.type]
        account = account_of(request)
        draft = await executor.draft(operation, account)
        await executor.rehearse(draft, operation, account)
        plan = Plan(
            digest=plan_digest(operation, draft.target.uid, draft.changes, revision),
            revision=revision,
            operation=operation,
            target=draft.target,
            summary=clip(draft.summary),
            changes=draft.changes,
            planned_at=now,
        )
        level = risk.effective(risk.assess(operation), request.spec.risk_level)
        return Planned(plan, level, draft.undo)

    async def why_not(
        self,
        request: ApprovalRequest,
        operation: Operation | None,
        error: ApiError | RefusedError,
    ) -> tuple[str, str]:
        """A refusal as the reason of a condition and a sentence that says what to change."""
        account = account_of(request)
        if isinstance(error, RefusedError):
            return error.reason, str(error)
        if error.not_found:
            what = operation.target.described if operation else str(error)
            return "TargetNotFound", f"{what} was not found. Check kind, name and namespace."
        if error.code == HTTPStatus.FORBIDDEN and _is_missing_right(error, account):
            return "Forbidden", await self._why_forbidden(account, error)
        if error.code in _REFUSALS:
            reason = "DryRunBlocked" if request.phase is Phase.PENDING else "Blocked"
            return reason, f"The API server refuses this: {error}"
        return "Invalid", f"The API server cannot do this: {error}"

    async def _why_forbidden(self, account: ServiceAccount, error: ApiError) -> str:
        try:
            exists = await self._cluster.service_account_exists(account)
        except ApiError as unknown:
            log.warning("service account could not be looked up", error=str(unknown))
            exists = True
        who = f"{account.namespace}/{account.name}"
        if not exists:
            return (
                f"Service account {who} does not exist. Create it with a Role "
                "(manifests/samples/executor.yaml has both), or name another one in "
                "spec.serviceAccountName."
            )
        if "impersonate" in str(error):
            return (
                f"The operator may not act as service account {who}. Allow it in that namespace "
                "(manifests/samples/other-executor.yaml shows how)."
            )
        return (
            f"{error}. Give service account {who} a Role that allows it "
            "(manifests/samples/executor.yaml has one)."
        )


def _is_missing_right(error: ApiError, account: ServiceAccount) -> bool:
    """RBAC's own words, as opposed to those of an admission policy or a webhook."""
    text = str(error)
    return f'User "{account.user}" cannot ' in text or "cannot impersonate resource" in text


def understood(request: ApprovalRequest) -> Operation:
    """The typed operation of a request, its namespace filled in; else ``RefusedError``."""
    if request.spec.operation is not None:
        return request.spec.operation.in_namespace(request.metadata.namespace)
    parsed = parse(request.spec.action or "")
    if isinstance(parsed, Refusal):
        raise RefusedError("Unparseable", parsed.message)
    return parsed.in_namespace(request.metadata.namespace)


def account_of(request: ApprovalRequest) -> ServiceAccount:
    """Whom a request's action runs as."""
    return ServiceAccount(request.metadata.namespace, request.spec.service_account_name)
