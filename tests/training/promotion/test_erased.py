"""What customers had erased is not learnt from, and a bundle that still holds it never serves again."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from tests.training.desk import fitted, open_home, ticket, tickets
from training.commands.models import promote, rollback
from training.config import Head, RefitConfig
from training.data import closed_tickets
from triage.errors import UnreadableRecord
from triage.model.bundle_files import SealedFolder
from triage.model.promotion.erased_content import places
from triage.model.promotion.errors import HoldsErased
from triage.tickets import tombstones
from triage.tickets.closed_ticket import from_record
from triage.tickets.tombstones import Erased, Tombstone

FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))
ROWS = tickets(300)
TAUGHT, HELD = 20, 295  # one that the heads learn from, one that measures


def stone(number: int, name: str | None = None) -> Tombstone:
    return Tombstone.over(name or f"t-{number}", None, [from_record(ticket(number)).text])


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a bundle from before anything was erased."""
    home = tmp_path_factory.mktemp("before")
    fitted(home, ROWS, out="old", config=FAST)
    return home


@pytest.fixture
def home(before: Path, tmp_path: Path) -> Path:
    """A copy of it, in which that bundle serves."""
    home = tmp_path / "home"
    copytree(before, home)
    registry = open_home(home).registry
    registry.make_current(registry.add(home / "old"))
    return home


def found_in(home: Path, name: str, *stones: Tombstone) -> list[str]:
    return list(places(SealedFolder.open(home / name), Erased.of(stones)))


@pytest.mark.parametrize("number", [TAUGHT, HELD])
@pytest.mark.parametrize("name", [None, "tkt_renamed"])
def test_a_refit_leaves_an_erased_ticket_out_by_its_id_and_by_its_words(
    home: Path, number: int, name: str | None
) -> None:
    done = fitted(home, ROWS, out="new", config=FAST, erased=Erased.of([stone(number, name)]))
    assert (done.manifest.data.erased, done.manifest.data.tickets) == (1, 299)
    assert found_in(home, "new", stone(number, name)) == []


def test_an_older_bundle_is_known_to_hold_it_wherever_it_is(home: Path) -> None:
    assert found_in(home, "old", stone(TAUGHT)) == [
        "1 among its closed tickets",
        "1 that its heads or its encoder learnt from",
    ]
    assert found_in(home, "old", stone(HELD))[:2] == ["1 among its closed tickets", "1 among its held-out tickets"]
    assert found_in(home, "old", stone(TAUGHT, "tkt_renamed")) == ["1 that its heads or its encoder learnt from"]
    assert found_in(home, "old", stone(1_000)) == []


def run(command: object, *words: str, code: int) -> str:
    done = CliRunner().invoke(command, list(words))  # type: ignore[arg-type]
    if isinstance(done.exception, HoldsErased):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def test_promotion_refuses_it_and_after_a_clean_one_no_bundle_with_it_is_left(home: Path) -> None:
    (home / tombstones.FILE).write_bytes(tombstones.write([stone(HELD)]))
    refused = run(promote, "--bundle", str(home / "old"), "--home", str(home), code=1)
    assert "REFUSED  erased tickets: it holds what was erased: 1 among its closed tickets" in refused
    fitted(home, ROWS + tickets(60, first=400), out="new", config=FAST, erased=tombstones.read(home))
    promoted = run(promote, "--bundle", str(home / "new"), "--home", str(home), code=0)
    assert "passed   erased tickets: none of the 1 is shown, measured with, remembered or learnt from" in promoted
    assert "Deleted 1 older bundles" in promoted
    text = from_record(ticket(HELD)).text.encode()
    assert [path for path in (home / "models").rglob("*") if path.is_file() and text in path.read_bytes()] == []


def test_nobody_rolls_back_to_a_bundle_that_holds_it(home: Path) -> None:
    fitted(home, ROWS + tickets(60, first=400), out="new", config=FAST)
    registry = open_home(home).registry
    registry.make_current(registry.add(home / "new"))
    (home / tombstones.FILE).write_bytes(tombstones.write([stone(TAUGHT)]))
    with pytest.raises(HoldsErased, match="holds tickets that customers had erased"):
        run(rollback, "--home", str(home), code=1)


def test_vectors_of_erased_texts_leave_the_cache_and_the_others_stay(home: Path) -> None:
    workspace = open_home(home)
    cache = workspace.vectors(workspace.encoder(None))
    (path,) = (home / "cache" / "vectors").iterdir()
    size = path.stat().st_size
    assert cache.forget(Erased.of([stone(TAUGHT), stone(9_999)]).vectors) == 1
    assert cache.forget(Erased.of([stone(TAUGHT)]).vectors) == 0
    one = size - path.stat().st_size
    assert one > 0
    assert size % one == 0  # a single vector went
    assert size // one >= 300


def test_tombstones_come_back_as_they_were_written_and_damage_is_told(tmp_path: Path) -> None:
    assert not tombstones.read(tmp_path)
    stones = [stone(1), Tombstone(id="zd-7", external_id="91")]
    (tmp_path / tombstones.FILE).write_bytes(tombstones.write(stones))
    assert tombstones.read(tmp_path) == Erased.of(stones)
    assert json.loads(tombstones.write(stones).splitlines()[1])["external_id"] == "91"
    (tmp_path / tombstones.FILE).write_text('{"id": "x"}\n')
    with pytest.raises(UnreadableRecord, match="damaged"):
        tombstones.read(tmp_path)


def test_an_export_counts_what_was_erased_apart(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS[:5]))
    export = closed_tickets.read(path).without(Erased.of([stone(2)]))
    assert ([each.id for each in export.tickets], export.left_out) == (["t-0", "t-1", "t-3", "t-4"], {"erased": 1})
