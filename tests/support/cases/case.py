"""One operation as a row of a table: what the tests of its life need to know, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.support.shop import condition
from tests.support.site import STAMP, JsonObject, Look, Site
from tests.support.workloads import laid

_NODE = "NODE"
"""Stands for the name of the test's own node."""
_NOISE = (
    STAMP,
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "kubectl.kubernetes.io/last-applied-configuration",
)
_CONTROLLERS_TAINTS = "node.kubernetes.io/"
Laid = Callable[[Site], tuple[JsonObject, ...]]


@dataclass(frozen=True)
class Case:
    """One operation on one object.

    ``laid`` are the objects to begin with. ``changes`` are what the plan must say: field, before,
    after. ``done`` says of ``shown`` (the target where it is left out) that the effect is there;
    None that it must be gone. ``meddling`` is what somebody else does to the target after the
    plan, so that it is no longer what people signed: a patch (form and body), or "replaced".
    ``done_after_meddling`` is what the new plan comes to, where that is something else.
    ``again`` is what the same request comes to for the second time, ``gone`` how a signed request
    ends whose target has been deleted. ``rights`` are what the executing account needs beside the
    ClusterRoles of a namespace. Of what is not ``measurable`` nobody knows which pods it touches.
    """

    name: str
    operation: JsonObject
    text: str | None
    risk: str
    laid: Laid
    changes: tuple[tuple[str, str | None, str | None], ...]
    done: Look | None
    shown: tuple[str, str] | None = None
    undo: str | None = None
    meddling: tuple[str, Any] | Literal["replaced"] | None = None
    again: Literal["NoChange", "repeats", "Failed"] = "NoChange"
    gone: Literal["Failed", "Succeeded"] = "Failed"
    done_after_meddling: Look | None = None
    rights: Laid = lambda _: ()
    measurable: bool = True

    def prepared(self, site: Site) -> None:
        """Lay the objects out."""
        laid(site, *self.rights(site), *self.laid(site))

    def typed(self, site: Site) -> JsonObject:
        """The operation for ``spec.operation``."""
        value: JsonObject = json.loads(_on_node(json.dumps(self.operation), site))
        return value

    def written(self, site: Site) -> str:
        """The operation for ``spec.action``."""
        assert self.text is not None
        return _on_node(self.text, site)

    def entitled(self, site: Site) -> None:
        """Give the rights, without the objects."""
        laid(site, *self.rights(site))

    def target(self, site: Site) -> tuple[str, str]:
        """Kind and name of what the operation is about."""
        if "target" not in self.operation:
            assert self.shown is not None
            return self.shown
        target = self.typed(site)["target"]
        return target["kind"], target["name"]

    def seen(self, site: Site) -> JsonObject | None:
        """The object that shows the effect, or None where it is not there."""
        return site.find(*(self.shown or self.target(site)))

    def assert_done(self, site: Site, status: JsonObject) -> None:
        """The cluster is as people signed it, and so says the request."""
        assert status["phase"] == "Succeeded", status["message"]
        for kind in ("Planned", "Approved", "Executed", "Recorded"):
            assert condition(status, kind)["status"] == "True", (kind, status)
        self.assert_there(site)

    def assert_there(self, site: Site) -> None:
        """The effect itself."""
        found = self.seen(site)
        if self.done is None:
            assert found is None, found
        else:
            assert found is not None
            assert self.done(found), found

    def meddle(self, site: Site) -> None:
        """What somebody else does meanwhile."""
        kind, name = self.target(site)
        if self.meddling == "replaced":
            site.replace(kind, name)
            return
        assert self.meddling is not None
        form, body = self.meddling
        site.patch(kind, name, body, form=form)


def state_of(live: JsonObject | None) -> JsonObject | None:
    """What an undo has to bring back: all of an object that is not its history."""
    if live is None:
        return None
    metadata = live["metadata"]
    annotations = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if key not in _NOISE
    }
    rest = {
        key: value
        for key, value in live.items()
        if key not in ("metadata", "status", "apiVersion", "kind")
    }
    if live["kind"] == "Node":
        taints = live["spec"].get("taints") or []
        ours = [each for each in taints if not each["key"].startswith(_CONTROLLERS_TAINTS)]
        rest["spec"] = {**live["spec"], "taints": ours}
    return {"labels": metadata.get("labels") or {}, "annotations": annotations, **rest}


def _on_node(text: str, site: Site) -> str:
    return text.replace(_NODE, site.node)
