"""DeleteResource: one object of any kind ends, with all that goes with it."""

from __future__ import annotations

from countersign.actions.digest import digest_of
from countersign.actions.manifests import is_our_group
from countersign.api.operation import Operation, OperationType
from countersign.api.parameters import DeleteResourceParameters
from countersign.api.status import VALUE_LIMIT, Change
from countersign.api.text import clip
from countersign.errors import RefusedError
from countersign.executors.objects.restoration import restoring
from countersign.executors.once.conditional import Deletion, grace_options
from countersign.executors.pods.pod_words import pod_change
from countersign.policy.reading.fields import number, part
from countersign.ports import JsonObject

_PROPAGATION = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}
_NOT_ITS_CONTENT = frozenset({"apiVersion", "kind", "metadata", "status"})
_REPLICATED = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})


class DeleteResource(Deletion):
    """Its content is signed by a digest: whoever changes it first makes the plan stale."""

    operation = OperationType.DELETE_RESOURCE

    def check(self, operation: Operation, live: JsonObject) -> None:
        """What this program itself lives on is refused."""
        self.options(operation)
        group = str(live.get("apiVersion", "")).rpartition("/")[0]
        names = part(live, "spec").get("group") if _is_crd(operation) else None
        if is_our_group(group) or is_our_group(str(names)):
            raise RefusedError(
                "Invalid",
                f"{operation.one.described} belongs to Countersign itself, which deletes nothing "
                "of its own. Use kubectl.",
            )

    def changes(self, operation: Operation, live: JsonObject) -> tuple[Change, ...]:
        """The object, and what goes with it."""
        kind = operation.one.kind
        changes = [Change(field="object", before=_content(kind, live)), *_with_it(kind, live)]
        cascade = _parameters(operation).cascade
        if cascade == "orphan":
            text = "stay, without an owner"
            changes.append(Change(field="objects it owns", before=text, after=text))
        return tuple(changes)

    def summary(self, operation: Operation, live: JsonObject) -> str:
        """The action in one sentence."""
        kind, parameters = operation.one.kind, _parameters(operation)
        with_it = {
            "Namespace": " and everything in it",
            "CustomResourceDefinition": " and all objects of its kind",
            "PersistentVolumeClaim": " and its data",
        }.get(kind, "")
        if kind in _REPLICATED:
            ready = number(part(live, "status"), "readyReplicas")
            of = number(part(live, "spec"), "replicas", 1)
            with_it = f" ({ready} of {of} replicas are ready)"
        forced = ", at once" if parameters.force else ""
        orphaned = ", leaving what it owns" if parameters.cascade == "orphan" else ""
        return f"Delete {operation.one.described}{with_it}{forced}{orphaned}"

    def undo(self, operation: Operation, live: JsonObject) -> Operation | None:
        """Apply it as it was, where its deletion has lost nothing else."""
        del operation
        return restoring(live)

    def options(self, operation: Operation) -> JsonObject:
        """Grace period, and what becomes of the objects it owns."""
        parameters = _parameters(operation)
        return {
            "propagationPolicy": _PROPAGATION[parameters.cascade],
            **grace_options(parameters, operation.one.described),
        }


def _content(kind: str, live: JsonObject) -> str:
    """A digest of the content; not of a Secret's, which could be guessed from it."""
    metadata = live["metadata"]
    if kind == "Secret":
        return f"version {metadata['resourceVersion']} (its values are not shown)"
    if kind in {"Namespace", "Node"}:  # Controllers write into these all the time.
        return "it"
    content = {key: value for key, value in live.items() if key not in _NOT_ITS_CONTENT}
    return f"content {digest_of(content)[:23]}"


def _with_it(kind: str, live: JsonObject) -> list[Change]:
    spec = part(live, "spec")
    if kind in _REPLICATED:
        return [Change(field="replicas", before=str(number(spec, "replicas", 1)), after="0")]
    words = {
        "Namespace": ("everything in it", "all objects of the namespace"),
        "CustomResourceDefinition": (
            "objects of its kind",
            f"all {part(spec, 'names').get('kind')} objects, in all namespaces",
        ),
        "PersistentVolumeClaim": ("its data", _volume(spec)),
        "PersistentVolume": (
            "its data",
            f"reclaim policy {spec.get('persistentVolumeReclaimPolicy')}",
        ),
        "Node": ("pods on it", "all pods that are bound to the node"),
    }.get(kind)
    if kind == "Pod":
        return [pod_change(live)]
    return [Change(field=words[0], before=clip(words[1], VALUE_LIMIT))] if words else []


def _volume(spec: JsonObject) -> str:
    volume = spec.get("volumeName")
    if not volume:
        return "bound to no volume"
    return f"in PersistentVolume {volume}: lost, unless its reclaim policy is Retain"


def _is_crd(operation: Operation) -> bool:
    return operation.one.kind == "CustomResourceDefinition"


def _parameters(operation: Operation) -> DeleteResourceParameters:
    return operation.delete_resource or DeleteResourceParameters()
