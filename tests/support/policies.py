"""ApprovalPolicies that are about one namespace only: policies are of the whole cluster."""

from __future__ import annotations

from typing import Any

from tests.support.eventually import eventually
from tests.support.shop import JsonObject, Shop


def policy_object(name: str, namespace: str, **spec: Any) -> JsonObject:
    """As it is sent; ``match`` adds to the namespace's own label."""
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    match = {"namespaceSelector": selector, **spec.pop("match", {})}
    return {
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "ApprovalPolicy",
        "metadata": {"name": name},
        "spec": {"match": match, "require": spec},
    }


def name_of(shop: Shop, name: str) -> str:
    """What a test's policy is called in the cluster."""
    return f"{shop.namespace}-{name}"


def lay_down(shop: Shop, policy: str = "policy", **require: Any) -> str:
    """Apply a policy for the shop, wait until the operator has read it, and return its name.

    ``from_`` stands for ``from``.
    """
    spec = {key.rstrip("_"): value for key, value in require.items()}
    name = name_of(shop, policy)
    body = policy_object(name, shop.namespace, **spec)
    shop.send(body, verb="apply")
    verdict(shop, name)
    return name


def verdict(shop: Shop, name: str) -> JsonObject:
    """The condition Accepted of a policy's present generation."""

    def look() -> JsonObject | None:
        live = shop.get("ApprovalPolicy", name)
        generation = live["metadata"]["generation"]
        for condition in (live.get("status") or {}).get("conditions") or []:
            if condition["observedGeneration"] == generation:
                found: JsonObject = condition
                return found
        return None

    return eventually(look, what=f"{name} to be read")


def drop_policies(shop: Shop) -> None:
    """Remove the shop's policies."""
    for policy in shop.every("ApprovalPolicy"):
        if shop.namespace in policy["metadata"]["name"]:
            shop.delete("ApprovalPolicy", policy["metadata"]["name"])
