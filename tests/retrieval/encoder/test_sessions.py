from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

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


@pytest.mark.parametrize("damaged", [sessions.MODEL, sessions.TRIAL, sessions.SHA256])
def test_damaged_files_are_made_anew(tmp_path: Path, damaged: str) -> None:
    vectors(tmp_path)
    (place,) = prepared(tmp_path)
    (place / damaged).write_bytes(b"half of it")

    assert vectors(tmp_path).tobytes() == vectors(None).tobytes()
    assert (place / damaged).read_bytes() != b"half of it"


def large_graph(seed: int) -> bytes:
    """Return a graph whose weights (200 words, 64 columns) are large enough for a file of their own."""
    table = np.random.default_rng(seed).normal(size=(200, 64)).astype(np.float32)
    takes = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
    gives = helper.make_tensor_value_info("states", TensorProto.FLOAT, ["batch", "tokens", 64])
    node = helper.make_node("Gather", ["table", "input_ids"], ["states"])
    graph = helper.make_graph([node], "large", [takes], [gives], [numpy_helper.from_array(table, "table")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def states(model: bytes, kept: Path | None) -> bytes:
    """Run all words through a graph: the trial reads the first four only."""
    return np.asarray(sessions.session(model, kept).run(None, {"input_ids": np.arange(200)[None]})[0]).tobytes()


@pytest.mark.parametrize("position", [0, 199])
def test_no_damage_in_the_weights_reaches_a_vector(tmp_path: Path, position: int) -> None:
    model = large_graph(0)
    states(model, tmp_path)
    (place,) = prepared(tmp_path)
    weights = place / sessions.WEIGHTS
    content = bytearray(weights.read_bytes())
    content[position * 256 : position * 256 + 256] = bytes(256)
    weights.write_bytes(content)

    assert states(model, tmp_path) == states(model, None)
    assert weights.read_bytes() != content


@pytest.mark.parametrize("size", [0, 256 * 4, 256 * 199])
def test_weights_that_are_too_short_are_made_anew(tmp_path: Path, size: int) -> None:
    model = large_graph(0)
    states(model, tmp_path)
    (place,) = prepared(tmp_path)
    os.truncate(place / sessions.WEIGHTS, size)

    assert states(model, tmp_path) == states(model, None)
    assert (place / sessions.WEIGHTS).stat().st_size >= 200 * 256


def test_files_of_another_encoder_are_made_anew(tmp_path: Path) -> None:
    one, other = large_graph(1), large_graph(2)
    states(one, tmp_path)
    (first,) = prepared(tmp_path)
    states(other, tmp_path)
    (second,) = set(prepared(tmp_path)) - {first}
    shutil.rmtree(first)
    second.rename(first)

    assert states(one, tmp_path) == states(one, None)


def test_what_is_in_its_place_and_no_use_makes_room(tmp_path: Path) -> None:
    vectors(tmp_path)
    (place,) = prepared(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").write_bytes(b"")

    def a_link() -> None:
        place.symlink_to(elsewhere)

    def a_folder_without_a_checksum() -> None:
        place.mkdir()
        (place / sessions.MODEL).write_bytes(b"half of it")

    for put in (a_link, a_folder_without_a_checksum, place.touch):
        shutil.rmtree(place)
        put()
        vectors(tmp_path)
        assert prepared(tmp_path) == [place]

    assert (elsewhere / "mine").is_file()


def test_what_a_killed_process_left_unfinished_goes(tmp_path: Path) -> None:
    (tmp_path / ".one.12ab.part").mkdir()

    vectors(tmp_path)

    assert [each for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_what_another_process_has_not_finished_stays(tmp_path: Path) -> None:
    for number in range(sessions.KEPT):
        (tmp_path / f".{number}.12ab.part").mkdir()
        os.utime(tmp_path / f".{number}.12ab.part", (1, 1))
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_SH)

    vectors(tmp_path)
    os.close(other)

    assert len(list(tmp_path.glob(".*.part"))) == sessions.KEPT
    assert len(prepared(tmp_path)) == 1


def test_what_may_only_be_read_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors(tmp_path)
    (place,) = prepared(tmp_path)
    made_at = (place / sessions.MODEL).stat().st_mtime_ns

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "utime", refuse)
    vectors(tmp_path)

    assert (place / sessions.MODEL).stat().st_mtime_ns == made_at


def test_what_gives_something_else_here_is_made_anew(tmp_path: Path) -> None:
    vectors(tmp_path)
    (place,) = prepared(tmp_path)
    found = np.load(place / sessions.TRIAL)
    np.save(place / sessions.TRIAL, found + 1)
    (place / sessions.SHA256).write_text(sessions._sha256(place))

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
