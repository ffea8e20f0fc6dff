"""What a story is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Say:
    """A sentence or two of the narrator."""

    text: str


@dataclass(frozen=True)
class Run:
    """A command as a person types it, and what has to come of it.

    `shows` are regular expressions, each to be found in what the command says; `fails` is whether
    it has to end with a failure.
    """

    command: str
    shows: tuple[str, ...]
    fails: bool = False


@dataclass(frozen=True)
class Chapter:
    """A step of the story; `proof` is the sentence that it has shown to be true."""

    title: str
    beats: tuple[Say | Run, ...]
    proof: str
