"""Exec runs a command once, in the very pod that was signed, and keeps what it has written."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import Kind, OperationType
from countersign.api.parameters import ExecParameters
from countersign.api.status import OUTPUT_LIMIT, VALUE_LIMIT
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.pods.exec import Exec
from countersign.ports import Finished, JsonObject
from tests.support.endings import Stage, on, pod, recreated
from tests.support.fakes import EXECUTOR, LostAnswer, forbidden, not_found, unavailable

COMMAND = ("cat", "/tmp/it's here")
DEFAULT = "kubectl.kubernetes.io/default-container"


class World(Stage):
    """One pod, and Exec."""

    def __init__(
        self,
        live: JsonObject | None = None,
        command: tuple[str, ...] = COMMAND,
        container: str | None = None,
    ) -> None:
        given = ExecParameters(command=command, container=container)
        super().__init__(Exec, on(OperationType.EXEC, Kind.POD, "web-abc-1", exec=given))
        self.path = self.cluster.put(live or pod())

    async def planned(self) -> World:
        self.step = await self.plan()
        return self


def two_containers(**metadata: Any) -> JsonObject:
    live = pod(**metadata)
    live["spec"]["containers"].append({"name": "side", "image": "side:1"})
    live["status"]["containerStatuses"].append({"name": "side", "state": {"running": {}}})
    return live


# --- Planning -------------------------------------------------------------------------------------


async def test_planning_asks_for_the_right_and_runs_nothing() -> None:
    world = World()
    draft = await world.executor.draft(world.of, EXECUTOR)
    assert world.cluster.calls == ["get", "review", "review"]
    asked = [body["spec"]["resourceAttributes"] for body in world.cluster.bodies]
    assert [each.pop("verb") for each in asked] == ["get", "create"]
    expected = {
        "resource": "pods",
        "subresource": "exec",
        "namespace": "shop",
        "name": "web-abc-1",
    }
    assert asked == [expected, expected]
    assert world.cluster.asked_as == {EXECUTOR}
    [change] = draft.changes
    assert (change.field, change.before) == ("command in container main", None)
    assert change.after == """cat '/tmp/it'"'"'s here'"""
    assert draft.undo is None
    assert world.cluster.ran == []
    assert world.executor.repeatable is False


async def test_what_is_told_of_a_command_has_no_secret_and_what_is_signed_is_the_command() -> None:
    # The summary is what chat, Events and the knowledge base say of it.
    command = (
        "env",
        "PGPASSWORD=hunter2",
        "psql",
        "--token",
        "hunter2",
        "postgres://web:hunter2@db",
    )
    step = await World(command=command).plan()
    assert "hunter2" not in step.summary
    assert "env 'PGPASSWORD=(hidden)' psql --token '(hidden)' '(hidden)'" in step.summary
    assert (step.changes[0].after or "").count("hunter2") == 3


@pytest.mark.parametrize("verb", ["get", "create"])
async def test_a_missing_right_is_spelled_out(verb: str) -> None:
    world = World()
    world.cluster.denied.add((verb, "pods/exec"))
    with pytest.raises(
        RefusedError, match=rf"may not {verb} pods/exec in shop.*verbs: \[get, cre"
    ) as caught:
        await world.plan()
    assert caught.value.reason == "Forbidden"


async def test_a_review_without_an_answer_is_a_no() -> None:
    world = World()

    async def silent(*args: Any, **more: Any) -> JsonObject:
        return {}

    world.cluster.create = silent  # type: ignore[method-assign]
    with pytest.raises(RefusedError):
        await world.plan()


@pytest.mark.parametrize(
    ("live", "wanted", "container"),
    [
        (two_containers(), None, "main"),
        (two_containers(), "side", "side"),
        (two_containers(annotations={DEFAULT: "side"}), None, "side"),
        (two_containers(annotations={DEFAULT: "side"}), "main", "main"),
    ],
)
async def test_the_container_is_kubectls_and_is_named(
    live: JsonObject, wanted: str | None, container: str
) -> None:
    world = await World(live, container=wanted).planned()
    assert world.step.changes[0].field == f"command in container {container}"
    await world.execute(world.step)
    assert world.cluster.ran == [(world.path, container, COMMAND)]


async def test_a_sidecar_and_a_debugging_container_will_do() -> None:
    live = pod()
    live["status"]["initContainerStatuses"] = [{"name": "proxy", "state": {"running": {}}}]
    live["status"]["ephemeralContainerStatuses"] = [{"name": "debug", "state": {"running": {}}}]
    for name in ("proxy", "debug"):
        await World(live, container=name).planned()


@pytest.mark.parametrize(
    ("live", "container", "words"),
    [
        (pod(), "nope", "no container nope yet. Its containers: main"),
        (pod(phase="Failed"), None, "does not run .it is terminated"),
    ],
)
async def test_a_container_that_does_not_run_is_refused(
    live: JsonObject, container: str | None, words: str
) -> None:
    with pytest.raises(RefusedError, match=words) as caught:
        await World(live, container=container).plan()
    assert caught.value.reason == "Invalid"


async def test_long_commands_that_differ_look_different() -> None:
    one = await World(command=("echo", "x" * 4000 + "1")).planned()
    two = await World(command=("echo", "x" * 4000 + "2")).planned()
    after = [world.step.changes[0].after or "" for world in (one, two)]
    assert after[0] != after[1]
    assert all(len(each) <= VALUE_LIMIT for each in after)


async def test_a_command_that_hides_something_is_shown_with_a_digest() -> None:
    step = (await World(command=("echo", "\u202e\x1b[8m")).planned()).step
    assert "sha256:" in (step.changes[0].after or "")
    assert "\x1b" not in step.summary


# --- Carrying out ---------------------------------------------------------------------------------


async def test_a_command_that_ends_well_leaves_its_output() -> None:
    world = await World().planned()
    world.cluster.endings.append(Finished(0, "three\nlines\nhere\n", ""))
    effect = await world.execute(world.step)
    assert world.cluster.calls == ["get", "run"]
    assert world.cluster.ran == [(world.path, "main", COMMAND)]
    assert (effect.changed, effect.message) == (True, "exit status 0")
    assert effect.output == "three\nlines\nhere"
    assert (effect.watched, effect.live) == (None, None)


async def test_both_streams_are_kept_apart() -> None:
    world = await World().planned()
    world.cluster.endings.append(Finished(0, "out\n", "err\n"))
    effect = await world.execute(world.step)
    assert effect.output == "--- stdout ---\nout\n--- stderr ---\nerr"


async def test_long_output_is_bounded_and_both_streams_are_seen() -> None:
    world = await World().planned()
    world.cluster.endings.append(Finished(0, "o" * 2 * OUTPUT_LIMIT, "e" * 2 * OUTPUT_LIMIT))
    output = (await world.execute(world.step)).output
    assert len(output) <= OUTPUT_LIMIT
    assert output.count("o") > OUTPUT_LIMIT // 3
    assert output.count("e") > OUTPUT_LIMIT // 3


@pytest.mark.parametrize(
    ("finished", "text"),
    [
        (Finished(3, "", ""), "exit status 3"),
        (Finished(3, "", "no such file\n"), "exit status 3: no such file"),
        (
            Finished(3, "", "first\n\nlast\n\n"),
            "exit status 3: last (output: --- stderr --- first last)",
        ),
        (Finished(126, "only out\n", ""), "exit status 126: only out"),
    ],
)
async def test_another_exit_status_is_a_failure_that_keeps_the_output(
    finished: Finished, text: str
) -> None:
    world = await World().planned()
    world.cluster.endings.append(finished)
    with pytest.raises(RefusedError) as caught:
        await world.execute(world.step)
    assert caught.value.reason == "CommandFailed"
    assert str(caught.value).startswith(text)
    assert len(str(caught.value)) <= VALUE_LIMIT


async def test_the_text_of_a_failure_is_bounded_and_harmless() -> None:
    world = await World().planned()
    world.cluster.endings.append(Finished(1, "o" * 9000, "\x1b[31m" + "e" * 9000))
    with pytest.raises(RefusedError) as caught:
        await world.execute(world.step)
    assert len(str(caught.value)) <= VALUE_LIMIT
    assert "\x1b" not in str(caught.value)


async def test_what_a_command_prints_is_kept_without_what_looks_like_a_secret() -> None:
    printed = (
        "LOG_LEVEL=debug\nDB_PASSWORD=hunter2\nretrying mysql --password hunter2\n"
        "> Authorization: Bearer hunter2\npostgres://web:hunter2@db/shop refused\n"
    )
    shown = (
        "LOG_LEVEL=debug\nDB_PASSWORD=(hidden)\nretrying mysql --password (hidden)\n"
        "> Authorization: Bearer (hidden)\n(hidden) refused"
    )
    world = await World().planned()
    world.cluster.endings += [Finished(0, printed, ""), Finished(1, "", printed)]
    assert (await world.execute(world.step)).output == shown
    with pytest.raises(RefusedError) as caught:
        await world.execute(world.step)
    assert "hunter2" not in str(caught.value)
    assert " ".join(shown.split()) in str(caught.value)


async def test_a_name_at_the_end_of_a_line_hides_nothing_of_the_next() -> None:
    world = await World().planned()
    world.cluster.endings.append(Finished(0, "Enter password:\nready\n--token\nready", ""))
    assert (await world.execute(world.step)).output == "Enter password:\nready\n--token\nready"


async def test_another_pod_of_the_name_is_not_touched() -> None:
    world = await World().planned()
    recreated(world.path, world.cluster)
    with pytest.raises(StaleError, match="created again"):
        await world.execute(world.step)
    world.cluster.vanish(world.path)
    with pytest.raises(StaleError, match="gone since the plan"):
        await world.execute(world.step)
    assert world.cluster.ran == []


async def test_a_container_that_stopped_or_another_default_is_signed_again() -> None:
    world = await World(two_containers()).planned()
    world.cluster.change(
        world.path, lambda live: live["metadata"].update(annotations={DEFAULT: "side"})
    )
    with pytest.raises(StaleError, match="default container"):
        await world.execute(world.step)
    world.cluster.change(world.path, lambda live: live.update(status={}))
    with pytest.raises(StaleError):
        await world.execute(world.step)
    assert world.cluster.ran == []


@pytest.mark.parametrize("fault", [forbidden(), unavailable(), ApiError("connection reset")])
async def test_errors_of_the_server_are_passed_on_as_they_are(fault: ApiError) -> None:
    world = await World().planned()
    world.cluster.endings.append(fault)
    with pytest.raises(ApiError) as caught:
        await world.execute(world.step)
    assert caught.value is fault


async def test_of_a_pod_that_has_just_gone_is_said_what_to_do() -> None:
    world = await World().planned()
    world.cluster.endings.append(not_found('pods "web-abc-1"'))
    with pytest.raises(RefusedError, match="nothing was run") as caught:
        await world.execute(world.step)
    assert caught.value.reason == "TargetNotFound"
    assert "Write a new request for a pod that runs" in str(caught.value)
    assert 'Pod shop/web-abc-1 is gone (pods "web-abc-1" not found)' in str(caught.value)


async def test_a_404_of_somebody_on_the_way_does_not_mean_that_the_pod_is_gone() -> None:
    world = await World().planned()
    fault = ApiError("404 page not found", code=404)
    world.cluster.endings.append(fault)
    with pytest.raises(ApiError) as caught:
        await world.execute(world.step)
    assert caught.value is fault


async def test_a_lost_answer_has_no_code() -> None:
    world = await World().planned()
    world.cluster.faults["run"].append(LostAnswer())
    with pytest.raises(ApiError) as caught:
        await world.execute(world.step)
    assert caught.value.code is None
    assert len(world.cluster.ran) == 1


async def test_there_is_nothing_to_wait_for() -> None:
    world = await World().planned()
    assert world.executor.progress(world.step, {}).state == "done"
    assert world.executor.gone(world.step).state == "done"
