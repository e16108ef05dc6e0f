"""Makes threshold_net.onnx: soft thresholds and averages, weighted by hand, trained on nothing.

It stands in for a trained network, so that the ONNX reviewer can run and be tested. Needs the `onnx`
package, which the running system does not. The same source makes the same bytes: `python -m
models.review.shipped.make_threshold_net` writes the model beside this file and prints its SHA-256 for
shipped.toml.
"""

import hashlib
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from models.findings import Category, FindingKind, Material
from models.review.onnx_model import ModelClass

STRIDE = 4
_REACH = 8  # cells to each side that a body's size is measured over: 128 mm
_OPSET, _IR = 17, 8

# A cube of 8 voxels (32 mm) is averaged: what fills this much of it is too large for a jar, or for a bolt.
_CLASSES = (
    ModelClass(FindingKind.LIQUID, Category.ANOMALY, Material.ORGANIC, 0.6),
    ModelClass(FindingKind.DENSE_METAL, Category.ANOMALY, Material.METAL, 0.25),
)


class _Net:
    """Nodes and constants of a network, named as they are added."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def add(self, operation: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operation, inputs, [output], name=output, **attributes))
        return output

    def channel(self, index: int, output: str) -> str:
        axis = self.constant(f"{output}_axis", np.array([1], dtype=np.int64))
        first = self.constant(f"{output}_first", np.array([index], dtype=np.int64))
        last = self.constant(f"{output}_last", np.array([index + 1], dtype=np.int64))
        return self.add("Slice", ["volume", first, last, axis], output)

    def mean(self, given: str, voxels: int, output: str) -> str:
        return self.add(
            "AveragePool",
            [given],
            output,
            kernel_shape=[voxels] * 3,
            pads=[voxels // 2] * 6,
            count_include_pad=1,
        )

    def above(self, given: str, limit: float, steepness: float, output: str) -> str:
        """A soft step from 0 to 1 at a limit; a negative steepness steps down."""
        slope = self.constant(f"{output}_slope", np.array(steepness, dtype=np.float32))
        shift = self.constant(f"{output}_shift", np.array(-limit * steepness, dtype=np.float32))
        scaled = self.add("Mul", [given, slope], f"{output}_scaled")
        return self.add("Sigmoid", [self.add("Add", [scaled, shift], f"{output}_shifted")], output)

    def along(self, given: str, axis: int, weights: NDArray[np.float32], output: str) -> str:
        """Weighted sum over a line of cells."""
        shape, pads = [1, 1, 1, 1, 1], [0] * 6
        shape[2 + axis] = len(weights)
        pads[axis] = pads[axis + 3] = len(weights) // 2
        kernel = self.constant(f"{output}_kernel", weights.reshape(shape))
        return self.add("Conv", [given, kernel], output, pads=pads)


def make() -> bytes:
    """The model's bytes."""
    net = _Net()
    high, ratio = (
        net.mean(net.channel(0, "high"), 3, "high_mean"),
        net.mean(net.channel(1, "ratio"), 5, "ratio_mean"),
    )
    soft = net.above(high, 0.152, 400, "over_oil")
    for limit, steepness, given, name in (
        (0.198, -400, high, "under_explosive"),
        (1.245, 120, ratio, "over_plastic"),
        (1.36, -120, ratio, "under_glass"),
    ):
        soft = net.add("Mul", [soft, net.above(given, limit, steepness, name)], f"water_{name}")
    steel = net.above(high, 1.0, 20, "steel")
    both = net.add("Concat", [soft, steel], "materials", axis=1)
    heat = net.add(
        "AveragePool",
        [both],
        "heat",
        kernel_shape=[8] * 3,
        strides=[STRIDE] * 3,
        pads=[2] * 6,
        count_include_pad=1,
    )
    any_heat = net.add("ReduceMax", [heat], "any_heat", axes=[1], keepdims=1)
    least = net.constant("least", np.array(1e-3, dtype=np.float32))
    centre = net.add("Max", [any_heat, least], "centre_heat")
    ones = np.ones(2 * _REACH + 1, dtype=np.float32)
    steps = np.arange(-_REACH, _REACH + 1, dtype=np.float32)
    sizes: list[str] = []
    offsets: list[str] = []
    for axis, name in enumerate("zyx"):
        total = net.along(centre, axis, ones, f"total_{name}")
        sizes.append(net.add("Div", [total, centre], f"cells_{name}"))
        offsets.append(
            net.add("Div", [net.along(centre, axis, steps, f"moment_{name}"), total], f"offset_{name}")
        )
    stride = net.constant("stride", np.array(STRIDE, dtype=np.float32))
    net.add("Mul", [net.add("Concat", sizes, "cells", axis=1), stride], "size")
    net.add("Concat", offsets, "offset", axis=1)
    return _serialized(net)


def _serialized(net: _Net) -> bytes:
    def tensor(name: str, channels: int, axes: str) -> ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, *axes.split()])

    graph = helper.make_graph(
        net.nodes,
        "threshold_net",
        [tensor("volume", 2, "z y x")],
        [
            tensor("heat", len(_CLASSES), "cz cy cx"),
            tensor("size", 3, "cz cy cx"),
            tensor("offset", 3, "cz cy cx"),
        ],
        net.constants,
    )
    model = helper.make_model(
        graph, producer_name="redpeak", ir_version=_IR, opset_imports=[helper.make_opsetid("", _OPSET)]
    )
    helper.set_model_props(
        model,
        {
            "redpeak.contract": "1",
            "redpeak.name": "threshold_net 1 (weighted by hand)",
            "redpeak.spacing_mm": "4",
            "redpeak.stride": str(STRIDE),
            "redpeak.classes": msgspec.json.encode(_CLASSES).decode(),
        },
    )
    return model.SerializeToString(deterministic=True)


def main() -> None:
    """Write the model beside this file."""
    content = make()
    Path(__file__).with_name("threshold_net.onnx").write_bytes(content)
    sys.stdout.write(f"{hashlib.sha256(content).hexdigest()}\n")


if __name__ == "__main__":
    main()
