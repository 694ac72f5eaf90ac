"""The sentence encoder: texts to vectors of unit length, on ONNX Runtime.

One run encodes one text. Dynamic int8 scales activations over the whole run, so in a batch a text's vector would depend
on the other texts. Alone and without padding, a text always gets the same vector.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Final

import numpy as np
import onnxruntime

from retrieval.encoder import sessions
from retrieval.encoder.facts import Facts
from retrieval.encoder.onnx_graph import ForeignGraph, refuse_foreign
from retrieval.encoder.unigram import Tokens, tokens
from retrieval.errors import EncoderNotUsable

FILES: Final = ("model.onnx", "tokenizer.json", "encoder.json")
OUTPUT: Final = "sentence_embedding"
POOLS: Final = "pools"
INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids"})
#: From here on threads pay for themselves.
BULK: Final = 8
MAX_THREADS: Final = 32

Progress = Callable[[int, int], None]
Keep = Callable[[int, Sequence[np.ndarray]], None]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The encoder's output for each text.

    Parameters
    ----------
    vectors
        Shape (n_texts, dim), float32, rows of unit length: for finding.
    states
        Shape (n_texts, n_pools, dim): for the heads. float16, several views of the token states; an encoder without
        pools has one, the vector itself, float32.
    """

    vectors: np.ndarray
    states: np.ndarray


@dataclass(frozen=True, slots=True)
class _Marked:
    """Texts, and the prefix that each is read with."""

    texts: Sequence[str]
    prefix: str


class Encoder:
    """A sentence encoder ready to run; safe to share between threads."""

    #: Processes that encode at once: who hands over blocks of texts makes them so many times as large.
    at_once = 1

    def __init__(
        self, facts: Facts, session: onnxruntime.InferenceSession, tokenizer: Tokens, fingerprint: str
    ) -> None:
        self.facts = facts
        self.fingerprint = fingerprint
        #: The files it was made of, for who writes them into a bundle; empty unless they were to be kept.
        self.files: Mapping[str, bytes] = {}
        #: Where it was loaded from; None where that was no folder.
        self.folder: Path | None = None
        self._session = session
        self._threads = _cores()
        self._turns = BoundedSemaphore(self._threads)
        self._tokenizer = tokenizer
        self._inputs = frozenset(node.name for node in session.get_inputs())
        shapes = {node.name: node.shape for node in session.get_outputs()}
        #: Rows of a text's states.
        self.n_pools = int(shapes[POOLS][1]) if POOLS in shapes else 1

    @property
    def name(self) -> str:
        """The model's published name."""
        return self.facts.name

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        return self.facts.dim

    def on_one_thread(self) -> None:
        """Encode on one thread from now on: for a process that is one of many on its machine."""
        self._threads = 1

    def knows(self, word: str) -> bool:
        """Tell whether a word is one of the tokenizer's own, whole: then it is no misspelling."""
        return any(self._tokenizer.has(form) for each in {word, word.lower()} for form in (each, f"\u2581{each}"))

    @property
    def passages_differ(self) -> bool:
        """A text has another vector as a passage than as a question."""
        return self.facts.query_prefix != self.facts.passage_prefix

    def encode(
        self, texts: Sequence[str], *, as_passages: bool = False, progress: Progress | None = None
    ) -> np.ndarray:
        """Encode texts, each on its own.

        Parameters
        ----------
        texts
            Any number of texts; characters and tokens beyond the encoder's limits are not read.
        as_passages
            They are parts of articles, not questions or tickets: some encoders mark the two with different prefixes.
        progress
            Called as ``progress(done, total)`` after each text.

        Returns
        -------
        ndarray of float32, shape (n_texts, dim)
            Rows of unit length. A text has the same row whatever else is encoded with it.
        """
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)

        def keep(place: int, outputs: Sequence[np.ndarray]) -> None:
            vectors[place] = outputs[0][0]

        prefix = self.facts.passage_prefix if as_passages else self.facts.query_prefix
        self._each(_Marked(texts, prefix), [OUTPUT], keep, progress)
        return vectors

    def read(self, texts: Sequence[str], *, progress: Progress | None = None) -> Reading:
        """Encode texts for finding and for the heads at once; see `encode`, whose vectors it gives."""
        if self.n_pools == 1:
            return lone(self.encode(texts, progress=progress))
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        states = np.empty((len(texts), self.n_pools, self.dim), dtype=np.float16)

        def keep(place: int, outputs: Sequence[np.ndarray]) -> None:
            vectors[place], states[place] = outputs[0][0], outputs[1][0]

        self._each(_Marked(texts, self.facts.query_prefix), [OUTPUT, POOLS], keep, progress)
        return Reading(vectors, states)

    def _each(self, marked: _Marked, wanted: list[str], keep: Keep, progress: Progress | None) -> None:
        """Run each text on its own and hand what it gives to `keep`, the longest first.

        So all threads end at about the same time. Which texts are run beside a text changes nothing of its vectors.
        """
        texts = marked.texts
        order = iter(sorted(range(len(texts)), key=lambda place: -len(texts[place])))
        done, stopped = 0, False
        turn = Lock()

        def work() -> None:
            nonlocal done, stopped
            try:
                while not stopped and (place := next(order, None)) is not None:
                    keep(place, self._run(marked.prefix, texts[place], wanted))
                    with turn:
                        done += 1
                        if progress is not None:
                            progress(done, len(texts))
            finally:  # what went wrong in one thread ends the others
                stopped = True

        if len(texts) < BULK or self._threads == 1:
            work()
            return
        with ThreadPoolExecutor(self._threads) as pool:
            running = [pool.submit(work) for _ in range(self._threads)]
            try:
                for each in running:
                    each.result()
            finally:
                stopped = True

    def _run(self, prefix: str, text: str, wanted: list[str]) -> Sequence[np.ndarray]:
        ids = np.array([self._tokenizer.ids(prefix + text[: self.facts.max_chars])], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        with self._turns:
            outputs: Sequence[np.ndarray] = self._session.run(wanted, {name: feed[name] for name in self._inputs})
        return outputs


def lone(vectors: np.ndarray) -> Reading:
    """Return the reading of an encoder without pools: the vectors (n_texts, dim) are the states too."""
    return Reading(vectors, vectors[:, None, :])


def load(folder: Path, *, keep_files: bool = False, prepared_in: Path | None = None) -> Encoder:
    """Load the encoder of a folder (``model.onnx``, ``tokenizer.json``, ``encoder.json``); see `from_files`."""
    try:
        contents = [(folder / name).read_bytes() for name in FILES]
    except OSError as error:
        raise EncoderNotUsable(folder, f"{error.strerror}: {error.filename}") from error
    encoder = from_files(*contents, source=folder, prepared_in=prepared_in)
    encoder.folder = folder.absolute()
    if keep_files:
        encoder.files = dict(zip(FILES, contents, strict=True))
    return encoder


def from_files(
    model: bytes,
    tokenizer: bytes,
    config: bytes,
    *,
    source: Path | str = "these files",
    prepared_in: Path | None = None,
) -> Encoder:
    """Make an encoder of three files' contents.

    Parameters
    ----------
    model
        The ONNX graph, self-contained: it is inspected before ONNX Runtime parses it.
    tokenizer
        A ``tokenizer.json``.
    config
        ``encoder.json``: format, name, dim, precision, max_tokens, max_chars; optional query_prefix, passage_prefix
        and multilingual.
    source
        Where they came from, for messages.
    prepared_in
        The folder in which this machine keeps prepared graphs (`retrieval.encoder.sessions`); None prepares it in
        memory.

    Returns
    -------
    Encoder
        One shared session on one thread; callers bring the threads.

    Raises
    ------
    EncoderNotUsable
        A file is damaged, asks for foreign operators or files, or the three do not belong together.
    """
    try:
        refuse_foreign(model)
        facts = Facts.read(config)
        session = sessions.session(model, prepared_in)
        reader = tokens(tokenizer, facts.max_tokens)
    except ForeignGraph as error:
        raise EncoderNotUsable(source, str(error)) from error
    except Exception as error:  # both runtimes raise their own unrelated classes
        raise EncoderNotUsable(source, f"{type(error).__name__}: {error}"[:300]) from error
    _check_signature(session, facts, source)
    return Encoder(facts, session, reader, fingerprint(dict(zip(FILES, (model, tokenizer, config), strict=True))))


def fingerprint(files: Mapping[str, bytes]) -> str:
    """Name the graph, tokenizer and configuration together: vectors compare only under one fingerprint."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(hashlib.sha256(files[name]).digest())
    return digest.hexdigest()


def _cores() -> int:
    """How many runs at once: more would take turns on the same cores, each with its own buffers."""
    if hasattr(os, "sched_getaffinity"):  # those that this process may use: a container may have fewer
        return min(len(os.sched_getaffinity(0)), MAX_THREADS)
    return min(os.cpu_count() or 1, MAX_THREADS)


def _check_signature(session: onnxruntime.InferenceSession, facts: Facts, source: Path | str) -> None:
    inputs = {node.name for node in session.get_inputs()}
    outputs = {node.name: node.shape for node in session.get_outputs()}
    if "input_ids" not in inputs or not inputs <= INPUTS:
        raise EncoderNotUsable(source, f"the graph takes {', '.join(sorted(inputs))}")
    if outputs.get(OUTPUT, [None])[-1] != facts.dim:
        raise EncoderNotUsable(source, f"the graph does not end in {OUTPUT!r} with {facts.dim} columns")
    pools = outputs.get(POOLS, [None, 1, facts.dim])
    if len(pools) != 3 or not isinstance(pools[1], int) or pools[2] != facts.dim:
        raise EncoderNotUsable(source, f"its {POOLS!r} are not (texts, pools, {facts.dim})")
