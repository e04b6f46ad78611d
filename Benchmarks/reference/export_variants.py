"""Export a PyTorch checkpoint in the forms Harrier has to read, and list what came out.

Usage:
    export_variants.py MODEL.pt [MODEL.pt ...] --samples Samples --output DIR [--only openvino]

Writes MODEL.onnx, MODEL-nms.onnx, MODEL-dynamic.onnx, MODEL-fp16.onnx, MODEL-320.onnx, MODEL-384x640.onnx
(height x width), MODEL_openvino_model and MODEL_int8_openvino_model. The int8 model is calibrated with the
pictures of --samples (needs nncf). Prints one JSON line a variant; a failure of one does not stop the others.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import openvino
import yaml
from ultralytics import YOLO

VARIANTS = {
    ".onnx": {"format": "onnx"},
    "-nms.onnx": {"format": "onnx", "nms": True},
    "-dynamic.onnx": {"format": "onnx", "dynamic": True},
    "-fp16.onnx": {"format": "onnx", "quantize": 16},
    "-320.onnx": {"format": "onnx", "imgsz": 320},
    "-384x640.onnx": {"format": "onnx", "imgsz": (384, 640)},
    "_openvino_model": {"format": "openvino"},
    "_int8_openvino_model": {"format": "openvino", "quantize": 8},
}


def calibration_data(samples: Path, names: dict, folder: Path) -> str:
    """Writes an Ultralytics data set description over copies of the sample pictures."""
    images = folder / "images" / "val"
    images.mkdir(parents=True)
    for picture in sorted(samples.glob("*.jpg")):
        shutil.copy(picture, images)
    path = folder / "data.yaml"
    path.write_text(yaml.safe_dump({"path": str(folder), "train": "images/val", "val": "images/val", "names": names}))
    return str(path)


def export(weights: Path, suffix: str, options: dict, samples: Path, output: Path) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(weights, folder))
        model = YOLO(copy)
        if options.get("quantize") == 8:
            options = options | {"data": calibration_data(samples, dict(model.names), Path(folder) / "data")}
        made = Path(model.export(device="cpu", **options))
        target = output / (weights.stem + suffix)
        if target.is_dir():
            shutil.rmtree(target)
        return Path(shutil.move(made, target))


def metadata(path: Path) -> dict:
    if path.is_dir():
        return yaml.safe_load((path / "metadata.yaml").read_text())
    import onnx

    return {item.key: item.value for item in onnx.load(path, load_external_data=False).metadata_props}


def describe(path: Path) -> dict:
    """Shapes, types and metadata of an export, and whether OpenVINO compiles it."""
    core = openvino.Core()
    model = core.read_model(next(path.glob("*.xml")) if path.is_dir() else path)

    def ports(values) -> dict:
        names = ("/".join(sorted(v.names)) or f"(unnamed {i})" for i, v in enumerate(values))
        return {n: f"{v.partial_shape} {v.element_type.get_type_name()}" for n, v in zip(names, values)}

    described = {"inputs": ports(model.inputs), "outputs": ports(model.outputs)}
    try:
        core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        described["openvino"] = "compiles"
    except RuntimeError as error:
        described["openvino"] = str(error).strip().splitlines()[-1]
    size = sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size
    return described | {"bytes": size, "metadata": metadata(path)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="+", type=Path, metavar="MODEL.pt")
    parser.add_argument("--samples", type=Path, default=Path("Samples"))
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--only", default="", help="only variants whose suffix contains this")
    args = parser.parse_args()

    args.output.mkdir(parents=True, exist_ok=True)
    failures = 0
    for weights in args.weights:
        for suffix, options in VARIANTS.items():
            if args.only not in suffix:
                continue
            line = {"variant": weights.stem + suffix}
            try:
                line |= describe(export(weights, suffix, options, args.samples, args.output))
            except Exception as error:  # any exporter may fail in its own way; the others go on
                line["error"] = f"{type(error).__name__}: {error}"
                failures += 1
            print(json.dumps(line, default=str), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
