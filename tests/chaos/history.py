"""Everything that happened to the objects of one kind, as a watch shows it."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from typing import Any, Self

import httpx

from devcluster import Cluster
from tests.chaos.crowd import api_client

JsonObject = dict[str, Any]
APPROVALS = "/apis/countersign.dev/v1alpha1/namespaces/{namespace}/approvalrequests"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"


class History:
    """A context manager: it watches from its beginning to its end, by a thread of its own."""

    def __init__(self, cluster: Cluster, collection: str) -> None:
        self._client = api_client(cluster, "admin")
        self._collection = collection
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._version = ""
        self._seen: dict[str, list[JsonObject]] = defaultdict(list)

    def __enter__(self) -> Self:
        listed = self._client.get(self._collection).raise_for_status().json()
        self._version = listed["metadata"]["resourceVersion"]
        for item in listed["items"]:
            self._seen[item["metadata"]["name"]].append(item)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._client.close()

    def versions(self, name: str) -> list[JsonObject]:
        """An object as it was, from version to version."""
        return list(self._seen[name])

    def phases(self, name: str) -> list[str]:
        """The phases a request went through."""
        found = [item.get("status", {}).get("phase") for item in self.versions(name)]
        return _without_repetition([phase for phase in found if phase])

    def holders(self, name: str) -> list[str]:
        """Who held a Lease; empty where it was given back."""
        return _without_repetition(
            [item["spec"].get("holderIdentity") or "" for item in self.versions(name)]
        )

    def _watch(self) -> None:
        while not self._stopping.is_set():
            # Short ones, so that the end is seen soon. The server goes away at times: go on.
            query = {"watch": "true", "resourceVersion": self._version, "timeoutSeconds": "1"}
            try:
                with self._client.stream("GET", self._collection, params=query) as answer:
                    if answer.is_success:
                        for line in answer.iter_lines():
                            self._note(json.loads(line))
                        continue
            except (httpx.HTTPError, json.JSONDecodeError):
                pass  # The next watch goes on from the version that was seen last.
            # It is away, or only just coming back. Each connection that it resets before TLS has
            # begun is a socket that CPython leaves open: not as many as a loop can make.
            self._stopping.wait(0.2)

    def _note(self, event: JsonObject) -> None:
        if event["type"] == "ERROR":  # A server that is just back does not know the past.
            self._version = ""
        elif event["type"] != "DELETED":
            self._seen[event["object"]["metadata"]["name"]].append(event["object"])
            self._version = event["object"]["metadata"]["resourceVersion"]


def is_a_life(phases: list[str]) -> bool:
    """Whether a request that ended well went through these, forwards and once."""
    whole = ["Pending", "Approved", "Executing", "Succeeded"]
    return phases[-1:] == ["Succeeded"] and phases == [p for p in whole if p in phases]


def _without_repetition(values: list[str]) -> list[str]:
    return [v for n, v in enumerate(values) if n == 0 or values[n - 1] != v]
