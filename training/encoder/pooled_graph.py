"""Give another ONNX encoder the output that ours has: one unit-length vector per text."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from training.encoder.graph_nodes import Graph
from training.encoder.graph_pools import OUTPUT, mean_of_tokens, unit_length
from training.errors import WeightsNotUsable


def read(path: Path, *, pooling: dict[str, object]) -> onnx.ModelProto:
    """Read an ONNX encoder and end it in ``sentence_embedding``.

    Parameters
    ----------
    path
        The file; weights kept outside it are taken in.
    pooling
        sentence-transformers' ``1_Pooling/config.json``; empty means the mean over tokens.

    Returns
    -------
    onnx.ModelProto
        The graph, with mean or first-token pooling and normalisation appended where the file ends in token states.

    Raises
    ------
    WeightsNotUsable
        The graph has no output of token states or sentence vectors.
    """
    model = onnx.load(path)
    if [output.name for output in model.graph.output] == [OUTPUT]:
        return model
    states = model.graph.output[0]
    shape = states.type.tensor_type.shape.dim
    if len(shape) != 3 or not shape[2].dim_value:
        raise WeightsNotUsable(path, f"its first output {states.name!r} is not (texts, tokens, dim)")
    tail = Graph(prefix="pooled_")
    first = bool(pooling.get("pooling_mode_cls_token"))
    unit_length(tail, _first_token(tail, states.name) if first else mean_of_tokens(tail, states.name))
    model.graph.node.extend(tail.nodes)
    model.graph.initializer.extend(tail.constants.values())
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n_texts", shape[2].dim_value]))
    onnx.checker.check_model(model)
    return model


def _first_token(tail: Graph, states: str) -> str:
    token = tail.add("Slice", states, tail.integers(0), tail.integers(1), tail.integers(1))
    return tail.add("Squeeze", token, tail.integers(1))
