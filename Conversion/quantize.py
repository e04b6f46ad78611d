"""Quantizes an ONNX model to int8 with NNCF, from what its layers see on pictures.

Usage: python -I quantize.py REQUEST.json

    {"model": "model.onnx", "output": "FOLDER",   // must be there
     "images": ["a.jpg", ...],
     "task": null, "layout": null,                // for files that do not say; the layout by Harrier's name
     "slice": 640, "overlap": 0.2}                // how Harrier cuts large pictures

Each picture is an input as a whole, and larger ones slice by slice too; at most 300 inputs in all. Writes
FOLDER/model.xml, model.bin and, as Ultralytics' own export does, metadata.yaml; then FOLDER/result.json:

    {"format": 1, "nncf": "3.4.0", "openvino": "2026.4.1", "images": 32, "inputs": 118, "ignored_operations": 12}

Confinement and failure are as for convert.py.
"""

import logging
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from conversion_program import ConversionFailure, Program, first_line, number_field  # noqa: E402

FIELDS = {"model", "output", "images", "task", "layout", "slice", "overlap"}
TRANSFORMERS = {"rtdetr", "rtdetr_scores", "rtdetr_logits", "rtdetr_postprocessed", "rfdetr"}


def quantize(program: Program) -> dict:
    # Not before the surroundings are made: these read them when they are loaded.
    import nncf
    import numpy as np
    import openvino

    from calibration_inputs import CalibrationInputs, Cutting
    from export_metadata import read_metadata, write_metadata

    nncf.set_log_level(logging.ERROR)
    request = program.request
    path, images = program.path(request["model"]), [program.path(image) for image in request["images"]]
    if not images:
        raise ConversionFailure("int8 needs pictures to calibrate with, and there is none")
    program.step(f"reading {path.name}")
    try:
        # Unlike reading alone this joins what is one operation, as NNCF expects it.
        model = openvino.convert_model(path)
    except Exception as error:  # the reader has errors of several kinds
        raise ConversionFailure(f"OpenVINO cannot read {path.name}", first_line(error)) from error
    metadata = read_metadata(path) or ({"task": request["task"]} if request.get("task") else {})
    layout = request.get("layout") or ("rtdetr" if metadata.get("head") == "RTDETRDecoder" else "yolov8")

    height, width = fix_shapes(model, metadata)
    inputs = CalibrationInputs(
        images,
        (height, width),
        layout,
        Cutting(int(number_field(request, "slice", 640, most=8192)), number_field(request, "overlap", 0.2, most=0.9)),
    )
    size = np.array([[width, height]], dtype=np.int64)
    ignored = fragile_operations(model)
    program.step(f"quantizing with {len(inputs)} inputs of {len(images)} pictures")
    quantized = nncf.quantize(
        model,
        nncf.Dataset(inputs, lambda tensor: tensor if len(model.inputs) == 1 else {0: tensor, 1: size}),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(inputs),
        model_type=nncf.ModelType.TRANSFORMER if layout in TRANSFORMERS else None,
        ignored_scope=nncf.IgnoredScope(names=ignored) if ignored else None,
    )
    openvino.save_model(quantized, program.output / "model.xml", compress_to_fp16=False)
    write_metadata(metadata, program.output)
    return {
        "format": 1,
        "nncf": nncf.__version__,
        "openvino": openvino.__version__.partition("-")[0],
        "images": len(images),
        "inputs": len(inputs),
        "ignored_operations": len(ignored),
    }


def fix_shapes(model, metadata: dict) -> tuple[int, int]:
    """Gives every input the one shape that Harrier runs it with. Returns height and width."""
    shapes = [input.partial_shape for input in model.inputs]
    if len(shapes[0]) != 4 or len(shapes) > 2:
        raise ConversionFailure(
            f"the model's inputs are {', '.join(map(str, shapes))}; expected is [1, 3, height, width]"
        )
    stated = metadata.get("imgsz") or 640
    stated = [stated] * 2 if isinstance(stated, int) else stated
    height, width = (
        side.get_length() if side.is_static else default for side, default in zip(list(shapes[0])[2:], stated)
    )
    # RT-DETR of its authors has a second one: the size that boxes are in.
    wanted = [[1, 3, height, width], [1, 2]]
    if any(shape.is_dynamic for shape in shapes):
        model.reshape(dict(zip(model.inputs, wanted)))
    return height, width


def fragile_operations(model) -> list[str]:
    """Names of operations that stay in f32, as in Ultralytics' own int8 export (utils/export/openvino.py).

    Scores of 0 to 1 and boxes of hundreds of pixels do not share 256 steps: the head's sigmoid and all that the head
    itself computes from its convolutions, with its distribution of distances. Convolutions in front are quantized.
    """
    operations = [(operation.get_friendly_name(), operation.get_type_name()) for operation in model.get_ordered_ops()]
    sigmoids = [name for name, kind in operations if kind == "Sigmoid"]
    if not sigmoids:
        return []
    head = sigmoids[-1].rpartition("/")[0] + "/"  # "/model.23/Sigmoid" lies in the head, "/model.23/cv2/..." before

    def is_fragile(name: str) -> bool:
        inner = name.removeprefix(head)
        return len(head) > 1 and name.startswith(head) and ("/" not in inner or inner.startswith("dfl/"))

    return [
        name
        for name, kind in operations
        if kind not in ("Constant", "Parameter", "Result") and (kind == "Sigmoid" or is_fragile(name))
    ]


if __name__ == "__main__":
    Program(known=FIELDS, needed={"model", "output", "images"}).run(quantize)
