"""A request that is not there: where else there is one of that name, and what is called alike."""

from __future__ import annotations

from collections.abc import Coroutine
from difflib import get_close_matches
from typing import Any

from countersign.actions.parser.refusal import one_of
from countersign.errors import ApiError
from countersign.plugin.exits import Exit, PluginError
from countersign.plugin.requests import Requests
from countersign.plugin.together import together

_MOST = 3
"""Suggestions: more would have to be searched through again."""


async def no_such_request(requests: Requests, namespace: str, name: str) -> PluginError:
    """What to tell who has named it. Whatever may not be read is not suggested."""
    places, names = await together(_found(requests.places(name)), _found(requests.names(namespace)))
    alike = get_close_matches(name, names, _MOST)
    if places:
        advice = f"But there is {one_of([f'{each}/{name}' for each in places[:_MOST]])}."
    elif alike:
        advice = f"Did you mean {one_of(alike)}?"
    else:
        advice = "kubectl countersign list -A shows all that you may see."
    return PluginError(
        f"There is no request {name} in namespace {namespace}. {advice}", Exit.MISSING
    )


async def _found(asked: Coroutine[Any, Any, list[str]]) -> list[str]:
    try:
        return await asked
    except ApiError:
        return []
