"""Which entries fit a query, best first. The last word in every store, so that all agree.

A term counts the more the fewer entries have it, and the more where it stands: in the title, where
the alert's name is, more than in a tag, and there more than in the content. An entry with all terms
of the query comes before one with some. What is spelt nearly alike counts, but less.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.records.terms import is_ideographic, pieces, terms, terms_of

Weights = Mapping[str, float]
"""Term to weight: the place that it stands in."""
TITLE, TAGS, CONTENT = 3.0, 2.0, 1.0
_PART_OF = 0.6
_ALIKE = 0.5
_MIN_ALIKE = 0.5
_GRAM = 3


def rank(entries: Iterable[KnowledgeEntry], query: Query) -> list[KnowledgeEntry]:
    """Those that fit, best first, at most ``query.limit``. Without a text: newest first."""
    newest = sorted(
        (each for each in entries if query.admits(each)),
        key=lambda entry: entry.created_at,
        reverse=True,
    )
    if query.text.strip():
        scores = _scores(newest, query.terms)
        scored = zip(newest, scores, strict=True)
        fitting = sorted(
            ((each, score) for each, score in scored if score > 0),
            key=lambda pair: pair[1],
            reverse=True,
        )
        newest = [each for each, _ in fitting]
    return newest[: query.limit]


def fields_of(entry: KnowledgeEntry) -> tuple[list[str], list[str], list[str]]:
    """The terms of title, tags and content."""
    title, tags, content = map(terms, _texts_of(entry))
    return title, tags, content


def _texts_of(entry: KnowledgeEntry) -> tuple[str, str, str]:
    """Title, tags and content; what an entry belongs to is as good as a tag."""
    tags = (*entry.tags, entry.category, entry.namespace, entry.request, entry.related_incident)
    return entry.title, " ".join(each for each in tags if each), entry.content


@lru_cache(maxsize=1 << 16)
def grams(term: str) -> frozenset[str]:
    """The groups of three characters in a word, with its beginning and its end."""
    padded = _padded(term)
    return frozenset(padded[at : at + _GRAM] for at in range(len(padded) - _GRAM + 1))


def _padded(term: str) -> str:
    return f"  {term} "


class Vocabulary:
    """Words, by their groups of three characters: what is like another one is found quickly."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take each word once."""
        self._words: set[str] = set(words)
        self._lines = "\n".join(("", *map(_padded, self._words), ""))
        """One word a line: there is no faster way to look for three characters in many words."""

    def likenesses(self, wanted: str) -> Weights:
        """The words that stand for the one that is wanted, and how well: 1 is the same."""
        found = {wanted: 1.0}
        if is_ideographic(wanted):
            if len(wanted) == 1:
                found |= {each: _PART_OF for each in self._words if wanted in each != wanted}
        elif len(wanted) >= _GRAM:
            for each, common in self._sharing(wanted).items():
                like = _likeness(wanted, each, common)
                if like > 0 and each != wanted:
                    found[each] = like
        return found

    def _sharing(self, wanted: str) -> Mapping[str, int]:
        """The words that have a group in common with another one, and how many."""
        common: defaultdict[str, int] = defaultdict(int)
        for gram in grams(wanted):
            for line in self._lines_with(gram):
                common[line.strip()] += 1
        return common

    def _lines_with(self, gram: str) -> Iterator[str]:
        at = self._lines.find(gram)
        while at >= 0:
            end = self._lines.index("\n", at)
            yield self._lines[self._lines.rindex("\n", 0, at) + 1 : end]
            at = self._lines.find(gram, end)


def _scores(entries: Sequence[KnowledgeEntry], wanted: Sequence[str]) -> list[float]:
    """A number for each; 0 where nothing of the query is in it.

    Entries are much alike, so each piece of text is taken apart once, and only the pieces that
    hold a word of interest are weighed, entry by entry.
    """
    in_pieces = [tuple(map(pieces, _texts_of(entry))) for entry in entries]
    known = {piece: terms_of(piece) for piece in set().union(*chain.from_iterable(in_pieces))}
    vocabulary = Vocabulary(chain.from_iterable(known.values()))
    alike = {term: vocabulary.likenesses(term) for term in wanted}
    sought: set[str] = set().union(*alike.values())
    telling = {piece: found for piece, has in known.items() if (found := sought.intersection(has))}
    documents = [_weights(fields, telling) for fields in in_pieces]
    having = _having(documents)
    scores = [0.0] * len(entries)
    met = [0] * len(entries)
    for words in alike.values():
        hits: dict[int, float] = {}
        for word, like in words.items():
            for number in having.get(word, ()):
                hits[number] = max(hits.get(number, 0.0), documents[number][word] * like)
        rarity = math.log(1 + (len(entries) - len(hits) + 0.5) / (len(hits) + 0.5))
        for number, hit in hits.items():
            scores[number] += rarity * hit
            met[number] += 1
    return [score * part / max(1, len(wanted)) for score, part in zip(scores, met, strict=True)]


def _weights(fields: Iterable[Sequence[str]], telling: Mapping[str, Collection[str]]) -> Weights:
    """Of an entry in pieces, the terms that are of interest: those of the pieces that tell any."""
    found: dict[str, float] = {}
    for field, weight in zip(fields, (TITLE, TAGS, CONTENT), strict=True):
        for piece in telling.keys() & field:
            for term in telling[piece]:
                found.setdefault(term, weight)
    return found


def _having(documents: Sequence[Weights]) -> Mapping[str, Sequence[int]]:
    """In which documents each of their terms is."""
    having: defaultdict[str, list[int]] = defaultdict(list)
    for number, document in enumerate(documents):
        for term in document:
            having[term].append(number)
    return having


def _likeness(wanted: str, word: str, common: int) -> float:
    """How much of a word is in another, of which so many groups are the same."""
    if wanted in word:
        return _PART_OF
    if 2 * common < _MIN_ALIKE * len(grams(wanted)):  # However short the word is.
        return 0.0
    alike = 2 * common / (len(grams(wanted)) + len(grams(word)))
    return _ALIKE * alike if alike >= _MIN_ALIKE else 0.0
