"""A whole request over one connection, against one bare run of the encoder on the same tokens."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from retrieval.encoder import encoder as encoders
from tests.benchmarks.load_generator import Target
from tests.benchmarks.sample_texts import rows_of
from tests.benchmarks.services import Running
from tests.benchmarks.side_by_side import Spread, loaded
from triage.text.cleaning import model_text

LENGTHS = (12, 128)  # tokens
PATHS = {"everything": "/v1/tags", "include=": "/v1/tags?include="}
TEXTS = 200


@dataclass(frozen=True)
class Share:
    """Milliseconds of a bare run and of a request, by the clock and of a processor; and how many runs a request is."""

    tokens: int
    request: str
    bare_ms: Spread
    request_ms: Spread
    times: Spread
    bare_cpu_ms: Spread
    request_cpu_ms: Spread
    cpu_times: Spread


def texts_of(tokens: int, tickets: Path, tokenizer: Tokenizer) -> list[str]:
    """Return texts of exactly so many tokens, as a model reads them: beginnings of the sample's tickets."""
    return [text for _, text in zip(range(TEXTS), _cut(tokens, tickets, tokenizer), strict=False)]


def _cut(tokens: int, tickets: Path, tokenizer: Tokenizer) -> Iterator[str]:
    described = [str(row.get("description") or "") for row in rows_of(tickets)]
    seen = set()
    for first, second in zip(described, reversed(described), strict=True):
        read = model_text(None, f"{first} {second}").strip()
        found = tokenizer.encode(read)
        if len(found.ids) < tokens:
            continue
        text = read[: found.offsets[tokens - 2][1]]  # the last token ends the text
        if text not in seen and len(tokenizer.encode(model_text(None, text).strip()).ids) == tokens:
            seen.add(text)
            yield text


def bare_run(encoder: encoders.Encoder, texts: Sequence[str], seconds: float) -> tuple[float, float]:
    """Return milliseconds for one run of the graph, tokens at hand: the median by the clock, and of a processor."""
    session, wanted = encoder._session, [encoders.OUTPUT, *([encoders.POOLS] if encoder.n_pools > 1 else [])]
    feeds = []
    for text in texts:
        ids = np.array([encoder._tokenizer.ids(text)], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        feeds.append({name: feed[name] for name in encoder._inputs})
    taken: list[float] = []
    until, used = time.perf_counter() + seconds, time.process_time()
    while time.perf_counter() < until:
        began = time.perf_counter()
        session.run(wanted, feeds[len(taken) % len(feeds)])
        taken.append(1_000 * (time.perf_counter() - began))
    return statistics.median(taken), 1_000 * (time.process_time() - used) / len(taken)


def measure(
    service: Running, key: str, encoder_folder: Path, bodies_of: tuple[Path, Path], rounds: int, seconds: float
) -> list[Share]:
    """Take turns: a bare run, a request with everything, one with nothing beside the tags.

    `bodies_of` are the tickets that texts are cut from, and the folder for the bodies.
    """
    tickets, folder = bodies_of
    encoder, tokenizer = encoders.load(encoder_folder), Tokenizer.from_file(str(encoder_folder / "tokenizer.json"))
    shares = []
    for tokens in LENGTHS:
        texts = texts_of(tokens, tickets, tokenizer)
        bodies = folder / f"{tokens}_tokens.jsonl"
        bodies.write_text("\n".join(json.dumps({"subject": "", "description": text}) for text in texts))
        bare: list[tuple[float, float]] = []
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in PATHS}
        for _ in range(rounds):
            bare.append(bare_run(encoder, texts, seconds / 2))
            for name, path in PATHS.items():
                found = loaded(service, Target(service.port, path, bodies, key), 1, seconds)
                if found["failed"]:
                    raise RuntimeError(f"{found['failed']} requests of {tokens} tokens failed")
                taken[name].append((found["p50_ms"], found["cpu_ms"]))
        for name, requests in taken.items():
            clock, processor = (_against(bare, requests, place) for place in (0, 1))
            shares.append(Share(tokens, name, *clock, *processor))
    return shares


def _against(
    bare: Sequence[tuple[float, float]], requests: Sequence[tuple[float, float]], place: int
) -> tuple[Spread, Spread, Spread]:
    runs, asked = [each[place] for each in bare], [each[place] for each in requests]
    return Spread.of(runs), Spread.of(asked), Spread.of([n / one for n, one in zip(asked, runs, strict=True)])
