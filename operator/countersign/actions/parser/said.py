"""From what a sentence says to the operation it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from countersign.actions.parser import targets
from countersign.actions.parser.arguments import Arguments
from countersign.actions.parser.kinds import Known
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError
from countersign.actions.parser.tokens import Token
from countersign.actions.parser.verbs import COMMANDS
from countersign.api.operation import Kind, Operation

_UP = re.compile(r"^(?:up|out|increase|raise)$|^[扩擴](?![缩縮])|增")
_DOWN = re.compile(r"^(?:down|back|decrease|reduce|lower)$|^[缩縮](?!放)|[减減]")
Build = Callable[["Said"], Operation]


@dataclass(frozen=True, slots=True)
class Said:
    """What a sentence says, whatever its form: the tokens that the form has kept, by name."""

    kept: Mapping[str, Sequence[Token]]

    def token(self, name: str) -> Token | None:
        """The token of that name; refuses two different ones."""
        tokens = self.kept.get(name, ())
        if len({token.text for token in tokens}) > 1:
            raise TextRefusedError(
                RefusalClass.AMBIGUOUS, f"Two {name}s are named. Name the one that is meant."
            )
        return tokens[0] if tokens else None

    def text(self, name: str) -> str:
        """The text of a token that is there."""
        token = self.token(name)
        if token is None:
            raise AssertionError(f"the form keeps no {name}")
        return token.text

    @property
    def known(self) -> Known:
        """The kind of the object; a node's where a form leaves it out."""
        kind = self.token("kind")
        name = self.token("name")
        return (name and name.kind) or (kind and kind.kind) or Known(Kind.NODE)

    def number(self, name: str = "number") -> str | None:
        """A number in digits."""
        token = self.token(name)
        if token is None:
            return None
        return token.text if token.number is None else str(token.number)


def command(*path: str, **flags: str) -> Build:
    """The same as the command of this verb, on the object of the sentence."""

    def build(said: Said) -> Operation:
        return _carried_out(path, _object(said), said, flags)

    return build


def scale(said: Said) -> Operation:
    """``scale --replicas=N``, with ``--current-replicas`` where the sentence says "from 2 to 3"."""
    flags = {"replicas": said.number() or ""}
    current = said.number("current")
    if current is not None:
        _check_direction(said, int(current), int(flags["replicas"]))
        flags["current-replicas"] = current
    return _carried_out(("scale",), _object(said), said, flags)


def _check_direction(said: Said, current: int, wanted: int) -> None:
    """Refuse to "scale down from 2 to 5"."""
    spoken = [
        token.text.lower() for name in ("verb", "direction") for token in said.kept.get(name, ())
    ]
    is_up, is_down = (any(map(way.search, spoken)) for way in (_UP, _DOWN))
    if (is_up and wanted < current) or (is_down and wanted > current):
        raise TextRefusedError(
            RefusalClass.AMBIGUOUS,
            f"From {current} to {wanted} is not the direction that is named.",
        )


def rollback(said: Said) -> Operation:
    """``rollout undo``, with ``--to-revision`` where the sentence has a number."""
    number = said.number()
    flags = {} if number is None else {"to-revision": number}
    return _carried_out(("rollout", "undo"), _object(said), said, flags)


def set_image(said: Said) -> Operation:
    """``set image … CONTAINER=IMAGE``."""
    pair = f"{said.text('container')}={said.text('image')}"
    return _carried_out(("set", "image"), [*_object(said), pair], said, {})


def label(said: Said) -> Operation:
    """``label … KEY=VALUE``."""
    return _carried_out(("label",), [*_object(said), said.text("pair")], said, {})


def annotate(said: Said) -> Operation:
    """``annotate … KEY=VALUE``."""
    return _carried_out(("annotate",), [*_object(said), said.text("pair")], said, {})


def delete_namespace(said: Said) -> Operation:
    """``delete namespace NAME``."""
    return _carried_out(("delete",), ["namespace", said.text("name")], said, {})


def run_job(said: Said) -> Operation:
    """``create job NAME --from=cronjob/NAME``."""
    job = said.token("jobkind")
    if job is None or job.kind != Known(Kind.JOB) or said.known != Known(Kind.CRON_JOB):
        raise TextRefusedError(
            RefusalClass.UNSUPPORTED,
            "A job is made from a cron job only. Write kubectl create job NAME "
            "--from=cronjob/NAME.",
        )
    source = {"from": f"cronjob/{said.text('name')}"}
    return _carried_out(("create", "job"), [said.text("job")], said, source)


def _object(said: Said) -> list[str]:
    return [f"{targets.word_of(said.known)}/{said.text('name')}"]


def _carried_out(
    path: tuple[str, ...], words: list[str], said: Said, flags: Mapping[str, str]
) -> Operation:
    given = {flag: [value] for flag, value in flags.items()}
    namespace = said.token("namespace")
    if namespace is not None:
        given["namespace"] = [namespace.text]
    outcome = COMMANDS[path].build(Arguments(positionals=words, given=given))
    if not isinstance(outcome, Operation):
        raise TypeError("a sentence is built from commands that are carried out")
    return outcome
