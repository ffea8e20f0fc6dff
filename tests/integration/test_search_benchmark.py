"""The set by which the search is judged, and how well the ranking alone answers it."""

from __future__ import annotations

from collections import Counter

from benchmarks.search import library
from benchmarks.search.quality import Answer, mark
from countersign.records.query import Query
from countersign.records.ranking import rank


def test_every_question_has_an_answer_and_half_of_them_are_held_back() -> None:
    questions, ids = library.questions(), {each.id for each in library.entries()}
    assert len(ids) == len(library.rows()) == 60
    for question in questions:
        assert question.relevant
        assert question.relevant <= ids, question.text
    halves = Counter((each.language, each.held) for each in questions)
    assert set(halves.values()) == {12}


def test_entries_are_written_in_the_language_of_their_rows() -> None:
    titles = {row.language: library.written(row, 1).title for row in library.rows()}
    assert titles["zh"].startswith("[人工修復]")
    assert titles["en"].startswith("[Human-approved repair]")


def test_recall_is_the_part_of_what_is_relevant_among_the_first_five() -> None:
    question = library.Question("x", frozenset("ab"), "en", held=False)
    half = Answer(question, ("c", "a", "d", "e", "f", "b"))
    assert (half.recall, half.reciprocal_rank) == (0.5, 0.5)
    none = Answer(question, ("c",))
    assert (none.recall, none.reciprocal_rank) == (0.0, 0.0)
    found = mark([half, none], "en")
    assert (found.recall, found.mrr, found.questions) == (0.25, 0.25, 2)


def test_what_is_relevant_is_among_the_first_five_in_both_languages() -> None:
    entries = [*library.entries(), *library.routine(200)]
    answers = [
        Answer(each, tuple(found.id for found in rank(entries, Query(each.text, limit=5))))
        for each in library.questions()
    ]
    for language in library.LANGUAGES:
        assert mark(answers, language).recall > 0.9
        assert mark(answers, language).mrr > 0.9
