"""RunJob makes one Job a request, finds it again after a crash, and shows what it has written."""

from __future__ import annotations

from typing import Any

import pytest

from countersign.api.operation import Kind, OperationType
from countersign.api.parameters import RunJobParameters
from countersign.api.status import OUTPUT_LIMIT
from countersign.errors import ApiError, RefusedError, StaleError
from countersign.executors.jobs.run_job import RunJob
from countersign.executors.once.stamps import STAMP
from countersign.policy.retry import is_transient
from countersign.ports import Effect, JsonObject, ObjectPath, Patient, Progress
from tests.support.endings import STAMPED, Stage, cron_job, on, pod, recreated
from tests.support.fakes import EXECUTOR, LostAnswer, conflict, forbidden, not_found, unavailable
from tests.support.fakes_objects import UID
from tests.support.fakes_time import FakeClock

SHORT = UID[:8]


class World(Stage):
    """One CronJob, and RunJob."""

    def __init__(self, live: JsonObject | None = None, **parameters: Any) -> None:
        live = live or cron_job()
        given = RunJobParameters(**parameters) if parameters else None
        name = live["metadata"]["name"]
        self.clock = FakeClock()
        super().__init__(
            lambda cluster: RunJob(cluster, self.clock),
            on(OperationType.RUN_JOB, Kind.CRON_JOB, name, run_job=given),
        )
        self.path = self.cluster.put(live)

    async def planned(self) -> World:
        self.step = await self.plan()
        return self

    async def round(self, effect: Effect) -> Progress:
        assert isinstance(self.executor, RunJob)
        return await self.executor.another_round(self.step, effect, STAMPED, EXECUTOR)

    @property
    def jobs(self) -> dict[ObjectPath, JsonObject]:
        return {at: live for at, live in self.cluster.objects.items() if at.plural == "jobs"}

    def job(self) -> JsonObject:
        [live] = self.jobs.values()
        return live

    def ends(self, type_: str = "Complete", **condition: str) -> None:
        [path] = self.jobs
        ended = [
            {"type": "SuccessCriteriaMet", "status": "False"},
            {"type": type_, "status": "True", **condition},
        ]
        self.cluster.change(path, lambda live: live.update(status={"conditions": ended}))

    def writes(self, text: str, name: str = "backup-x", created: str = "1") -> None:
        labels = {"batch.kubernetes.io/controller-uid": self.job()["metadata"]["uid"]}
        self.cluster.put(pod(name, labels=labels, owner=None, creationTimestamp=created))
        self.cluster.written[name, "main"] = text


def set_image(live: JsonObject) -> None:
    spec = live["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    spec["containers"][0]["image"] = "backup:2"


# --- Planning -------------------------------------------------------------------------------------


async def test_planning_tries_the_creation() -> None:
    world = World()
    draft = await world.executor.draft(world.of, EXECUTOR)
    assert world.cluster.calls == ["get", "dry-run"]
    assert not world.jobs
    assert draft.undo is None
    assert draft.summary == "Run CronJob shop/backup now"
    [change] = draft.changes
    assert change.field == "Job (its name ends with the request's UID)"
    assert change.before is None
    assert (change.after or "").startswith("backup:1: backup '--all shops' (sha256:")
    assert isinstance(world.executor, Patient)


async def test_a_name_that_was_asked_for_is_signed_and_must_be_free() -> None:
    world = await World(name="by-hand").planned()
    assert world.step.changes[0].field == "Job by-hand"
    effect = await world.execute(world.step)
    assert effect.watched == ObjectPath("batch/v1", "jobs", "shop", "by-hand")
    with pytest.raises(RefusedError, match="Take another name"):
        await world.plan()


async def test_words_that_look_like_secrets_are_not_shown() -> None:
    live = cron_job()
    container = live["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    container["command"] = ["backup", "--token"]
    container["args"] = ["hunter2", "--password=hunter2", "postgres://me:hunter2@db"]
    step = (await World(live).planned()).step
    assert "hunter2" not in repr(step)
    assert "--password=(hidden)" in (step.changes[0].after or "")


async def test_a_missing_right_is_passed_on() -> None:
    world = World()
    world.cluster.faults["dry-run"].append(forbidden())
    with pytest.raises(ApiError):
        await world.plan()


# --- Carrying out ---------------------------------------------------------------------------------


async def test_the_job_is_what_kubectl_would_make_of_the_cron_job() -> None:
    world = await World().planned()
    effect = await world.execute(world.step)
    assert world.cluster.calls == ["get", "create"]
    job = world.job()
    metadata = job["metadata"]
    assert metadata["name"] == f"backup-{SHORT}"
    assert metadata["labels"] == {"app": "backup"}
    assert metadata["annotations"] == {
        "a": "b",
        "cronjob.kubernetes.io/instantiate": "manual",
        STAMP: UID,
    }
    assert metadata["ownerReferences"] == [
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "name": "backup",
            "uid": world.cluster.objects[world.path]["metadata"]["uid"],
        }
    ]
    template = world.cluster.objects[world.path]["spec"]["jobTemplate"]["spec"]
    assert job["spec"] == {**template, "ttlSecondsAfterFinished": 86400}
    assert (effect.changed, effect.earlier) == (True, False)
    assert effect.message == f"Job backup-{SHORT}"


@pytest.mark.parametrize(
    ("name", "job"),
    [
        ("b" * 52, f"{'b' * 52}-{SHORT}"),
        ("b" * 53 + ".c", f"{'b' * 53}-{SHORT}"),
        ("b" * 63, f"{'b' * 54}-{SHORT}"),
    ],
)
async def test_the_name_fits_a_label(name: str, job: str) -> None:
    world = await World(cron_job(name)).planned()
    await world.execute(world.step)
    assert world.job()["metadata"]["name"] == job
    assert len(job) <= 63


@pytest.mark.parametrize(("ttl", "kept"), [(0, 7200), (60, 7200), (9000, 9000), (None, 86400)])
async def test_a_finished_job_stays_long_enough_to_be_found(
    ttl: int | None, kept: int | None
) -> None:
    spec = {} if ttl is None else {"ttlSecondsAfterFinished": ttl}
    world = await World(cron_job(job=spec)).planned()
    await world.execute(world.step)
    assert world.job()["spec"].get("ttlSecondsAfterFinished") == kept


async def test_a_job_that_may_have_been_tidied_away_is_not_made_again() -> None:
    world = await World().planned()
    world.clock.advance(seconds=3660)
    with pytest.raises(RefusedError, match="may have run and been removed") as caught:
        await world.execute(world.step)
    assert caught.value.reason == "OutcomeUnknown"
    assert world.jobs == {}


async def test_a_clock_that_is_half_an_hour_slow_does_not_make_a_job_again_that_was_tidied_away() -> (
    None
):
    world = await World(cron_job(job={"ttlSecondsAfterFinished": 0})).planned()
    await world.execute(world.step)
    kept = world.job()["spec"]["ttlSecondsAfterFinished"]
    [path] = world.jobs
    world.cluster.vanish(path)
    world.clock.advance(seconds=kept - 1800)
    with pytest.raises(RefusedError, match="may have run and been removed"):
        await world.execute(world.step)
    assert world.jobs == {}


async def test_a_job_that_is_still_there_is_found_however_late() -> None:
    world = await World().planned()
    await world.execute(world.step)
    world.clock.advance(seconds=3660)
    assert (await world.execute(world.step)).earlier is True
    assert world.effects() == 1


@pytest.mark.parametrize(
    "how", [set_image, lambda live: live["spec"]["jobTemplate"]["metadata"].update(labels={})]
)
async def test_a_template_that_changed_is_signed_again(how: Any) -> None:
    world = await World().planned()
    world.cluster.change(world.path, how)
    with pytest.raises(StaleError, match="job template"):
        await world.execute(world.step)
    assert not world.jobs


async def test_another_schedule_is_no_change() -> None:
    world = await World().planned()
    world.cluster.change(world.path, lambda live: live["spec"].update(schedule="@daily"))
    assert (await world.execute(world.step)).changed


async def test_a_cron_job_that_is_gone_or_another_is_stale() -> None:
    world = await World().planned()
    recreated(world.path, world.cluster)
    with pytest.raises(StaleError, match="created again"):
        await world.execute(world.step)
    world.cluster.vanish(world.path)
    with pytest.raises(ApiError) as gone:
        await world.execute(world.step)
    assert gone.value.not_found
    assert not world.jobs


async def test_somebody_elses_job_of_the_name_is_refused() -> None:
    world = await World(name="by-hand").planned()
    job = {"kind": "Job", "metadata": {"name": "by-hand", "annotations": {}}, "spec": {}}
    world.cluster.put(job)
    with pytest.raises(RefusedError, match="not this request's"):
        await world.execute(world.step)


async def test_a_conflict_about_something_else_is_passed_on() -> None:
    world = await World().planned()
    world.cluster.faults["create"].append(conflict())
    with pytest.raises(ApiError) as caught:
        await world.execute(world.step)
    assert is_transient(caught.value)
    await world.execute(world.step)
    assert len(world.jobs) == 1


# --- After a crash --------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["get", "create"])
@pytest.mark.parametrize("fault", [unavailable(), LostAnswer()], ids=["refused", "lost"])
async def test_a_run_that_was_cut_off_anywhere_makes_one_job(verb: str, fault: Any) -> None:
    world = await World().planned()
    world.cluster.faults[verb].append(fault)
    try:
        await world.execute(world.step)
    except ApiError:
        await world.execute(world.step)
    assert world.effects() == len(world.jobs) == 1


async def test_a_job_that_an_earlier_run_has_made_is_found() -> None:
    world = await World().planned()
    world.cluster.faults["create"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.execute(world.step)
    effect = await world.execute(world.step)
    assert (effect.changed, effect.earlier) == (True, True)
    assert effect.live is not None


@pytest.mark.parametrize("how", ["changed", "gone"])
async def test_a_job_that_was_made_counts_even_if_its_cron_job_changed_since(how: str) -> None:
    world = await World().planned()
    world.cluster.faults["create"].append(LostAnswer())
    with pytest.raises(ApiError):
        await world.execute(world.step)
    if how == "gone":
        world.cluster.vanish(world.path)
    else:
        world.cluster.change(world.path, set_image)
    assert (await world.execute(world.step)).earlier
    assert world.effects() == 1


# --- Its end --------------------------------------------------------------------------------------


async def test_a_complete_job_shows_the_end_of_its_log() -> None:
    world = await World().planned()
    effect = await world.execute(world.step)
    assert (await world.round(effect)).state == "underway"
    world.writes("first try", "backup-a", "2026-01-01T00:00:00Z")
    world.writes("saved 3 tables\n", "backup-b", "2026-01-01T00:00:09Z")
    world.ends()
    progress = await world.round(effect)
    assert progress == Progress("done", f"Job backup-{SHORT} is complete", "saved 3 tables")


async def test_a_failed_job_says_why_and_shows_its_log() -> None:
    world = await World().planned()
    effect = await world.execute(world.step)
    world.writes("disk full\n")
    world.ends("Failed", reason="BackoffLimitExceeded", message="it has failed\x1b[2J too often")
    progress = await world.round(effect)
    assert (progress.state, progress.output) == ("degraded", "disk full")
    assert "BackoffLimitExceeded: it has failed [2J too often" in progress.message


async def test_a_log_that_cannot_be_read_changes_nothing_else() -> None:
    world = await World().planned()
    effect = await world.execute(world.step)
    world.writes("saved")
    world.ends()
    world.cluster.faults["logs"].append(forbidden())
    progress = await world.round(effect)
    assert (progress.state, progress.output) == ("done", "")
    assert "its log cannot be read: " in progress.message
    world.cluster.faults["select"].append(forbidden())
    assert "its log cannot be read" in (await world.round(effect)).message


async def test_pods_that_are_gone_have_no_log() -> None:
    world = await World().planned()
    effect = await world.execute(world.step)
    world.ends()
    assert "its pods are gone" in (await world.round(effect)).message


async def test_a_long_and_hostile_log_is_bounded_and_harmless() -> None:
    world = await World().planned()
    effect = await world.execute(world.step)
    world.writes(
        "\x1b]0;owned\x07\u202e" + "x" * 3 * OUTPUT_LIMIT + "\nlast\t\x1b[8mline\u202e\r\n"
    )
    world.ends()
    output = (await world.round(effect)).output
    assert len(output) <= OUTPUT_LIMIT
    assert output.startswith("…")
    assert output.endswith("x\nlast\t�[8mline�")
    assert "\x1b" not in output


@pytest.mark.parametrize("another", [False, True])
async def test_a_job_that_is_deleted_meanwhile_has_no_known_end(another: bool) -> None:
    world = await World().planned()
    effect = await world.execute(world.step)
    [path] = world.jobs
    if another:
        recreated(path, world.cluster)
        world.ends()
    else:
        world.cluster.vanish(path)
    progress = await world.round(effect)
    assert progress.state == "degraded"
    assert progress == world.executor.gone(world.step)


async def test_a_round_that_cannot_look_is_made_again() -> None:
    world = await World().planned()
    effect = await world.execute(world.step)
    world.cluster.faults["get"].append(unavailable())
    with pytest.raises(ApiError):
        await world.round(effect)


async def test_what_it_waits_for_is_said() -> None:
    world = await World(cron_job(job={"suspend": True})).planned()
    effect = await world.execute(world.step)
    assert "suspended" in (await world.round(effect)).message
    [path] = world.jobs

    def run(live: JsonObject) -> None:
        live["spec"]["suspend"] = False
        live["status"] = {"active": 1, "failed": 2}

    world.cluster.change(path, run)
    assert (await world.round(effect)).message == "1 of its pods run, 2 have failed"


async def test_a_404_on_planning_is_passed_on() -> None:
    world = World()
    world.cluster.faults["get"].append(not_found())
    with pytest.raises(ApiError):
        await world.plan()
