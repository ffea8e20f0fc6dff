"""Which entries fit a query, best first. The last word in every store, so that all agree.

A term counts the more the fewer entries have it, and the more where it stands: in the title, where
the alert's name is, more than in a tag, and there more than in the content. An entry with all terms
of the query comes before one with some. What is spelt nearly alike counts, but less.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

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


def grams(term: str) -> frozenset[str]:
    """The groups of three characters in a word, with its beginning and its end."""
    padded = f"  {term} "
    return frozenset(padded[at : at + _GRAM] for at in range(len(padded) - _GRAM + 1))


def _weights(entry: KnowledgeEntry) -> Weights:
    weights: dict[str, float] = {}
    for found, weight in zip(fields_of(entry), (TITLE, TAGS, CONTENT), strict=True):
        for term in found:
            weights[term] = max(weights.get(term, 0.0), weight)
    return weights


def _scores(documents: Sequence[Weights], wanted: Sequence[str]) -> list[float]:
    """A number for each; 0 where nothing of the query is in it."""
    vocabulary = frozenset[str]().union(*documents)
    hits = [_hits(documents, _likenesses(term, vocabulary)) for term in wanted]
    scores = [0.0] * len(documents)
    met = [0] * len(documents)
    for of_term in hits:
        count = sum(hit > 0 for hit in of_term)
        rarity = math.log(1 + (len(documents) - count + 0.5) / (count + 0.5))
        for number, hit in enumerate(of_term):
            scores[number] += rarity * hit
            met[number] += hit > 0
    return [score * part / max(1, len(hits)) for score, part in zip(scores, met, strict=True)]


def _hits(documents: Sequence[Weights], likenesses: Weights) -> list[float]:
    """How much of one term of the query is in each document."""
    return [
        max(
            (document[term] * like for term, like in likenesses.items() if term in document),
            default=0.0,
        )
        for document in documents
    ]


def _likenesses(wanted: str, vocabulary: frozenset[str]) -> Weights:
    """The terms that stand for the one that is wanted, and how well: 1 is the same."""
    found = {term: _likeness(wanted, term) for term in vocabulary if term != wanted}
    return {wanted: 1.0} | {term: like for term, like in found.items() if like > 0}


def _likeness(wanted: str, term: str) -> float:
    if is_ideographic(wanted):
        return _PART_OF if len(wanted) == 1 and wanted in term else 0.0
    if len(wanted) < _GRAM:
        return 0.0
    if wanted in term:
        return _PART_OF
    ours, theirs = grams(wanted), grams(term)
    alike = 2 * len(ours & theirs) / (len(ours) + len(theirs))
    return _ALIKE * alike if alike >= _MIN_ALIKE else 0.0
