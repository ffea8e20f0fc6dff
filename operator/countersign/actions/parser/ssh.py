"""``ssh HOST COMMAND``: understood, but carried out by nothing here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from countersign.actions.parser.arguments import whole_number
from countersign.actions.parser.foreign import Foreign
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.shell import Word
from countersign.actions.parser.verbs.pods import is_bare_shell

MAX_PORT = 65_535
_MESSAGE = (
    "Nothing is run on hosts here. Write what is wanted as an operation on the cluster, for "
    "example kubectl drain NODE, or run the command yourself."
)
_DESTINATION = re.compile(
    r"(?:(?P<user>[A-Za-z_][\w.-]{0,63})@)?(?P<host>[A-Za-z0-9](?:[\w.-]{0,251}[A-Za-z0-9])?)",
    re.ASCII,
)
_VALUE_FLAGS = frozenset("ilop")
_SWITCHES = frozenset("46aCknqtTvxX")
# How to connect, not where to or as whom; ProxyCommand and its like would run something.
_OPTIONS = frozenset(
    {
        "batchmode", "connectionattempts", "connecttimeout", "identitiesonly", "identityfile",
        "loglevel", "passwordauthentication", "preferredauthentications", "requesttty",
        "serveralivecountmax", "serveraliveinterval", "stricthostkeychecking", "userknownhostsfile",
    }
)  # fmt: skip


def read(words: Sequence[Word]) -> Foreign:
    """A command on a host; refuses one without a command, which needs a person."""
    rest = iter([word.text for word in words[1:]])
    flags: dict[str, str] = {}
    destination = _take_flags(rest, flags)
    found = _DESTINATION.fullmatch(destination or "")
    if found is None:
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            f"{quote(destination or '')} is no host. Write ssh HOST COMMAND.",
        )
    first = _take_flags(rest, flags)
    command = [] if first is None else [first, *rest]
    if is_bare_shell(command):
        raise TextRefusedError(
            RefusalClass.INTERACTIVE,
            "A shell on a host cannot be approved. Write the one change that is wanted.",
        )
    user = _one("user", found["user"], flags.get("l"))
    port = flags.get("p")
    described: dict[str, Any] = {
        "operation": "SSH",
        "kind": "Host",
        "name": found["host"],
        "namespace": None,
    }
    if user is not None:
        described["user"] = user
    if port is not None:
        described["port"] = whole_number(port, "-p", 1, MAX_PORT)
    return Foreign({**described, "command": " ".join(command)}, _MESSAGE)


def _take_flags(rest: Iterator[str], flags: dict[str, str]) -> str | None:
    """Take flags up to the first word that is none; that word."""
    for text in rest:
        if text == "--":
            return next(rest, None)
        if not text.startswith("-") or text == "-":
            return text
        letters = text[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in _VALUE_FLAGS:
                _take_value(letter, letters or next(rest, ""), flags)
                break
            if letter not in _SWITCHES:
                raise TextRefusedError(
                    RefusalClass.UNSUPPORTED, f"The flag {quote(text)} of ssh is not read."
                )
    return None


def _take_value(letter: str, value: str, flags: dict[str, str]) -> None:
    if not value:
        raise TextRefusedError(RefusalClass.MALFORMED, f"-{letter} lacks its value.")
    if letter == "o":
        name = re.split(r"[=\s]", value, maxsplit=1)[0].lower()
        if name not in _OPTIONS:
            raise TextRefusedError(
                RefusalClass.UNSUPPORTED, f"The option {quote(name)} of ssh is not read."
            )
        return
    flags[letter] = _one(f"-{letter}", flags.get(letter), value) or ""


def _one(what: str, *values: str | None) -> str | None:
    """The one value that is given; refuses two different ones."""
    given = {value for value in values if value is not None}
    if len(given) > 1:
        raise TextRefusedError(RefusalClass.AMBIGUOUS, f"{what} is given twice. Write it once.")
    return given.pop() if given else None
