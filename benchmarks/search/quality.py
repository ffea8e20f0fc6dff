"""How good the answers are: recall@5 and MRR. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from benchmarks.search.library import Question

FIRST = 5


@dataclass(frozen=True)
class Answer:
    """A question, and the ids that were found, best first."""

    question: Question
    found: tuple[str, ...]

    @property
    def recall(self) -> float:
        """Which part of what is relevant is among the first five."""
        relevant = self.question.relevant
        return len(relevant & set(self.found[:FIRST])) / min(FIRST, len(relevant))

    @property
    def reciprocal_rank(self) -> float:
        """1 where the first is relevant, 1/2 where only the second is, and so on."""
        places = (at for at, id_ in enumerate(self.found, 1) if id_ in self.question.relevant)
        return 1 / next(places, float("inf"))


@dataclass(frozen=True)
class Mark:
    """Means over some questions."""

    recall: float
    mrr: float
    questions: int


def mark(answers: Sequence[Answer], language: str, *, held: bool | None = None) -> Mark:
    """Of one language; of one half of its questions, or of both."""
    of = [
        each
        for each in answers
        if each.question.language == language and held in (None, each.question.held)
    ]
    return Mark(
        mean(each.recall for each in of), mean(each.reciprocal_rank for each in of), len(of)
    )


def misses(answers: Sequence[Answer], *, held: bool) -> list[Question]:
    """Questions of one half whose first five lack something."""
    return [each.question for each in answers if each.question.held == held and each.recall < 1]
