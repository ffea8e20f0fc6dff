"""A command line taken apart into flags and positional words, as pflag does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from countersign.actions.parser.flags import BY_LETTER, BY_NAME, Flag, Use
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote
from countersign.actions.parser.shell import Word

_TRUE = frozenset({"", "1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
# Words that people write behind a flag which takes its value after = only.
_STRAY_VALUES = _TRUE | _FALSE | {"background", "foreground", "orphan", "client", "server", "none"}


@dataclass(slots=True)
class Arguments:
    """``given`` holds each flag's values in their order, ``behind`` what follows ``--``.

    ``openshift`` says that the line is one of oc, for which OpenShift's own kinds come first.
    """

    positionals: list[str] = field(default_factory=list)
    behind: list[str] | None = None
    given: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    openshift: bool = False

    def value(self, flag: str) -> str | None:
        """The one value of a flag; refuses two different ones."""
        values = set(self.given.get(flag, ()))
        if len(values) > 1:
            raise TextRefusedError(
                RefusalClass.AMBIGUOUS,
                f"--{flag} is given twice, with different values. Write it once.",
            )
        return values.pop() if values else None

    def is_set(self, flag: str) -> bool:
        """Whether a flag that is on or off is on."""
        value = self.value(flag)
        if value is None or value in _FALSE:
            return False
        if value in _TRUE:
            return True
        raise TextRefusedError(
            RefusalClass.MALFORMED, f"--{flag} is on or off. Write --{flag}, or leave it out."
        )

    def number(self, flag: str, lowest: int, highest: int) -> int | None:
        """The whole number that a flag gives."""
        value = self.value(flag)
        if value is None:
            return None
        return whole_number(value, f"--{flag}", lowest, highest)


def whole_number(text: str, what: str, lowest: int, highest: int) -> int:
    """A whole number in its range; refuses any other text, and 010, which is octal to kubectl."""
    digits = text.removeprefix("-")
    plain = digits.isascii() and digits.isdigit() and len(digits) <= len(str(highest))
    if plain and str(int(text)) == text and lowest <= int(text) <= highest:
        return int(text)
    raise TextRefusedError(
        RefusalClass.MALFORMED,
        f"{quote(text)} cannot be the value of {what}. Write a whole number from {lowest} to "
        f"{highest}.",
    )


def take_apart(words: Sequence[Word]) -> Arguments:
    """Tell flags from positional words: flags stand anywhere in the line, until ``--``."""
    arguments = Arguments()
    rest = iter(words)
    switch: str | None = None  # the flag without a value that stands before this word
    for word in rest:
        before, switch = switch, None
        if word.text == "--":
            arguments.behind = [following.text for following in rest]
        elif word.text.startswith("--"):
            switch = _take_name(word.text[2:], rest, arguments)
        elif word.text.startswith("-") and word.text != "-":
            _take_letters(word.text, rest, arguments)
        elif before is not None and word.text in _STRAY_VALUES:
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                f"{quote(word.text)} is no value of --{before}. Write --{before}={word.text}.",
            )
        else:
            arguments.positionals.append(word.text)
    return arguments


def refuse_others(arguments: Arguments, read: Iterable[str]) -> None:
    """Refuse every flag but the harmless ones and those that the verb reads."""
    for name in arguments.given:
        flag = BY_NAME[name]
        if flag.use is Use.HARMLESS or name in read:
            continue
        raise TextRefusedError(flag.refused, f"--{name} {flag.why}.")
    for unknown in arguments.unknown:
        raise TextRefusedError(
            RefusalClass.UNSUPPORTED,
            f"The flag {quote(unknown)} is not known for this command. Leave it out.",
        )


def refuse_idle_runs(arguments: Arguments) -> None:
    """Refuse what only prints, whatever its verb is."""
    for name in ("help", "dry-run"):
        if name in arguments.given:
            raise TextRefusedError(RefusalClass.READ_ONLY, f"--{name} {BY_NAME[name].why}.")


def _take_name(text: str, rest: Iterator[Word], arguments: Arguments) -> str | None:
    """Take a long flag; its name if it took no value."""
    name, is_assigned, value = text.partition("=")
    flag = BY_NAME.get(name)
    if flag is None:
        arguments.unknown.append(f"--{name}")
        return None
    values = arguments.given.setdefault(flag.name, [])
    if is_assigned:
        if not flag.takes_value and not value:
            raise TextRefusedError(RefusalClass.MALFORMED, f"--{name}= lacks its value.")
        values.append(value)
        return None
    if flag.takes_value:
        values.append(_value_after(flag, next(rest, None)))
        return None
    values.append("")
    return name


def _take_letters(text: str, rest: Iterator[Word], arguments: Arguments) -> None:
    name = text[1:].partition("=")[0]
    if len(name) > 1 and name in BY_NAME:
        # To kubectl, -namespace is -n with the value "amespace".
        raise TextRefusedError(
            RefusalClass.MALFORMED, f"{quote(text)} has one hyphen only. Write --{name}."
        )
    letters = text[1:]
    while letters:
        flag, letters = BY_LETTER.get(letters[0]), letters[1:]
        if flag is None:
            arguments.unknown.append(text)
            return
        values = arguments.given.setdefault(flag.name, [])
        if flag.takes_value:
            values.append(
                letters.removeprefix("=") if letters else _value_after(flag, next(rest, None))
            )
            return
        values.append("")


def _value_after(flag: Flag, word: Word | None) -> str:
    if word is None:
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            f"--{flag.name} lacks its value. Write it, for example --{flag.name}=…",
        )
    return word.text
