"""One contract for watches of one object."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from countersign.errors import ApiError
from countersign.ports import JsonObject, ObjectPath, PatchForm
from tests.support.ground import Ground, refusal
from tests.support.ground_objects import config_map, gizmo, pod


async def version_of(ground: Ground, path: ObjectPath) -> str:
    return str((await ground.port.get(path, ground.account))["metadata"]["resourceVersion"])


async def following(versions: AsyncIterator[JsonObject]) -> JsonObject:
    async with asyncio.timeout(20):
        return await anext(versions)


async def ending(versions: AsyncIterator[JsonObject]) -> ApiError | None:
    """The error that the watch ends with, if it is its turn."""
    try:
        found = await following(versions)
    except ApiError as error:
        return error
    assert "deletionTimestamp" in found["metadata"]
    return None


@pytest.mark.parametrize(
    "body", [config_map(), gizmo(data={"colour": "red"})], ids=["own", "other"]
)
async def test_later_versions_come_one_after_the_other(ground: Ground, body: JsonObject) -> None:
    path = ground.put(body)
    since = await version_of(ground, path)
    async with ground.port.watch(path, since, ground.account) as versions:
        for colour in ("blue", "green"):
            ground.change(path, {"data": {"colour": colour}})
        seen = [await following(versions) for _ in range(2)]
    assert [each["data"]["colour"] for each in seen] == ["blue", "green"]
    assert seen[-1] == await ground.port.get(path, ground.account)
    assert seen[0]["kind"] == body["kind"]


async def test_what_has_happened_since_that_version_is_not_missed(ground: Ground) -> None:
    path = ground.put(config_map())
    since = await version_of(ground, path)
    ground.change(path, {"data": {"colour": "blue"}})
    async with ground.port.watch(path, since, ground.account) as versions:
        assert (await following(versions))["data"]["colour"] == "blue"


async def test_a_deletion_is_404(ground: Ground) -> None:
    path = ground.put(config_map())
    since = await version_of(ground, path)
    async with ground.port.watch(path, since, ground.account) as versions:
        ground.vanish(path)
        error = await refusal(following(versions))
    assert (error.code, error.reason, str(error)) == (404, "NotFound", "the object was deleted")


async def test_a_deletion_before_the_watch_is_404_too(ground: Ground) -> None:
    path = ground.put(config_map())
    since = await version_of(ground, path)
    ground.vanish(path)
    ground.put(config_map(colour="blue"))
    async with ground.port.watch(path, since, ground.account) as versions:
        assert (await refusal(following(versions))).code == 404


async def test_a_pod_that_is_given_time_is_a_version_before_it_is_gone(ground: Ground) -> None:
    path = ground.put(pod())
    since = await version_of(ground, path)
    async with ground.port.watch(path, since, ground.account) as versions:
        await ground.port.delete(path, {}, ground.account)
        assert (await following(versions))["metadata"]["deletionTimestamp"]
        await ground.port.delete(path, {"gracePeriodSeconds": 0}, ground.account)
        while (error := await ending(versions)) is None:
            pass  # That it has no time left is another version, on the API server.
    assert error.code == 404


async def test_other_objects_and_what_changes_nothing_are_not_told(ground: Ground) -> None:
    path, other = ground.put(config_map()), ground.put(config_map("settings-2"))
    since = await version_of(ground, path)
    async with ground.port.watch(path, since, ground.account) as versions:
        ground.change(other, {"data": {"colour": "blue"}})
        body = {"data": {"colour": "green"}}
        merge = PatchForm.MERGE
        await ground.port.patch(path, body, ground.account, form=merge, dry_run=True)
        await ground.port.patch(path, {"data": {"colour": "red"}}, ground.account, form=merge)
        ground.change(path, {"data": {"colour": "white"}})
        assert (await following(versions))["data"]["colour"] == "white"


async def test_what_is_not_there_yet_is_told_when_it_comes(ground: Ground) -> None:
    since = await version_of(ground, ground.put(config_map()))
    path = ObjectPath("v1", "configmaps", ground.namespace, "later")
    async with ground.port.watch(path, since, ground.account) as versions:
        ground.put(config_map("later"))
        assert (await following(versions))["metadata"]["name"] == "later"


async def test_a_version_that_the_server_no_longer_knows_is_410(ground: Ground) -> None:
    path = ground.put(gizmo())  # Of its kind the server knows nothing that old.
    with pytest.raises(ApiError) as caught:
        async with ground.port.watch(path, "1", ground.account) as versions:
            await following(versions)
    assert (caught.value.code, caught.value.reason) == (410, "Expired")
    assert str(caught.value).startswith("too old resource version: 1 (")
