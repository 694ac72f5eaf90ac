"""The audit of a multi head: one question about a ticket answers for all of its labels, each tested by itself."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rich.console import Console

from tests.training.desk import START
from tests.training.multi.desk import FAST, TOPICS, learn, row
from training.audit import certifying, exchange
from training.audit.answers import Answer, Answers, Header, Verdict, read, start
from training.audit.certifying import Audit
from training.audit.desk import DeskAudit, Question
from training.audit.label_studio import interface
from training.audit.population import auditable
from training.audit.screens import Sitting
from training.audit.teaching import taught
from training.bundles import held_out
from training.config import Certificate
from triage.errors import DecisionsNotReadable
from triage.model import bundle as bundles
from triage.taxonomy.changes import Changes
from triage.tickets.closed_ticket import from_record
from triage.tickets.label_sources import LabelSource
from triage.tickets.tombstones import Erased

HEADER = Header(seed="s", created_at="2026-02-01T00:00:00Z")
AT = "2026-02-01T00:00:00Z"
N = 900


def right(ticket: str) -> tuple[str, ...]:
    return tuple(sorted(row(int(ticket.removeprefix("t-")))["topics"]))


def noisy() -> list[dict[str, Any]]:
    """Return tickets, every second closed with a list that is mostly chance: no label earns a certificate."""
    random, rows = Random(1), [row(number) for number in range(N)]
    for each in rows[::2]:
        each["topics"] = [topic for topic in TOPICS if (topic in each["topics"]) != (random.random() < 0.45)]
    return rows


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audited-lists")
    learn(folder, noisy(), config=replace(FAST, certificate=Certificate(alpha=0.2, delta=0.1)))
    return folder


@pytest.fixture
def desk(home: Path) -> DeskAudit:
    bundle = bundles.load(home / "candidate")
    found = auditable(bundle.manifest, held_out.read(bundle), Erased(), ["topics"])
    return DeskAudit(found, Answers.of(HEADER, ()), Changes())


def said(question: Question) -> Answer:
    labels = right(question.row.id)
    verdict = Verdict(kind="label" if labels else "neither", labels=labels, shown=question.heads[0].options)
    return Answer(id=question.row.id, heads={"topics": verdict}, who="ann", at=AT, repeat=question.repeat)


def answered(desk: DeskAudit) -> int:
    n = 0
    while (question := desk.question()) is not None:
        desk.take(said(question))
        n += not question.repeat
    return n


def test_a_question_names_the_labels_of_the_model_and_of_the_closed_ticket(desk: DeskAudit) -> None:
    question = desk.question()
    assert question is not None
    (asked,) = question.heads  # one question, whichever labels wait for it
    assert asked.several
    likely = question.row.sure_sets["topics"]
    assert set(asked.options) == {*likely, *question.row.label_sets["topics"]}
    assert all(p >= 0.5 for p in likely.values())


def test_labels_are_certified_by_what_people_say_of_lists(home: Path, desk: DeskAudit, tmp_path: Path) -> None:
    bundle = bundles.load(home / "candidate")
    assert not bundle.manifest.multi["topics"].earned
    n = answered(desk)
    statuses = {each.population.name: each for each in desk.statuses()}
    certified = {name for name, each in statuses.items() if each.certified}
    assert certified
    assert set(statuses) <= {f"topics: {topic}" for topic in TOPICS}
    assert n < N * 0.15  # fewer than all held-out tickets
    certifying.reissued(bundle, Audit(desk.answers, START, 90, Erased()), tmp_path / "out")
    issued = bundles.load(tmp_path / "out")  # a bundle whose certificates do not fit is refused
    entry = issued.manifest.multi["topics"]
    assert {f"topics: {each.label}" for each in entry.earned} == certified
    (first, *_) = entry.earned
    assert (first.kind, first.alpha, first.asked) == ("audit", 0.2, statuses[f"topics: {first.label}"].certified.asked)  # type: ignore[union-attr]
    assert first.delta == pytest.approx(0.1 / len(statuses))
    rules = {rule.label: rule for rule in issued.multi["topics"].rules}
    assert rules[first.label].apply_at == first.threshold
    report = (tmp_path / "out/report.html").read_text()
    assert f"topics: {first.label}: applied from confidence" in report


def test_an_audited_list_teaches_in_place_of_the_closed_one() -> None:
    tickets = [from_record(each, ("category",), ("topics",)) for each in noisy()[:3]]
    lines = [
        Answer(id="t-0", heads={"topics": Verdict(kind="label", labels=("tax", "login"))}, who="a", at=AT),
        Answer(id="t-1", heads={"topics": Verdict(kind="neither")}, who="a", at=AT),
        Answer(id="t-2", heads={"topics": Verdict(kind="cannot_tell")}, who="a", at=AT),
    ]
    found = taught(tickets, [0, 1, 2], Answers.of(HEADER, lines), Changes())
    assert [each.seen_sets["topics"] for each in found] == [("tax", "login"), (), tickets[2].seen_sets["topics"]]
    assert [each.label_sources.get("topics") for each in found] == [LabelSource.AUDIT, LabelSource.AUDIT, None]


class Typed:
    """Keys that were typed, and lines."""

    def __init__(self, keys: str, *lines: str) -> None:
        self._keys, self._lines = iter(keys), iter(lines)

    def fresh(self) -> None:
        pass

    def key(self) -> str:
        return next(self._keys, "q")

    def words(self, prompt: str) -> str:
        return next(self._lines)


def test_digits_tick_labels_and_enter_saves_them(desk: DeskAudit, tmp_path: Path) -> None:
    log = tmp_path / "answers.jsonl"
    start(log, HEADER)
    first = desk.question()
    assert first is not None
    options = first.heads[0].options
    console = Console(record=True, width=200)
    other = next(topic for topic in TOPICS if topic not in options)
    keys = Typed("1" + "2" * 2 * (len(options) > 1) + "tx\nnc", other)
    assert Sitting(desk, log, {"topics": tuple(TOPICS)}, "ann", lambda: START).run(keys, console) == 3
    verdicts = [each.heads["topics"] for each in read(log).lines]
    assert set(verdicts[0].labels) == {options[0], other}
    assert [each.kind for each in verdicts] == ["label", "neither", "cannot_tell"]
    assert f"1 ✓ {options[0]}" in console.export_text()


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.prodigy.jsonl"])
def test_lists_go_out_as_a_file_and_come_back(desk: DeskAudit, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert exchange.write(path, desk, 3) == 3
    if name == "a.csv":
        rows = list(csv.DictReader(io.StringIO(path.read_text())))
        for each in rows:
            each["topics"] = "; ".join(right(each["id"])) or "neither"
        with path.open("w", newline="") as file:
            out = csv.DictWriter(file, list(rows[0]))
            out.writeheader()
            out.writerows(rows)
    elif name == "a.json":
        assert path.with_suffix(".xml").read_text() == interface({"topics": True})
        tasks = json.loads(path.read_text())
        for task in tasks:
            choices = list(right(task["data"]["id"])) or ["neither"]
            result = {"from_name": "topics", "type": "choices", "value": {"choices": choices}}
            task["annotations"] = [{"result": [result]}]
        path.write_text(json.dumps(tasks))
    else:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for each in rows:
            if "meta" in each:
                each |= {"accept": list(right(each["meta"]["id"])) or ["neither"], "answer": "accept"}
            else:
                each["heads"]["topics"]["answer"] = list(right(each["id"]))
        path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    taken = exchange.read(path, desk, {"topics": tuple(TOPICS)}, "ann", START)
    assert [tuple(sorted(each.heads["topics"].labels)) for each in taken.answers] == [
        right(each.id) for each in taken.answers
    ]
    assert len(taken.answers) == 3


def test_a_label_that_the_head_does_not_know_is_refused(desk: DeskAudit, tmp_path: Path) -> None:
    exchange.write(tmp_path / "a.csv", desk, 1)
    content = (tmp_path / "a.csv").read_text().rstrip()
    (tmp_path / "a.csv").write_text(content.rstrip("\r\n") + "tax; nonsense\n")
    with pytest.raises(DecisionsNotReadable, match="topics has 'nonsense'"):
        exchange.read(tmp_path / "a.csv", desk, {"topics": tuple(TOPICS)}, "ann", START)
