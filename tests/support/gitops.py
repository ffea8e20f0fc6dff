"""A Git repository in a folder, and an Argo CD Application that follows it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from devcluster import Cluster
from tests.support.eventually import eventually
from tests.support.shop import JsonObject

_APPLICATIONS = ("-n", "argocd", "applications.argoproj.io")
_SECONDS = 60.0
# Nothing of the machine's own Git settings, and no time at which a commit could be the same.
_AUTHOR = {"name": "Erin", "email": "erin@example.com"}


class Repository:
    """Objects in files, and their history."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._git("init", "--quiet", "--initial-branch=main")

    @property
    def url(self) -> str:
        return self.folder.as_uri()

    def commit(self, *objects: JsonObject) -> str:
        """Write each object to its own file and commit; the revision."""
        for body in objects:
            (self.folder / _file(body)).write_text(yaml.safe_dump(body), "utf-8")
        return self._committed("A change")

    def remove(self, body: JsonObject) -> str:
        """Delete an object's file and commit; the revision."""
        (self.folder / _file(body)).unlink()
        return self._committed("A removal")

    def _committed(self, message: str) -> str:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self._git("rev-parse", "HEAD")

    def _git(self, *args: str) -> str:
        identity = {
            f"GIT_{role}_{key}".upper(): value
            for role in ("author", "committer")
            for key, value in _AUTHOR.items()
        }
        env = {
            **os.environ,
            **identity,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        return subprocess.run(
            ["git", *args],
            cwd=self.folder,
            env=env,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()


def _file(body: JsonObject) -> str:
    return f"{body['kind']}-{body['metadata']['name']}.yaml".lower()


@dataclass(frozen=True)
class Application:
    """An Application, and what Argo CD says of it; self-heal is on."""

    cluster: Cluster
    repository: Repository
    namespace: str
    server_side: bool = True
    prune: bool = False
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.namespace)

    def create(self) -> None:
        """From here on Argo CD makes the namespace what the repository says."""
        spec = {
            "project": "default",
            "source": {"repoURL": self.repository.url, "path": ".", "targetRevision": "main"},
            "destination": {"server": self.cluster.server, "namespace": self.namespace},
            "syncPolicy": {
                "automated": {"selfHeal": True, "prune": self.prune},
                "retry": {"limit": 0},  # by default it tries a refused sync five times more
                "syncOptions": [f"ServerSideApply={str(self.server_side).lower()}"],
            },
        }
        body = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": self.name, "namespace": "argocd"},
            "spec": spec,
        }
        self.cluster.kubectl("create", "-f", "-", input=json.dumps(body))

    def delete(self) -> None:
        """Argo CD lets go of the namespace; the objects stay."""
        self.cluster.kubectl("delete", *_APPLICATIONS, self.name)

    def refresh(self) -> None:
        """Have Argo CD look at the repository and the cluster now."""
        self.cluster.kubectl(
            "annotate",
            "--overwrite",
            *_APPLICATIONS,
            self.name,
            "argocd.argoproj.io/refresh=normal",
        )

    def get(self) -> JsonObject:
        """The Application as it is now."""
        text = self.cluster.kubectl("get", *_APPLICATIONS, self.name, "-o", "json").stdout
        value: JsonObject = json.loads(text)
        return value

    def when(self, is_so: Callable[[JsonObject], object], what: str) -> JsonObject:
        """Wait until the status is as ``is_so`` says, and return it."""

        def look() -> JsonObject | None:
            status: JsonObject = self.get().get("status") or {}
            return status if is_so(status) else None

        try:
            return eventually(look, what=f"Application {self.name}: {what}", seconds=_SECONDS)
        except AssertionError as error:
            status = yaml.safe_dump(self.get().get("status"))
            raise AssertionError(f"{error}; it says:\n{status}") from None

    def synced(self, revision: str) -> JsonObject:
        """Have the repository read, and wait until the namespace is as the revision says."""
        self.refresh()

        def is_so(status: JsonObject) -> bool:
            operation = operation_of(status)
            return (
                status["sync"]["status"] == "Synced"
                and status["sync"]["revision"] == revision
                and operation.get("phase") == "Succeeded"
            )

        return self.when(lambda status: "sync" in status and is_so(status), f"synced to {revision}")

    def refused(self, revision: str) -> str:
        """Have the repository read, and wait until the API server has refused it; what was said.

        With server-side apply Argo CD finds out when it compares, by a dry run, and does not sync.
        """
        self.refresh()

        def is_so(status: JsonObject) -> str:
            if status.get("sync", {}).get("revision") != revision:
                return ""
            return _comparison_error(status) or _failed_sync(status, revision)

        return is_so(self.when(is_so, f"{revision} to be refused"))

    def health(self, name: str, health: str) -> str:
        """Wait until an ApprovalRequest has this health; the message beside it."""

        def is_so(status: JsonObject) -> bool:
            return resource(status, name).get("health", {}).get("status") == health

        status = self.when(is_so, f"{name} to be {health}")
        return str(resource(status, name)["health"].get("message", ""))


def resource(status: JsonObject, name: str) -> JsonObject:
    """What an Application's status says of one object, or {}."""
    return next((each for each in status.get("resources") or [] if each["name"] == name), {})


def operation_of(status: JsonObject) -> JsonObject:
    """The last sync; empty for the moment in which a new one is asked for and has not begun."""
    operation: JsonObject = status.get("operationState") or {}
    return operation


def last_synced(status: JsonObject) -> str:
    """The revision of the last sync."""
    revision: str = operation_of(status)["operation"]["sync"]["revision"]
    return revision


def _comparison_error(status: JsonObject) -> str:
    conditions = status.get("conditions") or []
    return "\n".join(each["message"] for each in conditions if each["type"] == "ComparisonError")


def _failed_sync(status: JsonObject, revision: str) -> str:
    operation = operation_of(status)
    tried = operation.get("syncResult", {}).get("revision")
    return said(status) if operation.get("phase") == "Failed" and tried == revision else ""


def said(status: JsonObject) -> str:
    """All that the last sync said, of the whole and of each object."""
    operation = operation_of(status)
    results = operation.get("syncResult", {}).get("resources") or []
    return "\n".join([operation.get("message", ""), *(str(r.get("message")) for r in results)])


def request_in_git(
    name: str, *, annotations: Any = None, labels: Any = None, **spec: Any
) -> JsonObject:
    """An ApprovalRequest as a pull request of Erin's has it: a restart unless told otherwise."""
    metadata: JsonObject = {"name": name}
    if annotations:
        metadata["annotations"] = annotations
    if labels:
        metadata["labels"] = labels
    return {
        "apiVersion": "countersign.dev/v1alpha1",
        "kind": "ApprovalRequest",
        "metadata": metadata,
        "spec": {
            "action": "kubectl rollout restart deployment/web",
            "requestedBy": "erin",
            **spec,
        },
    }


def merged(signer: str, **entry: Any) -> JsonObject:
    """A signature that a pull request brings."""
    return {"signer": signer, "decision": "Approve", "recordedBy": "gitops", **entry}
