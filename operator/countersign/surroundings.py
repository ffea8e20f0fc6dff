"""What an action will be felt by: the pods it takes, their Services and disruption budgets.

Asked as the executing service account, with as few lists as there can be: none where no pod is
taken, Services and budgets once a namespace, pods only where the object itself does not tell
(docs/risk.md says for which operations). What cannot be listed is named, not guessed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog

from countersign.api.operation import Operation
from countersign.api.status import MAX_NAMES, VALUE_LIMIT, MeasuredRadius
from countersign.api.text import clip
from countersign.errors import ApiError
from countersign.policy.reach import pods
from countersign.policy.reach.budgets import is_violated
from countersign.policy.reach.losses import Loss
from countersign.policy.reach.radius import Reach, Search, reach
from countersign.policy.reading.selectors import matches, selects
from countersign.ports import Cluster, Draft, JsonObject, ObjectPath, ServiceAccount

log = structlog.get_logger()

LISTED = 500
"""Objects of one kind that are looked at in one namespace."""
MAX_NAMESPACES = 16
_ERROR_LIMIT = 160
_PLACES = {
    "Pods": ("v1", "pods"),
    "Services": ("v1", "services"),
    "PodDisruptionBudgets": ("policy/v1", "poddisruptionbudgets"),
}


@dataclass
class _Lists:
    """Lists as one account, and what could not be listed."""

    cluster: Cluster
    account: ServiceAccount
    unknown: list[str] = field(default_factory=list)

    async def of(
        self, what: str, namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> list[JsonObject]:
        """The objects of a collection; empty where it cannot be listed."""
        api_version, plural = _PLACES[what]
        where = f"{what} in {namespace}" if namespace else what
        try:
            found = await self.cluster.select(
                ObjectPath(api_version, plural, namespace),
                self.account,
                labels=labels,
                fields=fields,
                limit=LISTED,
            )
        except ApiError as error:
            log.info("surroundings could not be listed", what=where, error=str(error))
            self.unknown.append(f"{where}: {_why(error, plural, namespace)}")
            return []
        if len(found) >= LISTED:
            self.unknown.append(f"{where}: only the first {LISTED} were looked at")
        return found


@dataclass(frozen=True)
class _Neighbourhood:
    """What a namespace has that losses are felt by; ``replicas`` are its pods, where they count."""

    namespace: str
    services: list[JsonObject]
    budgets: list[JsonObject]
    replicas: list[JsonObject]


async def measure(
    cluster: Cluster, drafts: Sequence[tuple[Operation, Draft]], account: ServiceAccount
) -> MeasuredRadius:
    """What these operations, each on its one object, will be felt by. Never raises ``ApiError``."""
    reaches = [reach(operation, draft.changes, draft.live) for operation, draft in drafts]
    lists = _Lists(cluster, account, [each.unknown for each in reaches if each.unknown])
    found = await asyncio.gather(*(_taken(lists, each) for each in reaches))
    losses = [each.loss for each in reaches if each.loss is not None and each.loss.pods]
    losses += _pod_losses(found)
    neighbourhoods = await _neighbourhoods(lists, losses, _sought(found))
    everything = any(loss.everything for loss in losses) or _last_ones(found, neighbourhoods)
    services = [name for each in reaches for name in each.services]
    services += [name for each in neighbourhoods for name in _services(each, losses)]
    budgets = [name for each in neighbourhoods for name in _violated(each, losses)]
    return MeasuredRadius(
        pods=sum(loss.pods for loss in losses),
        all_replicas=everything,
        services=_bounded("Services", services, lists.unknown),
        disruption_budgets=_bounded("PodDisruptionBudgets", budgets, lists.unknown),
        unknown=clip("; ".join(sorted(lists.unknown)), VALUE_LIMIT) or None,
    )


@dataclass(frozen=True)
class _Taken:
    """Single pods: those that stop, and those that only use what goes away."""

    stopping: list[JsonObject] = field(default_factory=list)
    using: list[JsonObject] = field(default_factory=list)
    whole: bool = False


async def _taken(lists: _Lists, one: Reach) -> _Taken:
    if one.pod is not None:
        return _Taken(stopping=[one.pod])
    if one.search is None:
        return _Taken()
    found = await _found(lists, one.search)
    if not one.search.at_once:
        return _Taken(using=found)
    return _Taken(stopping=found, whole=one.search.whole)


async def _found(lists: _Lists, search: Search) -> list[JsonObject]:
    answer = await lists.of("Pods", search.namespace, labels=search.labels, fields=search.fields)
    return [pod for pod in answer if search.takes(pod)]


def _pod_losses(found: Sequence[_Taken]) -> list[Loss]:
    """A loss a pod; one that is meant twice, by its name and by its node, is lost once."""
    using = {pods.name_of(pod): (pod, False) for each in found for pod in each.using}
    stopping = {pods.name_of(pod): (pod, True) for each in found for pod in each.stopping}
    return [
        Loss(
            name[0],
            pods.labels_of(pod),
            pods=1,
            gone=int(stops and pods.is_ready(pod)),
        )
        for name, (pod, stops) in (using | stopping).items()
    ]


def _sought(found: Sequence[_Taken]) -> list[JsonObject]:
    """The pods of which it has to be found out whether others are left beside them."""
    return [pod for each in found if not each.whole for pod in each.stopping if pods.is_ready(pod)]


async def _neighbourhoods(
    lists: _Lists, losses: Sequence[Loss], stopping: Sequence[JsonObject]
) -> list[_Neighbourhood]:
    namespaces = sorted({loss.namespace for loss in losses})
    if left_out := namespaces[MAX_NAMESPACES:]:
        lists.unknown.append(f"Services and budgets of {len(left_out)} more namespaces")
    # A rollout that keeps to its strategy strains no budget: nobody need ask for any.
    strained = {loss.namespace for loss in losses if loss.gone or loss.fewer}
    return list(
        await asyncio.gather(
            *(
                _neighbourhood(lists, each, stopping, with_budgets=each in strained)
                for each in namespaces[:MAX_NAMESPACES]
            )
        )
    )


async def _neighbourhood(
    lists: _Lists, namespace: str, stopping: Iterable[JsonObject], *, with_budgets: bool
) -> _Neighbourhood:
    """Its Services and budgets, and the other replicas of pods that stop here."""
    services, budgets, replicas = await asyncio.gather(
        lists.of("Services", namespace),
        lists.of("PodDisruptionBudgets", namespace) if with_budgets else _none(),
        _replicas(lists, namespace, [pod for pod in stopping if pods.name_of(pod)[0] == namespace]),
    )
    return _Neighbourhood(namespace, services, budgets, replicas)


async def _none() -> list[JsonObject]:
    return []


async def _replicas(
    lists: _Lists, namespace: str, stopping: Sequence[JsonObject]
) -> list[JsonObject]:
    owned = [pod for pod in stopping if pods.controller_of(pod) is not None]
    if not owned:
        return []
    shared = pods.shared_labels(owned)
    labels = ",".join(f"{key}={value}" for key, value in sorted(shared.items()))
    return await lists.of("Pods", namespace, labels=labels)


def _last_ones(found: Sequence[_Taken], neighbourhoods: Iterable[_Neighbourhood]) -> bool:
    """Whether the ready pods that stop leave a workload without any other ready one."""
    if any(pods.is_ready(pod) for each in found if each.whole for pod in each.stopping):
        return True
    going = {pods.name_of(pod) for each in found for pod in each.stopping}
    looked_at = {each.namespace: each.replicas for each in neighbourhoods}
    kept = {
        pods.workload_of(pod)
        for replicas in looked_at.values()
        for pod in replicas
        if pods.is_ready(pod) and pods.name_of(pod) not in going
    }

    def is_last(pod: JsonObject) -> bool:
        if pods.controller_of(pod) is None:
            return True
        # Where the replicas could not be listed, that is said, and nothing claimed.
        return bool(looked_at.get(pods.name_of(pod)[0])) and pods.workload_of(pod) not in kept

    return any(map(is_last, _sought(found)))


def _services(where: _Neighbourhood, losses: Iterable[Loss]) -> list[str]:
    here = [loss for loss in losses if loss.namespace == where.namespace]
    return [
        "/".join(pods.name_of(service))
        for service in where.services
        if any(selects(service, loss.labels) for loss in here)
    ]


def _violated(where: _Neighbourhood, losses: Iterable[Loss]) -> list[str]:
    names = []
    for budget in where.budgets:
        selector = (budget.get("spec") or {}).get("selector")
        hit = [
            loss
            for loss in losses
            if loss.namespace == where.namespace and matches(selector, loss.labels)
        ]
        if is_violated(budget, sum(each.gone for each in hit), sum(each.fewer for each in hit)):
            names.append("/".join(pods.name_of(budget)))
    return names


def _bounded(what: str, names: Iterable[str], unknown: list[str]) -> tuple[str, ...]:
    found = sorted(set(names))
    if len(found) > MAX_NAMES:
        unknown.append(f"{what}: {len(found) - MAX_NAMES} more")
    return tuple(found[:MAX_NAMES])


def _why(error: ApiError, plural: str, namespace: str | None) -> str:
    if error.code != HTTPStatus.FORBIDDEN:
        return clip(str(error), _ERROR_LIMIT)
    role = "" if namespace else " in a ClusterRole"
    return f"not allowed to list (give the service account list on {plural}{role})"
