"""Label selectors, equality and set based: checked as Kubernetes does, and kept as written."""

from __future__ import annotations

import re

from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote

MAX_SELECTOR = 1024
MAX_KEY = 317
KEY = (
    r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?"
    r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
VALUE = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
_REQUIREMENT = re.compile(
    rf"""\s*(?:
        !\s*{KEY}
      | {KEY}\s*(?:==|=|!=)\s*{VALUE}
      | {KEY}\s+(?:in|notin)\s*\(\s*{VALUE}\s*(?:,\s*{VALUE}\s*)*\)
      | {KEY}
    )\s*(?:,(?=.)|\Z)""",
    re.ASCII | re.VERBOSE,
)


def valid_selector(text: str) -> str:
    """The selector itself; refuses one that is empty, or no selector."""
    if not text.strip():
        raise TextRefusedError(
            RefusalClass.AMBIGUOUS, "An empty selector stands for all objects. Name the objects."
        )
    position = 0
    while len(text) <= MAX_SELECTOR and (part := _REQUIREMENT.match(text, position)):
        position = part.end()
        if position == len(text):
            return text
    raise TextRefusedError(
        RefusalClass.MALFORMED,
        f"{quote(text)} is no label selector. Write for example app=web,tier!=db.",
    )
