"""Values of fields as people sign them: bounded, in one line, two different ones never alike."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from countersign.actions.digest import digest_of
from countersign.api.status import MAX_CHANGES, VALUE_LIMIT, Change
from countersign.api.text import clip

FIELD_LIMIT = 512
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


def shown(text: str, limit: int = VALUE_LIMIT) -> str:
    """The text itself where it can be shown as it is, else its beginning and a digest of it all."""
    if clip(text, limit) == text:
        return text
    mark = f" (sha256:{digest_of(text)[7:23]})"
    return clip(text, limit - len(mark)) + mark


def compact(value: Any) -> str:
    """JSON in its one canonical form."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def below(field: str, key: str) -> str:
    """The path of a key within a field: ``.cpu``, but ``[nvidia.com/gpu]``."""
    return f"{field}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{field}[{key}]"


def holds_secrets(kind: str) -> bool:
    """Whether the values of this kind go into no plan, status or undo."""
    return kind == "Secret"


def bounded(changes: Sequence[Change]) -> tuple[Change, ...]:
    """As many as a plan may have; the last stands for those that are left out, and binds them."""
    if len(changes) <= MAX_CHANGES:
        return tuple(changes)
    kept, rest = changes[: MAX_CHANGES - 1], changes[MAX_CHANGES - 1 :]
    digest = digest_of([change.to_json() for change in rest])
    return (*kept, Change(field="…", after=f"{len(rest)} more changes ({digest})"))
