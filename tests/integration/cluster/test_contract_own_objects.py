"""One contract for the operator's own Lease and ConfigMaps, and for those that unit tests use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from countersign.cluster.own_objects import KubernetesConfigMaps, KubernetesLease
from countersign.lease import Leases
from countersign.ports import JsonObject
from countersign.stores.configmap.shards import ConfigMaps
from tests.support.fakes import FakeConfigMaps, FakeLeases
from tests.support.ground import Opener, said

NAME = "operator"
MOMENT = "2026-03-01T12:00:00.000000Z"
MINE = {"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": MOMENT}


def lease(spec: JsonObject, **metadata: Any) -> JsonObject:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": NAME, **metadata},
        "spec": spec,
    }


# --- Lease ----------------------------------------------------------------------------------------


@dataclass
class Office:
    """One Lease, and how others end it."""

    leases: Leases
    vanish: Callable[[], None]


@pytest.fixture(params=["in memory", "on the API server"])
async def office(request: pytest.FixtureRequest, beside: Opener) -> AsyncIterator[Office]:
    if request.param == "in memory":
        leases = FakeLeases()
        yield Office(leases, leases.vanish)
        return
    async with beside() as opened:
        leases = KubernetesLease(opened.connection, namespace=opened.namespace, name=NAME)
        yield Office(leases, lambda: opened.vanish("Lease", NAME))


async def test_a_lease_that_is_not_there_is_404(office: Office) -> None:
    wanted = (404, "NotFound", 'leases.coordination.k8s.io "operator" not found')
    assert await said(office.leases.read()) == wanted


@pytest.mark.parametrize("spec", [{}, MINE], ids=["nobody's", "ours"])
async def test_a_lease_is_created_once(office: Office, spec: JsonObject) -> None:
    made = await office.leases.create(lease(spec))
    assert made["spec"] == spec
    assert await office.leases.read() == made
    assert await said(office.leases.create(lease(MINE))) == (
        409,
        "AlreadyExists",
        'leases.coordination.k8s.io "operator" already exists',
    )
    assert await office.leases.read() == made


async def test_a_lease_is_replaced_in_the_version_that_was_read_or_not_at_all(
    office: Office,
) -> None:
    made = await office.leases.create(lease({}))
    taken = await office.leases.replace({**made, "spec": MINE})
    assert taken["spec"] == MINE
    assert int(taken["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
    assert await said(office.leases.replace({**made, "spec": {"holderIdentity": "late"}})) == (
        409,
        "Conflict",
        (
            'Operation cannot be fulfilled on leases.coordination.k8s.io "operator": the object has '
            "been modified; please apply your changes to the latest version and try again"
        ),
    )
    assert await office.leases.read() == taken
    longer = {"holderIdentity": "me", "leaseDurationSeconds": 30}
    assert (await office.leases.replace({**taken, "spec": longer}))["spec"] == longer


async def test_a_lease_that_is_replaced_by_the_same_stays_the_same_version(office: Office) -> None:
    made = await office.leases.create(lease(MINE))
    again = await office.leases.replace(made)
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_a_lease_that_is_gone_is_not_made_again_by_replacing_it(office: Office) -> None:
    made = await office.leases.create(lease(MINE))
    office.vanish()
    code, reason, _words = await said(office.leases.replace({**made, "spec": {}}))
    assert (code, reason) == (409, "Conflict")
    assert (await said(office.leases.read()))[0] == 404


async def test_a_lease_that_was_made_again_is_another_one(office: Office) -> None:
    made = await office.leases.create(lease(MINE))
    office.vanish()
    other = await office.leases.create(lease({"holderIdentity": "somebody"}))
    assert other["metadata"]["uid"] != made["metadata"]["uid"]
    code, reason, _words = await said(office.leases.replace({**made, "spec": MINE}))
    assert (code, reason) == (409, "Conflict")
    assert await office.leases.read() == other


# --- ConfigMaps -----------------------------------------------------------------------------------


@dataclass
class Shelf:
    """ConfigMaps, in a namespace where nobody else is."""

    config_maps: ConfigMaps
    namespace: str = "system"
    labels: dict[str, str] = field(default_factory=lambda: {"of": "ours", "kind": "knowledge"})

    def patch(self, data: Any, name: str = "one") -> Awaitable[JsonObject]:
        return self.config_maps.patch_config_map(self.namespace, name, {"data": data})

    def create(self, data: JsonObject, name: str = "one", **labels: str) -> Awaitable[JsonObject]:
        metadata = {"name": name, "namespace": self.namespace, "labels": labels or self.labels}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        return self.config_maps.create_config_map(self.namespace, body)

    async def data(self, name: str = "one") -> Any:
        """None where there is none."""
        found = await self.config_maps.list_config_maps(self.namespace, "of=ours")
        return next((of.get("data") for of in found if of["metadata"]["name"] == name), None)


@pytest.fixture(params=["in memory", "on the API server"])
async def shelf(request: pytest.FixtureRequest, beside: Opener) -> AsyncIterator[Shelf]:
    if request.param == "in memory":
        yield Shelf(FakeConfigMaps())
        return
    async with beside() as opened:
        yield Shelf(KubernetesConfigMaps(opened.connection), opened.namespace)


async def test_what_is_not_there_is_not_patched(shelf: Shelf) -> None:
    wanted = (404, "NotFound", 'configmaps "one" not found')
    assert await said(shelf.patch({"a": "1"})) == wanted
    assert await shelf.config_maps.list_config_maps(shelf.namespace, "of=ours") == []


async def test_a_config_map_is_created_once(shelf: Shelf) -> None:
    made = await shelf.create({"a": "1"})
    assert made["data"] == {"a": "1"}
    wanted = (409, "AlreadyExists", 'configmaps "one" already exists')
    assert await said(shelf.create({"a": "2"})) == wanted
    assert await shelf.data() == {"a": "1"}


async def test_a_patch_writes_keys_and_removes_them_and_answers_with_all(shelf: Shelf) -> None:
    await shelf.create({"a": "1", "b": "2"})
    assert (await shelf.patch({"b": "3", "c": "4", "none": None}))["data"] == {
        "a": "1",
        "b": "3",
        "c": "4",
    }
    assert (await shelf.patch({"a": None, "b": None}))["data"] == {"c": "4"}
    assert not (await shelf.patch({"c": None})).get("data")
    assert not await shelf.data()
    assert (await shelf.patch({"d": "5"}))["data"] == {"d": "5"}


async def test_those_are_listed_that_bear_all_of_the_labels_in_the_order_of_their_names(
    shelf: Shelf,
) -> None:
    for name in ("b", "c", "a"):
        await shelf.create({"name": name}, name)
    await shelf.create({"name": "other"}, "other", of="ours", kind="anomalies")
    listing = shelf.config_maps.list_config_maps
    found = await listing(shelf.namespace, "of=ours,kind=knowledge")
    assert [each["data"]["name"] for each in found] == ["a", "b", "c"]
    assert len(await listing(shelf.namespace, "of=ours")) == 4
    assert await listing(shelf.namespace, "of=theirs") == []
    assert all("kind" not in each for each in found)


MOST = 1024 * 1024
so_large = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
"""The operator sends nothing that the HTTP client would warn of."""


@so_large
async def test_more_than_a_mebibyte_is_refused_and_changes_nothing(shelf: Shelf) -> None:
    wanted = (
        422,
        "Invalid",
        'ConfigMap "one" is invalid: []: Too long: may not be more than 1048576 bytes',
    )
    assert await said(shelf.create({"a": "x" * (MOST + 1)})) == wanted
    assert await shelf.data() is None
    await shelf.create({"a": "x" * (MOST - 1), "b": ""})
    assert await said(shelf.patch({"b": "é"})) == wanted
    assert (await shelf.patch({"b": "y"}))["data"]["b"] == "y"
    assert await said(shelf.patch({"c": "z"})) == wanted
    assert sorted(await shelf.data()) == ["a", "b"]


@so_large
async def test_more_than_three_mebibytes_are_not_even_read(shelf: Shelf) -> None:
    await shelf.create({"a": "1"})
    code, reason, words = await said(shelf.patch({"b": "x" * (3 * MOST)}))
    assert (code, reason) == (413, "RequestEntityTooLarge")
    assert words == "Request entity too large: limit is 3145728"


@pytest.mark.parametrize("key", ["with space", "a/b", "", "x" * 254, "..", "ü"])
async def test_a_key_that_is_none_is_refused(shelf: Shelf, key: str) -> None:
    await shelf.create({"a": "1"})
    code, reason, words = await said(shelf.patch({key: "2"}))
    assert (code, reason) == (422, "Invalid")
    assert words.startswith(f'ConfigMap "one" is invalid: data[{key}]: Invalid value: ')
    assert await shelf.data() == {"a": "1"}


@pytest.mark.parametrize("key", ["x" * 253, "A.b-c_1", "-", "0f.execution"])
async def test_a_key_that_is_one_is_kept(shelf: Shelf, key: str) -> None:
    await shelf.create({"a": "1"})
    assert (await shelf.patch({key: "2"}))["data"] == {"a": "1", key: "2"}
