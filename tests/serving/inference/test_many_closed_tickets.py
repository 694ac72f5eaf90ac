"""Many closed tickets lie in mapped files: they answer as in memory, can be erased, and are refused when damaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from serving.inference.loaded_model import LoadedModel, load
from serving.inference.similar_tickets import ClosedCases
from tests.tiny_bundle import WORDS, tiny_bundle
from tests.training.answers.test_bundled_tickets import Untold
from training.answers import bundled_tickets
from triage.errors import BundleRefused
from triage.model import bundle as bundles
from triage.model.bundle_files import MANIFEST, SealedFolder, seal
from triage.model.closed_tickets.bundled import INDEX, VECTORS
from triage.model.closed_tickets.mapped import mapped_array, ticket_lines
from triage.model.manifest import to_record
from triage.tickets.closed_ticket import ClosedTicket

ROWS, AT = 600, datetime(2026, 1, 1, tzinfo=UTC)


def tickets() -> list[ClosedTicket]:
    rng = np.random.default_rng(1)
    said = [" ".join(WORDS[word] for word in rng.integers(len(WORDS), size=6)) for _ in range(ROWS)]
    return [
        ClosedTicket(
            id=f"t{number}",
            subject=text,
            resolution=f"Done, number {number}.",
            kb_article_ids=(WORDS[number % 7],) if number % 2 else (),
            created_at=datetime(2025, 1 + number % 12, 1, tzinfo=UTC),
        )
        for number, text in enumerate(said)
    ]


def with_tickets(folder: Path) -> Path:
    """A tiny bundle that carries these tickets, as a refit writes them."""
    tiny_bundle(folder)
    bundle = bundles.load(folder)
    closed = tickets()
    encoded = load(folder, origin="current", at=AT).encoder.encode([each.text for each in closed])
    told = Untold(readings={f"t{number}": {"export": 0.5} for number in range(0, ROWS, 5)})
    files = bundled_tickets.write(closed, encoded, bundle.heads.lexicon, told)
    record = to_record(bundle.manifest)
    shutil.rmtree(folder / "cases")
    (folder / "cases").mkdir()
    for path, data in files.items():
        (folder / path).write_bytes(data)
    (folder / MANIFEST).unlink()
    seal(folder, {name: value for name, value in record.items() if name not in {"id", "files", "format"}})
    return folder


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_tickets(tmp_path_factory.mktemp("few") / "bundle")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same tickets, written as where they are many."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bundled_tickets, "CELLS_FROM", 500)
        return with_tickets(tmp_path_factory.mktemp("many") / "bundle")


def loaded(folder: Path) -> LoadedModel:
    return load(folder, origin="current", at=AT)


def seen(model: LoadedModel, cases: ClosedCases, text: str) -> list[tuple[str, str, str | None]]:
    query = cases.query(model.encoder.encode([text])[0], text)
    return [(each.id, each.subject, each.resolution) for each in cases.like(query, limit=5)]


def test_a_small_desk_keeps_its_vectors_and_words_as_they_are(few: Path) -> None:
    listed = {file.path for file in bundles.load(few).manifest.files if file.path.startswith("cases/")}

    assert listed == {VECTORS, "cases/words.npz", "cases/cases.jsonl"}


def test_mapped_tickets_are_shown_and_vote_as_those_in_memory(few: Path, many: Path) -> None:
    small, large = loaded(few), loaded(many)

    assert (many / INDEX).is_file()
    assert not (many / VECTORS).exists()
    for text in ("csv export empty", "refund invoice broken api", "reset password login key"):
        assert seen(large, large.cases, text) == seen(small, small.cases, text)
        vector = small.encoder.encode([text])[0]
        here, there = small.precedents.recall(vector, text), large.precedents.recall(vector, text)
        assert there.votes == pytest.approx(here.votes, abs=0.01)
        assert there.nearest == pytest.approx(here.nearest, abs=0.01)
        assert there.usual == here.usual
        assert there.told == pytest.approx(here.told, abs=0.01)
        assert here.told


def test_an_erased_ticket_is_neither_shown_nor_followed_and_the_others_stay(many: Path) -> None:
    model = loaded(many)
    text = "csv export empty"
    first, *others = [each[0] for each in seen(model, model.cases, text)]

    left = model.without({first})
    again = left.without({others[0]})

    assert [each[0] for each in seen(left, left.cases, text)][: len(others)] == others
    assert {first, others[0]}.isdisjoint(each[0] for each in seen(again, again.cases, text))
    assert [len(each.cases) for each in (model, left, again)] == [ROWS, ROWS - 1, ROWS - 2]
    assert model.without({"somebody else's"}) is model
    solved = {each.id for each in tickets() if each.kb_article_ids}
    nobody = model.without(solved)
    assert (len(nobody.precedents), nobody.precedents.recall(model.encoder.encode([text])[0]).votes) == (0, {})


@pytest.mark.parametrize("path", [INDEX, "cases/cases.jsonl", "cases/word_columns.npy"])
def test_a_damaged_file_is_refused_before_it_is_mapped(many: Path, tmp_path: Path, path: str) -> None:
    folder = shutil.copytree(many, tmp_path / "bundle")
    opened = SealedFolder.open(folder)
    data = bytearray((folder / path).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / path).write_bytes(data)

    with pytest.raises(BundleRefused, match="is damaged"):
        load(folder, origin="current", at=AT)
    with pytest.raises(BundleRefused, match="is damaged"):
        opened.map(path)


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        (INDEX, lambda data: b"IxHN" + data[4:], "not one of the vector indexes"),
        (INDEX, lambda data: data[: len(data) // 2], "FAISS cannot read it"),
        ("cases/cases.jsonl", lambda data: data.split(b"\n", 1)[1], "do not belong together"),
        ("cases/cases.jsonl", lambda data: data[:-1], "its last record is cut off"),
        ("cases/cases.jsonl", lambda data: b"{" + data, "a record is not JSON"),
        ("cases/word_starts.npy", lambda data: data[:-8], "buffer"),
        ("cases/word_columns.npy", lambda data: b"", "cannot be read"),
    ],
)
def test_a_sealed_file_that_does_not_fit_is_refused_with_the_reason(
    many: Path, tmp_path: Path, path: str, change: Callable[[bytes], bytes], said: str
) -> None:
    folder = shutil.copytree(many, tmp_path / "bundle")
    record = json.loads((folder / MANIFEST).read_bytes())
    (folder / path).write_bytes(change((folder / path).read_bytes()))
    (folder / MANIFEST).unlink()
    seal(folder, {name: value for name, value in record.items() if name not in {"id", "files", "format"}})

    with pytest.raises(BundleRefused, match=said):
        load(folder, origin="current", at=AT)


def test_records_are_read_by_number_and_in_order() -> None:
    lines = ticket_lines(memoryview(b'{"id": "a"}\n{"id": "b\xc3\xa9"}\n'))

    assert [len(lines), lines[1]["id"], lines[-2]["id"]] == [2, "bé", "a"]
    assert [each["id"] for each in lines] == [each["id"] for each in lines[0:2]] == ["a", "bé"]
    assert list(ticket_lines(memoryview(b""))) == []
    with pytest.raises(IndexError):
        _ = lines[2]


def test_an_array_of_objects_or_of_another_kind_of_file_is_no_mapped_array() -> None:
    for data in (b"", b"\x93NUMPY\x02\x00", b"PK\x03\x04" + bytes(100)):
        with pytest.raises(ValueError, match=r"."):
            mapped_array(memoryview(data))
