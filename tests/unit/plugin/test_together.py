"""Several questions at once leave none of them behind."""

from __future__ import annotations

import asyncio

import pytest

from countersign.errors import ApiError
from countersign.plugin.together import together


async def answer(value: int) -> int:
    await asyncio.sleep(0)
    return value


async def test_answers_come_in_the_order_of_the_questions() -> None:
    assert await together(answer(1), answer(2), answer(3)) == (1, 2, 3)
    assert await together() == ()


async def test_where_one_fails_the_others_have_ended_before_it_is_told() -> None:
    ended: list[str] = []

    async def refused() -> int:
        raise ApiError("forbidden", code=403)

    async def slow() -> int:
        for _ in range(5):
            await asyncio.sleep(0)
        ended.append("ended")
        return 0

    with pytest.raises(ApiError, match="forbidden"):
        await together(slow(), refused(), slow())
    assert ended == ["ended", "ended"]
