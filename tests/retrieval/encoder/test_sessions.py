from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder import encoder as encoders
from retrieval.encoder import sessions
from tests.tiny_bundle import tiny_encoder_files

TEXTS = ["export csv", "refund", "words nobody knows"]


def vectors(kept: Path | None) -> np.ndarray:
    return encoders.from_files(*tiny_encoder_files(), prepared_in=kept).encode(TEXTS)


def prepared(kept: Path) -> list[Path]:
    return [each for each in kept.iterdir() if (each / sessions.TRIAL).is_file()]


def test_a_prepared_graph_gives_the_same_vectors(tmp_path: Path) -> None:
    kept = tmp_path / "prepared"

    first, second = vectors(kept), vectors(kept)

    assert len(prepared(kept)) == 1
    assert first.tobytes() == second.tobytes() == vectors(None).tobytes()


def test_it_is_prepared_once(tmp_path: Path) -> None:
    vectors(tmp_path)
    (place,) = prepared(tmp_path)
    made_at = (place / sessions.MODEL).stat().st_mtime_ns

    vectors(tmp_path)

    assert (place / sessions.MODEL).stat().st_mtime_ns == made_at


def test_on_another_processor_it_is_prepared_anew(tmp_path: Path) -> None:
    model, _, _ = tiny_encoder_files()
    for name in ("one", "two"):
        (tmp_path / name).write_text(f"processor : 0\nflags : {name}\ncpu MHz : 1\n\nprocessor : 1\n")
        sessions.session(model, tmp_path / "kept", tmp_path / name)

    assert len(prepared(tmp_path / "kept")) == 2


@pytest.mark.parametrize("damaged", [sessions.MODEL, sessions.TRIAL])
def test_damaged_files_are_made_anew(tmp_path: Path, damaged: str) -> None:
    vectors(tmp_path)
    (place,) = prepared(tmp_path)
    (place / damaged).write_bytes(b"half of it")

    assert vectors(tmp_path).tobytes() == vectors(None).tobytes()
    assert (place / damaged).read_bytes() != b"half of it"


def test_what_gives_something_else_here_is_made_anew(tmp_path: Path) -> None:
    vectors(tmp_path)
    (place,) = prepared(tmp_path)
    found = np.load(place / sessions.TRIAL)
    np.save(place / sessions.TRIAL, found + 1)

    vectors(tmp_path)

    assert np.load(place / sessions.TRIAL).tobytes() == found.tobytes()


def test_where_no_file_can_be_kept_it_is_prepared_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert vectors(tmp_path / "file").tobytes() == vectors(None).tobytes()


def test_only_those_that_were_used_last_are_kept(tmp_path: Path) -> None:
    for number in range(sessions.KEPT + 2):
        (tmp_path / str(number)).mkdir()
        os.utime(tmp_path / str(number), (number, number))

    vectors(tmp_path)

    assert len(list(tmp_path.iterdir())) == sessions.KEPT
    assert len(prepared(tmp_path)) == 1
