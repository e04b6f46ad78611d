"""Writes models/: tiny ONNX models (and one OpenVINO model) with known outputs, and models/manifest.json.

Made with onnx 1.23.2 (opset 17, IR version 8), openvino 2026.4.1, onnxruntime 1.32.0 and ultralytics 8.4.190 (which
checks the expected rows and resizes the probe picture), Python 3.11. No arguments, nothing random. The probe results
need images/png-rgb8.png, so make_images.py runs first.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import openvino
import torch
from onnx import TensorProto, helper, numpy_helper
from ultralytics.data.augment import LetterBox
from ultralytics.utils import YAML
from ultralytics.utils.nms import non_max_suppression

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "models"
THRESHOLD = 0.25
NAMES = {0: "plane", 1: "ship", 2: "storage tank"}
ONE = {0: "driver's cab"}  # its Python repr has double quotes
ONNX_TYPES = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.float16): TensorProto.FLOAT16}

# Boxes cx, cy, w, h and the score of each class, at an anchor; all numbers are exact in float16.
BOXES = {
    3: ((16, 16, 16, 12), {0: 0.875}),
    10: ((17, 16.5, 16, 12), {0: 0.75}),  # overlaps the first, same class
    21: ((16.5, 16, 15, 12), {1: 0.625}),  # overlaps the first, other class
    30: ((48, 20, 20, 10), {2: 0.5, 0: 0.375}),  # only the better class counts
    40: ((40, 48, 24, 24), {1: 0.9375}),
    47: ((44, 50, 24, 22), {1: 0.3125}),
    50: ((10, 50, 8, 10), {0: 0.25}),  # exactly the threshold: not above it
    55: ((30, 40, 10, 8), {2: 0.125}),
    66: ((60, 60, 16, 16), {0: 0.4375}),  # beyond the right and lower edge
    83: ((4, 4, 12, 12), {1: 0.28125}),  # beyond the left and upper edge
}
ANGLES = {3: 0.5, 10: 0.53125, 21: 0.5, 30: -0.25, 40: 1.5, 47: 1.40625, 50: 0.125, 55: 0.75, 66: 2.25, 83: 0.0}
OBJECTNESS = {3: 1.0, 10: 0.9375, 21: 0.5, 30: 0.75, 40: 0.96875, 47: 1.0, 50: 1.0, 55: 1.0, 66: 0.875, 83: 1.0}


# --- contents -------------------------------------------------------------------------------


def grid_boxes(width: int, height: int) -> np.ndarray:
    """cx, cy, w, h of every cell of strides 8, 16 and 32, rows first."""
    rows = [
        (x + stride / 2, y + stride / 2, stride, stride)
        for stride in (8, 16, 32)
        for y in range(0, height, stride)
        for x in range(0, width, stride)
    ]
    return np.array(rows, np.float32)


def raw_rows(classes: int, width: int = 64, height: int = 64) -> np.ndarray:
    """Rows [cx, cy, w, h, scores...] for every anchor; all but the chosen ones score next to nothing."""
    boxes = grid_boxes(width, height)
    rows = np.concatenate((boxes, np.full((len(boxes), classes), 1 / 128, np.float32)), 1)
    for anchor, (box, scores) in BOXES.items():
        rows[anchor, :4] = box
        rows[anchor, 4:] = 0
        for index, score in scores.items():
            where = {0: 0, 1: classes // 2, 2: classes - 1}[index] if classes > 1 else 0
            rows[anchor, 4 + where] = max(score, rows[anchor, 4 + where])
    return rows


def yolov5_rows(classes: int) -> np.ndarray:
    """Rows [cx, cy, w, h, objectness, scores...] for the 252 anchors of 64x64."""
    rows = np.zeros((252, 5 + classes), np.float32)
    rows[:, :4] = np.repeat(grid_boxes(64, 64), 3, 0)
    rows[:, 4], rows[:, 5:] = 1 / 128, 0.5
    plain = raw_rows(classes)
    for anchor in BOXES:
        rows[anchor * 3 + 1] = [*plain[anchor, :4], OBJECTNESS[anchor], *plain[anchor, 4:]]
    rows[200] = [32, 8, 8, 8, 0.4375, *([0.5] + [0.25] * (classes - 1))]  # each above the threshold, the product below
    return rows


def decode_raw(rows: np.ndarray) -> list[list[float]]:
    """Expected [x1, y1, x2, y2, conf, class] of raw rows, in anchor order."""
    out = []
    for row in rows.astype(np.float32):
        (cx, cy, w, h), scores = row[:4], row[4:]
        index = int(scores.argmax())
        if scores[index] > THRESHOLD:
            corners = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
            out.append([*map(float, corners), float(scores[index]), index])
    return out


def decode_yolov5(rows: np.ndarray) -> list[list[float]]:
    """Expected rows of YOLOv5 output: confidence is objectness times the best class score."""
    return decode_raw(np.concatenate((rows[:, :4], rows[:, 5:] * rows[:, 4:5]), 1))


def decode_oriented(rows: np.ndarray) -> list[list[float]]:
    """Expected [cx, cy, w, h, angle, conf, class] of raw rows whose last column is the angle."""
    out = []
    for row in rows:
        index = int(row[4:-1].argmax())
        if row[4 + index] > THRESHOLD:
            out.append([*map(float, row[:4]), float(row[-1]), float(row[4 + index]), index])
    return out


def end_to_end_rows(decoded: list[list[float]]) -> np.ndarray:
    """300 rows, best first, then two below the threshold, then zeros; input and output end with conf and class."""
    rows = sorted(decoded, key=lambda r: -r[-2])
    rows.append([*rows[0][:-2], 0.25, 0])
    rows.append([*rows[1][:-2], 0.0625, 1])
    out = np.zeros((300, len(rows[0])), np.float32)
    out[: len(rows)] = rows
    return out


# --- ONNX -----------------------------------------------------------------------------------


def metadata(
    task: str, names: dict, imgsz: list[int], nms: bool | None = None, dynamic: bool = False, **changes
) -> dict:
    """The metadata Ultralytics writes into an export."""
    values = {
        "description": "Ultralytics YOLOv8n model trained on fixtures.yaml",
        "author": "Ultralytics",
        "date": "2026-01-01T00:00:00+00:00",
        "version": importlib.metadata.version("ultralytics"),
        "license": "AGPL-3.0 License (https://ultralytics.com/license)",
        "docs": "https://docs.ultralytics.com",
        "stride": 32,
        "task": task,
        "head": {"obb": "OBB", "segment": "Segment", "classify": "Classify", "pose": "Pose"}.get(task, "Detect"),
        "batch": 1,
        "imgsz": imgsz,
        "names": names,
        "args": {
            "data": None,
            "batch": 1,
            "fraction": 1.0,
            "quantize": None,
            "nms": nms,
            "dynamic": dynamic,
            "simplify": True,
            "opset": 17,
        },
        "channels": 3,
        "end2end": False,
    }
    return {**values, **changes}


def constant(name: str, values) -> onnx.TensorProto:
    """An initializer."""
    return numpy_helper.from_array(np.asarray(values), name)


def save(name: str, nodes: list, initializers: list, inputs: list, outputs: list, meta: dict | None) -> None:
    """Check and write a model; metadata values become their Python text, as in the Ultralytics exporter."""
    graph = helper.make_graph(nodes, "main_graph", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="pytorch")
    for key, value in (meta or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, OUTPUT / name)


def tensor(name: str, shape: list, kind=np.float32) -> onnx.ValueInfoProto:
    """An input or output."""
    return helper.make_tensor_value_info(name, ONNX_TYPES[np.dtype(kind)], shape)


def save_constant(
    name: str, values: np.ndarray, meta: dict | None, input_shape: list = (1, 3, 64, 64), kind=np.float32
) -> None:
    """output0 = values + 0 * mean(images)."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["table", "nothing"], ["output0"]),
    ]
    initializers = [constant("zero", np.array(0, kind)), constant("table", values.astype(kind))]
    save(
        name, nodes, initializers, [tensor("images", input_shape, kind)], [tensor("output0", values.shape, kind)], meta
    )


def save_blank(name: str, shapes: list[list[int]], meta: dict, input_shape: list = (1, 3, 64, 64)) -> None:
    """Outputs of the given shapes filled with one half; no table, so the file stays small."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["half", "nothing"], ["value"]),
    ]
    initializers = [constant("zero", np.float32(0)), constant("half", np.float32(0.5))]
    for index, shape in enumerate(shapes):
        initializers.append(constant(f"shape{index}", np.array(shape, np.int64)))
        nodes.append(helper.make_node("Expand", ["value", f"shape{index}"], [f"output{index}"]))
    outputs = [tensor(f"output{index}", shape) for index, shape in enumerate(shapes)]
    save(name, nodes, initializers, [tensor("images", input_shape)], outputs, meta)


def save_dynamic(name: str, rows: np.ndarray, meta: dict) -> None:
    """Any batch, height and width (multiples of 32): the rows, then blanks up to the number of anchors."""
    classes, count = rows.shape[1] - 4, len(rows)
    nodes = [helper.make_node("Shape", ["images"], ["shape"])]
    for index, side in ((0, "batch"), (2, "height"), (3, "width")):
        nodes.append(helper.make_node("Gather", ["shape", f"index{index}"], [side]))
    for stride in (8, 16, 32):
        nodes.append(helper.make_node("Div", ["height", f"stride{stride}"], [f"rows{stride}"]))
        nodes.append(helper.make_node("Div", ["width", f"stride{stride}"], [f"columns{stride}"]))
        nodes.append(helper.make_node("Mul", [f"rows{stride}", f"columns{stride}"], [f"cells{stride}"]))
    nodes += [
        helper.make_node("Add", ["cells8", "cells16"], ["cells"]),
        helper.make_node("Add", ["cells", "cells32"], ["anchors"]),
        helper.make_node("Sub", ["anchors", "count"], ["rest"]),
        helper.make_node("Concat", ["one", "channels", "rest"], ["blank_shape"], axis=0),
        helper.make_node("ConstantOfShape", ["blank_shape"], ["blank"]),
        helper.make_node("Concat", ["table", "blank"], ["full"], axis=2),
        helper.make_node("Concat", ["batch", "channels", "anchors"], ["output_shape"], axis=0),
        helper.make_node("Expand", ["full", "output_shape"], ["expanded"]),
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["expanded", "nothing"], ["output0"]),
    ]
    integers = {"index0": 0, "index2": 2, "index3": 3, "stride8": 8, "stride16": 16, "stride32": 32}
    integers |= {"count": count, "one": 1, "channels": 4 + classes}
    initializers = [constant(key, np.array([value], np.int64)) for key, value in integers.items()]
    initializers += [constant("zero", np.float32(0)), constant("table", rows.T[None].astype(np.float32))]
    inputs = [tensor("images", ["batch", 3, "height", "width"])]
    save(name, nodes, initializers, inputs, [tensor("output0", ["batch", "attributes", "anchors"])], meta)


def save_quantized(name: str, values: np.ndarray, meta: dict) -> None:
    """A quantized convolution (QuantizeLinear and DequantizeLinear pairs) in front of the constant output."""
    nodes = [
        helper.make_node("QuantizeLinear", ["images", "input_scale", "input_zero"], ["images_q"]),
        helper.make_node("DequantizeLinear", ["images_q", "input_scale", "input_zero"], ["images_dq"]),
        helper.make_node("DequantizeLinear", ["weight_q", "weight_scale", "weight_zero"], ["weight"], axis=0),
        helper.make_node(
            "Conv", ["images_dq", "weight"], ["features"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]
        ),
        helper.make_node("QuantizeLinear", ["features", "output_scale", "output_zero"], ["features_q"]),
        helper.make_node("DequantizeLinear", ["features_q", "output_scale", "output_zero"], ["features_dq"]),
        helper.make_node("ReduceMean", ["features_dq"], ["mean"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["table", "nothing"], ["output0"]),
    ]
    weight = (np.arange(4 * 3 * 3 * 3) * 37 % 255 - 127).astype(np.int8).reshape(4, 3, 3, 3)
    initializers = [
        constant("input_scale", np.float32(1 / 255)),
        constant("input_zero", np.uint8(0)),
        constant("weight_q", weight),
        constant("weight_scale", np.array([0.01, 0.02, 0.015, 0.005], np.float32)),
        constant("weight_zero", np.zeros(4, np.int8)),
        constant("output_scale", np.float32(0.1)),
        constant("output_zero", np.uint8(128)),
        constant("zero", np.float32(0)),
        constant("table", values.astype(np.float32)),
    ]
    save(name, nodes, initializers, [tensor("images", [1, 3, 64, 64])], [tensor("output0", values.shape)], meta)


def save_probe(name: str, weights: list[float], names: dict) -> None:
    """One box a cell of 8, 16 and 32 pixels; score = clip(mean over the cell of weights . (R, G, B), 0, 1)."""
    nodes = [helper.make_node("Conv", ["images", "weights"], ["plane"], kernel_shape=[1, 1])]
    for stride in (8, 16, 32):
        nodes.append(
            helper.make_node(
                "AveragePool", ["plane"], [f"cells{stride}"], kernel_shape=[stride] * 2, strides=[stride] * 2
            )
        )
        nodes.append(helper.make_node("Reshape", [f"cells{stride}", "flat"], [f"scores{stride}"]))
    nodes += [
        helper.make_node("Concat", ["scores8", "scores16", "scores32"], ["scores"], axis=2),
        helper.make_node("Clip", ["scores", "low", "high"], ["clipped"]),
        helper.make_node("Concat", ["boxes", "clipped"], ["output0"], axis=1),
    ]
    initializers = [
        constant("weights", np.array(weights, np.float32).reshape(1, 3, 1, 1)),
        constant("flat", np.array([1, 1, -1], np.int64)),
        constant("low", np.float32(0)),
        constant("high", np.float32(1)),
        constant("boxes", grid_boxes(64, 64).T[None]),
    ]
    meta = metadata("detect", names, [64, 64])
    save(name, nodes, initializers, [tensor("images", [1, 3, 64, 64])], [tensor("output0", [1, 5, 84])], meta)


# --- checks ---------------------------------------------------------------------------------


def run_onnx(name: str, batch: np.ndarray) -> list[np.ndarray]:
    """Outputs by onnxruntime."""
    runtime = onnxruntime.InferenceSession(OUTPUT / name, providers=["CPUExecutionProvider"])
    return runtime.run(None, {runtime.get_inputs()[0].name: batch})


def run_openvino(name: str, batch: np.ndarray) -> np.ndarray:
    """First output by OpenVINO."""
    compiled = openvino.Core().compile_model(OUTPUT / name, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled(batch)[0]


def by_ultralytics(output: np.ndarray, layout: str, classes: int) -> list[list[float]]:
    """Rows above the threshold by non_max_suppression with an IoU threshold nothing exceeds."""
    oriented = layout.startswith("oriented")
    found = non_max_suppression(
        torch.from_numpy(output.astype(np.float32)),
        THRESHOLD,
        1.0,
        nc=classes,
        rotated=oriented,
        end2end="end_to_end" in layout,
    )[0]
    rows = found.tolist()
    return [[*r[:4], r[6], r[4], int(r[5])] if oriented else [*r[:5], int(r[5])] for r in rows]


class Collection:
    """The manifest."""

    def __init__(self) -> None:
        self.entries: list[dict] = []

    def accept(
        self,
        name: str,
        layout: str,
        task: str | None,
        names: dict | None,
        expected: list,
        size: tuple[int, int] = (64, 64),
        note: str = "",
    ) -> None:
        """Check a good model and note what it gives."""
        half = name == "v8-fp16.onnx"
        batch = np.linspace(0, 1, 3 * size[0] * size[1]).reshape(1, 3, *size).astype(np.float16 if half else np.float32)
        outputs = [run_openvino(name, batch)]
        if name.endswith(".onnx"):
            first = run_onnx(name, batch)
            assert len(first) == 1
            outputs.append(first[0])
        classes = len(names) if names else 3
        for output in outputs:
            if layout == "yolov5":
                assert decode_yolov5(output[0]) == expected, name
            elif name not in ("bright-box.onnx", "red-cell.onnx"):
                assert sorted(by_ultralytics(output, layout, classes)) == sorted(expected), name
        entry = {
            "file": name,
            "layout": layout,
            "task": task,
            "names": list(names.values()) if names else None,
            "input": list(size),
        }
        if note:
            entry["note"] = note
        self.entries.append({**entry, "expected": expected})

    def refuse(self, name: str, reason: str, batch: np.ndarray) -> None:
        """Check that a model to be refused is a sound model all the same."""
        run_onnx(name, batch)
        run_openvino(name, batch)
        self.entries.append({"file": name, "expected": "error", "reason": reason})


def make_plain(files: Collection) -> None:
    """Detection layouts."""
    rows = raw_rows(3)
    detect = metadata("detect", NAMES, [64, 64])
    save_constant("v8-detect.onnx", rows.T[None], detect)
    files.accept("v8-detect.onnx", "yolov8", "detect", NAMES, decode_raw(rows))

    one = raw_rows(1)
    save_constant("v8-one-class.onnx", one.T[None], metadata("detect", ONE, [64, 64]))
    files.accept("v8-one-class.onnx", "yolov8", "detect", ONE, decode_raw(one))

    five = yolov5_rows(3)
    save_constant("v5-detect.onnx", five[None], {"stride": 32, "names": NAMES})
    note = "metadata holds only stride and names, as YOLOv5 writes; confidence = objectness * class score"
    files.accept("v5-detect.onnx", "yolov5", None, NAMES, decode_yolov5(five), note=note)
    five = yolov5_rows(1)
    save_constant("v5-one-class.onnx", five[None], {"stride": 32, "names": ONE})
    note += "; last size 6 looks like an end-to-end output, but 252 rows do not (and rows are not sorted)"
    files.accept("v5-one-class.onnx", "yolov5", None, ONE, decode_yolov5(five), note=note)

    done = end_to_end_rows(decode_raw(rows))
    expected = [[*map(float, r[:5]), int(r[5])] for r in done if r[4] > THRESHOLD]
    save_constant("end2end.onnx", done[None], metadata("detect", NAMES, [64, 64], end2end=True))
    files.accept("end2end.onnx", "end_to_end", "detect", NAMES, expected)
    save_constant("nms-export.onnx", done[None], metadata("detect", NAMES, [64, 64], nms=True))
    files.accept("nms-export.onnx", "end_to_end", "detect", NAMES, expected, note="end2end is False, args has nms True")

    save_dynamic("v8-dynamic.onnx", rows[list(BOXES) * 2], metadata("detect", NAMES, [64, 64], dynamic=True))
    twice = decode_raw(rows[list(BOXES) * 2])
    files.accept(
        "v8-dynamic.onnx",
        "yolov8",
        "detect",
        NAMES,
        twice,
        note="every input and output size but the channels is dynamic; each row twice",
    )

    wide = raw_rows(3, width=96)
    save_constant("v8-rectangular.onnx", wide.T[None], metadata("detect", NAMES, [64, 96]), (1, 3, 64, 96))
    files.accept(
        "v8-rectangular.onnx", "yolov8", "detect", NAMES, decode_raw(wide), (64, 96), "input is [height, width]"
    )

    save_constant("v8-fp16.onnx", rows.T[None], detect, kind=np.float16)
    files.accept("v8-fp16.onnx", "yolov8", "detect", NAMES, decode_raw(rows), note="float16 input and output")

    save_constant("v8-no-metadata.onnx", rows.T[None], None)
    files.accept("v8-no-metadata.onnx", "yolov8", None, None, decode_raw(rows), note="three classes without names")

    many = {i: f"class {i}" for i in range(80)}
    rows80 = raw_rows(80)
    save_constant("v8-many-classes.onnx", rows80.T[None], metadata("detect", many, [64, 64]))
    files.accept("v8-many-classes.onnx", "yolov8", "detect", many, decode_raw(rows80), note="output is 84 by 84")

    save_quantized("quantized-qdq.onnx", rows.T[None], detect)
    files.accept("quantized-qdq.onnx", "yolov8", "detect", NAMES, decode_raw(rows))

    folder = OUTPUT / "v8-detect_openvino_model"
    folder.mkdir()
    model = openvino.convert_model(OUTPUT / "v8-detect.onnx")
    model.set_rt_info("YOLO", ["model_info", "model_type"])
    model.set_rt_info(True, ["model_info", "reverse_input_channels"])
    model.set_rt_info(114, ["model_info", "pad_value"])
    model.set_rt_info([255.0], ["model_info", "scale_values"])
    model.set_rt_info(0.7, ["model_info", "iou_threshold"])
    model.set_rt_info([v.replace(" ", "_") for v in NAMES.values()], ["model_info", "labels"])
    model.set_rt_info("fit_to_window_letterbox", ["model_info", "resize_type"])
    openvino.save_model(model, folder / "v8-detect.xml", compress_to_fp16=False)
    openvino_meta = metadata("detect", NAMES, [64, 64])
    del openvino_meta["args"]["simplify"], openvino_meta["args"]["opset"]
    YAML.save(folder / "metadata.yaml", openvino_meta)
    files.accept(
        "v8-detect_openvino_model/v8-detect.xml",
        "yolov8",
        "detect",
        NAMES,
        decode_raw(rows),
        note="OpenVINO model; names in metadata.yaml",
    )


def make_oriented(files: Collection) -> None:
    """Oriented boxes."""
    rows = np.concatenate((raw_rows(3), np.zeros((84, 1), np.float32)), 1)
    for anchor, angle in ANGLES.items():
        rows[anchor, -1] = angle
    decoded = decode_oriented(rows)
    save_constant("obb-raw.onnx", rows.T[None], metadata("obb", NAMES, [64, 64]))
    files.accept("obb-raw.onnx", "oriented", "obb", NAMES, decoded, note="channels: box, scores, angle")
    done = end_to_end_rows(decoded)  # cx, cy, w, h, angle, conf, class
    save_constant("obb-nms.onnx", done[None][..., [0, 1, 2, 3, 5, 6, 4]], metadata("obb", NAMES, [64, 64], nms=True))
    expected = [[*map(float, r[:6]), int(r[6])] for r in done if r[5] > THRESHOLD]
    files.accept("obb-nms.onnx", "oriented_end_to_end", "obb", NAMES, expected, note="columns: box, conf, class, angle")


def make_probes(files: Collection) -> None:
    """Models whose output depends on the pixels."""
    picture = cv2.imread(str(ROOT / "images" / "png-rgb8.png"))[..., ::-1]
    boxed = LetterBox(new_shape=(64, 64), auto=False, scaleup=True)(image=np.ascontiguousarray(picture))
    batch = np.ascontiguousarray(boxed.transpose(2, 0, 1))[None].astype(np.float32) / 255
    third = 1 / 3
    for name, weights, label, rule in (
        ("bright-box.onnx", [third, third, third], "bright", "mean of R, G and B over the cell"),
        ("red-cell.onnx", [1, -0.5, -0.5], "red", "mean of R - (G + B) / 2 over the cell, clipped to 0..1"),
    ):
        names = {0: label}
        save_probe(name, weights, names)
        output = run_onnx(name, batch)[0]
        assert np.abs(output - run_openvino(name, batch)).max() < 1e-5
        plane = np.tensordot(np.array(weights), batch[0].astype(np.float64), 1)
        means = [plane.reshape(64 // s, s, 64 // s, s).mean((1, 3)).reshape(-1) for s in (8, 16, 32)]
        assert np.abs(np.clip(np.concatenate(means), 0, 1) - output[0, 4]).max() < 1e-5
        assert np.abs(output[0, 4] - THRESHOLD).min() > 1e-3  # no cell hangs on the last bits
        expected = [[*map(float, r[:4]), round(float(r[4]), 6), r[5]] for r in decode_raw(output[0].T)]
        note = (
            f"score = {rule}; expected is for images/png-rgb8.png letterboxed to 64x64 (RGB, 0..1), scores within 1e-5"
        )
        files.accept(name, "yolov8", "detect", names, expected, note=note)


def make_refused(files: Collection) -> None:
    """Models Harrier has no use for."""
    batch = np.zeros((1, 3, 64, 64), np.float32)
    detect = metadata("detect", NAMES, [64, 64])
    save_blank("segmentation.onnx", [[1, 40, 84], [1, 32, 16, 16]], metadata("segment", NAMES, [64, 64]))
    files.refuse("segmentation.onnx", "factors of 33 masks for 32 prototypes", batch)
    ten = {i: f"class {i}" for i in range(10)}
    save_blank("classify.onnx", [[1, 10]], metadata("classify", ten, [64, 64]))
    files.refuse("classify.onnx", "task classify", batch)
    save_blank("pose.onnx", [[1, 56, 84]], metadata("pose", {0: "person"}, [64, 64], kpt_shape=[17, 3]))
    files.refuse("pose.onnx", "task pose", batch)
    four = [4, 3, 64, 64]
    save_blank("batch4.onnx", [[4, 7, 84]], {**detect, "batch": 4}, four)
    files.refuse("batch4.onnx", "fixed batch of 4", np.zeros(four, np.float32))
    save_blank("one-channel.onnx", [[1, 7, 84]], {**detect, "channels": 1}, [1, 1, 64, 64])
    files.refuse("one-channel.onnx", "one input channel", batch[:, :1])
    five = {i: f"class {i}" for i in range(5)}
    save_blank("names-mismatch.onnx", [[1, 7, 84]], metadata("detect", five, [64, 64]))
    files.refuse("names-mismatch.onnx", "five names, three classes in the output", batch)
    save_blank("output-rank2.onnx", [[7, 84]], detect)
    files.refuse("output-rank2.onnx", "output has two dimensions", batch)
    save_blank("output-nonsense.onnx", [[1, 3, 3]], detect)
    files.refuse("output-nonsense.onnx", "output [1, 3, 3] fits no layout", batch)


def main() -> None:
    """Make every model and the manifest."""
    torch.set_num_threads(1)
    if OUTPUT.exists():
        shutil.rmtree(OUTPUT)
    OUTPUT.mkdir()
    files = Collection()
    make_plain(files)
    make_oriented(files)
    make_probes(files)
    make_refused(files)
    versions = {n: importlib.metadata.version(n) for n in ("onnx", "onnxruntime", "openvino", "ultralytics", "numpy")}
    head = {
        "made_with": {**versions, "python": platform.python_version()},
        "layout": "input [height, width]; expected: rows with confidence > 0.25 in the order of the output, before any"
        " NMS, in network pixels: [x1, y1, x2, y2, conf, class], oriented [cx, cy, w, h, angle, conf, class]; or error",
    }
    body = ",\n".join("  " + json.dumps(entry) for entry in files.entries)
    (OUTPUT / "manifest.json").write_text(json.dumps(head, indent=1)[:-2] + f',\n "models": [\n{body}\n ]\n}}\n')


if __name__ == "__main__":
    main()
