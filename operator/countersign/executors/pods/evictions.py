"""Evicting a pod, and naming the disruption budgets that do not allow it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus

from countersign.api.text import clip
from countersign.errors import ApiError, RefusedError
from countersign.policy.reach.pods import labels_of, name_of
from countersign.policy.reading.fields import number, part
from countersign.policy.reading.selectors import matches
from countersign.ports import Cluster, JsonObject, ObjectPath, ServiceAccount

_BUDGETS_READ = 200
_BUDGETS_NAMED = 3
_SEVERAL = "more than one PodDisruptionBudget"


async def evict(
    cluster: Cluster,
    path: ObjectPath,
    options: JsonObject,
    account: ServiceAccount,
    *,
    dry_run: bool = False,
) -> None:
    """Ask for one eviction with these ``DeleteOptions``.

    Raises ``ApiError`` (429: a disruption budget holds the pod), and ``RefusedError`` where no
    eviction of this pod can succeed.
    """
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": path.name, "namespace": path.namespace},
        "deleteOptions": options,
    }
    where = replace(path, subresource="eviction")
    try:
        await cluster.create(where, body, account, dry_run=dry_run)
    except ApiError as error:
        if _SEVERAL in str(error):
            raise RefusedError(
                "Invalid",
                f"Pod {path.namespace}/{path.name} is selected by several PodDisruptionBudgets, "
                "and Kubernetes evicts no such pod. Leave it to one of them.",
            ) from error
        raise


async def named(
    cluster: Cluster, error: ApiError, pod: JsonObject, account: ServiceAccount
) -> ApiError:
    """A 429 with the names of the budgets that hold the pod; any other error as it is."""
    if error.code != HTTPStatus.TOO_MANY_REQUESTS:
        return error
    namespace, name = name_of(pod)
    held = holding(await budgets(cluster, namespace, account), pod)
    if not held:
        return error
    return ApiError(
        f"Pod {namespace}/{name} is held by {held}: {clip(str(error), 300)}",
        code=error.code,
        reason=error.reason,
        retry_after=error.retry_after,
    )


async def budgets(cluster: Cluster, namespace: str, account: ServiceAccount) -> list[JsonObject]:
    """The namespace's budgets; none where they cannot be listed: they only explain."""
    path = ObjectPath("policy/v1", "poddisruptionbudgets", namespace)
    try:
        return await cluster.select(path, account, limit=_BUDGETS_READ)
    except ApiError:
        return []


def holding(found: Iterable[JsonObject], pod: JsonObject) -> str:
    """The budgets that select this pod and allow no disruption; empty where there is none."""
    labels, namespace = labels_of(pod), name_of(pod)[0]
    names = [
        f"PodDisruptionBudget {namespace}/{clip(name_of(each)[1], 253)} (0 disruptions allowed)"
        for each in found
        if matches(part(each, "spec").get("selector"), labels)
        and number(part(each, "status"), "disruptionsAllowed") <= 0
    ]
    more = f" and {len(names) - _BUDGETS_NAMED} more" if len(names) > _BUDGETS_NAMED else ""
    return ", ".join(names[:_BUDGETS_NAMED]) + more
