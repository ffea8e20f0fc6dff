"""Several questions to the API server at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar, overload

A = TypeVar("A")
B = TypeVar("B")


@overload
async def together(
    first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B], /
) -> tuple[A, B]: ...


@overload
async def together(*asked: Coroutine[Any, Any, A]) -> tuple[A, ...]: ...


async def together(*asked: Coroutine[Any, Any, Any]) -> tuple[Any, ...]:
    """The answers, in order. Raises the first error, once there are no more questions out.

    The others are waited for: nothing is under way any more when the session ends.
    """
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for each in answers:
        if isinstance(each, BaseException):
            raise each
    return tuple(answers)
