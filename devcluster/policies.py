"""Waiting until admission policies are enforced.

The API server takes up a new policy about a second after it was written, and nothing in the
object tells when. So a sentinel is written after the others: policies are taken up in the order
in which they were written, hence when the sentinel bites the others do as well.

A mutating policy has one more delay. It needs the schema of what it mutates, which is looked for
every 5 s, and until then every write of a new custom resource that it matches is refused
(ServiceUnavailable, "There can be a delay …"). So the mutating sentinel matches them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import yaml

from devcluster.kubectl import Kubectl
from devcluster.waiting import KUBECTL_INTERVAL, wait_until

_PROBE: Final = "devcluster-probe"  # the object that the sentinels act on, never stored
_VALIDATING: Final = "devcluster-validating-sentinel"
_MUTATING: Final = "devcluster-mutating-sentinel"
_NO_SCHEMA: Final = "There can be a delay between"
_ENFORCED_WITHIN = 60.0  # seconds; 1 to 6 are usual


@dataclass(frozen=True)
class CustomResource:
    """A kind that a CustomResourceDefinition defines."""

    group: str
    versions: tuple[str, ...]
    plural: str
    kind: str
    namespaced: bool

    @classmethod
    def of_definition(cls, spec: dict[str, Any]) -> Self:
        """From the `spec` of the definition."""
        return cls(
            group=spec["group"],
            versions=tuple(item["name"] for item in spec["versions"] if item["served"]),
            plural=spec["names"]["plural"],
            kind=spec["names"]["kind"],
            namespaced=spec["scope"] == "Namespaced",
        )


_CONFIG_MAP = CustomResource("", ("v1",), "configmaps", "ConfigMap", namespaced=True)


def wait_until_enforced(
    kubectl: Kubectl, applied: Iterable[str], resources: Sequence[CustomResource]
) -> None:
    """Wait for the policies among the applied objects (names as `kubectl --output=name`).

    Mutating ones must also know the custom `resources`.
    """
    kinds = {name.partition(".")[0] for name in applied}
    mutating = "mutatingadmissionpolicy" in kinds
    if not mutating and "validatingadmissionpolicy" not in kinds:
        return
    sentinels = _validating_sentinel()
    probes = [_probe(_CONFIG_MAP, "v1", labels={} if mutating else {_PROBE: "labelled"})]
    if mutating:
        sentinels += _mutating_sentinel(resources)
        probes += [_probe(resource, v) for resource in resources for v in resource.versions]
    manifest = yaml.safe_dump_all(sentinels)
    kubectl.run("apply", "--server-side", "--filename=-", input=manifest)
    try:
        wait_until(
            lambda: _bitten(kubectl, yaml.safe_dump_all(probes)),
            timeout=_ENFORCED_WITHIN,
            what="the admission policies to be enforced",
            interval=KUBECTL_INTERVAL,
        )
    finally:
        kubectl.run("delete", "--wait=false", "--filename=-", input=manifest)


def _bitten(kubectl: Kubectl, probes: str) -> bool:
    """Whether the labelled ConfigMap is refused, and no probe for want of a schema."""
    command = ("create", "--dry-run=server", "--filename=-")
    said = kubectl.run(*command, input=probes, check=False).stderr
    return _VALIDATING in said and _MUTATING not in said and _NO_SCHEMA not in said


def _probe(
    resource: CustomResource, version: str, labels: dict[str, str] | None = None
) -> dict[str, Any]:
    probe = _object(f"{resource.group}/{version}".lstrip("/"), resource.kind, _PROBE)
    probe["metadata"]["labels"] = labels or {}
    if resource.namespaced:
        probe["metadata"]["namespace"] = "default"
    return probe


def _validating_sentinel() -> list[dict[str, Any]]:
    """Refuses the probe once it has a label."""
    unlabelled = f"!has(object.metadata.labels) || !('{_PROBE}' in object.metadata.labels)"
    validation = {"expression": unlabelled, "message": "the sentinel is on duty"}
    spec = {**_matching([_CONFIG_MAP]), "validations": [validation]}
    binding = {"policyName": _VALIDATING, "validationActions": ["Deny"]}
    return _policy("ValidatingAdmissionPolicy", _VALIDATING, spec, binding)


def _mutating_sentinel(resources: Sequence[CustomResource]) -> list[dict[str, Any]]:
    """Gives the probe that label."""
    label = f'Object{{metadata: Object.metadata{{labels: {{"{_PROBE}": "labelled"}}}}}}'
    mutation = {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": label}}
    spec = {
        **_matching([_CONFIG_MAP, *resources]),
        "reinvocationPolicy": "Never",
        "mutations": [mutation],
    }
    return _policy("MutatingAdmissionPolicy", _MUTATING, spec, {"policyName": _MUTATING})


def _matching(resources: Iterable[CustomResource]) -> dict[str, Any]:
    rules = [
        {
            "apiGroups": [resource.group],
            "apiVersions": list(resource.versions),
            "operations": ["CREATE"],
            "resources": [resource.plural],
        }
        for resource in resources
    ]
    condition = {"name": "probe", "expression": f"object.metadata.name == '{_PROBE}'"}
    return {"matchConstraints": {"resourceRules": rules}, "matchConditions": [condition]}


def _policy(
    kind: str, name: str, spec: dict[str, Any], binding: dict[str, Any]
) -> list[dict[str, Any]]:
    version = "admissionregistration.k8s.io/v1"
    return [
        {**_object(version, kind, name), "spec": spec},
        {**_object(version, f"{kind}Binding", name), "spec": binding},
    ]


def _object(api_version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}
