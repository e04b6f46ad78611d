"""Rebuild a PyTorch checkpoint from the ONNX export of an Ultralytics model.

Usage:
    rebuild_weights.py MODEL.onnx --yaml yolo11n.yaml --image SAMPLE.jpg --output MODEL.pt

An export keeps the fused convolutions under the names of the PyTorch modules, so a model built from the
same YAML and fused takes them by name; a tensor that an exporter renamed is found by order among those of
its shape. Reads class names and stride from the export's metadata, then prints how far the raw outputs of
the two files lie apart on a letterboxed sample picture, as one JSON line.
"""

import argparse
import ast
import json
from collections import defaultdict
from copy import deepcopy
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from ultralytics import YOLO
from ultralytics.data.augment import LetterBox
from ultralytics.nn.tasks import DetectionModel, OBBModel

MODEL_CLASSES = {"detect": DetectionModel, "obb": OBBModel}


def assign(state: dict[str, torch.Tensor], initializers: dict[str, np.ndarray]) -> tuple[dict, int]:
    """Pairs every tensor of the model with an initializer: by name, else by order within its shape."""
    found = {name: initializers[name] for name in state if name in initializers}
    spare = defaultdict(list)
    for name, value in initializers.items():
        if name not in found and value.dtype == np.float32:
            spare[value.shape].append(value)
    missing = [name for name in state if name not in found]
    for name in missing:
        shape = tuple(state[name].shape)
        if not spare[shape]:
            raise SystemExit(f"the export holds no tensor for {name} {shape}")
        found[name] = spare[shape].pop(0)
    for name, value in found.items():
        if tuple(state[name].shape) != value.shape:
            raise SystemExit(f"{name}: the model has {tuple(state[name].shape)}, the export {value.shape}")
    return {name: torch.from_numpy(value.copy()) for name, value in found.items()}, len(missing)


def rebuild(export: onnx.ModelProto, yaml: str) -> tuple[torch.nn.Module, int]:
    """Builds the model in its fused form and fills it with the export's weights."""
    metadata = {item.key: item.value for item in export.metadata_props}
    names = ast.literal_eval(metadata["names"])
    config = deepcopy(YOLO(yaml, task=metadata["task"]).model.yaml)
    model = MODEL_CLASSES[metadata["task"]](config, nc=len(names), verbose=False).eval()
    model.fuse(verbose=False)
    initializers = {item.name: numpy_helper.to_array(item) for item in export.graph.initializer}
    weights, by_order = assign(model.state_dict(), initializers)
    model.load_state_dict(weights, strict=True)
    model.names = names
    model.task = metadata["task"]
    model.args = {"imgsz": max(ast.literal_eval(metadata["imgsz"])), "task": metadata["task"]}
    return model, by_order


def save(model: torch.nn.Module, path: Path) -> None:
    """Saves a checkpoint that `YOLO(path)` loads."""
    checkpoint = {
        "epoch": -1,
        "model": deepcopy(model).float(),
        "ema": None,
        "optimizer": None,
        "train_args": dict(model.args),
        "date": datetime.now(timezone.utc).isoformat(),
        "version": version("ultralytics"),
    }
    torch.save(checkpoint, path)


def sample_tensor(image: str, size: list[int]) -> np.ndarray:
    pixels = LetterBox(tuple(size), auto=False)(image=cv2.imread(image))
    return np.ascontiguousarray(pixels[..., ::-1].transpose(2, 0, 1)[None], dtype=np.float32) / 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("onnx", metavar="MODEL.onnx")
    parser.add_argument("--yaml", required=True, help="yolo11n.yaml, yolo11n-obb.yaml, ...")
    parser.add_argument("--image", required=True, help="picture for the proof")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    export = onnx.load(args.onnx)
    model, by_order = rebuild(export, args.yaml)
    save(model, args.output)

    runtime = onnxruntime.InferenceSession(args.onnx, providers=["CPUExecutionProvider"])
    tensor = sample_tensor(args.image, runtime.get_inputs()[0].shape[2:])
    expected = runtime.run(None, {runtime.get_inputs()[0].name: tensor})[0]
    loaded = YOLO(args.output).model.eval()
    with torch.inference_mode():
        output = loaded(torch.from_numpy(tensor))
    actual = (output[0] if isinstance(output, (list, tuple)) else output).numpy()
    difference = np.abs(actual - expected)[0]
    classes = 4 + len(loaded.names)
    report = {
        "weights": args.output.name,
        "shape": list(actual.shape),
        "tensors_by_order": by_order,
        "max_difference": float(difference.max()),
        "max_box_difference_pixels": float(difference[:4].max()),
        "max_score_difference": float(difference[4:classes].max()),
        "max_score": float(expected[0, 4:classes].max()),
    }
    if actual.shape[1] > classes:
        report["max_angle_difference"] = float(difference[classes:].max())
    print(json.dumps(report))


if __name__ == "__main__":
    main()
