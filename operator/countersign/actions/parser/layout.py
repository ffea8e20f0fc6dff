"""Where in a text the command is: behind a prompt, in a fence, in backticks, after a colon."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from countersign.actions.parser.characters import CJK
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError
from countersign.actions.parser.refused_verbs import is_verb
from countersign.actions.parser.tools import starts_with_tool, tool_in

_BULLET = re.compile(
    r"\s*(?:[-*+•·]\s+(?:\[ \]\s+)?|\(?\d{1,3}[.)]\s+|\d{1,3}、\s*|>\s+)", re.ASCII
)
_PROMPT = re.compile(
    r"""\s*(?:\([\w.-]{1,40}\)\s?)?(?:
        (?: \[[\w.:~/-]{1,63}(?:@[\w.-]{1,63}(?:[\x20:][\w.~/-]{0,80})?)?\]
          | [\w.-]{1,63}@[\w.-]{1,63}(?::[\w.~/-]{0,80})?
          | [\w.-]{1,63}:[~/][\w./-]{0,80} | ~ ) \x20? [$%\#>❯]
      | (?:PS\x20)?[A-Za-z]:\\[\w\\-]{0,80}>
      | (?:ba)?sh-[0-9][0-9.]{0,8}[$\#]
      | (?:controlplane|master|node[0-9]{1,3})(?:\x20~)?\x20?[$\#➜]  # playgrounds
      | [$%❯➜]
      | \# (?=\s)
    )\s+""",
    re.ASCII | re.VERBOSE,
)
_KUBECTL = re.compile(
    r"(?:sudo\s+)?(?:(?:minikube\s+kubectl\s+--|(?:k3s|k0s|rke2|microk8s)\s+kubectl)(?=\s)"
    r"|(?:(?:[A-Za-z]:[/\\]|~?/|\.{1,2}[/\\]|(?:s?bin|tools)[/\\])(?:[\w.+@%~-]{1,60}[/\\]){0,16})?"
    r"(?:kubectl|oc)(?:\.exe)?(?=\s|$))",
    re.IGNORECASE | re.ASCII,
)
_OC = re.compile(r"(?:^|[\s/\\])oc(?:\.exe)?$", re.IGNORECASE)
_ALIAS = re.compile(r"(?:sudo\s+)?k(?=\s+[a-z-])")
# What an agent hands to its kubectl tool: a verb and a flag that no sentence has.
_BARE = re.compile(
    r"(?:rollout (?:restart|undo|pause|resume)|scale|delete|cordon|uncordon|drain|taint|label|"
    r"annotate|patch) [^\n]{0,400}(?<=\s)--(?!namespace)[a-z]",
    re.ASCII,
)
_MENTION = re.compile(
    r"(?<![\w./\\-])(?:kubectl|oc)(?:\.exe)?\s+(?P<next>-|[a-z-]+)", re.IGNORECASE | re.ASCII
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w{0,60}=\S*\s", re.ASCII)
_LEAD_IN = re.compile(
    r"(?::|：|\b(?:run|execute|running|executing|using|via)|[执執][行]|[运運]行|使用|実行)\s*$",
    re.IGNORECASE,
)
# The whole of a text, with no such quote inside: the quotes are no part of a command.
_QUOTED = re.compile(r"(?P<quote>[\"'])(?P<text>(?:(?!(?P=quote))[^\n])+)(?P=quote)")
_OPERATOR = re.compile(r"[;|&]\s*$|&&|\|")
_QUOTE_OR_COMMENT = re.compile(r"['\"]|(?<!\S)#")
_TICKS = re.compile(r"`+")
_FENCE_LANGUAGE = re.compile(r"(?:sh|bash|shell|console|zsh|text|terminal)?[ ]*\n")
_MOST_DECORATIONS = 5
# Verbs whose last words may be anything, so that nobody can tell where prose begins.
_FREE_TEXT = re.compile(r"(?:^ssh|\b(?:exec|annotate|env))\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passage:
    """A command, with the prose before and after it and the comments that were dropped."""

    command: str
    before: str = ""
    after: str = ""
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prose:
    """A text without a command."""

    text: str
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Span:
    """What stands between two equal runs of backticks."""

    text: str
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


def read(text: str) -> Passage | Prose:
    """Find the one command in a text; refuses two of them."""
    body, comments = _without_leading_comments(text)
    body = undecorated(body)
    if (quoted := _QUOTED.fullmatch(body)) and _command(undecorated(quoted["text"])):
        body = undecorated(quoted["text"])
    if command := _command(body):
        return _until_prose(command, "", comments)
    spans = _code_spans(body)
    if len(spans) == 1 and spans[0].text.strip() and len(spans[0]) == len(body):
        inner = read(spans[0].text)  # nothing but a fence, or backticks, around it
        return replace(inner, comments=comments + inner.comments)
    commands = [span for span in spans if _command(_bared(span.text))]
    if not commands:
        return _announced_command(body, comments) or Prose(body, comments)
    span = commands[0]
    if len(commands) > 1 or any(len(other.text.split()) > 1 for other in spans if other != span):
        raise _several()
    before, after = body[: span.start], body[span.end :]
    if _command(before):
        raise TextRefusedError(
            RefusalClass.COMPOUND,
            "The command holds a command substitution in backticks. Write its result instead.",
        )
    command, more = _without_leading_comments(span.text)
    return _passage(_command(undecorated(command)) or "", before, after, comments + more)


def undecorated(text: str) -> str:
    """The text without leading bullets, numbers, quotation marks and shell prompts."""
    for _ in range(_MOST_DECORATIONS):
        prompt = _PROMPT.match(text)
        if prompt and (
            not prompt.group().strip().startswith("#") or _command(text[prompt.end() :])
        ):
            text = text[prompt.end() :]
        elif bullet := _BULLET.match(text):
            text = text[bullet.end() :]
        else:
            break
    return text.strip()


def _command(text: str) -> str | None:
    """The text if it begins with a program, without ``sudo`` and the path of kubectl.

    ``sudo`` says who runs kubectl on somebody's own machine; nothing runs there here.
    """
    if program := _KUBECTL.match(text) or _ALIAS.match(text):
        name = "oc" if _OC.search(program.group()) else "kubectl"
        return name + text[program.end() :]
    if _BARE.match(text):
        return f"kubectl {text}"
    return text if starts_with_tool(text) or _ASSIGNMENT.match(text) else None


def _mention(prose: str) -> re.Match[str] | None:
    """The first kubectl in prose that a verb or a flag of kubectl's follows."""
    return next(
        (
            mention
            for mention in _MENTION.finditer(prose)
            if mention["next"].startswith("-") or is_verb(mention["next"])
        ),
        None,
    )


def _without_leading_comments(text: str) -> tuple[str, tuple[str, ...]]:
    comments = []
    rest = text.strip()
    while rest.startswith("#") and not _command(rest.lstrip("# ")):
        comment, _, rest = rest.partition("\n")
        comments.append(comment.lstrip("# "))
        rest = rest.strip()
    return rest, tuple(comments)


def _code_spans(text: str) -> list[_Span]:
    """Markdown's code spans and fences: a run of backticks up to the next run as long."""
    runs = list(_TICKS.finditer(text))
    spans = []
    index = 0
    while index < len(runs):
        opening = runs[index]
        closing = next(
            (
                i
                for i in range(index + 1, len(runs))
                if len(runs[i].group()) == len(opening.group())
            ),
            None,
        )
        if closing is None:
            index += 1
            continue
        start, end = opening.end(), runs[closing].start()
        if language := _FENCE_LANGUAGE.match(text, start, end):
            start = language.end()
        spans.append(_Span(text[start:end], opening.start(), runs[closing].end()))
        index = closing + 1
    return spans


def _announced_command(text: str, comments: tuple[str, ...]) -> Passage | None:
    """A command without backticks, announced by a colon or a verb such as "run"."""
    mention = _mention(text)
    if mention is None:
        return None
    before, command = text[: mention.start()], text[mention.start() :]
    if _OPERATOR.search(before):
        raise _several()
    if not _LEAD_IN.search(before):
        raise TextRefusedError(
            RefusalClass.MALFORMED,
            "A command stands in the middle of other words. Write the command only, or put it "
            "in backticks.",
        )
    program = (_command(command) or command).rstrip()
    if program.endswith(".") and _FREE_TEXT.search(program):
        raise _endless()
    return _until_prose(program.removesuffix("."), before, comments)


def _until_prose(command: str, before: str, comments: tuple[str, ...]) -> Passage:
    """End a command where Chinese or Japanese prose begins.

    No argument of a command that is carried out has such a character in it, outside quotes and
    comments.
    """
    end = CJK.search(command)
    is_part_of_word = end and end.group().isalpha() and not command[: end.start()].endswith(" ")
    if end is None or is_part_of_word or _QUOTE_OR_COMMENT.search(command, 0, end.start()):
        return _passage(command, before, "", comments)
    if _FREE_TEXT.search(command, 0, end.start()):
        raise _endless()
    return _passage(command[: end.start()], before, command[end.start() :], comments)


def _passage(command: str, before: str, after: str, comments: tuple[str, ...]) -> Passage:
    for prose in (before, after):
        if _mention(prose) or tool_in(prose):
            raise _several()
    return Passage(command, before, after, comments)


def _bared(text: str) -> str:
    return undecorated(_without_leading_comments(text)[0])


def _endless() -> TextRefusedError:
    return TextRefusedError(
        RefusalClass.AMBIGUOUS,
        "Nobody can tell where the command ends and other words begin. Put the command in "
        "backticks, or write it only.",
    )


def _several() -> TextRefusedError:
    return TextRefusedError(
        RefusalClass.COMPOUND, "The text holds more than one command. Write one a request."
    )
