"""Digests over canonical JSON: what people sign."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from countersign.api.status import PlanStep


def digest_of(value: Any) -> str:
    """SHA-256 of canonical JSON (sorted keys, no spaces, UTF-8), as ``sha256:<hex>``."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def plan_digest(steps: Iterable[PlanStep], revision: int) -> str:
    """What a signer would want to be asked about again if it changed, and nothing else.

    The revision is in it so that a plan which went stale can never come back to life: were the
    target to return to its old state, the old signatures would otherwise count once more.
    """
    return digest_of(
        {
            "steps": [
                {
                    "operation": step.operation.to_json(),
                    "targetUid": step.target.uid,
                    "effect": [change.to_json() for change in step.changes],
                }
                for step in steps
            ],
            "revision": revision,
        }
    )
