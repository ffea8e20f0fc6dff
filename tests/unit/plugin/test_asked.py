"""What is asked of the API server, and how often; and how far a request has come."""

from __future__ import annotations

import io
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from countersign.connection import Call
from countersign.errors import ApiError
from countersign.plugin import waiting
from countersign.plugin.acts.looking import waits_for
from countersign.plugin.acts.proposing import send
from countersign.plugin.exits import Exit, PluginError
from countersign.plugin.lookalikes import no_such_request
from countersign.plugin.options import Goal, Where
from countersign.plugin.requests import Requests
from countersign.plugin.reviews import Person, Reviews, Tier
from countersign.plugin.screen import Screen
from countersign.plugin.session import Session, located
from tests.support.requests_made import OTHER, item, request, signature


def waiting_for(why: str) -> dict[str, Any]:
    """A status: planned, and not approved for a reason."""
    return {
        "conditions": [
            {
                "type": kind,
                "status": status,
                "reason": reason,
                "message": "",
                "lastTransitionTime": "2026-11-27T11:57:00Z",
            }
            for kind, status, reason in (
                ("Planned", "True", "Planned"),
                ("Approved", "False", why),
            )
        ]
    }


FROZEN, SUSPENDED = waiting_for("FreezeWindow"), waiting_for("Suspended")
ALICE = Person("alice", ("sre",))
UNPLANNED = {"plan": None, "conditions": [], "riskLevel": None}


class Server:
    """Answers in turn, and remembers what it was asked; an answer may be an error."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[Call] = []

    async def request(self, call: Call) -> Any:
        """The next answer."""
        self.calls.append(call)
        answer = self.answers.pop(0)
        if callable(answer):
            answer = answer(call)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[AsyncIterator[Any]]:
        """The next answer is a list of events."""
        events = await self.request(call)

        async def each() -> AsyncIterator[Any]:
            for event in events:
                yield event

        yield each()

    @property
    def session(self) -> Session:
        """A session with it."""
        connection: Any = self
        screen = Screen(io.StringIO(), io.StringIO())
        return Session(connection, Requests(connection), Reviews(connection), "shop", screen)


def modified(**parts: Any) -> dict[str, Any]:
    """A watch event."""
    return {"type": "MODIFIED", "object": item(**parts)}


# --- Rights ----------------------------------------------------------------------------------


def allows(*tiers: tuple[str, str]) -> Any:
    """The API server's answer to a SelfSubjectAccessReview."""

    def answer(call: Call) -> Any:
        asked = call.body["spec"]["resourceAttributes"]
        return {"status": {"allowed": (asked["subresource"], asked["namespace"]) in tiers}}

    return answer


async def test_rights_in_one_namespace_are_one_question_a_risk() -> None:
    server = Server(*[allows(("low", "shop"))] * 2)
    tiers = {Tier("low", "shop"), Tier("high", "shop")}
    assert await server.session.reviews.may_sign(tiers) == {Tier("low", "shop")}
    assert len(server.calls) == 2


async def test_rights_in_many_namespaces_are_asked_for_all_at_once_first() -> None:
    many = {Tier("low", f"ns{number}") for number in range(40)}
    server = Server(allows(("low", "")))
    assert await server.session.reviews.may_sign(many) == many
    assert len(server.calls) == 1


async def test_where_it_is_not_allowed_everywhere_each_namespace_is_asked_for() -> None:
    tiers = {Tier("low", "a"), Tier("low", "b")}
    server = Server(*[allows(("low", "b"))] * 3)
    assert await server.session.reviews.may_sign(tiers) == {Tier("low", "b")}
    assert len(server.calls) == 3


async def test_no_request_asks_no_question() -> None:
    assert await Server().session.reviews.may_sign([]) == set()


async def test_a_server_that_does_not_know_one_is_no_answer() -> None:
    with pytest.raises(ApiError, match="does not say who you are"):
        await Server({"status": {}}).session.reviews.who()


@pytest.mark.parametrize(
    ("parts", "waits"),
    [
        ({}, True),
        ({"spec": {"signatures": [signature("alice")]}}, False),
        ({"spec": {"signatures": [signature("alice", plan=OTHER)]}}, True),
        ({"spec": {"signatures": [signature("bob")]}}, True),
        ({"status": FROZEN}, False),
        ({"status": SUSPENDED | {"signed": "1/2"}}, True),
        ({"status": SUSPENDED | {"signed": "2/2"}}, False),
        ({"status": SUSPENDED | {"signed": None}}, False),
        ({"spec": {"submittedBy": "alice"}}, False),
        ({"spec": {"requestedBy": "alice"}}, False),
        ({"spec": {"dryRun": True}}, False),
        ({"spec": {"cancelled": True}}, False),
        ({"phase": "Denied"}, False),
        ({"status": UNPLANNED}, False),
    ],
)
def test_a_request_waits_for_whom_it_lacks(parts: dict[str, Any], waits: bool) -> None:
    assert waits_for(request(**parts), ALICE) is waits


# --- Requests --------------------------------------------------------------------------------


async def test_a_long_list_comes_in_parts_and_in_order() -> None:
    later = item(name="b", metadata={"creationTimestamp": "2026-11-27T12:00:00Z"})
    server = Server(
        {"items": [later], "metadata": {"continue": "more"}}, {"items": [item(name="a")]}
    )
    found = await server.session.requests.every("shop")
    assert [each["metadata"]["name"] for each in found] == ["a", "b"]
    assert ("continue", "more") in server.calls[1].query


class Item(dict[str, Any]):
    """An object of an answer, of which it can be told whether anything still holds it."""


async def test_of_a_long_list_no_more_is_held_than_what_is_wanted_and_one_answer() -> None:
    made: list[weakref.ref[Item]] = []
    most = 0

    def answer(call: Call) -> Any:
        nonlocal most
        most = max(most, sum(each() is not None for each in made))
        page = int(dict(call.query).get("continue", 0))
        items = [Item(item(name=f"r-{page * 10 + number:03d}")) for number in range(10)]
        made.extend(map(weakref.ref, items))
        return {"items": items, "metadata": {"continue": str(page + 1) if page < 19 else ""}}

    def ends_in_nine(each: Any) -> bool:
        return str(each["metadata"]["name"]).endswith("9")

    requests = Server(*[answer] * 20).session.requests
    found = await requests.every(None, ends_in_nine, newest=2)
    assert [each["metadata"]["name"] for each in found] == ["r-189", "r-199"]
    assert most <= 2 + 10


async def test_what_the_server_keeps_for_itself_is_not_held() -> None:
    bookkeeping = item(metadata={"managedFields": [{"manager": "kubectl"}]})
    [found] = await Server({"items": [bookkeeping]}).session.requests.every("shop")
    assert "managedFields" not in found["metadata"]


async def test_the_api_server_sends_no_requests_of_other_phases() -> None:
    server = Server({"items": [item()]})
    assert len(await server.session.requests.every("shop", phases={"Pending", "Approved"})) == 1
    [call] = server.calls
    # Not "status.phase=Pending": one that nobody has looked at yet has none.
    assert dict(call.query)["fieldSelector"] == (
        "status.phase!=Executing,status.phase!=Succeeded,status.phase!=Failed,"
        "status.phase!=Denied,status.phase!=Expired,status.phase!=Cancelled"
    )


async def test_one_whose_crd_is_older_sends_all_and_those_are_chosen_from() -> None:
    too_old = ApiError("field label not supported: status.phase", code=400, reason="BadRequest")
    server = Server(too_old, {"items": [item(name="a"), item(name="b", phase="Denied")]})

    def is_pending(each: Any) -> bool:
        return bool(each["status"]["phase"] == "Pending")

    requests = server.session.requests
    [found] = await requests.every("shop", is_pending, phases={"Pending"})
    assert found["metadata"]["name"] == "a"
    assert [dict(call.query).get("fieldSelector") is None for call in server.calls] == [False, True]
    forbidden = Server(ApiError("no", code=403))
    with pytest.raises(ApiError, match="no"):
        await forbidden.session.requests.every("shop", phases={"Pending"})


async def test_names_are_read_without_the_objects_and_all_of_them() -> None:
    server = Server(outlines("b") | {"metadata": {"continue": "more"}}, outlines("a"))
    assert sorted(await server.session.requests.names("shop")) == ["a", "b"]
    assert {call.accept.rpartition(";as=")[2].partition(";")[0] for call in server.calls} == {
        "PartialObjectMetadataList"
    }


async def test_who_proposes_is_filled_in_where_the_server_does_not() -> None:
    empty = ApiError("… denied request: spec.requestedBy is empty. Put …", code=422)
    who = {"status": {"userInfo": {"username": "agent"}}}
    server = Server(empty, who, item())
    await send(server.session, "shop", {"metadata": {}, "spec": {"action": "x"}})
    assert server.calls[2].body["spec"]["requestedBy"] == "agent"
    alone = ApiError("… spec.submittedBy says who created a request for erin, so …", code=403)
    server = Server(alone, who, item())
    await send(server.session, "shop", {"metadata": {}, "spec": {"requestedBy": "erin"}})
    assert server.calls[2].body["spec"] == {"requestedBy": "erin", "submittedBy": "agent"}
    other = Server(ApiError("no", code=403))
    with pytest.raises(ApiError, match="no"):
        await send(other.session, "shop", {"metadata": {}, "spec": {"action": "x"}})


@pytest.mark.parametrize(
    ("name", "given", "namespace", "own"),
    [
        ("web", None, None, "web"),
        ("shop/web", None, "shop", "web"),
        ("shop/web", "shop", "shop", "web"),
        ("approvalrequest.countersign.dev/web", "shop", "shop", "web"),
        ("approval/web", None, None, "web"),
    ],
)
def test_a_request_is_found_by_what_was_printed_of_it(
    name: str, given: str | None, namespace: str | None, own: str
) -> None:
    assert located(Where(namespace=given), name) == (Where(namespace=namespace), own)


def test_a_name_and_a_namespace_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(PluginError, match="shop/web is in namespace shop, and -n says prod"):
        located(Where(namespace="prod"), "shop/web")


NOWHERE = "kubectl countersign list -A shows all that you may see."


def outlines(*names: str, namespace: str = "shop") -> dict[str, Any]:
    """The API server's answer with metadata alone."""
    return {"items": [{"metadata": {"name": each, "namespace": namespace}} for each in names]}


@pytest.mark.parametrize(
    ("elsewhere", "here", "advice"),
    [
        (outlines(), outlines("restart-web-x7k2q", "tidy"), "Did you mean restart-web-x7k2q?"),
        (outlines(), outlines("restart-wbe", "restart-web1"), "restart-web1 or restart-wbe?"),
        (
            outlines("restart-web", namespace="live"),
            outlines("restart-wbe"),
            "But there is live/restart-web.",
        ),
        (outlines(), outlines("tidy"), NOWHERE),
        (ApiError("no", code=403), outlines("restart-wbe"), "Did you mean restart-wbe?"),
        (ApiError("no", code=403), ApiError("no", code=403), NOWHERE),
    ],
)
async def test_a_request_that_is_not_there_is_told_with_what_there_is(
    elsewhere: Any, here: Any, advice: str
) -> None:
    requests = Server(elsewhere, here).session.requests
    told = await no_such_request(requests, "shop", "restart-web")
    assert told.exit is Exit.MISSING
    assert str(told).startswith("There is no request restart-web in namespace shop. ")
    assert str(told).endswith(advice)


# --- Waiting ---------------------------------------------------------------------------------


def executed(status: str) -> dict[str, Any]:
    """A status with that condition."""
    condition = {**item()["status"]["conditions"][0], "type": "Executed", "status": status}
    return {"conditions": [*item()["status"]["conditions"], condition]}


@pytest.mark.parametrize(
    ("goal", "parts", "reached", "well"),
    [
        (Goal.PLANNED, {"status": UNPLANNED}, False, False),
        (Goal.PLANNED, {}, True, True),
        (Goal.PLANNED, {"phase": "Failed", "status": UNPLANNED}, True, False),
        (Goal.APPROVED, {}, False, False),
        (Goal.APPROVED, {"phase": "Denied"}, True, False),
        (Goal.APPROVED, {"phase": "Succeeded"}, True, True),
        (Goal.EXECUTED, {"phase": "Approved"}, False, False),
        (Goal.EXECUTED, {"phase": "Executing", "status": executed("True")}, True, True),
        (Goal.EXECUTED, {"phase": "Failed", "status": executed("False")}, True, False),
        (Goal.END, {"phase": "Executing"}, False, False),
        (Goal.END, {"phase": "Succeeded"}, True, True),
        (Goal.END, {"phase": "Expired"}, True, False),
    ],
)
def test_how_far_a_request_has_come(
    goal: Goal, parts: dict[str, Any], reached: bool, well: bool
) -> None:
    assert waiting.reached(request(**parts), goal) is reached
    assert waiting.went_well(request(**parts), goal) is well


async def test_what_has_come_so_far_is_not_waited_for() -> None:
    done = request(phase="Succeeded")
    assert await waiting.wait(Server().session, done, Goal.END, None) is done


async def test_a_wait_outlives_a_watch_that_ends_and_a_server_that_starts_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "_AGAIN", 0.0)
    server = Server(
        [modified(phase="Approved")],  # The watch ends by itself.
        item(phase="Approved"),
        ApiError("watch of x: connection refused"),
        [{"type": "ERROR", "object": {"code": 410}}],
        ApiError("GET x: connection reset"),
        [modified(phase="Executing"), modified(phase="Succeeded")],
    )
    end = await waiting.wait(server.session, request(), Goal.END, 60)
    assert end.phase == "Succeeded"
    assert server.answers == []


@pytest.mark.parametrize(
    "answers",
    [
        [[{"type": "DELETED", "object": item()}]],
        [[], item(metadata={"uid": "another"})],
    ],
)
async def test_a_request_that_is_deleted_ends_the_wait(answers: list[Any]) -> None:
    with pytest.raises(PluginError, match="has been deleted meanwhile") as gone:
        await waiting.wait(Server(*answers).session, request(), Goal.END, 60)
    assert gone.value.exit is Exit.MISSING


async def test_what_cannot_pass_ends_the_wait() -> None:
    server = Server(ApiError("you may not watch", code=403))
    with pytest.raises(ApiError, match="you may not watch"):
        await waiting.wait(server.session, request(), Goal.END, 60)
