"""Lists of labels that are probably wrong: planted errors are found, said why, decided, and laid over the export."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from tests.training.desk import START, open_home, write
from tests.training.multi.desk import MAPPING, TOPICS, row
from training.cli import cli
from training.data import closed_tickets
from training.data import label_overlay as overlay
from training.data.label_overlay import OTHER_KIND
from triage.tickets import doubtful_labels, label_decisions
from triage.tickets.doubtful_labels import Suspect
from triage.tickets.label_decisions import Decision
from triage.tickets.label_sources import LabelSource

TAXONOMY = '[[heads]]\nname = "category"\n[[heads]]\nname = "topics"\nkind = "multi"\n'
BY = {"by": "ana", "at": "2026-02-01T00:00:00+00:00"}


def planted(n: int) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return rows of which every twentieth has one label too many or too few, and by ticket which."""
    random, rows, wrong = Random(3), [row(number) for number in range(n)], {}
    for each in rows[::20]:
        label = random.choice(sorted(TOPICS))
        own = each["topics"]
        each["topics"] = [topic for topic in own if topic != label] if label in own else [*own, label]
        wrong[each["id"]] = label
    return rows, wrong


def run(*words: object) -> str:
    done = CliRunner().invoke(cli, list(map(str, words)))
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    open_home(folder)
    rows, wrong = planted(300)
    rows[7]["topics"] = None  # nobody looked at it
    write(folder / "closed.jsonl", ({key: value for key, value in each.items() if value is not None} for each in rows))
    (folder / "wrong.json").write_text(json.dumps(wrong))
    (folder / "taxonomy.toml").write_text(TAXONOMY)
    return folder


def ranked(home: Path, *words: object) -> str:
    given = ("--tickets", home / "closed.jsonl", "--taxonomy", home / "taxonomy.toml", "--home", home)
    return run("relabel", *given, "--out", home / "queue.jsonl", *words)


def test_planted_errors_come_first_and_the_labels_to_add_and_remove_are_named(home: Path) -> None:
    said = ranked(home, "--head", "topics")
    wrong = json.loads((home / "wrong.json").read_text())
    suspects = {each.id: each for each in doubtful_labels.read(home / "queue.jsonl")}
    first = list(suspects)[: len(wrong)]
    assert len(set(first) & set(wrong)) >= len(wrong) - 1
    assert {suspects[each].head for each in first} == {"topics"}
    found = suspects[first[0]]
    (changed,) = (*found.added, *found.removed)
    assert changed == wrong[found.id]
    assert found.evidence[0].startswith(f"{'add' if found.added else 'remove'} {changed}: the model gives ")
    assert "of 299 lists are probably wrong" in said
    estimate = json.loads(ranked(home, "--json"))
    assert 5 <= estimate["estimated_wrong"]["topics"] <= 20
    assert set(estimate["by_label"]["topics"]) == set(TOPICS)


def test_a_decision_on_a_list_is_laid_over_the_export_and_is_not_asked_again(home: Path, tmp_path: Path) -> None:
    ranked(home, "--head", "topics")
    lines = [json.loads(line) for line in (home / "queue.jsonl").read_text().splitlines()]
    lines[0]["decision"], lines[1]["decision"] = "accept", "keep"
    (tmp_path / "queue.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    out = run("relabel", "--accept", tmp_path / "queue.jsonl", "--overlay", tmp_path / "overlay.jsonl")
    assert "1 labels changed and 1 confirmed" in out
    export = closed_tickets.read(home / "closed.jsonl", MAPPING)
    laid = overlay.read(tmp_path / "overlay.jsonl").applied(export)
    assert laid.overlay is not None
    assert (laid.overlay.changed, laid.overlay.refused) == (1, {})
    (changed,) = (each for each in laid.tickets if each.id == lines[0]["id"])
    assert changed.seen_sets["topics"] == tuple(lines[0]["proposed"])
    assert changed.label_sources["topics"] is LabelSource.PERSON_AFTER_SUGGESTION
    ranked(home, "--head", "topics", "--overlay", tmp_path / "overlay.jsonl")
    asked = {each.id for each in doubtful_labels.read(home / "queue.jsonl")}
    assert not asked & {lines[0]["id"], lines[1]["id"]}


def test_an_overlay_refuses_a_list_that_has_changed_and_one_label_for_a_list(home: Path, tmp_path: Path) -> None:
    export = closed_tickets.read(home / "closed.jsonl", MAPPING)
    one, two, three = export.tickets[1], export.tickets[2], export.tickets[7]
    decisions = [
        Decision(one.id, "topics", ("nothing", "of it"), ("tax",), **BY),
        Decision(two.id, "topics", label_decisions.listed(two.label_sets["topics"]), "tax", **BY),
        Decision(three.id, "topics", None, ("tax",), **BY),
    ]
    label_decisions.append(tmp_path / "overlay.jsonl", decisions, START)
    laid = overlay.read(tmp_path / "overlay.jsonl").applied(export)
    assert laid.overlay is not None
    assert laid.overlay.refused == {overlay.CHANGED_SINCE: 1, OTHER_KIND: 1}
    assert laid.tickets[7].label_sets["topics"] == ("tax",)
    last = overlay.read(tmp_path / "overlay.jsonl").decisions[-1:]
    label_decisions.append(tmp_path / "overlay.jsonl", label_decisions.undone(last, "ana", START), START)
    assert "topics" not in overlay.read(tmp_path / "overlay.jsonl").applied(export).tickets[7].label_sets


@pytest.mark.parametrize("name", ["tasks.json", "tasks.prodigy.jsonl"])
def test_lists_go_to_label_studio_and_prodigy_and_come_back(tmp_path: Path, name: str) -> None:
    suspects = [
        Suspect("t-1", "topics", ("angry",), ("angry", "tax"), 0.9, (), "vat receipt terrible"),
        Suspect("t-2", "category", "bug", "billing", 0.8, (), "charged twice"),
    ]
    doubtful_labels.write(tmp_path / "queue.jsonl", suspects)
    run("relabel", "--accept", tmp_path / "queue.jsonl", "--export", tmp_path / name)
    tasks = tmp_path / name
    if name.endswith(".prodigy.jsonl"):
        rows = [json.loads(line) for line in tasks.read_text().splitlines()]
        assert [each["id"] for each in rows[0]["options"]] == ["angry", "tax", "no label"]
        assert rows[0]["config"] == {"choice_style": "multiple"}
        rows[0] |= {"accept": ["tax", "angry"], "answer": "accept"}
        rows[1] |= {"accept": ["bug"], "answer": "accept"}
        tasks.write_text("".join(json.dumps(each) + "\n" for each in rows))
    else:
        assert 'choice="multiple" value="$several"' in tasks.with_suffix(".xml").read_text()
        rows = json.loads(tasks.read_text())
        assert rows[1]["data"]["several"] == []
        for each, field, chosen in zip(rows, ("labels", "label"), (["tax", "angry"], ["bug"]), strict=True):
            value = {"from_name": field, "type": "choices", "value": {"choices": chosen}}
            each["annotations"] = [{"result": [value]}]
        tasks.write_text(json.dumps(rows))
    run("relabel", "--accept", tmp_path / "queue.jsonl", "--import", tasks, "--overlay", tmp_path / "overlay.jsonl")
    found = {each.id: (each.was, each.label) for each in label_decisions.read(tmp_path / "overlay.jsonl")}
    assert found == {"t-1": (("angry",), ("angry", "tax")), "t-2": ("bug", "bug")}


def test_a_list_is_reviewed_in_the_terminal(tmp_path: Path) -> None:
    queue = tmp_path / "queue.jsonl"
    doubtful_labels.write(queue, [Suspect(f"t-{n}", "topics", ("angry",), (), 0.9, (), "vat") for n in range(3)])
    words = ["relabel", "--accept", str(queue), "--review", "--overlay", str(tmp_path / "o.jsonl"), "--home"]
    done = CliRunner().invoke(cli, [*words, str(tmp_path)], input="y\ntax, login\n-\n")
    assert done.exit_code == 0, done.output
    assert "topics: angry → none?" in done.output
    said = [each.label for each in label_decisions.read(tmp_path / "o.jsonl")]
    assert said == [(), ("login", "tax"), ()]
