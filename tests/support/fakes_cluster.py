"""The ``Cluster`` port in memory: what the API server promises, this keeps as well."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Sequence

from countersign.api.kinds import Resource, built_in
from countersign.api.status import OUTPUT_LIMIT
from countersign.api.text import ending
from countersign.errors import ApiError, RefusedError
from countersign.ports import Finished, JsonObject, ObjectPath, PatchForm, ServiceAccount
from tests.support.fakes_endings import FakeEndings
from tests.support.fakes_faults import bad_request, not_found, nowhere
from tests.support.fakes_selectors import fields_match, labels_match


class FakeCluster(FakeEndings):
    """Verbs of ``calls`` and ``faults``: ``get``, ``select``, ``watch``, ``patch``, ``create``,
    ``delete``, ``evict``, ``review``, ``logs``, ``run``, and ``resource`` for custom kinds; any
    write that is only tried is a ``dry-run``. ``bodies`` are those of all writes.

    Quotas, admission, validation, defaults and garbage collection are not played, nor is it asked
    whether a namespace is there; whose fields are whose is kept inside (see ``fakes_owners``).
    What is played, tests/integration/cluster holds to the real thing.
    """

    def __init__(self, journal: list[str] | None = None) -> None:
        super().__init__(journal)
        self.written: dict[tuple[str, str | None], str] = {}
        """Logs by pod and container; None stands for any container."""
        self.endings: deque[Finished | ApiError] = deque()
        """How the next commands end; the others end well and write nothing."""
        self.ran: list[tuple[ObjectPath, str | None, tuple[str, ...]]] = []
        self.denied: set[tuple[str, str]] = set()
        """What SelfSubjectAccessReviews deny, as (verb, resource/subresource)."""

    # --- The port: reading ------------------------------------------------------------------------

    async def get(self, path: ObjectPath, account: ServiceAccount) -> JsonObject:
        self._asked("get", account)
        return copy.deepcopy(self._live(path))

    async def select(
        self,
        path: ObjectPath,
        account: ServiceAccount,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 500,
    ) -> list[JsonObject]:
        self._asked("select", account)
        assert not path.name, "a collection has no name"
        custom = self.is_custom(path)

        def fits(live: JsonObject) -> bool:
            selected = labels_match(labels, live)
            return fields_match(fields, path.plural, live, custom=custom) and selected

        fits({"metadata": {}})  # A selector that makes no sense is found where there is nothing.
        found = [
            copy.deepcopy(live)
            for at, live in self.objects.items()
            if (at.api_version, at.plural) == (path.api_version, path.plural)
            and path.namespace in (None, at.namespace)
            and fits(live)
        ]
        for each in found if not custom else ():
            each.pop("apiVersion", None)  # The items of a list lack these, but not of custom kinds.
            each.pop("kind", None)
        return sorted(found, key=_place)[:limit]

    async def resource(
        self, kind: str, api_version: str | None, account: ServiceAccount
    ) -> Resource:
        known = built_in(kind, api_version)
        if known is not None:
            return known
        self._asked("resource", account)
        found = [
            each
            for each in self.custom
            if each.kind == kind and api_version in (None, each.api_version)
        ]
        if not found:
            raise RefusedError("TargetNotFound", f"The API server has no kind {kind}.")
        if len(found) > 1:
            raise RefusedError("Ambiguous", f"Several API groups have a kind {kind}.")
        return found[0]

    async def logs(self, path: ObjectPath, container: str | None, account: ServiceAccount) -> str:
        self._asked("logs", account)
        names = _containers(self._live(path))
        if container is not None and container not in names:
            raise bad_request(f"container {container} is not valid for pod {path.name}")
        if container is None and len(names) > 1:
            choice = f"choose one of: [{' '.join(names)}]"
            text = f"a container name must be specified for pod {path.name}, {choice}"
            raise bad_request(text)
        text = self.written.get((path.name, container), self.written.get((path.name, None), ""))
        return ending(text, OUTPUT_LIMIT)

    # --- The port: writing ------------------------------------------------------------------------

    async def patch(
        self,
        path: ObjectPath,
        body: JsonObject | list[JsonObject],
        account: ServiceAccount,
        *,
        form: PatchForm = PatchForm.STRATEGIC,
        dry_run: bool = False,
        force: bool = False,
    ) -> JsonObject:
        assert form is PatchForm.APPLY or not force, "force is for server-side apply"
        self.bodies.append(copy.deepcopy(body))
        lost = self._asked("dry-run" if dry_run else "patch", account)
        if form is PatchForm.APPLY:
            assert isinstance(body, dict)
            answer = self.applied(path, body, dry_run=dry_run, force=force)
        else:
            answer = self.patched(path, body, form, dry_run=dry_run)
        if lost is not None:
            raise lost.error
        return answer

    async def create(
        self, path: ObjectPath, body: JsonObject, account: ServiceAccount, *, dry_run: bool = False
    ) -> JsonObject:
        self.bodies.append(copy.deepcopy(body))
        if path.subresource == "eviction":
            return self.evict(path, body, account, dry_run=dry_run)
        if path.plural == "selfsubjectaccessreviews":
            return self._review(body, account)
        lost = self._asked("dry-run" if dry_run else "create", account)
        if path.subresource:
            raise nowhere()
        answer = self.created(path, body, dry_run=dry_run)
        if lost is not None:
            raise lost.error
        return answer

    async def delete(
        self,
        path: ObjectPath,
        options: JsonObject,
        account: ServiceAccount,
        *,
        dry_run: bool = False,
    ) -> JsonObject:
        self.bodies.append(copy.deepcopy(options))
        lost = self._asked("dry-run" if dry_run else "delete", account)
        dry_run = dry_run or options.get("dryRun") == ["All"]
        answer = self.end_object(path, options, dry_run=dry_run)
        if lost is not None:
            raise lost.error
        return answer

    async def run(
        self,
        path: ObjectPath,
        container: str | None,
        command: Sequence[str],
        account: ServiceAccount,
    ) -> Finished:
        lost = self._asked("run", account)
        self._must_take_commands(path, container)
        self.ran.append((path, container, tuple(command)))
        self.journal.append("effect")
        ended = self.endings.popleft() if self.endings else Finished(0, "", "")
        if lost is not None:
            raise lost.error
        if isinstance(ended, ApiError):
            raise ended
        texts = (ending(text, OUTPUT_LIMIT) for text in (ended.stdout, ended.stderr))
        return Finished(ended.code, *texts)

    # --- Inside -----------------------------------------------------------------------------------

    def _must_take_commands(self, path: ObjectPath, container: str | None) -> None:
        pod = self.objects.get(path)
        if pod is None:
            raise not_found(f'{path.plural} "{path.name}"')
        if container not in (None, *_containers(pod)):
            raise bad_request(f"container {container} is not valid for pod {path.name}")
        if not pod["spec"].get("nodeName"):
            raise bad_request(f"pod {path.name} does not have a host assigned")

    def _review(self, body: JsonObject, account: ServiceAccount) -> JsonObject:
        self._asked("review", account)
        asked = body["spec"]["resourceAttributes"]
        what = "/".join(filter(None, (asked.get("resource"), asked.get("subresource"))))
        allowed = (asked["verb"], what) not in self.denied
        return {**copy.deepcopy(body), "metadata": {}, "status": {"allowed": allowed}}


def _place(live: JsonObject) -> str:
    return f"{live['metadata'].get('namespace') or ''}/{live['metadata']['name']}"


def _containers(pod: JsonObject) -> list[str]:
    return [each["name"] for each in pod["spec"].get("containers") or []]
