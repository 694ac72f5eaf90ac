"""The screen: keys for each head, nothing lost at a kill, and nothing in a ticket that steers the terminal."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from tests.training.audit.noisy_desk import LABELS, held
from tests.training.audit.test_desk import HEADER, ROWS, desk, population
from training.audit.answers import Answers, read, start
from training.audit.desk import DeskAudit
from training.audit.screens import Sitting, end
from training.bundles.held_out import HeldOut


class Piped:
    """Keys as if they were typed; a line for each `t`."""

    def __init__(self, keys: str, *lines: str) -> None:
        self.keys, self.lines = list(keys), list(lines)

    def fresh(self) -> None:
        pass

    def key(self) -> str:
        return self.keys.pop(0) if self.keys else "q"

    def words(self, prompt: str) -> str:
        return self.lines.pop(0)


class Screen:
    """A sitting at a screen whose output is kept."""

    def __init__(self, folder: Path, rows: list[HeldOut] = ROWS) -> None:
        self.log, self.rows = folder / "answers.jsonl", rows
        start(self.log, HEADER)
        self.out = io.StringIO()

    def desk(self) -> DeskAudit:
        return desk(population(self.rows), answers=read(self.log))

    def type(self, keys: str, *lines: str) -> int:
        sitting = Sitting(self.desk(), self.log, {"category": LABELS}, "ann", lambda: datetime(2026, 2, 1, tzinfo=UTC))
        return sitting.run(Piped(keys, *lines), Console(file=self.out, width=110))

    def read(self) -> Answers:
        return read(self.log)


@pytest.fixture
def screen(tmp_path: Path) -> Screen:
    return Screen(tmp_path)


def test_each_key_is_an_answer_and_is_saved_at_once(screen: Screen) -> None:
    assert screen.type("1nct", "how_to") == 4
    said = [each.heads["category"] for each in screen.read().lines]
    assert [each.kind for each in said] == ["label", "neither", "cannot_tell", "label"]
    assert said[3].labels == ("how_to",)
    assert {(each.who, each.at) for each in screen.read().lines} == {("ann", "2026-02-01T00:00:00Z")}


def test_the_next_sitting_goes_on_and_asks_nothing_twice(screen: Screen) -> None:
    screen.type("1" * 5)
    screen.type("1" * 5)
    ids = [each.id for each in screen.read().lines if not each.repeat]
    assert len(ids) == len(set(ids))
    assert len(screen.read().lines) == 10


def test_both_is_an_answer_only_where_two_labels_are_in_question(screen: Screen) -> None:
    screen.type("b" + "1" * 30 + "b")
    doubtful = [each for each in screen.read().lines if len(each.heads["category"].shown) == 2]
    assert doubtful
    assert all(
        len(each.heads["category"].shown) == 2 for each in screen.read().lines if each.heads["category"].kind == "both"
    )


def test_undo_takes_back_the_last_ticket(screen: Screen) -> None:
    screen.type("1u2" if len(screen.desk().question().heads[0].options) == 2 else "1un")  # type: ignore[union-attr]
    (line,) = screen.read().lines
    assert line.heads["category"].kind in {"label", "neither"}
    assert len(screen.log.read_text().splitlines()) == 4  # header, answer, undo, answer


def test_undo_with_nothing_answered_says_so(screen: Screen) -> None:
    screen.type("u")
    assert "There is nothing to undo in this sitting." in screen.out.getvalue()


def test_an_unknown_key_or_label_is_explained_and_asked_again(screen: Screen) -> None:
    screen.type("xt1", "colour")
    assert "'x' is none of the keys here." in screen.out.getvalue()
    assert (
        "category has no label 'colour'; it has: billing, bug, how_to. If none fits, press n." in screen.out.getvalue()
    )
    assert len(screen.read().lines) == 1


def test_another_label_left_empty_goes_back_without_a_complaint(screen: Screen) -> None:
    screen.type("t1", "")
    assert "has no label" not in screen.out.getvalue()
    assert len(screen.read().lines) == 1


def test_both_is_offered_only_where_two_labels_are_shown(screen: Screen) -> None:
    options = screen.desk().question().heads[0].options  # type: ignore[union-attr]
    screen.type("q")
    assert ("b both fine" in screen.out.getvalue()) == (len(options) == 2)


def test_a_skipped_ticket_is_shown_again_when_the_others_are_done(tmp_path: Path) -> None:
    screen = Screen(tmp_path, ROWS[:90])
    first = screen.desk().question()
    assert first is not None
    screen.type("s" + "1" * 200)
    assert first.row.id in {each.id for each in screen.read().lines} or screen.desk().question() is None


def test_the_screen_says_where_the_head_stands_and_how_much_is_left(screen: Screen) -> None:
    screen.type("1" * 3)
    assert "category" in screen.out.getvalue()
    assert "░" in screen.out.getvalue()
    assert "more to look at" in screen.out.getvalue()
    end(screen.desk(), Console(file=screen.out, width=110))
    assert "applied from" in screen.out.getvalue()


def test_a_ticket_cannot_steer_the_terminal(tmp_path: Path) -> None:
    rows = [held(row.id, text="\x1b[2J\x1b]0;title\x07 [bold]hello[/bold]") for row in ROWS]
    screen = Screen(tmp_path, rows)
    screen.type("q")
    assert "\x1b" not in screen.out.getvalue()
    assert "[bold]hello[/bold]" in screen.out.getvalue()
