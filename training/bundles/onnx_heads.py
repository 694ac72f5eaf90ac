"""A bundle's encoder and heads as one ONNX graph: from tokens to the probabilities of each head.

Inputs are the encoder's (`input_ids`, `attention_mask`, and `token_type_ids` where it has them), and two more that may
be left out: `ngram_ids`, int64, and `ngram_values`, float32, both (n_texts, n_present): a text's row of the lexicon
(`triage.model.lexical.Lexicon.row`; a value of 0 fills up shorter rows). Word and letter n-grams are hashes of the
text, which no tokens hold. With them the outputs `probabilities_<head>` are those of the bundle; without them they are
those of the encoder's share of each head alone, which is another and weaker model.

Not in the graph: thresholds, foreign-text gate, urgent phrases, critical head and cascade. What the bundle
applies automatically is certified with these, so no certificate is of the graph.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from retrieval.encoder.encoder import POOLS
from retrieval.encoder.facts import Facts
from retrieval.encoder.sessions import SLOWER_FUSIONS
from training.encoder.graph_nodes import Graph
from training.encoder.graph_pools import OUTPUT
from training.errors import GraphNotExported
from triage.model.merged_labels import FoldedClassifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnxruntime

    from triage.model.bundle import Bundle

IDS, VALUES, ENDS_IN = "ngram_ids", "ngram_values", "probabilities_"
ALLOWED: Final = 1e-4
_NO_LENGTH: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the graph's answers compare with the bundle's on the same texts."""

    texts: int
    largest: float
    """Largest difference of a probability."""
    same_labels: bool
    tokens_alone: float
    """Share of the labels that the graph also gives without n-grams."""

    @property
    def passed(self) -> bool:
        """Whether the graph is the bundle's heads."""
        return self.same_labels and self.largest < ALLOWED


def graph_of(bundle: Bundle) -> onnx.ModelProto:
    """Return the graph. Raises `GraphNotExported`: heads that read two encoders, or labels merged after fitting."""
    if bundle.manifest.heads_read_second:
        raise GraphNotExported(bundle.id, "its heads read the states of two encoders")
    merged = [name for name, head in bundle.heads.items() if isinstance(head, FoldedClassifier)]
    if merged:
        raise GraphNotExported(bundle.id, f"labels of {', '.join(merged)} were merged after it was fitted: refit first")
    model = onnx.load_from_string(bundle.files.read("encoder/model.onnx"))
    graph = Graph(prefix="heads_")
    scores = _scores(graph, bundle, [output.name for output in model.graph.output])
    sizes = [len(head.classes_) for head in bundle.heads.values()]
    parts = graph.split("Split", len(sizes), scores, graph.integers(*sizes), axis=1) if len(sizes) > 1 else [scores]
    del model.graph.output[:]
    for (name, head), part in zip(bundle.heads.items(), parts, strict=True):
        scaled = graph.add("Div", part, graph.number(f"temperature_{name}", head.weights.temperature))
        graph.nodes.append(helper.make_node("Softmax", [scaled], [ENDS_IN + name], name=ENDS_IN + name, axis=1))
        shape = ["n_texts", len(head.classes_)]
        model.graph.output.append(helper.make_tensor_value_info(ENDS_IN + name, TensorProto.FLOAT, shape))
    model.graph.node.extend(graph.nodes)
    model.graph.initializer.extend(graph.constants.values())
    _add_optional(model)
    helper.set_model_props(model, _facts(bundle))
    onnx.checker.check_model(model)
    return model


def session_of(model: bytes) -> onnxruntime.InferenceSession:
    """Load the graph as the service loads the encoder.

    With ONNX Runtime's own choice of fusions, products of int8 are rounded otherwise, and probabilities
    change by up to a few hundredths.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # that the n-grams' values may be replaced is meant
    return onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER_FUSIONS
    )


def agreement(bundle: Bundle, session: onnxruntime.InferenceSession, texts: Sequence[str]) -> Agreement:
    """Compare the graph with the bundle, one text at a time, as the bundle reads them."""
    from retrieval.encoder.encoder import from_files
    from retrieval.encoder.unigram import tokens

    encoder = from_files(*bundle.encoder_files())
    facts, known = encoder.facts, {node.name for node in session.get_inputs()}
    reader = tokens(bundle.files.read("encoder/tokenizer.json"), facts.max_tokens)
    names = [node.name for node in session.get_outputs()]
    wanted = bundle.heads.predict_proba(texts, encoder.read(texts).states)
    largest, same, alone, asked = 0.0, True, 0, 0
    for place, text in enumerate(texts):
        ids = np.array([reader.ids(facts.query_prefix + text[: facts.max_chars])], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        feed = {name: value for name, value in feed.items() if name in known}
        columns, values = bundle.heads.lexicon.row(text)
        ngrams = {IDS: columns[None].astype(np.int64), VALUES: values[None]} if len(columns) else {}
        found, without = session.run(names, feed | ngrams), session.run(names, feed)
        for name, ours, part in zip(names, found, without, strict=True):
            theirs = wanted[name.removeprefix(ENDS_IN)][place]
            largest = max(largest, float(np.abs(ours[0] - theirs).max()))
            same = same and ours[0].argmax() == theirs.argmax()
            alone += int(part[0].argmax() == theirs.argmax())
            asked += 1
    return Agreement(len(texts), largest, bool(same), alone / asked if asked else 1.0)


def _scores(graph: Graph, bundle: Bundle, outputs: Sequence[str]) -> str:
    """Write what `triage.model.pools.dense` and `triage.model.classifier` compute, for all heads side by side."""
    heads = list(bundle.heads.values())
    if POOLS in outputs:  # the service keeps them as float16
        states = graph.add("Cast", graph.add("Cast", POOLS, to=TensorProto.FLOAT16), to=TensorProto.FLOAT)
    else:
        states = graph.add("Unsqueeze", OUTPUT, graph.integers(1))
    centred = graph.add("Sub", states, graph.constant("centres", bundle.heads.centres.astype(np.float32)))
    n_pools = heads[0].weights.dense.shape[0] // Facts.read(bundle.files.read("encoder/encoder.json")).dim
    lengths = graph.add("ReduceL2", centred, axes=[2], keepdims=1)
    lengths = graph.add("Mul", lengths, graph.number("pools_share", n_pools**0.5))
    unit = graph.add("Div", centred, graph.add("Max", lengths, graph.number("at_least", _NO_LENGTH)))
    flat = graph.add("Reshape", unit, graph.integers(0, -1))
    weights = graph.constant("dense", np.hstack([head.weights.dense for head in heads]))
    found = graph.add("MatMul", flat, weights)
    found = graph.add("Add", found, graph.constant("intercept", np.concatenate([h.weights.intercept for h in heads])))
    rows = graph.add("Gather", graph.constant("ngrams", np.hstack([h.weights.sparse for h in heads])), IDS, axis=0)
    weighed = graph.add("Mul", rows, graph.add("Unsqueeze", VALUES, graph.integers(2)))
    return graph.add("Add", found, graph.add("ReduceSum", weighed, graph.integers(1), keepdims=0))


def _add_optional(model: onnx.ModelProto) -> None:
    """Add the n-grams as inputs with a value of their own: an n-gram that weighs nothing."""
    for name, kind, empty in (
        (IDS, TensorProto.INT64, np.zeros((1, 1), np.int64)),
        (VALUES, TensorProto.FLOAT, np.zeros((1, 1), np.float32)),
    ):
        model.graph.input.append(helper.make_tensor_value_info(name, kind, [f"{name}_rows", "n_present"]))
        model.graph.initializer.append(numpy_helper.from_array(empty, name))


def _facts(bundle: Bundle) -> dict[str, str]:
    """Return what a reader of the graph needs: labels in the order of the columns, and how a text becomes tokens."""
    facts = Facts.read(bundle.files.read("encoder/encoder.json"))
    return {
        "firstline": version("firstline"),
        "bundle": bundle.id,
        "labels": json.dumps({name: list(head.classes_) for name, head in bundle.heads.items()}, ensure_ascii=False),
        "encoder": facts.name,
        "max_tokens": str(facts.max_tokens),
        "max_chars": str(facts.max_chars),
        "query_prefix": facts.query_prefix,
        "disabled_optimizers": ",".join(SLOWER_FUSIONS),
        "covers": "encoder and heads; with ngram_ids and ngram_values the bundle's probabilities, without them the "
        "encoder's share alone; no thresholds, gates or certificates",
    }
