"""The API server's audit log, as a list of who asked for what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

OPERATOR = "system:serviceaccount:countersign-system:countersign-operator"
OWN = ("/approvalrequests", "/approvalpolicies", "/incidents", "/namespaces")


@dataclass(frozen=True)
class Asked:
    """One request to the API server."""

    verb: str
    uri: str
    code: int
    user: str
    impersonated: str | None
    at: str

    @property
    def resource(self) -> str:
        """`pods`, `pods/eviction`; of a path without any, its last word."""
        parts = urlsplit(self.uri).path.strip("/").split("/")
        after = parts[2 if parts[0] == "api" else 3 :]
        if after[:1] == ["namespaces"] and len(after) > 2:
            after = after[2:]
        return "/".join([after[0], *after[2:]]) if after else parts[-1]


def assert_cost(asked: Sequence[Asked], most: int) -> None:
    """One request was carried out from its proposal to its end with at most so many requests."""
    shard_was_new = [a for a in asked if a.verb == "create" and "/configmaps" in a.uri]
    allowed = most + len(shard_was_new)  # Once for each shard in the life of an installation.
    assert len(asked) <= allowed, "\n".join(f"{a.at} {a.verb} {a.uri} {a.code}" for a in asked)


class AuditTrail:
    """Reads the log anew at each look."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def by_operator(self, about: str = "") -> list[Asked]:
        """What the operator asked for, its Lease and discovery aside, in order; once each.

        Its own watches (requests, policies, incidents, namespaces) are there for all requests together.
        A watch is logged when it begins and when it ends: it counts once.
        """
        seen: dict[str, Asked] = {}
        for audit_id, asked in self._all():
            routine = "/leases/" in asked.uri or asked.uri.rstrip("/").count("/") <= 3
            own_watch = asked.verb == "watch" and asked.uri.partition("?")[0].endswith(OWN)
            if asked.user == OPERATOR and not routine and not own_watch and about in asked.uri:
                seen.setdefault(audit_id, asked)
        return sorted(seen.values(), key=lambda asked: asked.at)

    def everything_by_operator(self) -> list[Asked]:
        """All that the operator has asked for, as itself or as an account, since the beginning."""
        return [asked for _, asked in self._all() if asked.user == OPERATOR]

    def by_user(self, user: str) -> list[Asked]:
        """What a person asked for, in order; once each."""
        seen = {audit_id: asked for audit_id, asked in self._all() if asked.user == user}
        return sorted(seen.values(), key=lambda asked: asked.at)

    def _all(self) -> Iterator[tuple[str, Asked]]:
        with self._path.open() as lines:
            for line in lines:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue  # The last line may be half written.
                yield (
                    event["auditID"],
                    Asked(
                        verb=event["verb"],
                        uri=event["requestURI"],
                        code=event.get("responseStatus", {}).get("code", 0),
                        user=event["user"]["username"],
                        impersonated=event.get("impersonatedUser", {}).get("username"),
                        at=event["requestReceivedTimestamp"],
                    ),
                )
