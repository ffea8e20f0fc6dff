"""Two people who sign at the same moment: no signature is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.e2e.attacks.conftest import LABEL, People
from tests.support.caller import Answer
from tests.support.shop import request_object as named
from tests.support.site import Site

TIMES = 100


def together(*signing: Callable[[], Answer]) -> list[Answer]:
    """Let people go at the same moment."""
    barrier = Barrier(len(signing))

    def go(sign: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return sign()

    with ThreadPoolExecutor(len(signing)) as threads:
        return list(threads.map(go, signing))


def test_a_hundred_times_two_people_sign_at_once_and_no_signature_is_lost(
    people: People, site: Site
) -> None:
    """While the operator, which has seen the first of both, may be writing the status as well."""
    names = [f"race-{number}" for number in range(TIMES)]
    for name in names:
        spec = named(name, operation=LABEL, requiredSignatures=3)["spec"]
        people("agent").propose(name, **spec).accepted()
    for name in names:
        site.planned(name)
    for name in names:
        for answer in together(
            lambda name=name: people("alice").sign(name, comment="a"),  # type: ignore[misc]
            lambda name=name: people("bob").sign(name, comment="b"),  # type: ignore[misc]
        ):
            answer.accepted()
    for name in names:
        entries = site.request(name)["spec"]["signatures"]
        assert {entry["signer"]: entry["comment"] for entry in entries} == {
            "alice": "a",
            "bob": "b",
        }
        counted = site.when(name, lambda status: status.get("signed") == "2/3", "to count both")
        assert counted["status"]["phase"] == "Pending"
