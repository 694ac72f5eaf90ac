"""An encoder's graph as ONNX Runtime prepares it for this processor, in files that processes map into memory.

ONNX Runtime optimises a graph and lays its weights out for the processor whenever it loads one. Kept in files, that is
done once, and the workers of a service share one copy of the weights, in memory and in the processor's cache.

    <folder>/<key>/model.onnx    the optimised graph
    <folder>/<key>/weights.bin   its weights, as its operators read them
    <folder>/<key>/trial.npy     what it gives for a trial input
    <folder>/<key>/sha256        of the key and these files

The key names the graph, the runtime and the processor: on another one the weights may lie differently. Files that are
damaged or another encoder's, and files whose trial comes out differently, are made anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime

from triage.durable_files import UNFINISHED, new_folder

MODEL: Final = "model.onnx"
WEIGHTS: Final = "weights.bin"
TRIAL: Final = "trial.npy"
SHA256: Final = "sha256"
#: The ones used last stay: a bundle may go back to an encoder of before.
KEPT: Final = 4
_SMALL: Final = "1024"  # bytes; smaller weights stay in the graph
_PROCESSOR: Final = Path("/proc/cpuinfo")
_TOLD_APART_BY: Final = ("vendor_id", "cpu family", "model", "stepping", "flags", "Features", "CPU implementer")
_TRIAL_TOKENS: Final = 16

#: Measured: with int8 products these two fusions cost more than they save.
SLOWER_FUSIONS: Final = ["SkipLayerNormFusion", "EmbedLayerNormFusion"]
_CPU: Final = ["CPUExecutionProvider"]


def session(model: bytes, prepared_in: Path | None, processor: Path = _PROCESSOR) -> onnxruntime.InferenceSession:
    """Return a session on one thread; callers bring the threads.

    Parameters
    ----------
    model
        The ONNX graph, inspected (`retrieval.encoder.onnx_graph`).
    prepared_in
        The folder of prepared graphs, made if it is not there; None prepares in memory, as is done where files cannot
        be kept.
    processor
        The file that describes the processor.

    Returns
    -------
    onnxruntime.InferenceSession
        Mapped into memory where the graph lies prepared.
    """
    found = _kept(model, prepared_in, processor) if prepared_in is not None and processor.is_file() else None
    if found is None:
        found = onnxruntime.InferenceSession(model, _options(), providers=_CPU, disabled_optimizers=SLOWER_FUSIONS)
        found._model_bytes = None  # noqa: SLF001 - kept for a fallback to other providers only: its size again
    found.disable_fallback()
    return found


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # it lays out memory for each length of text anew: 17 MB more, and no faster
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _kept(model: bytes, folder: Path, processor: Path) -> onnxruntime.InferenceSession | None:
    place = folder / _key(model, processor)
    with suppress(Exception):  # the graph itself is at hand: whatever is wrong with the files, it serves
        return _opened(place) or _prepared(model, place)
    return None


def _key(model: bytes, processor: Path) -> str:
    lines = processor.read_text(encoding="utf-8", errors="replace").split("\n\n")[0].splitlines()
    told = [line for line in lines if line.split(":")[0].strip() in _TOLD_APART_BY]
    runtime = [onnxruntime.__version__, onnxruntime.get_build_info(), *SLOWER_FUSIONS]
    return hashlib.sha256("\n".join([*runtime, *told]).encode() + hashlib.sha256(model).digest()).hexdigest()[:32]


def _opened(place: Path) -> onnxruntime.InferenceSession | None:
    """Open what is prepared; None where nothing is, or nothing of use, which goes.

    The trial alone would not notice damage in weights that it does not read, and a file that is too short would end
    the process when its missing pages are read.
    """
    if not os.path.lexists(place):
        return None
    with suppress(Exception):  # damaged, or of a runtime that reads it differently
        if (place / SHA256).read_text(encoding="ascii") == _sha256(place):
            chosen = _options()
            chosen.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            found = onnxruntime.InferenceSession(str(place / MODEL), chosen, providers=_CPU)
            if np.array_equal(_trial(found), np.load(place / TRIAL, allow_pickle=False)):
                with suppress(OSError):  # of another user, or on a disk that is only read
                    os.utime(place)
                return found
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
    return None


def _sha256(place: Path, key: str | None = None) -> str:
    found = hashlib.sha256((key or place.name).encode())
    for path in sorted(each for each in place.iterdir() if each.name != SHA256):
        with path.open("rb") as file:
            found.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()


def _prepared(model: bytes, place: Path) -> onnxruntime.InferenceSession | None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError), _preparing(place.parent), new_folder(place, mode=0o700) as unfinished:
        chosen = _options()
        chosen.optimized_model_filepath = str(unfinished / MODEL)
        chosen.add_session_config_entry("session.optimized_model_external_initializers_file_name", WEIGHTS)
        chosen.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", _SMALL)
        chosen.add_session_config_entry("session.save_external_prepacked_constant_initializers", "1")
        found = onnxruntime.InferenceSession(model, chosen, providers=_CPU, disabled_optimizers=SLOWER_FUSIONS)
        np.save(unfinished / TRIAL, _trial(found))
        (unfinished / SHA256).write_text(_sha256(unfinished, place.name), encoding="ascii")
    return _opened(place)  # another process may have been first


@contextmanager
def _preparing(folder: Path) -> Iterator[None]:
    """Prepare beside other processes; where there are none, what killed ones left unfinished goes first."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for each in folder.glob(UNFINISHED):
                shutil.rmtree(each, ignore_errors=True)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
        _drop_oldest(folder)
    finally:
        os.close(descriptor)


def _trial(found: onnxruntime.InferenceSession) -> np.ndarray:
    ids = np.arange(_TRIAL_TOKENS, dtype=np.int64)[None] % 4  # any vocabulary has them
    feed = {node.name: np.ones_like(ids) if node.name == "attention_mask" else ids for node in found.get_inputs()}
    if "token_type_ids" in feed:
        feed["token_type_ids"] = np.zeros_like(ids)
    return np.asarray(found.run(None, feed)[0])


def _drop_oldest(folder: Path) -> None:
    """Keep those that were used last; what a process has mapped stays until it ends."""
    there = [each for each in folder.iterdir() if each.is_dir() and not each.match(UNFINISHED)]
    for each in sorted(there, key=lambda each: -each.stat().st_mtime_ns)[KEPT:]:
        shutil.rmtree(each, ignore_errors=True)
