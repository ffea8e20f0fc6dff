"""Which entries fit a query, best first. The last word in every store, so that all agree.

A term counts the more the fewer entries have it, and the more where it stands: in the title, where
the alert's name is, more than in a tag, and there more than in the content. An entry with all terms
of the query comes before one with some. What is spelt nearly alike counts, but less.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from countersign.records.knowledge import KnowledgeEntry
from countersign.records.query import Query
from countersign.records.terms import is_ideographic, terms

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
        scores = _scores([_weights(each) for each in newest], query.terms)
        scored = zip(newest, scores, strict=True)
        fitting = sorted(
            ((each, score) for each, score in scored if score > 0),
            key=lambda pair: pair[1],
            reverse=True,
        )
        newest = [each for each, _ in fitting]
    return newest[: query.limit]


def fields_of(entry: KnowledgeEntry) -> tuple[list[str], list[str], list[str]]:
    """The terms of title, tags and content; what an entry belongs to is as good as a tag."""
    tags = (*entry.tags, entry.category, entry.namespace, entry.request, entry.related_incident)
    return (
        terms(entry.title),
        terms(" ".join(each for each in tags if each)),
        terms(entry.content),
    )


@lru_cache(maxsize=1 << 16)
def grams(term: str) -> frozenset[str]:
    """The groups of three characters in a word, with its beginning and its end."""
    padded = f"  {term} "
    return frozenset(padded[at : at + _GRAM] for at in range(len(padded) - _GRAM + 1))


class Vocabulary:
    """Words, by their groups of three characters: what is like another one is found quickly."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take each word once."""
        self._words: set[str] = set(words)
        self._having: defaultdict[str, list[str]] | None = None

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
        if self._having is None:
            self._having = defaultdict(list)
            for word in self._words:
                for gram in grams(word):
                    self._having[gram].append(word)
        common: defaultdict[str, int] = defaultdict(int)
        for gram in grams(wanted):
            for word in self._having.get(gram, ()):
                common[word] += 1
        return common


def _weights(entry: KnowledgeEntry) -> Weights:
    title, tags, content = fields_of(entry)
    return dict.fromkeys(content, CONTENT) | dict.fromkeys(tags, TAGS) | dict.fromkeys(title, TITLE)


def _scores(documents: Sequence[Weights], wanted: Sequence[str]) -> list[float]:
    """A number for each; 0 where nothing of the query is in it."""
    having: defaultdict[str, list[int]] = defaultdict(list)
    for number, document in enumerate(documents):
        for term in document:
            having[term].append(number)
    vocabulary = Vocabulary(having)
    scores = [0.0] * len(documents)
    met = [0] * len(documents)
    for term in wanted:
        hits: dict[int, float] = {}
        for word, like in vocabulary.likenesses(term).items():
            for number in having.get(word, ()):
                hits[number] = max(hits.get(number, 0.0), documents[number][word] * like)
        rarity = math.log(1 + (len(documents) - len(hits) + 0.5) / (len(hits) + 0.5))
        for number, hit in hits.items():
            scores[number] += rarity * hit
            met[number] += 1
    return [score * part / max(1, len(wanted)) for score, part in zip(scores, met, strict=True)]


def _likeness(wanted: str, word: str, common: int) -> float:
    """How much of a word is in another, of which so many groups are the same."""
    if wanted in word:
        return _PART_OF
    alike = 2 * common / (len(grams(wanted)) + len(grams(word)))
    return _ALIKE * alike if alike >= _MIN_ALIKE else 0.0
