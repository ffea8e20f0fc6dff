"""Telling a story: show, run, check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from devcluster.demo.checks import check
from devcluster.demo.script import Chapter, Run, Say
from devcluster.demo.shell import Said
from devcluster.demo.terminal import Terminal
from devcluster.progress import spinner


class Runner(Protocol):
    """Something that runs commands."""

    def run(self, line: str) -> Said:
        """Run one to its end."""
        ...


def tell(story: Iterable[Chapter], terminal: Terminal, shell: Runner) -> None:
    """Tell it from start to finish; ToldOtherwiseError where a step comes out otherwise."""
    for number, chapter in enumerate(story, 1):
        terminal.headline(number, chapter.title)
        play(chapter.beats, terminal, shell)
        terminal.proof(chapter.proof)


def play(beats: Iterable[Say | Run], terminal: Terminal, shell: Runner) -> None:
    """Say what is to be said and run what is to be run."""
    for beat in beats:
        match beat:
            case Say(text=text):
                terminal.say(text)
            case Run(command=command):
                terminal.command(command)
                with spinner("Waiting for its answer", quiet=False):
                    said = shell.run(command)
                terminal.output(said.text)
                check(beat, said)
