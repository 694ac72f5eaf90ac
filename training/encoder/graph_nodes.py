"""Build an ONNX graph node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import helper, numpy_helper


@dataclass
class Graph:
    """Nodes and constants as they are written down."""

    prefix: str = ""
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)
    #: By place, what the columns of a product's input are divided by (`training.encoder.smooth_quant`).
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
