"""Short fingerprints: the same for the same thing, whenever and by whomever it is looked at."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint(value: Any, length: int) -> str:
    """The first ``length`` hexadecimal digits of the SHA-256 of canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]
