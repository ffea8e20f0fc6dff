"""Logs: a JSON object a line, with what is needed to find a request in them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import kopf
import pytest
import structlog

from countersign.handlers import requests as handler_module
from countersign.handlers.kept_plans import KeptPlans
from countersign.handlers.requests import Requests
from countersign.handlers.wakeups import Wakeups
from countersign.logs import set_up_logs
from countersign.policybook import PolicyBook
from tests.support.fakes import unavailable
from tests.support.fakes_objects import UID, approved, planned, request
from tests.support.fakes_time import FakeClock
from tests.support.fakes_world import World


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {
        name: logging.getLogger(name).level for name in ("kopf", "aiohttp", "asyncio", "kubernetes")
    }
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_of_ours_is_a_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json", "info")
    structlog.get_logger().info("lease taken", holder="重啟\nx")
    [line] = lines(capsys)
    assert (line["event"], line["level"], line["holder"]) == ("lease taken", "info", "重啟\nx")
    assert datetime.fromisoformat(line["time"]).tzinfo is not None


def test_a_line_of_a_library_is_one_too(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json", "info")
    logging.getLogger("some.library").warning("it says %s", "so")
    [line] = lines(capsys)
    assert (line["event"], line["level"]) == ("it says so", "warning")


def test_a_traceback_is_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json", "info")
    try:
        int("a defect")
    except ValueError:
        structlog.get_logger().exception("it broke")
    [line] = lines(capsys)
    assert "ValueError: invalid literal" in line["exception"]


def test_the_level_holds_for_all_and_kopf_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json", "info")
    structlog.get_logger().debug("not this")
    logging.getLogger("kopf.objects").info("nor this")
    logging.getLogger("kopf.objects").warning("but this")
    assert [line["event"] for line in lines(capsys)] == ["but this"]


def test_on_a_console_lines_are_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("console", "info")
    structlog.get_logger().info("lease taken")
    shown = capsys.readouterr().err
    assert "lease taken" in shown
    assert not shown.startswith("{")


def test_a_traceback_on_a_console_shows_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("console", "info")

    def send(headers: dict[str, str]) -> None:
        raise RuntimeError(f"{len(headers)} headers are too many")

    try:
        send({"Authorization": f"Bearer {'s3cret'}"})
    except RuntimeError:
        structlog.get_logger().exception("it broke")
    shown = capsys.readouterr().err
    assert "1 headers are too many" in shown
    assert "Bearer s3cret" not in shown


def test_where_nobody_looks_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("auto", "info")
    structlog.get_logger().info("lease taken")
    assert lines(capsys)[0]["event"] == "lease taken"


async def test_every_line_about_a_request_bears_its_name_uid_and_phase(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up_logs("json", "info")
    monkeypatch.setattr(handler_module, "log", structlog.get_logger())
    world, clock = World(planned(request(verify={"enabled": False}))), FakeClock()

    async def touch(namespace: str, name: str) -> None: ...

    async def read(namespace: str, name: str) -> dict[str, Any]:
        return {}

    again = timedelta(seconds=60)
    wakeups = Wakeups(touch, clock, again=again)
    requests = Requests(
        world.workflow, world.outbox, wakeups, PolicyBook(clock), clock, KeptPlans(read), sweep=60
    )
    world.sign("alice")
    body = {"kind": "ApprovalRequest", **world.request.to_json()}
    await requests.observe("MODIFIED", body, kopf.Patch())
    world.cluster.faults["patch"].append(unavailable())
    moving = {"kind": "ApprovalRequest", **approved().to_json()}
    with pytest.raises(kopf.TemporaryError):
        await requests.execute(moving, kopf.Patch())
    seen = lines(capsys)
    executed = ["request executed"] * 2  # One from the answer to the claim, one from an event.
    assert [line["event"] for line in seen] == ["request advances", *executed]
    for line, phase in zip(seen, ("Pending", "Approved", "Approved"), strict=True):
        assert (line["request"], line["uid"], line["phase"]) == ("shop/restart-web", UID, phase)
        assert line["message"]
    assert structlog.contextvars.get_contextvars() == {}
