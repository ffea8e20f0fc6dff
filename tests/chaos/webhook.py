"""A webhook that nobody serves: writes that the API server answers with an error of its own."""

from __future__ import annotations

from tests.support.eventually import eventually
from tests.support.shop import Shop


def cut_off_writes(shop: Shop, name: str) -> None:
    """A webhook that nobody serves: the API server answers writes of a Deployment with 500."""
    rule = {
        "apiGroups": ["apps"],
        "apiVersions": ["v1"],
        "operations": ["UPDATE"],
        "resources": ["deployments"],
    }
    webhook = {
        "name": "nobody.countersign.dev",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 1,
        "clientConfig": {"url": "https://127.0.0.1:9/"},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": shop.namespace}},
        "objectSelector": {"matchLabels": {"app": name}},
    }
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": shop.namespace},
        "webhooks": [webhook],
    }
    shop.send(body)

    def refused() -> bool:
        label = ("label", "deployment", name, "a=b", "--dry-run=server")
        return shop.kubectl(*label, check=False).returncode != 0

    eventually(refused, what="the webhook to be asked")


def open_writes(shop: Shop) -> None:
    """Take it away again."""
    shop.kubectl("delete", "validatingwebhookconfiguration", shop.namespace)
