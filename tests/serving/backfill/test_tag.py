"""`firstline tag`: over a real bundle, in real processes that are killed."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from serving.backfill.errors import BackfillRefused
from serving.backfill.output import Output, Run
from serving.backfill.reading import Row, read
from serving.backfill.tagging import Job, Tagging
from serving.cli import cli
from serving.inference.watching.watch import watched_of
from tests.fakes import FrozenClock
from tests.tiny_bundle import tiny_bundle
from tests.waiting import wait_until
from triage.model import bundle as bundles
from triage.signing.signatures import NO_KEYS

SAMPLE = Path(__file__).parents[3] / "var/sample/bundle"
TEXTS = ("csv export empty", "refund invoice", "reset password login", "api key broken")
RUN = Run("export.jsonl", 1, 2, "bundle", {}, ["category", "priority"])


def rows(number: int) -> list[dict[str, Any]]:
    return [
        {"id": f"t{place}", "subject": TEXTS[place % 4], "description": f"number {place}"} for place in range(number)
    ]


def written(path: Path, tickets: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in tickets))
    return path


def command(folder: Path, export: Path, out: Path) -> list[str]:
    bundle, home = str(folder / "bundle"), str(folder / "home")
    return ["tag", str(export), "--out", str(out), "--bundle", bundle, "--home", home, "--workers", "2"]


def is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def is_begun(progress: Path) -> bool:
    return progress.exists() and bool(json.loads(progress.read_bytes())["rows"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_bundle(tmp_path / "bundle")
    return tmp_path


def test_a_run_that_is_killed_goes_on_with_no_row_twice_and_none_missing(folder: Path) -> None:
    export, out = written(folder / "export.jsonl", rows(6_000)), folder / "tags.jsonl"
    arguments = [sys.executable, "-c", "from serving.cli import main; main()", *command(folder, export, out)]
    first = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    progress = out.with_name("tags.jsonl.progress")
    wait_until(lambda: is_begun(progress) or first.poll() is not None, pause=0.01)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    wait_until(lambda: is_gone(first.pid), "its processes live on")
    told = json.loads(out.with_name("tags.jsonl.progress").read_bytes())
    assert 0 < told["rows"] < 6_000, "the run was over before it was killed"
    with out.open("ab") as file:  # a batch that was begun and of which nobody was told
        file.write(b'{"row": 1, "id"')
    done = CliRunner().invoke(cli, command(folder, export, out))
    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert [each["id"] for each in found] == [f"t{place}" for place in range(6_000)]
    assert [each["row"] for each in found] == list(range(1, 6_001))
    assert not out.with_name("tags.jsonl.progress").exists()
    assert f"{6_000 - told['rows']} tickets tagged into" in done.stdout


def test_every_kind_of_file_holds_the_same_tags_and_names_what_cannot_be_read(folder: Path) -> None:
    tickets = [*rows(5), {"id": "empty"}, {"id": "plan", "subject": "csv export", "plan": "of another time"}]
    export = written(folder / "export.jsonl", tickets)
    with export.open("a") as file:
        file.write("no json\n")
    for name in ("tags.jsonl", "tags.csv", "tags.parquet"):
        done = CliRunner().invoke(cli, command(folder, export, folder / name))
        assert done.exit_code == 0, done.output
        assert "8 tickets tagged into" in done.stdout
        assert "2 could not be read" in done.stdout
    lines = [json.loads(line) for line in (folder / "tags.jsonl").read_text().splitlines()]
    sheet = list(csv.DictReader((folder / "tags.csv").read_text().splitlines()))
    table = pq.read_table(folder / "tags.parquet").to_pylist()
    assert [each.get("problem") for each in lines[5:]] == ["has neither subject nor description", None, "is not JSON"]
    for line, cells, record in zip(lines, sheet, table, strict=True):
        label = line.get("tags", {}).get("category", {}).get("label")
        assert (cells["category"] or None) == record["category"] == label
        assert (cells["team"] or None) == record["team"] == line.get("team")
        assert (cells["problem"] or None) == record["problem"] == line.get("problem")
    again = CliRunner().invoke(cli, command(folder, export, folder / "tags.csv"))
    assert "is there already; --force writes it anew" in str(again.exception)


def test_a_ticket_has_the_same_tags_alone_and_among_others(folder: Path) -> None:
    tagging = Tagging(Job(folder / "bundle", "", NO_KEYS, None, {}, datetime.now(UTC)))
    export = list(read(written(folder / "export.jsonl", rows(9)), {}))
    together = tagging.tag(export)
    assert [tagging.tag([row])[0] for row in export] == together
    assert {each["tags"]["category"]["label"] for each in together} > {"billing"}


def test_columns_of_another_name_are_read_and_unknown_fields_refused(folder: Path) -> None:
    (folder / "export.csv").write_text("Nr;Titel;Text\n7;csv export empty;it is\n")
    named = ("--column", "id=Nr", "--column", "subject=Titel", "--column", "description=Text")
    done = CliRunner().invoke(cli, [*command(folder, folder / "export.csv", folder / "tags.jsonl"), *named])
    assert done.exit_code == 0, done.output
    assert json.loads((folder / "tags.jsonl").read_text())["id"] == "7"
    bad = CliRunner().invoke(
        cli, [*command(folder, folder / "export.csv", folder / "b.jsonl"), "--column", "title=Titel"]
    )
    assert "--column title: write FIELD=COLUMN with one of id, subject, description" in bad.stderr
    with pytest.raises(BackfillRefused, match="no subject or description among its columns: Nr, Titel, Text"):
        list(read(folder / "export.csv", {}))
    with pytest.raises(BackfillRefused, match="it has no column Number; its columns are Nr, Titel, Text"):
        list(read(folder / "export.csv", {"id": "Number", "subject": "Titel"}))
    refused = CliRunner().invoke(cli, command(folder, folder / "export.csv", folder / "b.csv"))
    assert isinstance(refused.exception, BackfillRefused)
    assert not (folder / "b.csv").exists()


def test_a_run_over_something_else_is_not_continued(tmp_path: Path) -> None:
    with Output(tmp_path / "tags.jsonl", RUN) as output:
        output.add([{"row": 1, "id": "a", "problem": "has no words"}])
    with Output(tmp_path / "tags.jsonl", RUN) as output:
        assert output.rows == 1
    with pytest.raises(BackfillRefused, match="was begun with another export, bundle or columns; --force begins anew"):
        Output(tmp_path / "tags.jsonl", Run("export.jsonl", 1, 2, "another", {}, ["category", "priority"]))
    with Output(tmp_path / "tags.jsonl", RUN, force=True) as output:
        assert output.rows == 0


def test_a_run_that_is_killed_before_its_first_batch_begins_again(tmp_path: Path) -> None:
    with Output(tmp_path / "tags.csv", RUN):
        pass
    header = (tmp_path / "tags.csv").read_bytes()
    with Output(tmp_path / "tags.csv", RUN) as output:
        output.add([{"row": 1, "id": "a", "problem": "has no words"}])
    with Output(tmp_path / "tags.csv", RUN, force=True):
        pass
    with Output(tmp_path / "tags.csv", RUN) as output:
        assert output.rows == 0
    assert (tmp_path / "tags.csv").read_bytes() == header


def test_without_a_bundle_it_is_said_what_to_do(tmp_path: Path) -> None:
    export = written(tmp_path / "export.jsonl", rows(1))
    done = CliRunner().invoke(
        cli, ["tag", str(export), "--out", str(tmp_path / "o.csv"), "--home", str(tmp_path / "home")]
    )
    assert "has no current bundle; run `make train` and `make promote`, or give --bundle" in str(done.exception)


def test_a_run_that_is_killed_in_its_first_batch_may_begin_again(tmp_path: Path) -> None:
    out = tmp_path / "tags.csv"
    with Output(out, RUN):
        pass  # it is killed
    out.write_bytes(b"row,id")
    with Output(out, Run("export.jsonl", 1, 2, "bundle", {"id": "Nr"}, ["category"])) as output:
        assert output.rows == 0
        output.add([{"row": 1, "id": "a", "problem": "has no words"}])
    assert out.read_bytes().count(b"row,id") == 1


@pytest.mark.parametrize("told", [b"{dam", b"[]", b'{"rows": 1}', b'{"run": {}, "rows": "x", "bytes": 1}'])
def test_a_damaged_progress_file_is_refused(tmp_path: Path, told: bytes) -> None:
    (tmp_path / "tags.jsonl").write_bytes(b"{}\n")
    (tmp_path / "tags.jsonl.progress").write_bytes(told)
    with pytest.raises(BackfillRefused, match="is damaged; --force begins anew"):
        Output(tmp_path / "tags.jsonl", RUN)


@pytest.mark.parametrize("left", [None, b'{"row"'])
def test_an_output_that_was_cut_or_deleted_is_not_filled_up_with_nothing(tmp_path: Path, left: bytes | None) -> None:
    out = tmp_path / "tags.jsonl"
    with Output(out, RUN) as output:
        output.add([{"row": 1, "id": "a", "problem": "has no words"}])
    out.unlink()
    if left is not None:
        out.write_bytes(left)
    with pytest.raises(BackfillRefused, match="holds less than was written"):
        Output(out, RUN)


@pytest.mark.parametrize(
    ("name", "out"), [("a.jsonl", "a.jsonl"), ("a.parquet.jsonl", "a.parquet"), ("a.csv", "b.csv")]
)
def test_an_export_is_never_written_over(folder: Path, name: str, out: str) -> None:
    export = written(folder / name, rows(2))
    if out == "b.csv":
        (folder / out).symlink_to(export)
    before = export.read_bytes()
    done = CliRunner().invoke(cli, [*command(folder, export, folder / out), "--force"])
    assert "would be written over the export" in str(done.exception)
    assert export.read_bytes() == before


def test_half_a_character_in_an_export_ends_nothing(tmp_path: Path) -> None:
    export = written(tmp_path / "export.jsonl", [{"id": "a\ud800", "subject": "csv\udfff", "channel": "\ud800"}])
    assert [(row.id, dict(row.fields)) for row in read(export, {})] == [("a?", {"subject": "csv?", "channel": "?"})]


def test_a_folder_that_is_not_there_is_said(folder: Path) -> None:
    export = written(folder / "export.jsonl", rows(1))
    done = CliRunner().invoke(cli, command(folder, export, folder / "none" / "tags.csv"))
    assert "cannot be written: No such file or directory" in str(done.exception)


def test_a_certificate_that_has_lapsed_applies_nothing() -> None:
    if not SAMPLE.exists():
        pytest.skip("no sample bundle: make setup")
    bundle = bundles.load(SAMPLE)
    ticket = Row(1, "a", {"subject": "CSV export is empty", "description": "Since this morning every export is empty."})
    modes = []
    for begun in (datetime.now(UTC), datetime(2100, 1, 1, tzinfo=UTC)):
        job = Job(SAMPLE, bundle.id, NO_KEYS, None, watched_of(bundle, None, begun, 0.0), begun)
        (told,) = Tagging(job).tag([ticket])
        modes.append({tag["mode"] for tag in told["tags"].values()})
    assert "auto" in modes[0]
    assert "auto" not in modes[1]


def test_the_disk_is_waited_for_once_a_second(tmp_path: Path) -> None:
    clock, progress = FrozenClock(), tmp_path / "tags.jsonl.progress"
    record = {"row": 1, "id": "a", "problem": "has no words"}
    with Output(tmp_path / "tags.jsonl", RUN, clock=clock) as output:
        noted = []
        for _ in range(5):
            output.add([record])
            noted.append(json.loads(progress.read_bytes())["rows"])
            clock.advance(timedelta(seconds=0.4))
    assert noted == [1, 1, 1, 4, 4]
    assert json.loads(progress.read_bytes())["rows"] == 5
