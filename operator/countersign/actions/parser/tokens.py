"""A sentence in tokens: every character of it belongs to one, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from countersign.actions.parser import vocabulary
from countersign.actions.parser.kinds import Known, kind_in_sentence, kind_of
from countersign.actions.parser.names import is_image, is_name
from countersign.actions.parser.vocabulary import Role

_PIECE = re.compile(
    r"""\s*(?:
        (?P<quoted>`[^`\n]{1,260}` | "[^"\n]{1,260}" | “[^”\n]{1,260}” | 「[^」\n]{1,260}」
                 | (?<![\w])'[^'\n]{1,260}'(?![\w]))
      | (?P<flag>(?<!\S)(?:-n|--namespace)(?:=(?P<value>[\w.-]+)|(?=\s)))
      | (?P<pair>[A-Za-z0-9][\w./-]*=(?:\w(?:[\w./:-]*\w)?)?)
      | (?P<image>[A-Za-z0-9][\w./-]*:\w(?:[\w./:@-]*\w)?)
      | (?P<word>[A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?)
      | (?P<comma>[,，])
      | (?P<end>(?:\.|[。!！]{1,3})\s*\Z)
      | (?P<other>\S)
    )""",
    re.ASCII | re.VERBOSE,
)
MAX_TOKENS = 128
_LONGEST_PHRASE = 3  # English words
_LONGEST_CJK = max(map(len, (*vocabulary.CHINESE, *vocabulary.CHINESE_KINDS)))
_CJK_WORDS = {**vocabulary.CHINESE, **dict.fromkeys(vocabulary.CHINESE_KINDS, "k")}


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``start`` is where its text stands in the sentence."""

    role: Role
    text: str
    start: int
    kind: Known | None = None
    number: int | None = None


def read(sentence: str) -> list[Token]:
    """The tokens of a sentence, without articles and words of courtesy.

    Reading ends soon after ``MAX_TOKENS``: nothing that is understood is as long.
    """
    tokens: list[Token] = []
    words: list[Token] = []  # English words that stand side by side
    position = 0
    while len(tokens) + len(words) <= MAX_TOKENS and (piece := _PIECE.match(sentence, position)):
        position = piece.end()
        if piece["word"]:
            if piece["word"].lower() not in vocabulary.ARTICLES:
                words.append(Token(Role.UNKNOWN, piece["word"], piece.start("word")))
            continue
        tokens += _phrases(words)
        words = []
        if piece["other"]:
            token = list(_cjk(sentence, piece.start("other")))
            position = token[-1].start + len(token[-1].text)
            tokens += token
        elif not piece["end"]:
            tokens.append(_other(piece))
    tokens += _phrases(words)
    return [token for token in tokens if token.role is not Role.POLITE]


def _other(piece: re.Match[str]) -> Token:
    if piece["flag"]:
        if piece["value"]:
            return Token(Role.NAMESPACE_GIVEN, piece["value"], piece.start("flag"))
        return Token(Role.NAMESPACE_FLAG, piece["flag"], piece.start("flag"))
    if piece["comma"]:
        return Token(Role.COMMA, piece["comma"], piece.start("comma"))
    if piece["pair"]:
        return Token(Role.PAIR, piece["pair"], piece.start("pair"))
    if piece["image"]:
        return _name(piece["image"], piece.start("image"))
    return _name(piece["quoted"][1:-1].strip(), piece.start("quoted"))


def _cjk(sentence: str, start: int) -> Iterator[Token]:
    """The longest phrase of the vocabulary that stands here, or one unknown character."""
    for length in range(_LONGEST_CJK, 0, -1):
        phrase = sentence[start : start + length]
        if phrase in vocabulary.NUMBERS and not phrase.isascii():
            yield Token(Role.NUMBER, phrase, start, number=vocabulary.NUMBERS[phrase])
            return
        if phrase in _CJK_WORDS:
            name = vocabulary.CHINESE_KINDS.get(phrase)
            for role in _CJK_WORDS[phrase]:
                yield Token(Role(role), phrase, start, kind=Known(name) if name else None)
            return
    yield Token(Role.UNKNOWN, sentence[start], start)


def _phrases(words: list[Token]) -> Iterator[Token]:
    index = 0
    while index < len(words):
        for length in range(_LONGEST_PHRASE, 0, -1):
            phrase = " ".join(word.text.lower() for word in words[index : index + length])
            if phrase in vocabulary.ENGLISH:
                role, start = Role(vocabulary.ENGLISH[phrase]), words[index].start
                yield Token(role, phrase, start, kind=_kind_called(phrase))
                index += length
                break
        else:
            yield _word(words[index])
            index += 1


def _kind_called(phrase: str) -> Known | None:
    return kind_of(vocabulary.KINDS_CALLED.get(phrase, phrase.replace(" ", "")))


def _word(word: Token) -> Token:
    text, start = word.text, word.start
    lower = text.lower()
    if re.fullmatch(r"[0-9]+", text):
        return Token(Role.NUMBER, text, start)
    if lower in vocabulary.NUMBERS:
        return Token(Role.NUMBER, text, start, number=vocabulary.NUMBERS[lower])
    kind = kind_in_sentence(text)
    if kind is not None:
        # "restart the web deployments" speaks of several.
        return Token(Role.KINDS if kind.several else Role.KIND, text, start, kind=kind)
    if lower in vocabulary.TROUBLED:
        return Token(Role.TROUBLED, text, start)
    if lower in vocabulary.NO_NAMES:
        return word
    return _name(text, start)


def _name(text: str, start: int) -> Token:
    kind, slash, name = text.partition("/")
    if slash and is_name(name) and kind_of(kind):
        return Token(Role.REFERENCE, name, start, kind=kind_of(kind))
    if ":" in text and is_image(text):
        return Token(Role.IMAGE_REFERENCE, text, start)
    return Token(Role.NAME if is_name(text) else Role.UNKNOWN, text, start)
