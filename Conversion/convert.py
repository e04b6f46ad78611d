"""Reads a trained model, exports it to ONNX and says what the original finds on sample pictures.

Usage: python -I convert.py REQUEST.json

`harrier models import` runs this in a process that may write its output folder only and has no network: a .pt file is
a pickle, which can run code when it is read. REQUEST.json:

    {"source": "best.pt",          // or .onnx, or OpenVINO's .xml with its .bin
     "output": "FOLDER",           // must be there
     "samples": ["a.jpg", ...],
     "image_size": null,           // or [height, width]; null: what the model was trained or exported with
     "confidence": 0.25, "iou": 0.7, "max_detections": 300,
     "names": null, "task": null, "layout": null,  // for ONNX files that do not say; the layout by Harrier's name
     "run_pickled_code": false}    // true: classes of a .pt that neither PyTorch nor Ultralytics have are run too

Writes FOLDER/model.onnx (of a .pt) and FOLDER/result.json, which comes last and whole:

    {"format": 1,
     "exporter": {"ultralytics": "8.4.190", "torch": "2.13.0+cpu", "onnx": "1.23.2", "opset": 18},
     "source": {"kind": "ultralytics", "architecture": "yolo11n.yaml", "trained_at": "...", "epochs": 100, ...},
     "task": "detect", "names": ["plane", ...], "input_size": [640, 640],
     "confidence": 0.25,           // lowered until 20 boxes were found: 0.1, 0.05, 0.01, 0.001
     "reference": [{"sample": "a.jpg", "width": 640, "height": 480, "detections": [
        {"class_id": 0, "confidence": 0.9, "xyxy": [...], "xywhr": [...], "mask_runs": [[row, start, end], ...]}]}]}

Pixels are those of the upright picture; `xywhr` (radians) is there for oriented boxes. `mask_runs`, for segmentation,
are the pixels of an object by rows, `end` being the column behind the last one; the first 20 of a picture have them.
Where the original cannot be run, `reference` is null and `why_no_reference` a sentence. On failure the exit status is 3
and FOLDER/error.json holds {"error": "one sentence", "detail": "..."}. Steps are lines on standard output.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from conversion_program import Program, number_field  # noqa: E402

FIELDS = {
    "source",
    "output",
    "samples",
    "image_size",
    "confidence",
    "iou",
    "max_detections",
    "names",
    "task",
    "layout",
    "run_pickled_code",
}


def convert(program: Program) -> dict:
    # Not before the surroundings are made: these read them when they are loaded.
    from model_sources import open_source
    from reference_detections import Thresholds, make_reference

    request = program.request
    thresholds = Thresholds(
        confidence=number_field(request, "confidence", 0.25),
        iou=number_field(request, "iou", 0.7),
        max_detections=int(number_field(request, "max_detections", 300, most=100_000)),
    )
    source = open_source(program)
    result = {
        "format": 1,
        "exporter": source.exporter,
        "source": source.described,
        "task": source.task,
        "names": source.names,
        "input_size": list(source.input_size),
    }
    return result | make_reference(source, thresholds, program)


if __name__ == "__main__":
    Program(known=FIELDS, needed={"source", "output", "samples"}).run(convert)
