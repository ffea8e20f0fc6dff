"""The words of a command line, as a shell would see them, and nothing a shell would do.

Quotes and backslashes are read; operators, substitutions and variables outside quotes are
refused, because what they would run or become is not in the text that people sign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from countersign.actions.parser.characters import CJK
from countersign.actions.parser.refusal import RefusalClass, TextRefusedError, quote

_PLACEHOLDER = re.compile(r"<[\w][\w .:/-]{0,60}>")
_VARIABLE = re.compile(r"\$[\w{@*#?$!\"-]")
_LITERAL = re.compile(r"""[^\s'"\\$`;&|<>(){}“”‘’]+""")
_DASHES = re.compile(r"[-‐‑‒–—―−]{1,3}(?=[A-Za-z])")
_TYPOGRAPHIC_QUOTES = "“”‘’"
# Those that make characters which cannot be seen are not read.
_ANSI_C = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"', "?": "?"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word after the quotes are gone; ``quoted`` if any part of it was in quotes."""

    text: str
    quoted: bool = False


@dataclass(slots=True)
class CommandLine:
    """The words of the one command in a text, and the comments behind it."""

    words: list[Word] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def split(text: str) -> CommandLine:
    """Split one command into words; refuses everything that is more than one plain command."""
    return _Scanner(text).run()


class _Scanner:
    """Walks over the text once, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.line = CommandLine()
        self.parts: list[str] | None = None  # of the word being read; None between words
        self.quoted = False
        self.ended = False  # by a newline: only comments may follow

    def run(self) -> CommandLine:
        while self.position < len(self.text):
            self._step(self.text[self.position])
        self._end_word()
        return self.line

    def _step(self, character: str) -> None:
        if character == "\n":
            self._end_word()
            self.ended = bool(self.line.words)
            self.position += 1
        elif character.isspace():
            self._end_word()
            self.position += 1
        elif character == "#" and self.parts is None:
            self._comment()
        elif self.ended:
            raise _compound("a second line")
        else:
            self._part(character)

    def _part(self, character: str) -> None:
        match character:
            case "'":
                self._add(self._single_quoted(self.position + 1), quoted=True)
            case '"':
                self._add(self._double_quoted(), quoted=True)
            case "\\":
                self._backslash()
            case "$":
                self._dollar()
            case _ if literal := _LITERAL.match(self.text, self.position):
                if CJK.search(literal.group()):
                    raise _not_quoted()
                self.position = literal.end()
                self._add(literal.group())
            case _:
                raise self._refusal(character)

    def _add(self, part: str, *, quoted: bool = False) -> None:
        if self.parts is None:
            self.parts = []
        self.parts.append(part)
        self.quoted = self.quoted or quoted

    def _end_word(self) -> None:
        if self.parts is None:
            return
        text = "".join(self.parts)
        self.line.words.append(Word(text if self.quoted else _plain_dashes(text), self.quoted))
        self.parts, self.quoted = None, False

    def _comment(self) -> None:
        end = self.text.find("\n", self.position)
        end = len(self.text) if end < 0 else end
        self.line.comments.append(self.text[self.position + 1 : end].strip())
        self.position = end

    def _single_quoted(self, start: int) -> str:
        end = self.text.find("'", start)
        if end < 0:
            raise _open_quote("'")
        self.position = end + 1
        return self.text[start:end]

    def _double_quoted(self) -> str:
        parts: list[str] = []
        position = self.position + 1
        while position < len(self.text):
            character = self.text[position]
            if character == '"':
                self.position = position + 1
                return "".join(parts)
            if character in "`$":
                self._no_expansion(position)
            if character == "\\" and self.text[position + 1 : position + 2] in {*'$`"\\', "\n"}:
                position += 1
                character = self.text[position].replace("\n", "")
            parts.append(character)
            position += 1
        raise _open_quote('"')

    def _no_expansion(self, position: int) -> None:
        if self.text[position] == "`" or self.text.startswith("$(", position):
            raise _compound("a command substitution")
        if self.text[position + 1 : position + 2] != '"' and _VARIABLE.match(self.text, position):
            raise _variable(self.text[position : position + 20])

    def _backslash(self) -> None:
        following = self.text[self.position + 1 : self.position + 2]
        if not following:
            raise TextRefusedError(
                RefusalClass.MALFORMED, "The command ends in a backslash. Write all of it."
            )
        if following in {*"nrt"}:  # a shell would read web\n as "webn", which nobody means
            raise TextRefusedError(
                RefusalClass.MALFORMED,
                f"A backslash before {quote(following)} looks like the end of a line, written out. "
                "Leave it out.",
            )
        self.position += 2
        if following != "\n":  # which continues the line
            self._add(following, quoted=True)

    def _dollar(self) -> None:
        if self.text.startswith("$'", self.position):
            self._add(self._ansi_c_quoted(), quoted=True)
            return
        self._no_expansion(self.position)
        if _VARIABLE.match(self.text, self.position):
            raise _variable(self.text[self.position : self.position + 20])
        self.position += 1
        self._add("$")

    def _ansi_c_quoted(self) -> str:
        parts: list[str] = []
        position = self.position + 2
        while position < len(self.text):
            character = self.text[position]
            if character == "'":
                self.position = position + 1
                return "".join(parts)
            if character == "\\":
                position += 1
                escaped = self.text[position : position + 1]
                if escaped not in _ANSI_C:
                    raise TextRefusedError(
                        RefusalClass.MALFORMED,
                        f"The escape {quote(chr(92) + escaped)} in $'…' is not read. "
                        "Write the character itself.",
                    )
                character = _ANSI_C[escaped]
            parts.append(character)
            position += 1
        raise _open_quote("$'")

    def _refusal(self, character: str) -> TextRefusedError:
        if placeholder := _PLACEHOLDER.match(self.text, self.position):
            return _blank(placeholder.group())
        if character in "{}":
            return _blank(self.text[self.position : self.position + 20])
        if character in _TYPOGRAPHIC_QUOTES:
            return TextRefusedError(
                RefusalClass.MALFORMED,
                f"The typographic quote {character} is no quote to a shell. Write ' or \".",
            )
        return _compound(f"the shell operator {character}")


def _plain_dashes(word: str) -> str:
    """What editors make of a flag's hyphens is read as the hyphens that were typed."""
    dashes = _DASHES.match(word)
    if dashes is None or not dashes.group().strip("-"):
        return word
    rest = word[dashes.end() :]
    return ("-" if len(rest) == 1 or rest[1:2] == "=" else "--") + rest


def _compound(what: str) -> TextRefusedError:
    return TextRefusedError(
        RefusalClass.COMPOUND,
        f"The action holds {what}. Write one plain command a request, "
        "without pipes, redirections or substitutions.",
    )


def _not_quoted() -> TextRefusedError:
    return TextRefusedError(
        RefusalClass.MALFORMED,
        "Nobody can tell whether Chinese or Japanese words belong to the command. Put them in "
        "quotes, or the command in backticks.",
    )


def _open_quote(mark: str) -> TextRefusedError:
    return TextRefusedError(
        RefusalClass.MALFORMED, f"A quote ({mark}) is opened and never closed. Close it."
    )


def _variable(text: str) -> TextRefusedError:
    return TextRefusedError(
        RefusalClass.MALFORMED,
        f"{quote(text)} is a variable: nobody can tell what it will be. Write its value.",
    )


def _blank(text: str) -> TextRefusedError:
    return TextRefusedError(
        RefusalClass.MALFORMED,
        f"{quote(text)} is a placeholder or a pattern. Write the one name that is meant.",
    )
