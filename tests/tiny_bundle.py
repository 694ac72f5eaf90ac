"""A real bundle that is built in milliseconds: a three-node ONNX encoder, heads of a few weights, all files sealed."""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from retrieval.answering.answerability import Answerability
from retrieval.encoder.encoder import FILES, from_files
from tests.manifests import a_head, a_manifest
from triage.model.bundle_files import seal
from triage.model.classifier import Heads, Weights
from triage.model.golden import Golden
from triage.model.lexical import Lexicon
from triage.model.manifest import EncoderRecord, to_record

DIM = 16
WORDS = ["export", "csv", "empty", "invoice", "refund", "password", "reset", "login", "api", "key", "broken"]
TEXTS = ("csv export empty", "refund invoice", "reset password login")
LABELS = {"category": ("bug", "billing", "how_to"), "priority": ("P1", "P3")}
CASES = [{"id": "old-1", "subject": "csv export empty", "resolution": "Filter removed.", "kb_article_id": ["export"]}]


def tiny_encoder_files(seed: int = 0) -> tuple[bytes, bytes, bytes]:
    """Return model, tokenizer and configuration of an encoder that averages a vector for each word."""
    table = np.random.default_rng(seed).normal(size=(len(WORDS) + 1, DIM)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("ReduceMean", ["words"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("LpNormalization", ["mean"], ["sentence_embedding"], axis=1, p=2),
    ]
    takes = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
    gives = helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", DIM])
    graph = helper.make_graph(nodes, "tiny", [takes], [gives], [numpy_helper.from_array(table, "table")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    vocabulary = {"[UNK]": 0} | {word: number for number, word in enumerate(WORDS, start=1)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    facts = {"format": 1, "name": f"tiny-{seed}", "dim": DIM, "precision": "fp32", "max_tokens": 64, "max_chars": 2000}
    return model.SerializeToString(), tokenizer.to_str().encode(), json.dumps(facts).encode()


def tiny_bundle(
    folder: Path, *, name: str = "first", seed: int = 0, golden_off_by: float = 0.0, second: int | None = None
) -> Path:
    """Write a bundle; another `name` is another bundle, another `seed` another encoder; `second` seeds a second one."""
    files = tiny_encoder_files(seed)
    encoder = from_files(*files)
    again = None if second is None else from_files(*tiny_encoder_files(second))
    heads = _heads(name)
    states = encoder.read(TEXTS).states
    expected = {head: rows + golden_off_by for head, rows in heads.predict_proba(TEXTS, states).items()}
    subjects = [str(case["subject"]) for case in CASES]
    cases = encoder.encode(subjects).astype(np.float16)
    seen_again = None if again is None else again.encode(TEXTS)
    likeness = None if seen_again is None else seen_again @ seen_again.T
    contents = dict(zip((f"encoder/{file}" for file in FILES), files, strict=True)) | {
        "lexical.npz": _archive(buckets=heads.lexicon.buckets, idf=heads.lexicon.idf),
        "golden.json": Golden(TEXTS, expected, likeness).to_json(),
        "cases/vectors.npy": _array(cases),
        "cases/cases.jsonl": b"".join(json.dumps(case).encode() + b"\n" for case in CASES),
    }
    if second is not None and again is not None:
        paths = (f"second_encoder/{file}" for file in FILES)
        contents |= zip(paths, tiny_encoder_files(second), strict=True)
        contents["cases/second_vectors.npy"] = _array(again.encode(subjects).astype(np.float16))
    for head, classifier in heads.items():
        weights = classifier.weights
        contents[f"heads/{head}.npz"] = _archive(
            dense=weights.dense, sparse=weights.sparse, intercept=weights.intercept
        )
    for path, data in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    seal(folder, _record(name, encoder.fingerprint, again.fingerprint if again else None))
    return folder


def with_answers_from(folder: Path, out: Path, probability: float) -> Path:
    """Copy a bundle that answers from another probability on."""
    copytree(folder, out)
    manifest = json.loads((out / "manifest.json").read_text())
    answers = replace(Answerability(), answer_at=probability, clarify_at=min(probability, 0.3)).to_manifest()
    manifest["answers"] = msgspec.to_builtins(answers)
    seal(out, {key: value for key, value in manifest.items() if key not in {"id", "files", "format"}})
    return out


def _heads(name: str) -> Heads:
    random = np.random.default_rng(zlib.crc32(name.encode()))
    lexicon = Lexicon.of(np.array([1, 2], np.int32), np.ones(2, np.float32))
    return Heads(
        lexicon,
        {
            head: (
                labels,
                Weights(
                    random.normal(size=(DIM, len(labels))).astype(np.float32),
                    np.zeros((2, len(labels)), np.float32),
                    np.zeros(len(labels), np.float32),
                    1.0,
                ),
            )
            for head, labels in LABELS.items()
        },
    )


def _record(name: str, fingerprint: str, second: str | None) -> dict[str, object]:
    manifest = a_manifest(
        encoder=EncoderRecord(name="tiny", fingerprint=fingerprint, dim=DIM),
        second_encoder=EncoderRecord(name="tiny-2", fingerprint=second, dim=DIM) if second else None,
        heads={head: a_head(head, labels=labels) for head, labels in LABELS.items()},
    )
    return {"name": name, **to_record(manifest)}


def _archive(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def _array(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()
