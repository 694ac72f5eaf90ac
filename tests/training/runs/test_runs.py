"""Every fit is a run: kept when it fails, told from one that was killed, and compared on the tickets both held out."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pyarrow import parquet

from tests.training.desk import open_home, tickets, write
from tests.waiting import wait_until
from training.cli import cli
from training.errors import PredictionsNotWritten, RunNotFound, TooManyBadRows
from training.runs import comparing, folder, predictions
from training.runs.predictions import Predicted
from triage.errors import UnreadableRecord
from triage.model import bundle as bundles
from triage.tickets.tombstones import Erased

QUICK = "[head]\nstrengths = [30]\nlexical_weights = [{weight}]\nmargins = 0\n[critical]\nlearn = 0\n"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
NOTHING = folder.Begun({}, {})


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two finished runs on the same tickets, with other settings, and their predictions as a table."""
    home = tmp_path_factory.mktemp("desk") / "home"
    open_home(home)
    rows = write(home / "closed.jsonl", tickets(160))
    for name, weight in (("one", 0.4), ("two", 0.8)):
        (home / "refit.toml").write_text(QUICK.format(weight=weight))
        given = ["--tickets", rows, "--config", home / "refit.toml", "--home", home, "--out", home / name]
        run("fit", *given, "--predictions", home / f"{name}.parquet", "--json")
    return home


def test_a_run_has_parameters_hashes_figures_and_artefacts(home: Path) -> None:
    listed = json.loads(run("runs", "--home", home, "--json"))["runs"]
    assert [each["state"] for each in listed] == ["finished", "finished"]
    newest = json.loads(run("runs", "show", "last", "--home", home, "--json"))
    assert newest == listed[0]
    bundle = bundles.load(home / "two")
    assert newest["artefacts"]["bundle_id"] == bundle.id
    assert Path(newest["artefacts"]["report"]).is_file()
    assert newest["parameters"]["config"]["head"]["lexical_weights"] == [0.8]
    assert newest["data"]["tickets"] == bundle.manifest.data.sha256
    assert newest["data"]["encoder"] == bundle.encoder_fingerprint
    assert newest["metrics"]["category"]["accuracy"] == bundle.manifest.heads["category"].metrics.accuracy
    assert newest["ended_at"] >= newest["began_at"]
    said = run("runs", "--home", home)
    assert f"{newest['id']}  finished  {bundle.id[:12]}  category " in said
    assert "parameters.config.head.lexical_weights: [0.8]" in run("runs", "show", newest["id"][:18], "--home", home)


def test_two_runs_are_compared_on_what_both_held_out_and_what_went_in_differently_is_named(home: Path) -> None:
    second, first = folder.runs(home)
    found = json.loads(run("runs", "compare", first.id, second.id, "--home", home, "--json"))
    assert found["heads"]["category"]["n"] == first.metrics["category"].n
    assert found["heads"]["category"]["accuracy"] == [
        first.metrics["category"].accuracy,
        second.metrics["category"].accuracy,
    ]
    changed = {name: (before, after) for name, before, after in found["differences"]}
    assert changed["parameters.config.head.lexical_weights"] == ([0.4], [0.8])
    assert "data.tickets" not in changed
    said = run("runs", "compare", first.id, "last", "--home", home)
    assert f"category: on {first.metrics['category'].n} tickets that both held out, accuracy " in said


def said(n: int, prediction: str, *, target: str = "bug", head: str = "category") -> Predicted:
    other = "billing" if prediction == "bug" else "bug"
    shares = {prediction: 0.75, other: 0.25}
    return Predicted(
        key=n, id=f"t-{n}", at="2026-03-01T00:00:00Z", head=head, target=target, prediction=prediction,
        probabilities=shares,
    )  # fmt: skip


def test_the_comparison_is_paired_and_exact() -> None:
    """Of 100 tickets in common the second wins 8 that the first misses and loses 1: p = 2 (1 + 9) / 2^9."""
    first = [said(n, "billing" if n < 8 else "bug") for n in range(100)] + [said(500, "billing")]
    second = [said(n, "billing" if n == 50 else "bug") for n in range(100)] + [said(900, "billing")]
    found = comparing.compare(first, second)["category"]
    assert (found.n, found.only_second_right, found.only_first_right) == (100, 8, 1)
    assert found.accuracy == (0.92, 0.99)
    assert found.p == pytest.approx(20 / 512)
    assert 0 < found.gain.low < 0.07 < found.gain.high
    assert found.verdict == "the second is better"
    assert comparing.compare(second, first)["category"].verdict == "the first is better"
    assert comparing.compare(first, first)["category"].verdict == "no clear difference"
    assert comparing.compare(first, [said(7_000, "bug")]) == {}


def test_a_label_that_changed_between_runs_counts_as_it_is_now() -> None:
    found = comparing.compare([said(1, "bug", target="billing")], [said(1, "bug")])["category"]
    assert (found.relabelled, found.accuracy) == (1, (1.0, 1.0))


def test_a_failed_run_is_kept_with_its_reason(tmp_path: Path) -> None:
    open_home(tmp_path)
    rows = write(tmp_path / "closed.jsonl", [{"id": "", "description": 7}] * 3)
    result = CliRunner().invoke(
        cli, ["fit", "--tickets", str(rows), "--home", str(tmp_path), "--out", str(tmp_path / "x")]
    )
    assert isinstance(result.exception, TooManyBadRows)
    (failed,) = folder.runs(tmp_path)
    assert (failed.state, failed.stage, failed.metrics) == ("failed", "reading", {})
    assert "3 of 3 rows are bad" in (failed.reason or "")
    assert "failed  reading: " in run("runs", "--home", tmp_path)
    with pytest.raises(RunNotFound):
        folder.find(tmp_path, "last")


WORK = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from training.progress import Bars
from training.runs import folder
with folder.recorded(Path(sys.argv[1]), folder.Begun({}, {}), lambda: datetime(2026, 3, 1, tzinfo=UTC)) as run:
    with folder.RecordedBars(Bars(quiet=True), run).bar("Fitting heads", 1):
        time.sleep(600)
"""


def test_a_run_that_goes_on_is_told_from_one_that_was_killed(tmp_path: Path) -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path)])
    try:
        wait_until(lambda: any(each.stage == "Fitting heads" for each in folder.runs(tmp_path)))
        assert [each.state for each in folder.runs(tmp_path)] == ["running"]
        assert folder.remove(tmp_path, 0) == []  # what runs is not removed
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert [(each.state, each.stage) for each in folder.runs(tmp_path)] == [("killed", "Fitting heads")]
    assert "killed  Fitting heads" in run("runs", "--home", tmp_path)
    assert len(folder.remove(tmp_path, 0)) == 1


def test_only_the_newest_runs_are_kept_and_two_of_one_second_have_two_ids(tmp_path: Path) -> None:
    for seconds in (0, 0, 1, 2):
        with folder.recorded(tmp_path, NOTHING, lambda seconds=seconds: AT + timedelta(seconds=seconds)):
            pass
    ids = [each.id for each in folder.runs(tmp_path)]
    assert len(set(ids)) == 4
    assert ids[0].startswith("20260301T093002Z-")
    assert "2 runs deleted" in run("runs", "remove", "--keep", 2, "--home", tmp_path)
    assert [each.id for each in folder.runs(tmp_path)] == ids[:2]


def test_of_runs_of_one_second_the_later_is_the_newer(tmp_path: Path) -> None:
    for number in range(6):
        begun = folder.Begun({"number": number}, {})
        with folder.recorded(tmp_path, begun, lambda number=number: AT + timedelta(milliseconds=150 * number)):
            pass
    assert [each.parameters["number"] for each in folder.runs(tmp_path)] == [5, 4, 3, 2, 1, 0]


def test_an_erased_ticket_leaves_the_predictions_of_all_runs(tmp_path: Path) -> None:
    with folder.recorded(tmp_path, NOTHING, lambda: AT) as recorder:
        predictions.write(recorder.folder / predictions.FILE, [said(1, "bug"), said(2, "bug"), said(3, "bug")])
    folder.forget(tmp_path, Erased(ids=frozenset({"t-1"}), seen=frozenset({3})))
    assert [each.id for each in folder.predicted(tmp_path, folder.runs(tmp_path)[0])] == ["t-2"]


def test_a_damaged_run_loses_what_it_says_of_an_erased_ticket(tmp_path: Path) -> None:
    erased = Erased(ids=frozenset({"t-1"}), seen=frozenset())
    for _ in range(2):
        with folder.recorded(tmp_path, NOTHING, lambda: AT) as recorder:
            predictions.write(recorder.folder / predictions.FILE, [said(1, "bug"), said(2, "bug")])
    no_record, no_rows = sorted((tmp_path / folder.FOLDER).iterdir())
    (no_record / folder.FILE).write_bytes(b"{")
    (no_rows / predictions.FILE).write_bytes((no_rows / predictions.FILE).read_bytes()[:-9])
    with pytest.raises(UnreadableRecord, match="run's predictions"):
        predictions.read(no_rows / predictions.FILE)
    folder.forget(tmp_path, erased)
    assert [each.id for each in predictions.read(no_record / predictions.FILE)] == ["t-2"]
    assert not (no_rows / predictions.FILE).exists()


@pytest.mark.parametrize("written", ["../models", "", "/", "another"])
def test_a_run_is_its_folder_whatever_its_record_says(tmp_path: Path, written: str) -> None:
    (tmp_path / "models").mkdir()
    with folder.recorded(tmp_path, NOTHING, lambda: AT) as recorder:
        pass
    record = json.loads((recorder.folder / folder.FILE).read_bytes()) | {"id": written}
    (recorder.folder / folder.FILE).write_text(json.dumps(record))
    assert folder.remove(tmp_path, 0) == [recorder.folder.name]
    assert (tmp_path / "models").is_dir()
    assert list((tmp_path / folder.FOLDER).iterdir()) == []


def test_a_table_in_no_folder_is_refused_before_anything_is_fitted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.csv").mkdir()
    predictions.check(tmp_path / "new" / "folders" / "x.csv")
    for path in (tmp_path / "file" / "x.csv", tmp_path / "folder.csv"):
        with pytest.raises(PredictionsNotWritten, match="nothing can be written there"):
            predictions.check(path)


def columns_of(path: Path) -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = parquet.read_table(path).to_pydict()
    return table


def test_the_table_of_predictions_has_the_columns_of_monitoring_tools_and_no_text(home: Path) -> None:
    table = columns_of(home / "one.parquet")
    assert list(table)[:5] == ["timestamp", "ticket_id", "head", "target", "prediction"]
    assert {"prediction_proba_bug", "prediction_proba_reports"} <= table.keys()
    own = [n for n, head in enumerate(table["head"]) if head == "category"]
    metrics = bundles.load(home / "one").manifest.heads["category"].metrics
    assert len(own) == metrics.n
    assert sum(table["target"][n] == table["prediction"][n] for n in own) / len(own) == metrics.accuracy
    shares = [{name[17:]: table[name][n] for name in table if name.startswith("prediction_proba_")} for n in own]
    assert all(row["reports"] is None and row["bug"] is not None for row in shares)  # `reports` is of another head
    assert all(sum(p or 0 for p in row.values()) == pytest.approx(1, abs=1e-5) for row in shares)
    assert all(
        max((p or 0, label) for label, p in row.items())[1] == table["prediction"][n]
        for n, row in zip(own, shares, strict=True)
    )
    assert table["timestamp"][0].tzinfo is not None
    words = (home / "one.parquet").read_bytes()
    texts = [row["description"] for row in tickets(160)]
    assert not any(text.encode() in words for text in texts)


def test_evaluate_writes_the_same_table_for_other_tickets_also_as_csv(home: Path) -> None:
    rows = write(home / "later.jsonl", tickets(40, first=400))
    out = home / "later.csv"
    given = ["--bundle", home / "one", "--tickets", rows, "--home", home, "--predictions", out, "--json"]
    measured = json.loads(run("evaluate", *given))
    table = list(csv.DictReader(out.read_text().splitlines()))
    own = [row for row in table if row["head"] == "category"]
    assert len(own) == measured["category"]["n"] == 40
    assert sum(row["target"] == row["prediction"] for row in own) / 40 == measured["category"]["accuracy"]
    assert own[0]["prediction_proba_reports"] == ""


def test_a_table_of_another_format_is_refused_before_anything_is_fitted(home: Path) -> None:
    result = CliRunner().invoke(
        cli, ["fit", "--tickets", str(home / "closed.jsonl"), "--home", str(home), "--out", str(home / "no"),
              "--predictions", str(home / "x.xlsx")]
    )  # fmt: skip
    assert isinstance(result.exception, PredictionsNotWritten)
    assert not (home / "no").exists()
