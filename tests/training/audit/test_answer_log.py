"""The log of answers: it survives a kill, takes back what was undone, and forgets who was erased."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from msgspec.structs import replace

from tests.training.audit.noisy_desk import answer
from training.audit.answers import FORMAT, Answers, Header, accepts, append, read, start, text_digest
from triage.errors import DecisionsNotReadable
from triage.instants import from_text
from triage.taxonomy.change import Change
from triage.taxonomy.changes import Changes
from triage.tickets.tombstones import Erased, Tombstone

FIRST = '{"format": "firstline-audit/1", "seed": "s", "created_at": "x"}\n'
HEADER = Header(seed="s", created_at="2026-01-01T00:00:00Z")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    start(tmp_path / "audits" / "answers.jsonl", HEADER)
    return tmp_path / "audits" / "answers.jsonl"


def test_what_was_answered_is_read_back(log: Path) -> None:
    append(log, [answer("t-1", "bug", text=text_digest("x")), answer("t-2")])
    found = read(log)
    assert log.read_text().startswith(f'{{"format": "{FORMAT}", "seed": "s"')
    assert (found.header, [line.id for line in found.lines]) == (HEADER, ["t-1", "t-2"])
    assert found.find("t-1", "category", "x") == found.lines[0]


def test_a_line_that_a_kill_cut_short_is_neither_read_nor_in_the_way(log: Path) -> None:
    append(log, [answer("t-1", "bug")])
    with log.open("ab") as file:
        file.write(b'{"id": "t-2", "heads": {"cat')
    assert [line.id for line in read(log).lines] == ["t-1"]
    append(log, [answer("t-3", "bug")])
    assert [line.id for line in read(log).lines] == ["t-1", "t-3"]


def test_starting_again_keeps_the_seed_and_the_answers(log: Path) -> None:
    append(log, [answer("t-1", "bug")])
    start(log, Header(seed="other", created_at="2026-02-01T00:00:00Z"))
    assert (read(log).header.seed, len(read(log).lines)) == ("s", 1)


def test_undo_takes_back_the_tickets_last_answer() -> None:
    lines = [answer("t-1", "bug"), answer("t-2", "bug"), answer("t-1", undo=True), answer("t-1", "billing")]
    found = Answers.of(HEADER, lines).first("t-1", "category")
    assert found is not None
    assert found.heads["category"].labels == ("billing",)


def test_the_first_answer_counts_and_a_repeat_never_does() -> None:
    lines = [answer("t-1", "how_to", repeat=True), answer("t-1", "bug"), answer("t-1", "billing")]
    assert Answers.of(HEADER, lines).first("t-1", "category") == lines[1]


def test_an_answer_about_another_text_of_the_same_id_is_not_used() -> None:
    found = Answers.of(HEADER, [answer("t-1", "bug", text=text_digest("before"))])
    assert found.find("t-1", "category", "after") is None


def test_an_erased_ticket_is_forgotten_by_id_and_by_text() -> None:
    erased = Erased.of([Tombstone.over("t-1", None, ["one"]), Tombstone.over("other", None, ["two"])])
    lines = [answer("t-1", "bug"), answer("t-2", "bug", text=text_digest("two")), answer("t-3", "bug")]
    assert [line.id for line in Answers.of(HEADER, lines).without(erased).lines] == ["t-3"]


def test_an_answer_follows_its_label_through_changes_of_the_taxonomy() -> None:
    renamed = Change(
        kind="rename", head="category", before=("bug",), after=("defect",), at=from_text("2026-03-01T00:00:00Z", "at")
    )
    assert accepts(answer("t-1", "bug"), "category", "defect", Changes((renamed,)))
    assert not accepts(answer("t-1", "bug"), "category", "bug", Changes((renamed,)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the first line must name the format and the seed"),
        ('{"format": "firstline-overlay/1", "seed": "s", "created_at": "x"}\n', f'this version reads "{FORMAT}"'),
        ('{"format": "firstline-audit/1", "seed": "s", "created_at": "x"}\n{"id": 3}\n', "line 2: Expected `str`"),
        (FIRST + "[" * 100_000 + "\n", "line 2"),
        (
            FIRST + '{"id": "t", "who": "a", "at": "2026-01-01T00:00:00Z", "text": "zz"}\n',
            "line 2: Expected `str` matching",
        ),
    ],
)
def test_a_file_that_is_no_log_is_refused_with_its_line(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "log.jsonl").write_text(content)
    with pytest.raises(DecisionsNotReadable, match=said):
        read(tmp_path / "log.jsonl")


def test_two_who_begin_at_once_write_one_header(tmp_path: Path) -> None:
    path, together = tmp_path / "answers.jsonl", Barrier(8)

    def begin(number: int) -> None:
        together.wait()
        start(path, Header(seed=str(number), created_at="2026-01-01T00:00:00Z"))
        append(path, [answer(f"t-{number}", "bug")])

    with ThreadPoolExecutor(8) as people:
        list(people.map(begin, range(8)))
    assert len(read(path).lines) == 8


def test_a_header_that_a_kill_cut_short_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"format": "firstline-au')
    start(path, HEADER)
    append(path, [answer("t-1", "bug")])
    assert (read(path).header, len(read(path).lines)) == (HEADER, 1)


def test_a_name_that_no_file_can_hold_is_written_all_the_same(log: Path) -> None:
    append(log, [replace(answer("t-1", "bug"), who="\ud800")])
    assert [line.who for line in read(log).lines] == ["?"]
