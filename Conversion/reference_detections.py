"""What the original model finds on the sample pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from conversion_program import Program
from model_sources import Source
from sample_pictures import read_picture

DIGITS = 6
# Fewer boxes than this say little about whether two models are the same one.
ENOUGH_BOXES = 20
LOWER_CONFIDENCES = (0.1, 0.05, 0.01, 0.001)
# Of the most confident objects of a picture; a mask takes kilobytes.
MOST_MASKS = 20


@dataclass(frozen=True)
class Thresholds:
    confidence: float
    iou: float
    max_detections: int


def make_reference(source: Source, thresholds: Thresholds, program: Program) -> dict:
    """The keys `confidence` and `reference` of the result."""
    if source.predict is None:
        return {"confidence": thresholds.confidence, "reference": None, "why_no_reference": source.why_no_reference}
    samples = program.request["samples"]
    lower = [confidence for confidence in LOWER_CONFIDENCES if confidence < thresholds.confidence]
    for confidence in [thresholds.confidence, *lower]:
        program.step(f"running the original on {len(samples)} pictures at confidence {confidence}")
        pages = [page(source, sample, program.path(sample), confidence, thresholds) for sample in samples]
        if not samples or sum(len(found["detections"]) for found in pages) >= ENOUGH_BOXES:
            break
    return {"confidence": confidence, "reference": pages}


def page(source: Source, sample: str, path: Path, confidence: float, thresholds: Thresholds) -> dict:
    picture = read_picture(path)
    height, width = picture.shape[:2]
    found = source.predict(picture, confidence, thresholds.iou, thresholds.max_detections)
    return {"sample": sample, "width": width, "height": height, "detections": detections(found)}


def detections(found) -> list[dict]:
    """Of one `Results` of Ultralytics."""
    boxes = found.boxes if found.obb is None else found.obb
    corners = boxes.xyxy.clone()
    if found.obb is None:  # of RT-DETR alone Ultralytics does not cut them off at the picture's border
        height, width = found.orig_shape
        corners[:, 0::2].clamp_(0, width)
        corners[:, 1::2].clamp_(0, height)
    listed = [
        {"class_id": int(class_id), "confidence": rounded(confidence), "xyxy": [rounded(value) for value in box]}
        for class_id, confidence, box in zip(boxes.cls.tolist(), boxes.conf.tolist(), corners.tolist())
    ]
    if found.obb is not None:
        for entry, box in zip(listed, found.obb.xywhr.tolist()):
            entry["xywhr"] = [rounded(value) for value in box]
    if found.masks is not None:
        for entry, mask in zip(listed[:MOST_MASKS], found.masks.data):
            entry["mask_runs"] = runs(mask.numpy().astype(bool))
    return listed


def runs(mask: np.ndarray) -> list[list[int]]:
    """Pixels of an object, by rows: row, first column, column behind the last one."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)  # both ordered by row, then by column
    return [[int(row), int(start), int(end)] for (row, start), end in zip(starts, ends[:, 1])]


def rounded(value: float) -> float:
    return round(float(value), DIGITS)
