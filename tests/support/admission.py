"""A request as the API server guards it: what people do to it, and how they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devcluster import Cluster
from tests.support.caller import Answer, Caller
from tests.support.people import request_object

ACTION = "kubectl rollout restart deployment/web"
OPERATION = {"type": "RestartRollout", "target": {"kind": "Deployment", "name": "web"}}
DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64
FORBIDDEN, INVALID = 403, 422
Spec = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One ApprovalRequest on the cluster, and what people do to it. Any answer may be a refusal."""

    cluster: Cluster
    namespace: str
    name: str

    def merge(self, user: str | Caller, spec: Spec) -> Answer:
        """`kubectl patch --type=merge`: lists are replaced as a whole."""
        return self.patch(user, {"spec": spec})

    def sign(self, user: str | Caller, *, manager: str = "", **entry: object) -> Answer:
        """Server-side apply of one entry, the user's own unless `entry` has another signer."""
        own = {"signer": self.by(user).name, **entry}
        return self.apply(user, {"signatures": [own]}, manager=manager)

    def apply(self, user: str | Caller, spec: Spec, *, manager: str = "") -> Answer:
        """Server-side apply under the user's own field manager."""
        caller = self.by(user)
        body = request_object(self.name, spec, namespace=self.namespace)
        return caller.apply(body, self.namespace, manager or caller.name)

    def set_status(self, user: str | Caller = "admin", **status: object) -> Answer:
        """Write the status, as the operator would."""
        return self.patch(user, {"status": status}, sub="status")

    def plan(self, risk: str = "low", digest: str = DIGEST) -> Request:
        """Give it a plan; the request itself, for chaining."""
        accepted(self.set_status(phase="Pending", riskLevel=risk, plan=plan_of(digest)))
        return self

    def get(self) -> dict[str, Any]:
        """The object as it is now."""
        return self.by("admin").get("ApprovalRequest", self.namespace, self.name)

    def signatures(self) -> dict[str, dict[str, Any]]:
        """The entries by signer."""
        return {entry["signer"]: entry for entry in self.get()["spec"].get("signatures", [])}

    def delete(self, user: str | Caller) -> Answer:
        """Delete it, without waiting."""
        return self.by(user).delete("ApprovalRequest", self.namespace, self.name)

    def patch(self, user: str | Caller, change: dict[str, Any], *, sub: str = "") -> Answer:
        """A merge patch of whatever part."""
        caller = self.by(user)
        return caller.merge("ApprovalRequest", self.namespace, self.name, change, sub=sub)

    def labelled(self, user: str) -> None:
        """`kubectl label`."""
        self.patch(user, {"metadata": {"labels": {"team": "a"}}}).accepted()

    def by(self, user: str | Caller) -> Caller:
        """One of the people of the test cluster."""
        return user if isinstance(user, Caller) else Caller(self.cluster, user)

    def acting_as(self, user: str, *groups: str) -> Caller:
        """Somebody whom the test cluster does not know: an administrator acts as them."""
        return Caller(self.cluster).acting_as(user, *groups)


def plan_of(digest: str) -> dict[str, Any]:
    """The least that a plan in the status has to say."""
    return {
        "digest": digest,
        "revision": 1,
        "summary": "Restart deployment/web",
        "steps": [
            {
                "operation": OPERATION,
                "target": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": "web",
                    "uid": "uid-of-web",
                    "resourceVersion": "1",
                },
                "summary": "Restart deployment/web",
            }
        ],
        "plannedAt": "2026-01-01T00:00:00Z",
    }


def create(cluster: Cluster, namespace: str, user: str, spec: Spec, **query: str) -> Answer:
    """`kubectl create` of a request named `fix`."""
    return Caller(cluster, user).create(request_object("fix", spec), namespace, **query)


def accepted(answer: Answer) -> Answer:
    """The answer, which is no refusal."""
    answer.accepted()
    return answer


def warnings(answer: Answer) -> str:
    """What an accepted person is told."""
    return " ".join(accepted(answer).warnings)


def refusal(answer: Answer, code: int) -> str:
    """What a refused person reads; `code` is HTTP's for what it is refused for."""
    assert answer.is_refusal, f"this should have been refused: {answer.body}"
    assert answer.code == code, answer.message
    return answer.message


def forbidden(answer: Answer) -> str:
    """The sentence of a refusal for want of a right, by a policy of ours."""
    assert "denied request" in answer.message, answer.body
    return refusal(answer, FORBIDDEN)


def invalid(answer: Answer) -> str:
    """The sentence of a refusal for what was written."""
    return refusal(answer, INVALID)
