"""How many requests the API server has answered, as it counts them itself."""

from __future__ import annotations

import re

from benchmarks.api import Api

_LINE = re.compile(r"^apiserver_request_total\{(?P<labels>[^}]*)\} (?P<count>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_COUNTED = frozenset({"approvalrequests", "plainapprovals", "deployments", "configmaps", "events"})
_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


async def requests_so_far(api: Api) -> float:
    """Requests on approvals and their targets, Events and knowledge.

    A Deployment's status is left out: only its controller writes that.
    """
    return count(await api.text("/metrics"))


def count(page: str) -> float:
    """The same, from the text of ``/metrics``."""
    total = 0.0
    for line in _LINE.finditer(page):
        labels = dict(_LABEL.findall(line["labels"]))
        of_controller = labels["resource"] == "deployments" and labels["subresource"] == "status"
        if labels["resource"] in _COUNTED and labels["verb"] in _VERBS and not of_controller:
            total += float(line["count"])
    return total
