"""Writes models/hostile/: ONNX files that are valid, and that OpenVINO 2026.4.1 cannot survive.

- crash.onnx: the smallest integer divided by -1, which overflows. OpenVINO folds constants when it compiles, and the
  processor ends the process with SIGFPE.
- hang.onnx: 8,000 activations one behind the other. Compiling takes longer than anybody waits.

Made with onnx 1.23.2, Python 3.11. No arguments, nothing random.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

OUTPUT = Path(__file__).resolve().parent.parent / "models" / "hostile"
SMALLEST = -(2**63)
ACTIVATIONS = 8_000


def integers(name: str, *values: int) -> onnx.TensorProto:
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


def write(name: str, nodes: list, last: str, constants: list) -> None:
    """A detector of one class at 32x32: whatever `last` is, 105 of its numbers are its rows. `start` is 0."""
    nodes = nodes + [
        helper.make_node("Reshape", [last, "flat"], ["row"]),
        helper.make_node("Slice", ["row", "start", "end", "axis"], ["numbers"]),
        helper.make_node("Reshape", ["numbers", "shape"], ["output0"]),
    ]
    constants = constants + [
        integers("flat", 1, 3072), integers("end", 105), integers("axis", 1),
        integers("shape", 1, 5, 21),
    ]
    graph = helper.make_graph(
        nodes, "hostile",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 5, 21])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    for key, value in {
        "task": "detect", "names": "{0: 'tree'}", "imgsz": "[32, 32]", "stride": "32",
    }.items():
        model.metadata_props.add(key=key, value=value)
    (OUTPUT / name).write_bytes(model.SerializeToString())


OUTPUT.mkdir(exist_ok=True)
write(
    "crash.onnx",
    [
        helper.make_node("Div", ["smallest", "minus_one"], ["overflow"]),
        helper.make_node("Mul", ["overflow", "zero"], ["start"]),
    ],
    "images",
    [integers("smallest", SMALLEST), integers("minus_one", -1), integers("zero", 0)],
)
write(
    "hang.onnx",
    [
        helper.make_node("Relu", [f"r{index}" if index else "images"], [f"r{index + 1}"])
        for index in range(ACTIVATIONS)
    ],
    f"r{ACTIVATIONS}",
    [integers("start", 0)],
)
