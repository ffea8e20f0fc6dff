"""Which values are nobody's to read: told by the names beside them, or by their look."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "(hidden)"
"""What is shown instead of such a value."""
_SECRET = re.compile(
    "PASS|PWD|TOKEN|SECRET|KEY|CREDENTIAL|AUTH|PRIVATE|DSN|CONNECTION_?STRING", re.IGNORECASE
)
_LOGIN_IN_URL = re.compile(r"://[^/\s@:]*:[^/\s@]+@")


def is_secret(name: str, value: str) -> bool:
    """Whether a variable's name, or a login in its value, says that the value is not to be shown.

    It errs on the side of hiding.
    """
    return bool(_SECRET.search(name) or _LOGIN_IN_URL.search(value))


def is_secret_variable(entry: Any) -> bool:
    """Whether an object has a name and a value, and the name says that the value is a secret."""
    name, value = entry.get("name"), entry.get("value")
    return isinstance(name, str) and isinstance(value, str) and is_secret(name, value)


def holds_secret_variable(value: Any) -> bool:
    """Whether anywhere in it a name says that the value beside it is a secret."""
    if isinstance(value, dict):
        return is_secret_variable(value) or any(map(holds_secret_variable, value.values()))
    return isinstance(value, list) and any(map(holds_secret_variable, value))


def without_secret(word: str) -> str:
    """A word of a command as far as it may be shown: ``PGPASSWORD=(hidden)``.

    A name may stand behind another value: ``--from-literal=password=…``.
    """
    parts, shown = word.split("="), word
    for number in range(1, len(parts)):
        if is_secret(parts[number - 1], parts[number]):
            shown = "=".join((*parts[:number], HIDDEN))
            break
    return HIDDEN if is_secret("", shown) else shown
