"""One contract for the casebook on the real API server and for the one that unit tests use."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from countersign.api.incident import Incident, IncidentPhase
from countersign.api.playbook import PlaybookSpec, PlaybookState, PlaybookStep
from countersign.cluster.casebook import KubernetesCasebook
from countersign.connection import Connection
from countersign.errors import ApiError
from countersign.kubeconfig import load_place
from countersign.ports import Casebook
from countersign.records.execution import Frequency
from countersign.records.incident import opened, resolved
from countersign.records.playbook import counted, extracted, grown
from devcluster import Cluster
from tests.support.fakes_casebook import FakeCasebook
from tests.support.fakes_objects import RESTART_WEB, after, approved, operation, plan, request
from tests.support.fakes_time import START
from tests.support.incidents import LABELS, incident

OPERATOR = ("countersign-system", "countersign-operator")
"""Its own account: so its rights are seen to be enough."""


@dataclass
class Shelf:
    """A casebook, and how others make an incident in it."""

    casebook: Casebook
    namespace: str
    cluster: Cluster | None = None

    async def made(self, name: str = "inc-2031", **spec: Any) -> Incident:
        of = incident(name=name, namespace=self.namespace, uid=str(uuid.uuid4()), **spec)
        if self.cluster is None:
            assert isinstance(self.casebook, FakeCasebook)
            self.casebook.put(of)
        else:
            body = {
                "apiVersion": "countersign.dev/v1alpha1",
                "kind": "Incident",
                "metadata": {"name": name, "namespace": self.namespace},
                "spec": of.spec.to_json(),
            }
            self.cluster.kubectl("create", "-f", "-", input=json.dumps(body))
        found = await self.casebook.incident(self.namespace, name)
        assert found is not None
        return found

    async def proposed(self, name: str = "restart-web") -> str:
        """Its UID."""
        of = request(name=name, namespace=self.namespace, action=RESTART_WEB)
        if self.cluster is None:
            assert isinstance(self.casebook, FakeCasebook)
            self.casebook.requests[self.namespace, name] = of
            return of.metadata.uid
        body = {
            "apiVersion": "countersign.dev/v1alpha1",
            "kind": "ApprovalRequest",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {"action": RESTART_WEB},
        }
        made = self.cluster.kubectl("create", "-o", "json", "-f", "-", input=json.dumps(body))
        return str(json.loads(made.stdout)["metadata"]["uid"])


@pytest.fixture(params=["in memory", "on the API server"])
async def shelf(
    request: pytest.FixtureRequest,
) -> AsyncIterator[Shelf]:
    namespace = f"casebook-{uuid.uuid4().hex[:8]}"
    if request.param == "in memory":
        yield Shelf(FakeCasebook(), namespace)
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    cluster.kubectl("create", "namespace", namespace)
    place = await load_place(str(cluster.service_account_kubeconfig(*OPERATOR)))
    connection = Connection(place.configuration, timeout=30.0)
    yield Shelf(KubernetesCasebook(connection), namespace, cluster)
    await connection.close()
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")


async def test_what_is_not_there_is_none(shelf: Shelf) -> None:
    assert await shelf.casebook.incident(shelf.namespace, "inc-1") is None
    assert await shelf.casebook.playbook(shelf.namespace, "restart-web") is None
    assert await shelf.casebook.request(shelf.namespace, "restart-web") is None


async def test_a_request_is_read_as_it_was_made(shelf: Shelf) -> None:
    of = await shelf.proposed()
    found = await shelf.casebook.request(shelf.namespace, "restart-web")
    assert found is not None
    assert (found.metadata.uid, found.spec.action) == (of, RESTART_WEB)


async def test_an_incident_is_read_as_it_was_made(shelf: Shelf) -> None:
    of = await shelf.made()
    assert of.spec == incident().spec
    assert of.spec.signals[0].labels == LABELS
    assert of.phase is IncidentPhase.OPEN


async def test_the_whole_life_of_an_incident_is_kept_word_for_word(shelf: Shelf) -> None:
    of = await shelf.made()
    written = await shelf.casebook.write_incident(of, opened(of, Frequency(1, 2, 3), [], START))
    status = resolved(written, approved(request(), plan()), RESTART_WEB, after(60))
    written = await shelf.casebook.write_incident(written, status)
    again = await shelf.casebook.incident(shelf.namespace, "inc-2031")
    assert again == written
    assert written.status == status.model_copy(update={"uid": of.metadata.uid})


async def test_a_status_is_written_into_the_very_object_that_was_read_or_not_at_all(
    shelf: Shelf,
) -> None:
    of = await shelf.made()
    first = await shelf.casebook.write_incident(of, opened(of, Frequency(), [], START))
    late = resolved(of, approved(request(), plan()), RESTART_WEB, START)
    with pytest.raises(ApiError) as caught:
        await shelf.casebook.write_incident(of, late)
    assert caught.value.conflict
    assert await shelf.casebook.incident(shelf.namespace, "inc-2031") == first


async def test_what_says_nothing_new_is_not_written(shelf: Shelf) -> None:
    of = await shelf.made()
    written = await shelf.casebook.write_incident(of, opened(of, Frequency(), [], START))
    same = await shelf.casebook.write_incident(written, written.status)
    assert same.metadata.resource_version == written.metadata.resource_version


def drawn(name: str = "inc-2031", score: int | None = None) -> PlaybookSpec:
    by = approved(request(), plan(operation()))
    of = incident(name=name, effectiveness_score=score)
    of = of.model_copy(update={"status": resolved(of, by, RESTART_WEB, START)})
    found = extracted(of, by, START)
    assert found is not None
    return found[1]


async def test_a_playbook_is_made_once(shelf: Shelf) -> None:
    made = await shelf.casebook.create_playbook(shelf.namespace, "restart-web", drawn())
    assert made.spec == drawn()
    assert made == await shelf.casebook.playbook(shelf.namespace, "restart-web")
    with pytest.raises(ApiError) as caught:
        await shelf.casebook.create_playbook(shelf.namespace, "restart-web", drawn())
    assert caught.value.conflict


async def test_a_playbook_grows_and_its_steps_stay(shelf: Shelf) -> None:
    made = await shelf.casebook.create_playbook(shelf.namespace, "restart-web", drawn())
    more = grown(made.spec, drawn("inc-3000", score=5))
    assert more is not None
    written = await shelf.casebook.extend_playbook(made, more)
    assert written.spec == more
    assert written.spec.state is PlaybookState.APPROVED
    assert written.spec.source_incidents == ("inc-2031", "inc-3000")
    with pytest.raises(ApiError) as caught:
        await shelf.casebook.extend_playbook(made, more.model_copy(update={"title": "late"}))
    assert caught.value.conflict
    others = (PlaybookStep(operation=operation(replicas=0)),)
    with pytest.raises(ApiError, match="steps of a playbook cannot be changed"):
        await shelf.casebook.extend_playbook(written, more.model_copy(update={"steps": others}))


async def test_symptoms_that_are_no_longer_there_go(shelf: Shelf) -> None:
    made = await shelf.casebook.create_playbook(shelf.namespace, "restart-web", drawn())
    fewer = made.spec.model_copy(update={"symptoms": {"alertname": "X"}, "category": None})
    assert (await shelf.casebook.extend_playbook(made, fewer)).spec == fewer


async def test_executions_are_counted_in_the_very_playbook(shelf: Shelf) -> None:
    made = await shelf.casebook.create_playbook(shelf.namespace, "restart-web", drawn())
    status = counted(made, "one", after(60), success=True)
    written = await shelf.casebook.write_playbook(made, status)
    assert written.status == status.model_copy(update={"uid": made.metadata.uid})
    with pytest.raises(ApiError) as caught:
        await shelf.casebook.write_playbook(made, counted(made, "two", after(90), success=True))
    assert caught.value.conflict
    assert (await shelf.casebook.write_playbook(written, written.status)) == written


async def test_a_playbook_may_hold_what_people_did_over_ssh(shelf: Shelf) -> None:
    spec = drawn().model_copy(update={"steps": (PlaybookStep(ssh="ssh node-7 reboot"),)})
    assert (await shelf.casebook.create_playbook(shelf.namespace, "reboot", spec)).spec == spec


async def test_what_people_have_retired_is_found_and_nothing_else(shelf: Shelf) -> None:
    steps = (PlaybookStep(operation=operation()),)
    for name, state in (("old", PlaybookState.RETIRED), ("new", PlaybookState.DRAFT)):
        spec = PlaybookSpec(state=state, steps=steps)
        await shelf.casebook.create_playbook(shelf.namespace, name, spec)
    found = await shelf.casebook.retired(shelf.namespace)
    assert [each.metadata.name for each in found] == ["old"]
    assert await shelf.casebook.retired("elsewhere") == []
