"""Where containers are, how they are named, and how a patch reaches them."""

from __future__ import annotations

import json

import pytest

from countersign.actions.secrecy import is_secret
from countersign.api.operation import Kind, OperationType
from countersign.api.parameters import PATCH_LIMIT
from countersign.api.status import MAX_CHANGES, VALUE_LIMIT, Change
from countersign.api.text import one_line
from countersign.errors import RefusedError
from countersign.executors.templates.pod_template import (
    chosen,
    containers_of,
    in_containers,
    one_scope,
    patch_operation,
    refuse_owned_replica_set,
)
from countersign.executors.templates.quantities import amount, same
from countersign.executors.wording.values import bounded, shown
from tests.support.pod_templates import asked, templated

WEB, SIDE, PREP = {"name": "web"}, {"name": "side"}, {"name": "prep"}
PAUSE = asked(OperationType.RESTART_ROLLOUT)
PLACES = {
    Kind.DEPLOYMENT: "spec.template.spec",
    Kind.STATEFUL_SET: "spec.template.spec",
    Kind.DAEMON_SET: "spec.template.spec",
    Kind.REPLICA_SET: "spec.template.spec",
    Kind.CRON_JOB: "spec.jobTemplate.spec.template.spec",
    Kind.POD: "spec",
}


@pytest.mark.parametrize("kind", PLACES)
def test_containers_are_found_and_patched_where_the_kind_keeps_them(kind: Kind) -> None:
    live = templated(WEB, SIDE, kind=kind, init=(PREP,))
    found = containers_of(kind, live)
    assert [each.field for each in found] == [
        f"{PLACES[kind]}.containers[web]",
        f"{PLACES[kind]}.containers[side]",
        f"{PLACES[kind]}.initContainers[prep]",
    ]
    spec = in_containers(kind, [(each, {"image": "x"}) for each in (found[1], found[2])])
    for key in PLACES[kind].split("."):
        spec = spec[key]
    assert spec == {
        "containers": [{"name": "side", "image": "x"}],
        "initContainers": [{"name": "prep", "image": "x"}],
    }


@pytest.mark.parametrize("live", [{}, {"spec": None}, {"spec": {"template": {"spec": None}}}])
def test_an_object_without_a_template_has_no_containers(live: dict[str, object]) -> None:
    assert containers_of(Kind.DEPLOYMENT, live) == ()
    with pytest.raises(RefusedError, match="it has none"):
        chosen(PAUSE, live, None)


@pytest.mark.parametrize(
    ("name", "names"),
    [("web", ["web"]), ("prep", ["prep"]), ("*", ["web", "prep"]), (None, ["web", "prep"])],
)
def test_a_name_means_one_container_and_a_star_all(name: str | None, names: list[str]) -> None:
    live = templated(WEB, init=(PREP,))
    assert [each.name for each in chosen(PAUSE, live, name)] == names


def test_an_unknown_container_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(RefusedError, match="no container db; it has web, prep") as caught:
        chosen(PAUSE, templated(WEB, init=(PREP,)), "db")
    assert caught.value.reason == "Invalid"


def test_the_names_there_are_are_bounded() -> None:
    live = templated(*({"name": f"c{number}" + "x" * 60} for number in range(40)))
    with pytest.raises(RefusedError) as caught:
        chosen(PAUSE, live, "db")
    assert len(str(caught.value)) <= 600


def test_the_template_of_a_replica_set_that_is_owned_is_left_alone() -> None:
    of = asked(OperationType.SCALE, Kind.REPLICA_SET, scale={"replicas": 1})
    live = templated(WEB, kind=Kind.REPLICA_SET)
    refuse_owned_replica_set(of, live)
    live["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "web"}]
    refuse_owned_replica_set(of, live)
    live["metadata"]["ownerReferences"][0]["controller"] = True
    with pytest.raises(RefusedError, match="belongs to Deployment web; change that"):
        refuse_owned_replica_set(of, live)


def test_a_patch_that_is_too_long_for_an_operation_is_none() -> None:
    [web] = containers_of(Kind.DEPLOYMENT, templated(WEB))
    assert patch_operation(PAUSE, [(web, {"args": ["x" * PATCH_LIMIT]})]) is None
    back = patch_operation(PAUSE, [(web, {"args": ["x"]})])
    assert back is not None
    assert back.patch is not None
    inner = {"containers": [{"name": "web", "args": ["x"]}]}
    assert json.loads(back.patch.patch) == {"spec": {"template": {"spec": inner}}}


def test_one_operation_does_for_one_container_or_for_all_alike() -> None:
    web, side, prep = containers_of(Kind.DEPLOYMENT, templated(WEB, SIDE, init=(PREP,)))
    every = (web, side, prep)
    assert one_scope([(side, 1)], every) == ("side", 1)
    assert one_scope([(each, 1) for each in every], every) == (None, 1)
    assert one_scope([(web, 1), (side, 1)], every) is None
    assert one_scope([(web, 1), (side, 1), (prep, 2)], every) is None


# --- Values -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("500m", "0.5"),
        ("1Gi", "1024Mi"),
        ("1G", "1000M"),
        ("1e3", "1k"),
        ("1E3", "1000"),
        ("0", "0m"),
        ("1.5", "1500m"),
        ("1000n", "1u"),
        ("1Ei", "1024Pi"),
        ("1E", "1000P"),
        ("5e-1", "500m"),
    ],
)
def test_quantities_are_compared_as_amounts(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("1Gi", "1G"), ("1m", "1M"), ("1", "1k"), ("x", "1"), ("x", "y")]
)
def test_different_amounts_are_different(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "1gi", "1 Gi", "1Mii", "1e999999999", "1" * 40, "1e", "٣", "1\n", "."]
)
def test_what_is_no_quantity_has_no_amount(text: str) -> None:
    assert amount(text) is None


def test_two_values_are_never_shown_alike() -> None:
    long = "x" * 2000
    texts = ["a", " a", "a\n", "a\u200b", "a b", "a  b", "é  b", "é b", long, long + "y", ""]
    assert len({shown(text) for text in texts}) == len(texts)
    assert all(len(shown(text)) <= VALUE_LIMIT for text in texts)
    assert all(one_line(shown(text)) == shown(text) for text in texts)
    assert shown("plain text") == "plain text"


SECRET_NAMES = (
    "DB_PASSWORD dbPassword API_TOKEN CLIENT_SECRET AWS_ACCESS_KEY_ID apikey CREDENTIALS PGPASS "
    "DB_PWD AUTH_HEADER PRIVATE SENTRY_DSN"
)


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_such_a_name_hides_its_value(name: str) -> None:
    assert is_secret(name, "x")


def test_a_login_in_an_address_hides_it_and_other_values_are_shown() -> None:
    assert is_secret("DATABASE_URL", "postgres://app:pw@db/shop")
    assert not is_secret("DATABASE_URL", "postgres://db:5432/shop?to=a@b")
    assert not is_secret("LOG_LEVEL", "debug")


def test_the_last_of_too_many_changes_stands_for_the_rest_and_binds_it() -> None:
    def many(last: str) -> list[Change]:
        values = [str(number) for number in range(MAX_CHANGES + 5)] + [last]
        return [Change(field="f", after=value) for value in values]

    some = bounded(many("a"))
    assert len(some) == MAX_CHANGES
    assert "7 more changes" in str(some[-1].after)
    assert bounded(many("b"))[-1] != some[-1]
    assert bounded(many("a")[:MAX_CHANGES]) == tuple(many("a")[:MAX_CHANGES])
