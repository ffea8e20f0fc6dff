"""Asking a node's pods to go: one round of evictions, and what has come of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus

from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError
from countersign.executors.nodes.node_pods import NodePods
from countersign.executors.pods.evictions import budgets, evict, holding
from countersign.policy.reach.pods import is_leaving, name_of
from countersign.ports import Cluster, JsonObject, ObjectPath, Progress, ServiceAccount

HELD = "is held by"
_AT_ONCE = 8
_HELD_NAMED = 3
_NAMESPACES_REHEARSED = 16
_MESSAGE_LIMIT = 300


async def rehearsed(cluster: Cluster, pods: NodePods, account: ServiceAccount) -> None:
    """An eviction a namespace as a dry run: whether the account may evict there.

    A disruption budget that holds the pod now may let it go later.
    """
    first: dict[str, JsonObject] = {}
    for pod in pods.evicted:
        first.setdefault(name_of(pod)[0], pod)
    for _, pod in sorted(first.items())[:_NAMESPACES_REHEARSED]:
        try:
            await _evict(cluster, pod, None, account, dry_run=True)
        except ApiError as error:
            if error.code != HTTPStatus.TOO_MANY_REQUESTS and not _passed(error):
                raise


async def evacuated(
    cluster: Cluster,
    pods: Iterable[JsonObject],
    grace: int | None,
    account: ServiceAccount,
) -> Progress:
    """Evict each pod that is not leaving yet, and say what is left. Raises ``ApiError`` on 403."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def ask(pod: JsonObject) -> ApiError | RefusedError | None:
        async with slots:
            try:
                await _evict(cluster, pod, grace, account)
            except (ApiError, RefusedError) as error:
                return error
            return None

    everything = list(pods)
    staying = [pod for pod in everything if not is_leaving(pod)]
    answers = await asyncio.gather(*map(ask, staying))
    held = [
        (pod, error)
        for pod, error in zip(staying, answers, strict=True)
        if error is not None and not _passed(error)
    ]
    for _, error in held:
        if isinstance(error, ApiError) and error.code == HTTPStatus.FORBIDDEN:
            raise error
    if not everything:
        return Progress("done", "no pod is left on it that was to go")
    reasons = await _reasons(cluster, held, account)
    return Progress("underway", f"{len(everything)} {_pods(everything)} left{reasons}")


async def _evict(
    cluster: Cluster,
    pod: JsonObject,
    grace: int | None,
    account: ServiceAccount,
    *,
    dry_run: bool = False,
) -> None:
    namespace, name = name_of(pod)
    options: JsonObject = {"preconditions": {"uid": pod["metadata"]["uid"]}}
    if grace is not None:
        options["gracePeriodSeconds"] = grace
    path = ObjectPath("v1", "pods", namespace, name)
    await evict(cluster, path, options, account, dry_run=dry_run)


def _passed(error: ApiError | RefusedError) -> bool:
    """Whether the very pod is gone: nothing or another one bears its name."""
    return isinstance(error, ApiError) and (error.not_found or error.conflict)


async def _reasons(
    cluster: Cluster,
    held: list[tuple[JsonObject, ApiError | RefusedError]],
    account: ServiceAccount,
) -> str:
    """Why the first few of them stay."""
    said, known = [], {}
    for pod, error in held[:_HELD_NAMED]:
        namespace, name = name_of(pod)
        if namespace not in known:
            known[namespace] = await budgets(cluster, namespace, account)
        reason = holding(known[namespace], pod) or clip(str(error), _MESSAGE_LIMIT)
        said.append(f"{namespace}/{name} {HELD} {reason}")
    if len(held) > _HELD_NAMED:
        said.append(f"{len(held) - _HELD_NAMED} more are held")
    return "".join(f"; {each}" for each in said)


def _pods(pods: list[JsonObject]) -> str:
    return "pod is" if len(pods) == 1 else "pods are"
