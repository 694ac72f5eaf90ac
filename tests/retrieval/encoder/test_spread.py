"""An encoder whose texts are encoded by several processes: the same bits, in the same places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.chunks.engine import Serial
from retrieval.chunks.processes import Processes
from retrieval.encoder import encoder as encoders
from retrieval.encoder.spread import CHUNK, Encoding, SpreadEncoder, spread
from retrieval.errors import EncoderNotUsable
from tests.retrieval.encoder.test_encoder import saved, with_pools
from tests.tiny_bundle import WORDS, tiny_encoder_files
from training.home import Home
from training.progress import Bars

TEXTS = [" ".join(WORDS[place % 7 : place % 7 + 1 + place % 4]) + f" number {place}" for place in range(5 * CHUNK + 3)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in zip(encoders.FILES, with_pools(), strict=True):
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_what_several_processes_read_is_what_one_reads(folder: Path) -> None:
    own = encoders.load(folder)
    with Processes(2) as processes:
        many = spread(own, processes)
        assert many.at_once == 2
        told: list[tuple[int, int]] = []
        found = many.read(TEXTS, progress=lambda done, total: told.append((done, total)))
        expected = own.read(TEXTS)
        assert np.array_equal(found.vectors, expected.vectors)
        assert np.array_equal(found.states, expected.states)
        assert told[-1] == (len(TEXTS), len(TEXTS))
        assert [done for done, _ in told] == sorted({done for done, _ in told})
        assert np.array_equal(many.encode(TEXTS, as_passages=True), own.encode(TEXTS, as_passages=True))


def test_few_texts_are_encoded_here(folder: Path) -> None:
    class Unasked(Serial):
        def map(self, work, chunks):
            raise AssertionError

    own = encoders.load(folder)
    found = SpreadEncoder(own, folder, Unasked()).encode(TEXTS[: 2 * CHUNK - 1])
    assert np.array_equal(found, own.encode(TEXTS[: 2 * CHUNK - 1]))


def test_another_encoder_on_the_other_machine_is_refused(folder: Path) -> None:
    with pytest.raises(EncoderNotUsable, match="on the machine that was to encode with it, it is another one"):
        Encoding(folder, "another").prepare()


def test_without_an_engine_or_a_folder_nothing_changes(tmp_path: Path) -> None:
    loaded = encoders.load(saved(tmp_path))
    assert spread(loaded, None) is loaded
    made = encoders.from_files(*tiny_encoder_files())
    assert spread(made, Serial()) is made


def test_a_refit_whose_home_has_an_engine_keeps_the_same_vectors(folder: Path, tmp_path: Path) -> None:
    plain, many = Home(tmp_path / "plain", Bars(quiet=True)), Home(tmp_path / "many", Bars(quiet=True))
    with Processes(2) as many.engine:
        for home in (plain, many):
            home.vectors(home.encoder(folder)).read(TEXTS, lambda _done, _total: None)
        assert isinstance(many.encoder(folder), SpreadEncoder)
    [kept] = (plain.home / "cache/vectors").iterdir()
    assert (many.home / "cache/vectors" / kept.name).read_bytes() == kept.read_bytes()
