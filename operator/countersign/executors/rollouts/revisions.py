"""The revisions that a workload can be rolled back to, as ``kubectl rollout history`` shows them.

A Deployment keeps them as ReplicaSets, StatefulSets and DaemonSets as ControllerRevisions.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from countersign.api.operation import Kind, Target
from countersign.errors import RefusedError
from countersign.executors.wording.values import compact
from countersign.ports import Cluster, JsonObject, ObjectPath, ServiceAccount

NUMBER = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"
_MOST = 500
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class Revision:
    """One template that the workload has had, or has.

    ``annotations`` are the Deployment's own of that time, None for other kinds.
    """

    number: int
    keeper: str
    uid: str = field(repr=False)
    template: JsonObject = field(repr=False)
    annotations: dict[str, str] | None = field(default=None, repr=False)

    @property
    def mark(self) -> str:
        """Tells this template from any other, even where they differ in a hidden value only.

        It is keyed with the UID of the object that keeps the template: who knows that UID may
        read the template itself, and to anybody else the mark gives no way to try guesses.
        """
        digest = hmac.new(self.uid.encode(), compact(self.template).encode(), "sha256")
        return digest.hexdigest()[:16]


async def revisions(
    cluster: Cluster, target: Target, live: JsonObject, account: ServiceAccount
) -> tuple[Revision, ...]:
    """All there are, oldest first; needs ``list`` on the objects that keep them.

    Raises ``ApiError``, and ``RefusedError`` where there are too many to choose from.
    """
    plural = "replicasets" if target.kind == Kind.DEPLOYMENT else "controllerrevisions"
    path = ObjectPath("apps/v1", plural, target.namespace)
    labels = selector_text((live.get("spec") or {}).get("selector") or {})
    found = await cluster.select(path, account, labels=labels, limit=_MOST)
    if len(found) >= _MOST:
        message = f"{_MOST} or more {plural} have the labels of {target.described}; none is chosen."
        raise RefusedError("Unsupported", f"{message} Set an image or patch the template instead.")
    return kept_in(target.kind, live, found)


def kept_in(kind: str, live: JsonObject, found: Iterable[JsonObject]) -> tuple[Revision, ...]:
    """Those that belong to this very workload, by number."""
    uid = live["metadata"]["uid"]
    read = _from_replica_set if kind == Kind.DEPLOYMENT else _from_controller_revision
    owned = (each for each in found if _controller(each) == uid)
    return tuple(sorted(filter(None, map(read, owned)), key=lambda each: each.number))


def template_of(template: JsonObject) -> JsonObject:
    """A template without what its keeper has added: the hash label, and what is null."""
    cleaned: JsonObject = _without_nulls(template)
    cleaned.pop("$patch", None)
    labels = (cleaned.get("metadata") or {}).get("labels") or {}
    labels.pop(_HASH, None)
    return cleaned


def selector_text(selector: JsonObject) -> str:
    """A label selector as a query takes it."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or []:
        key, values = each["key"], ",".join(each.get("values") or [])
        written = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "Exists": key,
            "DoesNotExist": f"!{key}",
        }
        parts.append(written[each["operator"]])
    return ",".join(parts)


def _from_replica_set(keeper: JsonObject) -> Revision | None:
    metadata = keeper["metadata"]
    annotations = metadata.get("annotations") or {}
    number = str(annotations.get(NUMBER, ""))
    if not _NUMBER.fullmatch(number):  # kubectl passes over these as well.
        return None
    template = template_of(keeper["spec"]["template"])
    name = f"ReplicaSet {metadata['name']}"
    return Revision(int(number), name, metadata["uid"], template, dict(annotations))


def _from_controller_revision(keeper: JsonObject) -> Revision | None:
    metadata, data = keeper["metadata"], keeper.get("data") or {}
    template = (data.get("spec") or {}).get("template")
    if not isinstance(template, dict):
        return None
    template = template_of(template)
    name = f"ControllerRevision {metadata['name']}"
    if _has_directive(template):  # No controller writes this; a merge would obey it unseen.
        raise RefusedError("Invalid", f"{name} has directives of a patch in its template.")
    return Revision(int(keeper["revision"]), name, metadata["uid"], template)


def _controller(keeper: JsonObject) -> str | None:
    owners = keeper["metadata"].get("ownerReferences") or []
    return next((each.get("uid") for each in owners if each.get("controller")), None)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _has_directive(value: Any) -> bool:
    if isinstance(value, dict):
        return any(key.startswith("$") or _has_directive(value[key]) for key in value)
    return isinstance(value, list) and any(_has_directive(item) for item in value)
