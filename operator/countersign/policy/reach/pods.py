"""What there is to know about one pod."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from countersign.policy.reading.fields import JsonObject, listed, part, strings

_ENDED = frozenset({"Succeeded", "Failed"})
_MIRROR = "kubernetes.io/config.mirror"
_HASH = "pod-template-hash"
_OF_ONE_POD = frozenset(
    {
        _HASH,
        "controller-revision-hash",
        "pod-template-generation",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-completion-index",
    }
)
"""Labels that controllers give to single pods, or to those of one revision."""


class Workload(NamedTuple):
    """Whose replica a pod is."""

    namespace: str
    kind: str
    name: str


def name_of(pod: JsonObject) -> tuple[str, str]:
    """Namespace and name."""
    metadata = part(pod, "metadata")
    return str(metadata.get("namespace", "")), str(metadata.get("name", ""))


def labels_of(pod: JsonObject) -> dict[str, str]:
    """Its labels."""
    return strings(pod, "metadata", "labels")


def shared_labels(pods: Sequence[JsonObject]) -> dict[str, str]:
    """The labels that these pods and all other replicas of theirs have."""
    first, *others = [labels_of(pod).items() for pod in pods]
    common = set(first).intersection(*others)
    return {key: value for key, value in common if key not in _OF_ONE_POD}


def controller_of(pod: JsonObject) -> JsonObject | None:
    """The owner that makes it again, as an owner reference."""
    owners = listed(part(pod, "metadata"), "ownerReferences")
    return next((owner for owner in owners if owner.get("controller")), None)


def workload_of(pod: JsonObject) -> Workload | None:
    """Whose replica it is: of a ReplicaSet that a Deployment has made, the Deployment."""
    owner = controller_of(pod)
    if owner is None:
        return None
    namespace, kind, name = name_of(pod)[0], str(owner.get("kind")), str(owner.get("name"))
    suffix = f"-{labels_of(pod).get(_HASH)}"
    if kind == "ReplicaSet" and name.endswith(suffix):
        return Workload(namespace, "Deployment", name.removesuffix(suffix))
    return Workload(namespace, kind, name)


def has_ended(pod: JsonObject) -> bool:
    """Whether nothing runs in it any more."""
    return part(pod, "status").get("phase") in _ENDED


def is_leaving(pod: JsonObject) -> bool:
    """Whether it is being deleted already."""
    return "deletionTimestamp" in part(pod, "metadata")


def is_ready(pod: JsonObject) -> bool:
    """Whether it counts as a ready replica."""
    conditions = listed(part(pod, "status"), "conditions")
    ready = any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
    return ready and not is_leaving(pod)


def is_static(pod: JsonObject) -> bool:
    """Whether a node runs it by itself; the API shows only its mirror image."""
    return _MIRROR in strings(pod, "metadata", "annotations")


def has_empty_dir(pod: JsonObject) -> bool:
    """Whether data is lost with it."""
    return any("emptyDir" in volume for volume in listed(part(pod, "spec"), "volumes"))


def claims_of(spec: JsonObject) -> set[str]:
    """Names of the PersistentVolumeClaims that a pod's spec mounts."""
    volumes = listed(spec, "volumes")
    claims = {part(each, "persistentVolumeClaim").get("claimName") for each in volumes}
    return {claim for claim in claims if isinstance(claim, str)}


def tolerates(pod: JsonObject, key: str, value: str) -> bool:
    """Whether it stays on a node with this NoExecute taint."""
    return any(_tolerates(each, key, value) for each in listed(part(pod, "spec"), "tolerations"))


def _tolerates(toleration: JsonObject, key: str, value: str) -> bool:
    if toleration.get("effect") not in (None, "", "NoExecute"):
        return False
    if toleration.get("tolerationSeconds") is not None:
        return False  # It goes all the same, later.
    operator = toleration.get("operator") or "Equal"
    if not toleration.get("key"):
        return bool(operator == "Exists")
    if toleration["key"] != key:
        return False
    return operator == "Exists" or (
        operator == "Equal" and str(toleration.get("value") or "") == value
    )
