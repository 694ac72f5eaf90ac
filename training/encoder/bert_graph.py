"""A BERT sentence encoder as an ONNX graph, written node by node from its weights: no torch, no tracing.

Pooling and normalisation are inside the graph, so its output is the sentence vector.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper

from training.encoder import packed_words
from training.encoder.graph_nodes import Graph
from training.encoder.graph_pools import N_POOLS, OUTPUT, POOLS, end_in_pools

OPSET = 17
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


@dataclass(frozen=True)
class Shape:
    """The sizes of a BERT checkpoint, from its config.json."""

    layers: int
    hidden: int
    heads: int
    epsilon: float

    @property
    def head_size(self) -> int:
        """Columns of one attention head."""
        return self.hidden // self.heads

    @classmethod
    def from_config(cls, config: dict[str, object]) -> Shape:
        """Take the sizes out of a Hugging Face config."""
        return cls(
            layers=int(str(config["num_hidden_layers"])),
            hidden=int(str(config["hidden_size"])),
            heads=int(str(config["num_attention_heads"])),
            epsilon=float(str(config.get("layer_norm_eps", 1e-12))),
        )


def build(
    weights: dict[str, np.ndarray], shape: Shape, *, name: str, divisors: Mapping[str, np.ndarray] | None = None
) -> onnx.ModelProto:
    """Write the graph.

    Parameters
    ----------
    weights
        Tensors under their Hugging Face names (``embeddings.word_embeddings.weight``, ...); the word table may be
        packed instead, see `training.encoder.packed_words`.
    shape
        Sizes of the network.
    name
        Goes into the graph's name.
    divisors
        Prepares the graph for int8: what `training.encoder.smooth_quant` says its inputs must be divided by. The word
        table is then stored as int8 too, with one scale for each word: a quarter of the file, and no measurable change.

    Returns
    -------
    onnx.ModelProto
        Inputs ``input_ids``, ``attention_mask``, ``token_type_ids``: int64 (n_texts, n_tokens).
        Outputs ``sentence_embedding``: float32 (n_texts, hidden), unit length, and ``pools``: float32
        (n_texts, 5, hidden), see `training.encoder.graph_pools`.
    """
    graph = Graph(divisors=divisors or {})
    bias = _attention_bias(graph)
    states = [_embeddings(graph, weights, shape, int8_tables=divisors is not None)]
    for number in range(shape.layers):
        states.append(_layer(graph, weights, shape, states[-1], bias, f"encoder.layer.{number}."))
    end_in_pools(graph, states)
    inputs = [helper.make_tensor_value_info(text, TensorProto.INT64, ["n_texts", "n_tokens"]) for text in INPUTS]
    outputs = [
        helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n_texts", shape.hidden]),
        helper.make_tensor_value_info(POOLS, TensorProto.FLOAT, ["n_texts", N_POOLS, shape.hidden]),
    ]
    made = helper.make_graph(graph.nodes, name, inputs, outputs, initializer=list(graph.constants.values()))
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="firstline")
    model.ir_version = 8  # the oldest that opset 17 allows: more runtimes read it
    onnx.checker.check_model(model)
    return model


def _attention_bias(graph: Graph) -> str:
    """Minus a lot for padded columns, (n_texts, 1, 1, n_tokens), added to every attention score."""
    mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    wide = graph.add("Unsqueeze", mask, graph.integers(1, 2))
    absent = graph.add("Sub", graph.number("one", 1.0), wide)
    return graph.add("Mul", absent, graph.number("minus_much", -10000.0))


def _embeddings(graph: Graph, weights: dict[str, np.ndarray], shape: Shape, *, int8_tables: bool) -> str:
    words = weights.get("embeddings.word_embeddings.weight")
    if words is None:
        word = packed_words.rows(graph, weights, shape.hidden)
    elif int8_tables:
        scales = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-12) / 127
        table = graph.constant("words", np.rint(words / scales).astype(np.int8))
        rows = graph.add("Cast", graph.add("Gather", table, "input_ids"), to=TensorProto.FLOAT)
        scale = graph.add("Gather", graph.constant("word_scales", scales.astype(np.float32)), "input_ids")
        word = graph.add("Mul", rows, scale)
    else:
        word = graph.add("Gather", graph.constant("words", words), "input_ids")
    kinds = graph.constant("kinds", weights["embeddings.token_type_embeddings.weight"])
    positions = graph.constant("positions", weights["embeddings.position_embeddings.weight"])
    length = graph.add("Slice", graph.add("Shape", "input_ids"), graph.integers(1), graph.integers(2))
    place = graph.add("Slice", positions, graph.integers(0), length, graph.integers(0))
    total = graph.add("Add", graph.add("Add", word, graph.add("Gather", kinds, "token_type_ids")), place)
    return _normalise(graph, weights, shape, total, "embeddings.LayerNorm.")


def _layer(graph: Graph, weights: dict[str, np.ndarray], shape: Shape, states: str, bias: str, at: str) -> str:
    mixed = _attention(graph, weights, shape, states, bias, at + "attention.self.")
    mixed = _linear(graph, weights, mixed, at + "attention.output.dense.")
    states = _normalise(graph, weights, shape, graph.add("Add", mixed, states), at + "attention.output.LayerNorm.")
    wide = _gelu(graph, _linear(graph, weights, states, at + "intermediate.dense."))
    narrow = _linear(graph, weights, wide, at + "output.dense.")
    return _normalise(graph, weights, shape, graph.add("Add", narrow, states), at + "output.LayerNorm.")


def _attention(graph: Graph, weights: dict[str, np.ndarray], shape: Shape, states: str, bias: str, at: str) -> str:
    """Self-attention with one product for query, key and value: one larger product, one quantisation of its input."""
    scale = 1 / np.sqrt(shape.head_size)  # folded into the query's weights, exact for per-channel int8 too
    kernel = np.concatenate(
        [weights[at + "query.weight"] * scale, weights[at + "key.weight"], weights[at + "value.weight"]]
    )
    offset = np.concatenate([weights[at + "query.bias"] * scale, weights[at + "key.bias"], weights[at + "value.bias"]])
    states = graph.divided(states, at)
    product = graph.add("MatMul", states, graph.constant(at + "qkv.weight", kernel.T.astype(np.float32)))
    joined = graph.add("Add", product, graph.constant(at + "qkv.bias", offset.astype(np.float32)))
    parts = graph.split("Split", 3, joined, graph.integers(*[shape.hidden] * 3), axis=2)
    heads = graph.integers(0, 0, shape.heads, shape.head_size)
    query, key, value = (graph.add("Reshape", part, heads) for part in parts)
    query = graph.add("Transpose", query, perm=[0, 2, 1, 3])
    key = graph.add("Transpose", key, perm=[0, 2, 3, 1])
    value = graph.add("Transpose", value, perm=[0, 2, 1, 3])
    scores = graph.add("Add", graph.add("MatMul", query, key), bias)
    mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
    return graph.add("Reshape", graph.add("Transpose", mixed, perm=[0, 2, 1, 3]), graph.integers(0, 0, shape.hidden))


def _linear(graph: Graph, weights: dict[str, np.ndarray], states: str, at: str) -> str:
    states = graph.divided(states, at)
    product = graph.add("MatMul", states, graph.constant(at + "weight", weights[at + "weight"].T))
    return graph.add("Add", product, graph.constant(at + "bias", weights[at + "bias"]))


def _gelu(graph: Graph, states: str) -> str:
    """x/2 (1 + erf(x/sqrt 2)), in the form that ONNX Runtime recognises and fuses."""
    curve = graph.add("Erf", graph.add("Div", states, graph.number("root_two", float(np.sqrt(2)))))
    lifted = graph.add("Add", curve, graph.number("one", 1.0))
    return graph.add("Mul", graph.add("Mul", states, lifted), graph.number("half", 0.5))


def _normalise(graph: Graph, weights: dict[str, np.ndarray], shape: Shape, states: str, at: str) -> str:
    gain = graph.constant(at + "weight", weights[at + "weight"])
    shift = graph.constant(at + "bias", weights[at + "bias"])
    return graph.add("LayerNormalization", states, gain, shift, axis=-1, epsilon=shape.epsilon)
