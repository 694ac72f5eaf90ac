"""A BERT sentence encoder as an ONNX graph, written node by node from its weights: no torch, no tracing.

Mean pooling and the unit length are inside the graph, so whoever runs it gets sentence vectors and nothing else to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
OUTPUT = "sentence_embedding"
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


@dataclass
class Graph:
    """Nodes and constants as they are written down."""

    prefix: str = ""
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)
    #: By place, what the columns of a product's input are divided by (`training.smoothing`).
    divisors: Mapping[str, np.ndarray] = field(default_factory=dict)

    def divided(self, states: str, at: str) -> str:
        """Divide the columns of a product's input where that is asked for."""
        if at not in self.divisors:
            return states
        return self.add("Mul", states, self.constant(f"{at}divisors", 1 / self.divisors[at]))

    def constant(self, name: str, value: np.ndarray) -> str:
        """Keep an array under a name; the same name twice is the same constant."""
        name = self.prefix + name
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def integers(self, *values: int) -> str:
        """Keep a constant list of int64."""
        return self.constant("i_" + "_".join(map(str, values)), np.array(values, dtype=np.int64))

    def number(self, name: str, value: float) -> str:
        """Keep a constant float32 scalar."""
        return self.constant(name, np.array(value, dtype=np.float32))

    def add(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Append a node and return the name of its only output."""
        return self.split(operator, 1, *inputs, **attributes)[0]

    def split(self, operator: str, outputs: int, *inputs: str, **attributes: object) -> Sequence[str]:
        """Append a node with several outputs and return their names."""
        name = f"{self.prefix}{operator}_{len(self.nodes)}"
        names = [f"{name}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=name, **attributes))
        return names


def build(
    weights: dict[str, np.ndarray], shape: Shape, *, name: str, divisors: Mapping[str, np.ndarray] | None = None
) -> onnx.ModelProto:
    """Write the graph.

    Parameters
    ----------
    weights
        Tensors under their Hugging Face names (``embeddings.word_embeddings.weight``, ...).
    shape
        Sizes of the network.
    name
        Goes into the graph's name.
    divisors
        Prepares the graph for int8: what `training.smoothing` says its inputs must be divided by. The word table is
        then stored as int8 too, with one scale for each word: a quarter of the file, and no measurable change.

    Returns
    -------
    onnx.ModelProto
        Inputs ``input_ids``, ``attention_mask``, ``token_type_ids``: int64 (n_texts, n_tokens).
        Output ``sentence_embedding``: float32 (n_texts, hidden), unit length.
    """
    graph = Graph(divisors=divisors or {})
    bias = _attention_bias(graph)
    states = _embeddings(graph, weights, shape, int8_tables=divisors is not None)
    for number in range(shape.layers):
        states = _layer(graph, weights, shape, states, bias, f"encoder.layer.{number}.")
    unit_length(graph, mean_of_tokens(graph, states))
    inputs = [helper.make_tensor_value_info(text, TensorProto.INT64, ["n_texts", "n_tokens"]) for text in INPUTS]
    output = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n_texts", shape.hidden])
    made = helper.make_graph(graph.nodes, name, inputs, [output], initializer=list(graph.constants.values()))
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
    words = weights["embeddings.word_embeddings.weight"]
    if int8_tables:
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


def mean_of_tokens(graph: Graph, states: str) -> str:
    """Mean over the real tokens: (n_texts, n_tokens, dim) to (n_texts, dim)."""
    mask = graph.add("Unsqueeze", graph.add("Cast", "attention_mask", to=TensorProto.FLOAT), graph.integers(2))
    total = graph.add("ReduceSum", graph.add("Mul", states, mask), graph.integers(1), keepdims=0)
    count = graph.add("ReduceSum", mask, graph.integers(1), keepdims=0)
    return graph.add("Div", total, graph.add("Max", count, graph.number("at_least_a_token", 1e-9)))


def unit_length(graph: Graph, vectors: str) -> None:
    """Divide each row by its length and end the graph there."""
    length = graph.add("ReduceL2", vectors, axes=[-1], keepdims=1)
    floor = graph.add("Max", length, graph.number("at_least_a_length", 1e-12))
    graph.nodes.append(helper.make_node("Div", [vectors, floor], [OUTPUT], name=graph.prefix + "unit_length"))
