"""Writes segmentation/: pictures of shapes, what Ultralytics and SAHI find on them with shapes-seg.onnx, and masks that
Ultralytics makes of random prototypes. With --train makes the model anew first.

The model is a yolo11n-seg of a quarter of its width (without distribution focal loss), trained on drawn shapes: discs are
tanks, rectangles fields, blobs lakes. Some ten minutes on two cores; another run gives another model, and other references.

Made with ultralytics 8.4.190, sahi 0.12.8, torch 2.13.0 (CPU), onnx 1.23.2, onnxruntime 1.32.0, opencv-python 5.0.0,
shapely 2.2.0 and Python 3.11.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform
import shutil
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
import torch.nn.functional as F
import ultralytics
import yaml
from onnx import TensorProto, helper, numpy_helper
from ultralytics import YOLO
from ultralytics.utils import ops

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "segmentation"
MODEL = OUTPUT / "shapes-seg.onnx"
SIZE = 320
NAMES = ["tank", "field", "lake"]
COLOURS = np.array([(215, 225, 230), (60, 190, 200), (190, 110, 40)])  # BGR
EPOCHS = 16


# --- pictures -------------------------------------------------------------------------------


def background(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Soft patches of dark colours under noise."""
    patches = rng.integers(60, 150, (max(height // 40, 2), max(width // 40, 2), 3)).astype(np.uint8)
    image = cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(image + rng.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)


def outline(rng: np.random.Generator, kind: int, radius: float) -> np.ndarray:
    """The points of a shape around (0, 0)."""
    if kind == 0:
        angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
        return np.stack((radius * np.cos(angles), radius * np.sin(angles)), 1)
    if kind == 1:
        turn, half = rng.uniform(0, math.pi), radius * rng.uniform(0.4, 0.8)
        corners = np.array([[-radius, -half], [radius, -half], [radius, half], [-radius, half]])
        return corners @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    angles = np.linspace(0, 2 * math.pi, 64, endpoint=False)
    waves = sum(rng.uniform(-1, 1) * np.cos(k * angles + rng.uniform(0, 6.28)) for k in (2, 3, 4, 5))
    radii = radius * (0.75 + 0.25 * waves / 1.5)
    return np.stack((radii * np.cos(angles) * rng.uniform(0.6, 1), radii * np.sin(angles)), 1)


def scene(rng: np.random.Generator, height: int, width: int, count: int) -> tuple[np.ndarray, list]:
    """A picture and its shapes as (class, points); shapes hardly overlap and may pass the border."""
    image = background(rng, height, width)
    fine = cv2.resize(image, (width * 4, height * 4), interpolation=cv2.INTER_LINEAR)
    shapes, taken = [], []
    for _ in range(count * 8):
        if len(shapes) >= count:
            break
        kind = int(rng.integers(0, 3))
        radius = float(rng.uniform(12, 28) if kind == 0 else rng.uniform(18, 60))
        centre = np.array([rng.uniform(0, width), rng.uniform(0, height)])
        if any(np.hypot(*(centre - other)) < (radius + reach) * 0.95 for other, reach in taken):
            continue
        points = outline(rng, kind, radius) + centre
        inside = np.clip(points, 0, [width, height])
        if cv2.contourArea(inside.astype(np.float32)) < 80:
            continue
        taken.append((centre, radius))
        colour = np.clip(COLOURS[kind] + rng.normal(0, 14, 3), 0, 255)
        cv2.fillPoly(fine, [np.round(points * 4).astype(np.int32)], tuple(map(float, colour)), cv2.LINE_AA)
        shapes.append((kind, inside))
    return cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA), shapes


# --- model ----------------------------------------------------------------------------------


def write_dataset(folder: Path) -> Path:
    rng = np.random.default_rng(7)
    for split, count in (("train", 320), ("val", 24)):
        images, labels = folder / "images" / split, folder / "labels" / split
        images.mkdir(parents=True)
        labels.mkdir(parents=True)
        for index in range(count):
            image, shapes = scene(rng, SIZE, SIZE, int(rng.integers(3, 10)))
            cv2.imwrite(str(images / f"{index:04}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
            lines = [
                f"{kind} " + " ".join(f"{value:.6f}" for value in (points / SIZE).ravel()) for kind, points in shapes
            ]
            (labels / f"{index:04}.txt").write_text("\n".join(lines) + "\n")
    document = {"path": str(folder), "train": "images/train", "val": "images/val", "names": dict(enumerate(NAMES))}
    path = folder / "data.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def train() -> None:
    """Trains and exports the model."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = Path(ultralytics.__file__).parent / "cfg/models/11/yolo11-seg.yaml"
        architecture = yaml.safe_load(config.read_text())
        architecture |= {"scales": {"n": [0.5, 0.0625, 1024]}, "nc": len(NAMES), "reg_max": 1}
        (folder / "yolo11n-seg.yaml").write_text(yaml.safe_dump(architecture, sort_keys=False))
        model = YOLO(str(folder / "yolo11n-seg.yaml"), task="segment")
        model.train(
            data=str(write_dataset(folder / "data")), epochs=EPOCHS, imgsz=SIZE, batch=8, device="cpu", workers=0,
            amp=False, seed=7, project=str(folder / "runs"), name="shapes", plots=False, val=False, close_mosaic=0,
            optimizer="AdamW", lr0=0.006, warmup_epochs=1, mask_ratio=2, verbose=False,
        )  # fmt: skip
        export(folder / "runs" / "shapes" / "weights" / "last.pt", folder)


def export(weights: Path, folder: Path) -> None:
    copy = folder / "shapes-seg.pt"
    shutil.copyfile(weights, copy)
    model = onnx.load(YOLO(str(copy)).export(format="onnx", imgsz=SIZE, opset=17, device="cpu"))
    halve(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, MODEL)


def halve(graph: onnx.GraphProto) -> None:
    """Stores the large weights in 16 bits; the model computes in 32 all the same."""
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < 64:
            continue
        stored = tensor.name + "_16"
        casts.append(helper.make_node("Cast", [stored], [tensor.name], to=TensorProto.FLOAT))
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


# --- references -----------------------------------------------------------------------------


def runs(mask: np.ndarray) -> list[int]:
    """Row, first column and the column behind the last one of every run, one after the other."""
    found = []
    for row, line in enumerate(mask.astype(bool)):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], line.astype(np.int8), [0]))))
        for start, end in zip(edges[::2], edges[1::2]):
            found += [row, int(start), int(end)]
    return found


def rounded(values) -> list:
    return np.round(np.asarray(values, np.float64), 3).tolist()


def made_with(*packages: str) -> dict[str, str]:
    versions = {name: importlib.metadata.version(name) for name in packages}
    versions["python"] = platform.python_version()
    return versions


def write(name: str, document: dict, rows: list) -> None:
    """Writes a document with a detection a line."""
    head = json.dumps(document, indent=1)[:-2]
    body = ",\n".join("  " + json.dumps(row, separators=(",", ":")) for row in rows)
    (OUTPUT / name).write_text(f'{head},\n "detections": [\n{body}\n ]\n}}\n')


def reference_of_picture(name: str, image: str) -> None:
    """Ultralytics on the whole picture: masks of `retina_masks=True`, which are the picture's own pixels, and the outlines
    of its default, `masks.xy`."""
    path = str(OUTPUT / image)
    fine = YOLO(str(MODEL), task="segment")(path, conf=0.25, iou=0.45, retina_masks=True, verbose=False)[0]
    plain = YOLO(str(MODEL), task="segment")(path, conf=0.25, iou=0.45, verbose=False)[0]
    rows = [
        {
            "class_id": int(kind),
            "confidence": round(float(confidence), 6),
            "xyxy": rounded(box),
            "runs": runs(mask.numpy()),
            "xy": rounded(points),
        }
        for kind, confidence, box, mask, points in zip(
            fine.boxes.cls, fine.boxes.conf, fine.boxes.xyxy, fine.masks.data, plain.masks.xy, strict=True
        )
    ]
    document = {
        "image": image,
        "weights": MODEL.name,
        "made_with": made_with("ultralytics", "torch", "onnxruntime"),
        "confidence_threshold": 0.25,
        "iou_threshold": 0.45,
    }
    write(name, document, rows)
    print(f"{name}: {len(rows)} detections")


def reference_of_slices(name: str, image: str) -> None:
    """SAHI's slices of the model's own size: it scales masks without regard to a letterbox. No full image for that reason.

    SAHI's box of a mask is that of its outline through the pixels' centres.
    """
    from sahi import AutoDetectionModel
    from sahi.predict import get_sliced_prediction

    model = AutoDetectionModel.from_pretrained(
        model_type="ultralytics", model_path=str(MODEL), confidence_threshold=0.25, device="cpu", task="segment"
    )
    result = get_sliced_prediction(
        str(OUTPUT / image), model, slice_width=SIZE, slice_height=SIZE, overlap_width_ratio=0.2,
        overlap_height_ratio=0.2, perform_standard_pred=False, postprocess_type="GREEDYNMM",
        postprocess_match_metric="IOS", postprocess_match_threshold=0.5, force_postprocess_type=True, verbose=0,
    )  # fmt: skip
    found = sorted(result.object_prediction_list, key=lambda one: -one.score.value)
    rows = [
        {
            "class_id": one.category.id,
            "confidence": round(float(one.score.value), 6),
            "xyxy": rounded(one.bbox.to_xyxy()),
            "runs": runs(one.mask.bool_mask),
        }
        for one in found
    ]
    document = {
        "image": image,
        "weights": MODEL.name,
        "made_with": made_with("ultralytics", "sahi", "torch", "onnxruntime", "shapely"),
        "confidence_threshold": 0.25,
        "iou_threshold": 0.5,
        "slice": SIZE,
        "overlap_ratio": 0.2,
        "merge": "GREEDYNMM",
        "merge_metric": "IOS",
    }
    write(name, document, rows)
    print(f"{name}: {len(rows)} detections")


def make_masks() -> None:
    """`process_mask_native` on smooth random prototypes, by picture and input size."""
    torch.manual_seed(3)
    rng = np.random.default_rng(3)
    cases = []
    for width, height, input_width, input_height in [(64, 64, 64, 64), (96, 72, 64, 64), (50, 125, 64, 64)]:
        rows, columns, channels = input_height // 4, input_width // 4, 4
        prototypes = F.interpolate(torch.randn(1, channels, 4, 4), (rows, columns), mode="bicubic")[0]
        prototypes = torch.round(prototypes * 1000) / 1000
        masks = []
        for _ in range(6):
            factors = torch.round(torch.randn(channels) * 1000) / 1000
            left, top = rng.uniform(0, [width * 0.5, height * 0.5])
            box = [left, top, *np.minimum((left, top) + rng.uniform(12, [width * 0.9, height * 0.9]), [width, height])]
            box = [round(float(value), 2) for value in box]
            mask = ops.process_mask_native(prototypes, factors[None], torch.tensor([box]), (height, width))[0]
            masks.append({"factors": rounded(factors), "box": box, "runs": runs(mask.numpy())})
        cases.append(
            {
                "size": [width, height],
                "input": [input_width, input_height],
                "shape": [1, channels, rows, columns],
                "prototypes": rounded(prototypes.flatten()),
                "masks": masks,
            }
        )
    body = ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in cases)
    head = json.dumps(made_with("ultralytics", "torch"))
    (OUTPUT / "masks.json").write_text(f'{{\n "made_with": {head},\n "cases": [\n{body}\n ]\n}}\n')


def main() -> None:
    if "--train" in sys.argv[1:]:
        train()
    OUTPUT.mkdir(exist_ok=True)
    rng = np.random.default_rng(11)
    for name, width, height, count in [("square", 320, 320, 9), ("wide", 640, 400, 14), ("large", 640, 576, 24)]:
        image, _ = scene(rng, height, width, count)
        cv2.imwrite(str(OUTPUT / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    reference_of_picture("square.json", "square.jpg")
    reference_of_picture("wide.json", "wide.jpg")
    reference_of_slices("large.json", "large.jpg")
    make_masks()


if __name__ == "__main__":
    main()
