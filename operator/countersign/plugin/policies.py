"""What a request is judged by, as far as the person may read it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from countersign.api.approval_policy import POLICY_PLURAL
from countersign.api.approval_request import GROUP, VERSION, ApprovalRequest
from countersign.cluster.urls import url_of
from countersign.connection import Call
from countersign.errors import ApiError
from countersign.plugin.reading import readable
from countersign.plugin.session import Session
from countersign.plugin.together import together
from countersign.policy.approval_policies.matching import selects_namespaces
from countersign.policy.approval_policies.named_policy import NamedPolicy, read_policies
from countersign.policy.approval_policies.requirement import requirement
from countersign.policy.approval_policies.subject import subject_of
from countersign.policy.decide import current_plan
from countersign.policy.explaining.explained import Explanation
from countersign.policy.explaining.explanation import explain
from countersign.policy.memory.history import Past, past_of
from countersign.policy.memory.reliance import Reliance
from countersign.policy.quorum import count
from countersign.policy.reading.fields import strings
from countersign.ports import JsonObject, ObjectPath


@dataclass(frozen=True)
class Judged:
    """Where a request stands; ``unseen`` are sentences about what could not be taken in."""

    explanation: Explanation
    unseen: tuple[str, ...]


async def judge(
    session: Session, request: ApprovalRequest, now: datetime, reliance: Reliance | None = None
) -> Judged:
    """Read the policies and what they depend on, and explain. Raises ``ApiError``.

    ``reliance`` is how far what the request does can be trusted, where that can be told.
    """
    unseen: list[str] = []
    policies = await _policies(session, unseen)
    labels, past = await together(
        _labels(session, request, policies, unseen), _past(session, request, policies, unseen)
    )
    own = labels.pop(request.metadata.namespace, None) or {}
    explanation = explain(
        request, policies, own, now, elsewhere=labels, past=past, reliance=reliance
    )
    return Judged(explanation, tuple(unseen))


async def policies_in_sight(session: Session) -> tuple[NamedPolicy, ...]:
    """All policies; none where one may not read them. Raises ``ApiError``."""
    return await _policies(session, [])


def lacks_somebody(request: ApprovalRequest, policies: Collection[NamedPolicy]) -> bool:
    """Whether one of the policies that a request is under still wants somebody of its own."""
    plan, risk = current_plan(request), request.status.risk_level
    if plan is None or risk is None:
        return False
    names = {each.name for each in request.status.policies}
    in_force = tuple(each for each in policies if each.name in names)
    return bool(count(request, plan, requirement(request, risk, in_force)).unmet)


async def _policies(session: Session, unseen: list[str]) -> tuple[NamedPolicy, ...]:
    found = await _items(session, ObjectPath(f"{GROUP}/{VERSION}", POLICY_PLURAL, None))
    if found is None:
        unseen.append(
            "You may not read ApprovalPolicies, so this tells only what holds without any. "
            "What the operator waits for stands in the request's own status: "
            "kubectl countersign show."
        )
        return ()
    return read_policies(found)


async def _labels(
    session: Session,
    request: ApprovalRequest,
    policies: Collection[NamedPolicy],
    unseen: list[str],
) -> dict[str, dict[str, str] | None]:
    """Of the request's namespace and of those that it reaches into, by name; None: not there."""
    if not selects_namespaces(policies):
        return {}
    subject = subject_of(request)
    elsewhere = sorted(subject.elsewhere) if subject is not None else []
    names = (request.metadata.namespace, *elsewhere)
    return {name: await _labels_of(session, name, unseen) for name in names}


async def _labels_of(session: Session, namespace: str, unseen: list[str]) -> dict[str, str] | None:
    path = url_of(ObjectPath("v1", "namespaces", None, namespace))
    try:
        live = await session.connection.request(Call("GET", path))
    except ApiError as error:
        if error.not_found:  # One that is to be made, for example: it is of no policy.
            return None
        if error.code != HTTPStatus.FORBIDDEN:
            raise
        unseen.append(
            f"You may not read namespace {namespace}: policies that select it by a label are "
            "missing here."
        )
        return {}
    return strings(live, "metadata", "labels")


async def _past(
    session: Session,
    request: ApprovalRequest,
    policies: Collection[NamedPolicy],
    unseen: list[str],
) -> tuple[Past, ...]:
    """What was approved before, if any policy looks back."""
    if not any(each.looks_back for each in policies):
        return ()
    try:
        return await _approved(session, None)
    except ApiError as error:
        if error.code != HTTPStatus.FORBIDDEN:
            raise
        unseen.append(
            "You may not read the requests of all namespaces: cooldowns and rates are told from "
            "this one's alone."
        )
        return await _approved(session, request.metadata.namespace)


async def _approved(session: Session, namespace: str | None) -> tuple[Past, ...]:
    """Of a namespace, or of all; of each no more is kept than what limits ask for."""
    found: list[Past] = []
    async for page in session.requests.pages(namespace):
        read = (readable(each) for each in page)
        pasts = (past_of(each) for each in read if each is not None)
        found += (each for each in pasts if each is not None)
    return tuple(found)


async def _items(session: Session, path: ObjectPath) -> list[JsonObject] | None:
    """All of a kind; None where one may not read it, or there is no such kind."""
    try:
        answer = await session.connection.request(Call("GET", url_of(path)))
    except ApiError as error:
        if error.code in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return None
        raise
    return list(answer.get("items") or [])
