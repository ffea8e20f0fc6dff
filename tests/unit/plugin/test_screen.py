"""What reaches a terminal, and what must not."""

from __future__ import annotations

import asyncio
import functools
import io
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.plugin import formats, screen
from countersign.plugin.screen import Line, Screen, columns, harmless, harmless_document, line
from tests.support.eventually import eventually
from tests.support.terminals import HOSTILE, Terminal, dangerous


@given(st.text())
def test_no_text_whatever_brings_a_control_character_through(text: str) -> None:
    assert dangerous(harmless(text)) == set()
    assert "\n" not in harmless(text)
    assert dangerous(harmless_document(text)) == set()


@given(st.lists(st.tuples(st.text(), st.sampled_from(["", "bold", "red"])), max_size=4))
def test_nothing_that_is_shown_in_a_pipe_has_a_control_character(
    spans: list[tuple[str, str]],
) -> None:
    out = io.StringIO()
    Screen(out, io.StringIO()).show([Line(tuple(spans), hang=4)])
    assert dangerous(out.getvalue()) == set()


def without_sgr(text: str) -> str:
    """Without the colours that are our own."""
    for code in ("1", "31", "0"):
        text = text.replace(f"\x1b[{code}m", "")
    return text


@given(st.lists(st.tuples(st.text(), st.sampled_from(["", "bold", "red"])), max_size=4))
def test_on_a_terminal_the_only_escapes_are_our_own_colours(spans: list[tuple[str, str]]) -> None:
    out = Terminal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm-256color")
        patch.delenv("NO_COLOR", raising=False)
        Screen(out, io.StringIO()).show([Line(tuple(spans), hang=4)])
    assert dangerous(without_sgr(out.getvalue())) == set()


@given(st.text(), st.text())
def test_every_way_out_is_harmless(text: str, more: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    screen = Screen(out, err)
    screen.say(text, (more, "red"))
    screen.tell(text)
    screen.fail(text)
    screen.document(text)
    screen.show(columns([[text, more], [more, text]]))
    assert dangerous(out.getvalue() + err.getvalue()) == set()


def test_a_hostile_text_is_shown_as_what_it_is() -> None:
    assert harmless(HOSTILE) == (
        r"\x1b[2J\x1b[31mred\x07\x9b1m\u202eevil\u2066\u200b\x0d\x00\x7f[bold]x[/bold]:bomb:"
    )
    assert harmless("a\tb") == "a    b"
    assert harmless("\u3164\u2800 ⚠️ \U000e0101") == r"\u3164\u2800 ⚠️ \U000e0101"
    assert harmless("重启 müde ✓") == "重启 müde ✓"


def test_markup_and_emoji_codes_are_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    out = Terminal()
    Screen(out, io.StringIO()).say("[bold red]x[/] :bomb: [link=http://evil]y")
    assert out.getvalue() == "[bold red]x[/] :bomb: [link=http://evil]y\n"


@pytest.mark.parametrize(
    ("terminal", "variables", "coloured"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
        (False, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    terminal: bool, variables: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    out = Terminal() if terminal else io.StringIO()
    Screen(out, io.StringIO()).say(("Pending", "red"))
    assert ("\x1b[31m" in out.getvalue()) == coloured
    assert "Pending" in out.getvalue()


def test_a_long_line_is_folded_on_a_terminal_under_its_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")
    out = Terminal()
    text = "one two three four five six seven eight nine ten"
    Screen(out, io.StringIO()).show([line("Why       ", text, hang=10)])
    assert out.getvalue().splitlines() == [
        "Why       one two three four five six",
        "          seven eight nine ten",
    ]
    piped = io.StringIO()
    Screen(piped, io.StringIO()).show([line("Why       ", text, hang=10)])
    assert piped.getvalue() == f"Why       {text}\n"


def test_columns_stand_under_each_other_whatever_the_width_of_a_character() -> None:
    lines = columns([["NAME", "AGE"], ["重启", "3m"], ["a\x1b", "1d"]])
    assert [each.plain for each in lines] == ["NAME    AGE", "重启    3m", "a\\x1b   1d"]


async def test_a_wait_is_shown_on_a_terminal_once_it_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("countersign.plugin.screen._PATIENCE", 0.0)
    err, piped = Terminal(), io.StringIO()
    async with Screen(io.StringIO(), piped).waiting("Waiting") as waiting:
        await asyncio.sleep(0)
        waiting.now("Still")
    async with Screen(io.StringIO(), err).waiting("Waiting for \x1b[2J") as waiting:
        shown = functools.partial(shows, err)
        await asyncio.to_thread(shown, r"Waiting for \x1b[2J")
        waiting.now("Still \x1b[2J")
        await asyncio.to_thread(shown, r"Still \x1b[2J")
    assert "\x1b[2J" not in err.getvalue()
    assert piped.getvalue() == ""


def shows(stream: io.StringIO, text: str) -> None:
    """Wait until a stream has been sent a text."""
    eventually(lambda: text in stream.getvalue(), what=f"{text} to be shown")


async def test_a_short_wait_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    err = Terminal()
    async with Screen(io.StringIO(), err).waiting("Waiting"):
        await asyncio.sleep(0)
    assert err.getvalue() == ""


@pytest.mark.parametrize(
    ("typed", "yes"), [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_only_a_yes_is_a_yes(typed: str, yes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    err = io.StringIO()
    assert Screen(io.StringIO(), err).ask("Sign?\x1b") is yes
    assert err.getvalue().startswith(r"Sign?\x1b [y/N] ")


class Interrupted(io.StringIO):
    """A terminal at which Ctrl-C is pressed as soon as something is seen."""

    def flush(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_ends_a_question_as_soon_as_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, terminal = io.StringIO("y\n"), Interrupted()
    monkeypatch.setattr("sys.stdin", answers)

    async def ask() -> None:
        Screen(io.StringIO(), terminal).ask("Sign?")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(ask())
    assert answers.read() == "y\n"  # Nobody waited for it.
    assert terminal.getvalue() == "Sign? [y/N] \n"  # What is said next begins a line.


def test_thousands_of_ordinary_lines_are_not_looked_at_letter_by_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[str] = []

    def looks(character: str) -> bool:
        looked_at.append(character)
        return screen.is_unseen(character)

    monkeypatch.setattr(formats, "is_unseen", looks)
    value = {"spec": {"action": "kubectl rollout restart deployment/web"}}
    assert formats.dumped([value] * 1000).count("restart") == 1000
    assert looked_at == []
    assert "\\u202e" in formats.dumped([value, "\u202e"])
    assert "\\u3164" in formats.dumped([value, "重启 \u3164"])
