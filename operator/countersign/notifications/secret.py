"""Secrets: where they are is known, what they are is read when they are needed."""

from __future__ import annotations

import os
from pathlib import Path

from countersign.errors import ConfigError
from countersign.notifications.routing import SecretReference

_LONGEST = 4096


def read_secret(reference: SecretReference) -> str:
    """The secret as it is now: a mounted Secret may have been changed. Raises ``ConfigError``."""
    if reference.env is not None:
        text = os.environ.get(reference.env, "")
    else:
        try:
            text = Path(reference.file or "").read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{reference} cannot be read ({type(error).__name__})") from None
    text = text.strip()
    if not text:
        raise ConfigError(f"{reference} is empty")
    if not text.isprintable():  # Also what is no UTF-8 in the environment.
        raise ConfigError(f"{reference} has characters that cannot be seen")
    if len(text) > _LONGEST:
        raise ConfigError(f"{reference} is longer than {_LONGEST} characters")
    return text
