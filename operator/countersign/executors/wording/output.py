"""What a program has written, made fit for a status: bounded, without tricks and secrets.

Whoever may read a request need not be allowed to read what its action reads.
"""

from __future__ import annotations

from countersign.actions.secret_words import text_without_secrets
from countersign.api.status import OUTPUT_LIMIT
from countersign.api.text import clip, ending, is_unseen

_KEPT = "\n\t"


def printable(text: str) -> str:
    """Its lines, without what looks like a secret and without characters that cannot be seen."""
    seen = (
        each if each in _KEPT or not is_unseen(each) else "�"
        for each in text.replace("\r\n", "\n").replace("\r", "\n")
    )
    return "\n".join(map(text_without_secrets, "".join(seen).split("\n")))


def tail(text: str, limit: int = OUTPUT_LIMIT) -> str:
    """Its end, which shows where it was cut."""
    return ending(printable(text).strip("\n"), limit)


def labelled(stdout: str, stderr: str, limit: int = OUTPUT_LIMIT) -> str:
    """Both streams; stderr's under a heading, and never more than half where both are long."""
    if not stderr.strip():
        return tail(stdout, limit)
    if not stdout.strip():
        return _under("stderr", stderr, limit)
    half = limit // 2 - 1
    errors = _under("stderr", stderr, half)
    return f"{_under('stdout', stdout, limit - len(errors) - 1)}\n{errors}"


def last_line(text: str, limit: int) -> str:
    """The last line that says anything, in one line."""
    lines = [line for line in printable(text).splitlines() if line.strip()]
    return clip(lines[-1], limit) if lines else ""


def _under(heading: str, text: str, limit: int) -> str:
    head = f"--- {heading} ---\n"
    return head + tail(text, limit - len(head))
