"""ONNX files: of Ultralytics, and of others as far as their output can be read without doubt."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx
import onnxruntime
from onnx.external_data_helper import uses_external_data

from conversion_program import ConversionFailure, Program, first_line
from export_metadata import read_metadata
from model_sources import Source, Wanted, described_file, ultralytics_predict, versions

# What Ultralytics' own prediction reads, by Harrier's names.
ULTRALYTICS_LAYOUTS = (
    "yolov8",
    "end_to_end",
    "oriented",
    "oriented_end_to_end",
    "segmented",
    "segmented_end_to_end",
)


def open_onnx(wanted: Wanted, program: Program) -> Source:
    model, path = copy_model(wanted.path, program.scratch)
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in weights]
    if not inputs:
        raise ConversionFailure(f"{wanted.path.name} has no input")
    metadata = read_metadata(path)
    source = described_file("onnx", wanted, metadata, tensor_shape(inputs[0]))
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), None)
    source.described["producer"] = f"{model.producer_name} {model.producer_version}".strip()
    source.exporter = versions("ultralytics-opencv-headless", "onnx", "onnxruntime")
    if opset is not None:
        source.exporter["opset"] = opset
    try:
        onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's have no common type
        raise ConversionFailure(f"onnxruntime cannot run {wanted.path.name}", first_line(error)) from error
    add_prediction(source, wanted, metadata, path, model)
    return source


def add_prediction(source: Source, wanted: Wanted, metadata: dict, path: Path, model) -> None:
    shapes = {output.name: tensor_shape(output) for output in model.graph.output}
    layout = wanted.layout or transformer_layout(shapes, metadata, model)
    if metadata.get("task") and metadata.get("names") and layout in {None, *ULTRALYTICS_LAYOUTS}:
        source.predict = ultralytics_predict(str(path), source)
        return
    from plain_onnx import LAYOUTS, PlainModel, certain_layout, class_count

    layout = layout or certain_layout(list(shapes.values()), source.input_size, wanted.task)
    if layout not in LAYOUTS:
        listed = ", ".join(map(str, shapes.values()))
        source.why_no_reference = f"the file does not say what its outputs {listed} are, so no other program reads them"
        return
    if not source.names:
        source.names = [f"class{index}" for index in range(class_count(layout, shapes))]
    source.predict = PlainModel(path, layout, source).predict


def transformer_layout(shapes: dict[str, list[int | None]], metadata: dict, model) -> str | None:
    """Of an RT-DETR that Ultralytics exported, which before 8.4 did not say so and gave a score a class."""
    if len(shapes) != 1 or not metadata.get("names") or all(node.op_type != "GridSample" for node in model.graph.node):
        return None
    return "rtdetr" if metadata.get("head") == "RTDETRDecoder" else "rtdetr_scores"


def tensor_shape(value) -> list[int | None]:
    return [side.dim_value or None for side in value.type.tensor_type.shape.dim]


def copy_model(path: Path, scratch: Path):
    """Copies the file, and those its weights may lie in, under a name of ours: Ultralytics reads meaning into names."""
    try:
        model = onnx.load(path, load_external_data=False)
        if not model.graph.node:
            raise ValueError("it holds no graph")
    except Exception as error:  # protobuf's errors have no common type
        reason = f"{path.name} is no ONNX model, or it is cut short or damaged"
        raise ConversionFailure(reason, first_line(error)) from error
    copy = scratch / "source.onnx"
    shutil.copyfile(path, copy)
    for location in sorted(external_files(model)):
        if Path(location).name != location:
            raise ConversionFailure(f"the weights of {path.name} lie in another folder: {location}")
        try:
            shutil.copyfile(path.with_name(location), scratch / location)
        except OSError as error:
            reason = f"the weights of {path.name} cannot be read: {location}: {error.strerror}"
            raise ConversionFailure(reason) from error
    return model, copy


def external_files(model) -> set[str]:
    return {
        entry.value
        for tensor in model.graph.initializer
        if uses_external_data(tensor)
        for entry in tensor.external_data
        if entry.key == "location"
    }
