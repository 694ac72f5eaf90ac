"""Check what an ONNX file contains, without a runtime, before anything in it is executed.

An ONNX file can name other files to read and operators to load. Ours do neither, so the file is parsed here and refused
if it does, before ONNX Runtime sees it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

#: Operators of the standard, and of ONNX Runtime itself (where its quantiser writes to).
DOMAINS: Final = frozenset({"", "ai.onnx", "com.microsoft"})
MAX_BYTES: Final = 2_000_000_000
MAX_DEPTH: Final = 4

# Field numbers of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
MODEL_GRAPH, MODEL_OPSET, MODEL_TRAINING, MODEL_FUNCTIONS = 7, 8, 20, 25
OPSET_DOMAIN = 1
GRAPH_NODE, GRAPH_TENSOR, GRAPH_SPARSE = 1, 5, 15
NODE_ATTRIBUTE, NODE_DOMAIN = 5, 7
ATTRIBUTE_TENSOR, ATTRIBUTE_GRAPH, ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS, ATTRIBUTE_SPARSE = 5, 6, 10, 11, (22, 23)
TENSOR_EXTERNAL, TENSOR_LOCATION = 13, 14
LOCATION_INSIDE: Final = b"\0"


class ForeignGraph(ValueError):
    """The file is damaged, or uses something that our encoders never use."""


def refuse_foreign(model: bytes) -> None:
    """Raise ForeignGraph unless the model is one self-contained file of known operators."""
    if len(model) > MAX_BYTES:
        raise ForeignGraph(f"the graph is larger than {MAX_BYTES:,} bytes")
    graphs = 0
    for number, value in _fields(memoryview(model)):
        if number in (MODEL_TRAINING, MODEL_FUNCTIONS):
            raise ForeignGraph("the graph brings functions of its own")
        if number == MODEL_OPSET:
            _check_domains(value, OPSET_DOMAIN)
        if number == MODEL_GRAPH:
            graphs += 1
            _check_graph(value, 0)
    if graphs != 1:
        raise ForeignGraph("it is not an ONNX model")


def _check_graph(graph: memoryview, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ForeignGraph("graphs are nested too deeply")
    for number, value in _fields(graph):
        if number == GRAPH_SPARSE:
            raise ForeignGraph("the graph has sparse weights")
        if number == GRAPH_TENSOR:
            _check_tensor(value)
        if number == GRAPH_NODE:
            _check_domains(value, NODE_DOMAIN)
            for field, attribute in _fields(value):
                if field == NODE_ATTRIBUTE:
                    _check_attribute(attribute, depth)


def _check_attribute(attribute: memoryview, depth: int) -> None:
    for number, value in _fields(attribute):
        if number in ATTRIBUTE_SPARSE:
            raise ForeignGraph("the graph has sparse weights")
        if number in (ATTRIBUTE_TENSOR, ATTRIBUTE_TENSORS):
            _check_tensor(value)
        if number in (ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS):
            _check_graph(value, depth + 1)


def _check_tensor(tensor: memoryview) -> None:
    for number, value in _fields(tensor):
        if number == TENSOR_EXTERNAL or (number == TENSOR_LOCATION and bytes(value) != LOCATION_INSIDE):
            raise ForeignGraph("the graph keeps weights in another file")


def _check_domains(message: memoryview, field: int) -> None:
    for number, value in _fields(message):
        if number == field and bytes(value).decode("utf-8", "replace") not in DOMAINS:
            raise ForeignGraph(f"the graph uses operators of {bytes(value)!r}")


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Walk one protobuf message: field number and the bytes of its value."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            start = at
            _, end = _varint(message, at)
        elif kind == 2:
            size, start = _varint(message, at)
            end = start + size
        elif kind in (1, 5):
            start, end = at, at + (8 if kind == 1 else 4)
        else:
            raise ForeignGraph("it is not an ONNX model")
        if end > len(message):
            raise ForeignGraph("the file is cut short")
        yield tag >> 3, message[start:end]
        at = end


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
    raise ForeignGraph("the file is cut short")
