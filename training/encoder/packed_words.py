"""A word table that stays in 4-bit blocks: the graph unpacks the rows of a text's tokens, and of them alone.

A multilingual encoder has 250,000 words. Its table takes 54 MB of disk and memory this way, 97 MB as int8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from onnx import TensorProto

if TYPE_CHECKING:
    import numpy as np

    from training.encoder.graph_nodes import Graph

#: uint8 (n_words, dim/2): two weights a byte, in blocks of 32 weights; and float16 (n_words, dim/32): a scale for each.
NIBBLES: Final = "embeddings.word_embeddings.nibbles"
SCALES: Final = "embeddings.word_embeddings.scales"
HALF_BLOCK: Final = 16


def rows(graph: Graph, weights: dict[str, np.ndarray], hidden: int) -> str:
    """Write the nodes that look the tokens' rows up: (n_texts, n_tokens, hidden)."""
    packed = graph.add("Gather", graph.constant("words", weights[NIBBLES]), "input_ids")
    both = graph.add("Cast", packed, to=TensorProto.FLOAT)
    upper = graph.add("Floor", graph.add("Mul", both, graph.number("sixteenth", 1 / 16)))
    lower = graph.add("Sub", both, graph.add("Mul", upper, graph.number("sixteen", 16.0)))
    blocks = graph.integers(0, 0, hidden // (2 * HALF_BLOCK), HALF_BLOCK)
    halves = [graph.add("Reshape", half, blocks) for half in (lower, upper)]
    whole = graph.add("Sub", graph.add("Concat", *halves, axis=3), graph.number("eight", 8.0))
    scale = graph.add("Gather", graph.constant("word_scales", weights[SCALES]), "input_ids")
    wide = graph.add("Unsqueeze", graph.add("Cast", scale, to=TensorProto.FLOAT), graph.integers(3))
    return graph.add("Reshape", graph.add("Mul", whole, wide), graph.integers(0, 0, hidden))
