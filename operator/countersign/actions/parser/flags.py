"""Flags of kubectl: which take a value, which mean something to us, why the others are refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from countersign.actions.parser.refusal import RefusalClass, RefusedError, quote
from countersign.actions.parser.shell import Word


class Use(Enum):
    """What becomes of a flag."""

    PARAMETER = auto()  # an operation may read it
    HARMLESS = auto()  # decides what kubectl prints or how long it waits, not what it does
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of kubectl's; ``short`` is its letter."""

    name: str
    short: str = ""
    takes_value: bool = True
    use: Use = Use.REFUSED
    refused: RefusalClass = RefusalClass.UNSUPPORTED
    why: str = "is not supported. Leave it out"


_CLUSTER = (
    "chooses another cluster or user, but actions run where the request is and as its service "
    "account. Leave it out"
)
_SEVERAL = "may choose several objects. Name one object a request"
_DRY = "changes nothing. Leave it out: a dry run is made before anybody signs, or set spec.dryRun"
_FILE = "reads a file that nobody can see here. Name the object instead"
_AMBIGUOUS = RefusalClass.AMBIGUOUS

_FLAGS = (
    Flag("namespace", "n", use=Use.PARAMETER),
    Flag("replicas", use=Use.PARAMETER),
    Flag("current-replicas", use=Use.PARAMETER),
    Flag("output", "o", use=Use.HARMLESS),  # how kubectl prints the object
    Flag("v", "v", use=Use.HARMLESS),  # how much kubectl logs
    Flag("request-timeout", use=Use.HARMLESS),  # how long kubectl waits for the server
    Flag("timeout", use=Use.HARMLESS),  # how long kubectl waits for the outcome; see spec.verify
    Flag("dry-run", takes_value=False, refused=RefusalClass.READ_ONLY, why=_DRY),
    Flag("help", "h", takes_value=False, refused=RefusalClass.READ_ONLY, why="only prints help"),
    *(
        Flag(name, why=_CLUSTER)
        for name in (
            "context", "kubeconfig", "cluster", "user", "as", "as-group", "as-uid", "token",
            "username", "password", "certificate-authority", "client-certificate", "client-key",
            "tls-server-name", "cache-dir",
        )
    ),
    Flag("server", "s", why=_CLUSTER),
    Flag("insecure-skip-tls-verify", takes_value=False, why=_CLUSTER),
    Flag("filename", "f", why=_FILE),
    Flag("kustomize", "k", why=_FILE),
    Flag("recursive", "R", takes_value=False, why=_FILE),
    Flag("selector", "l", refused=_AMBIGUOUS, why=_SEVERAL),
    Flag("field-selector", refused=_AMBIGUOUS, why=_SEVERAL),
    Flag("all", takes_value=False, refused=_AMBIGUOUS, why=_SEVERAL),
    Flag("all-namespaces", "A", takes_value=False, refused=_AMBIGUOUS, why=_SEVERAL),
    Flag(
        "record",
        takes_value=False,
        why="writes an annotation. Leave it out: the request itself is the record",
    ),
    Flag("resource-version", why="is not supported. Use --current-replicas as a precondition"),
    Flag("container", "c"),
    Flag("patch", "p"),
    Flag("to-revision"),
    Flag("type"),
    *(
        Flag(name, short, takes_value=False)
        for name, short in (("stdin", "i"), ("tty", "t"), ("force", ""), ("now", ""), ("list", ""))
    ),
)  # fmt: skip
_BY_NAME = {flag.name: flag for flag in _FLAGS}
_BY_LETTER = {flag.short: flag for flag in _FLAGS if flag.short}


@dataclass(slots=True)
class Arguments:
    """A command line taken apart; ``given`` holds each flag's values in their order."""

    positionals: list[str] = field(default_factory=list)
    given: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def value(self, flag: str) -> str | None:
        """The one value of a flag; refuses two different ones."""
        values = set(self.given.get(flag, ()))
        if len(values) > 1:
            raise RefusedError(
                RefusalClass.AMBIGUOUS,
                f"--{flag} is given twice, with different values. Write it once.",
            )
        return values.pop() if values else None


def take_apart(words: Sequence[Word]) -> Arguments:
    """Tell flags from positional words, as pflag does: anywhere in the line, until ``--``."""
    arguments = Arguments()
    rest = iter(words)
    for word in rest:
        if word.text == "--":
            arguments.positionals += (following.text for following in rest)
        elif word.text.startswith("--"):
            name, is_assigned, value = word.text[2:].partition("=")
            flag = _BY_NAME.get(name)
            if flag is None:
                arguments.unknown.append(f"--{name}")
            elif is_assigned or not flag.takes_value:
                arguments.given.setdefault(flag.name, []).append(value)
            else:
                arguments.given.setdefault(flag.name, []).append(
                    _value_after(flag, next(rest, None))
                )
        elif word.text.startswith("-") and word.text != "-":
            _take_letters(word.text, rest, arguments)
        else:
            arguments.positionals.append(word.text)
    return arguments


def refuse_others(arguments: Arguments, read: frozenset[str]) -> None:
    """Refuse every flag but the harmless ones and those that the operation reads."""
    for name in arguments.given:
        flag = _BY_NAME[name]
        if flag.use is Use.HARMLESS or name in read:
            continue
        raise RefusedError(flag.refused, f"--{name} {flag.why}.")
    for unknown in arguments.unknown:
        raise RefusedError(
            RefusalClass.UNSUPPORTED,
            f"The flag {quote(unknown)} is not known for this command. Leave it out.",
        )


def refuse_idle_runs(arguments: Arguments) -> None:
    """Refuse what only prints, whatever its verb is."""
    for name in ("help", "dry-run"):
        if name in arguments.given:
            raise RefusedError(RefusalClass.READ_ONLY, f"--{name} {_BY_NAME[name].why}.")


def _take_letters(text: str, rest: Iterator[Word], arguments: Arguments) -> None:
    name = text[1:].partition("=")[0]
    if len(name) > 1 and name in _BY_NAME:
        # To kubectl, -namespace is -n with the value "amespace".
        raise RefusedError(
            RefusalClass.MALFORMED, f"{quote(text)} has one hyphen only. Write --{name}."
        )
    letters = text[1:]
    while letters:
        flag, letters = _BY_LETTER.get(letters[0]), letters[1:]
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
        raise RefusedError(
            RefusalClass.MALFORMED,
            f"--{flag.name} lacks its value. Write it, for example --{flag.name}=…",
        )
    return word.text
