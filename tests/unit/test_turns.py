"""Many that want to do something at once, and how many may."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from countersign.turns import Turns
from tests.support.fakes_time import in_virtual_time


class Crowd:
    """Each takes a second; ``most`` is how many there were at a time, by key and in all."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.now = Counter[str]()
        self.most = Counter[str]()
        self.done: list[tuple[float, str]] = []

    async def one(self, key: str) -> None:
        async with self.turns.of(key):
            for each in (key, "all"):
                self.now[each] += 1
                self.most[each] = max(self.most[each], self.now[each])
            await asyncio.sleep(1)
            self.now.subtract((key, "all"))
        self.done.append((asyncio.get_running_loop().time(), key))


@in_virtual_time
async def test_no_more_go_on_than_may_in_all_and_of_each() -> None:
    crowd = Crowd(Turns(in_all=8, of_each=3))
    await asyncio.gather(*(crowd.one(f"ns-{number % 5}") for number in range(100)))
    assert len(crowd.done) == 100
    assert crowd.most["all"] == 8
    assert max(crowd.most[f"ns-{number}"] for number in range(5)) == 3


@in_virtual_time
async def test_a_thousand_of_one_key_keep_nobody_else_waiting() -> None:
    crowd = Crowd(Turns(in_all=8, of_each=3))
    await asyncio.gather(*(crowd.one("loud") for _ in range(1000)), crowd.one("quiet"))
    assert (1, "quiet") in crowd.done


@in_virtual_time
async def test_nothing_is_kept_of_keys_that_nobody_uses() -> None:
    turns = Turns(in_all=2, of_each=1)
    crowd = Crowd(turns)
    going = [asyncio.create_task(crowd.one(f"ns-{number}")) for number in range(50)]
    await asyncio.sleep(0.5)
    assert len(turns) == 50
    for each in going[:40]:
        each.cancel()
    await asyncio.gather(*going, return_exceptions=True)
    assert len(turns) == 0


@in_virtual_time
async def test_a_turn_ends_with_an_error_as_well() -> None:
    turns = Turns(in_all=1, of_each=1)
    for _ in range(2):
        with pytest.raises(ValueError, match="oh"):
            async with turns.of("x"):
                raise ValueError("oh")
