"""Detections of ONNX files that are not Ultralytics', read as their authors' code reads them.

Only where the layout is certain: the request names it, by the name that Harrier has for it, or the shape of the one
output is YOLOv5's or YOLOv8's and no other's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from ultralytics.engine.results import Results
from ultralytics.utils import ops
from ultralytics.utils.nms import non_max_suppression

from input_preparation import PREPARATIONS, Placement, Preparation, prepare
from model_sources import Source

STRIDES = (8, 16, 32)


@dataclass(frozen=True)
class View:
    """One picture in the model's input, and what to keep of what is found there."""

    confidence: float
    iou: float
    max_detections: int
    input_size: tuple[int, int]  # height, width
    picture_size: tuple[int, int]
    placement: Placement


class PlainModel:
    """A layout's way from a picture to detections."""

    def __init__(self, path: Path, layout: str, source: Source):
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.decode, self.size = LAYOUTS[layout], source.input_size
        self.preparation = PREPARATIONS.get(layout, Preparation())
        self.names = dict(enumerate(source.names))

    def predict(self, picture: np.ndarray, confidence: float, iou: float, max_detections: int) -> Results:
        tensor, placement = prepare(picture, self.size, self.preparation)
        inputs = self.session.get_inputs()
        feed = {inputs[0].name: tensor}
        if len(inputs) > 1:  # RT-DETR of its authors wants the size that boxes are in: width, height
            feed[inputs[1].name] = np.array([picture.shape[1::-1]], dtype=np.int64)
        names = [output.name for output in self.session.get_outputs()]
        outputs = {name: torch.from_numpy(value).float() for name, value in zip(names, self.session.run(None, feed))}
        view = View(confidence, iou, max_detections, self.size, picture.shape[:2], placement)
        found = self.decode(outputs, view)
        return Results(picture, path="", names=self.names, **{"obb" if found.shape[1] == 7 else "boxes": found})


def suppressed(candidates: torch.Tensor, view: View) -> torch.Tensor:
    """Ultralytics' suppression of [1, 4 + classes, n]: x1, y1, x2, y2, confidence, class in pixels of the input."""
    return non_max_suppression(candidates, view.confidence, view.iou, max_det=view.max_detections)[0]


def above(rows: torch.Tensor, view: View) -> torch.Tensor:
    """The best rows of ..., confidence, class, ... over the threshold."""
    rows = rows[rows[:, 4] > view.confidence]
    return rows[rows[:, 4].argsort(descending=True, stable=True)][: view.max_detections]


def in_picture(found: torch.Tensor, view: View) -> torch.Tensor:
    """Rows of x1, y1, x2, y2 and more, from pixels of the input to those of the picture, ending at its border."""
    found = found.clone()
    for axis in (0, 1):
        sides = found[:, axis:4:2]
        sides -= view.placement.corner[axis]
        sides /= view.placement.gain[axis]
        sides.clamp_(0, view.picture_size[1 - axis])
    return found


def oriented_in_picture(found: torch.Tensor, view: View) -> torch.Tensor:
    """Rows of cx, cy, w, h, confidence, class, angle as Ultralytics has them: the angle before the confidence."""
    boxes = torch.cat([found[:, :4], found[:, 6:7]], dim=1)
    for axis in (0, 1):
        boxes[:, axis] -= view.placement.corner[axis]
        boxes[:, axis:4:2] /= view.placement.gain[axis]
    return torch.cat([boxes, found[:, 4:6]], dim=1)


def yolov8(outputs, view: View) -> torch.Tensor:
    return in_picture(suppressed(only(outputs), view), view)


def yolov5(outputs, view: View) -> torch.Tensor:
    """utils/general.py, non_max_suppression: confidence is objectness times class score."""
    rows = only(outputs)[0]
    candidates = torch.cat([rows[:, :4], rows[:, 4:5] * rows[:, 5:]], dim=1).T[None]
    return in_picture(suppressed(candidates, view), view)


def oriented(outputs, view: View) -> torch.Tensor:
    candidates = only(outputs)
    found = non_max_suppression(
        candidates, view.confidence, view.iou, max_det=view.max_detections, nc=candidates.shape[1] - 5, rotated=True
    )[0]
    return oriented_in_picture(found, view)


def end_to_end(outputs, view: View) -> torch.Tensor:
    return in_picture(above(only(outputs)[0], view), view)


def oriented_end_to_end(outputs, view: View) -> torch.Tensor:
    return oriented_in_picture(above(only(outputs)[0], view), view)


def yolox(outputs, view: View) -> torch.Tensor:
    """yolox/models/yolo_head.py, decode_outputs: a row a cell, finest stride first."""
    rows = only(outputs)[0].clone()
    first = 0
    for stride in STRIDES:
        height, width = (side // stride for side in view.input_size)
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        level = rows[first : first + height * width]
        level[:, :2] = (level[:, :2] + torch.stack([x, y], dim=-1).reshape(-1, 2)) * stride
        level[:, 2:4] = level[:, 2:4].exp() * stride
        first += height * width
    return yolov5({"decoded": rows[None]}, view)


def rtdetr(outputs, view: View) -> torch.Tensor:
    """ultralytics/models/rtdetr/predict.py: cx, cy, w, h in parts of the picture, confidence, class."""
    return of_parts(only(outputs)[0], view)


def rtdetr_scores(outputs, view: View) -> torch.Tensor:
    """The same before 8.4: of a query its best class."""
    rows = only(outputs)[0]
    scores, labels = rows[:, 4:].max(dim=1, keepdim=True)
    return of_parts(torch.cat([rows[:, :4], scores, labels], dim=1), view)


def rtdetr_logits(outputs, view: View) -> torch.Tensor:
    """transformers, post_process_object_detection."""
    return best_pairs(outputs["logits"][0], outputs["pred_boxes"][0], view)


def rfdetr(outputs, view: View) -> torch.Tensor:
    """rfdetr/models, PostProcess."""
    return best_pairs(outputs["labels"][0], outputs["dets"][0], view)


def rtdetr_postprocessed(outputs, view: View) -> torch.Tensor:
    """Boxes are in pixels of the picture: that size was asked for."""
    columns = [outputs["boxes"][0], outputs["scores"][0][:, None], outputs["labels"][0][:, None]]
    return in_picture(above(torch.cat(columns, dim=1), view), replace(view, placement=Placement((1, 1))))


def best_pairs(logits: torch.Tensor, boxes: torch.Tensor, view: View) -> torch.Tensor:
    """The best pairs of query and class, as many as there are queries."""
    scores, indices = logits.sigmoid().flatten().topk(len(logits))
    classes = logits.shape[1]
    return of_parts(torch.cat([boxes[indices // classes], scores[:, None], (indices % classes)[:, None]], dim=1), view)


def of_parts(rows: torch.Tensor, view: View) -> torch.Tensor:
    """Rows of cx, cy, w, h in parts of a stretched picture, confidence, class."""
    rows = above(rows, view)
    rows = torch.cat([ops.xywh2xyxy(rows[:, :4]), rows[:, 4:]], dim=1)
    height, width = view.picture_size
    return in_picture(rows, replace(view, placement=Placement((1 / width, 1 / height))))


def only(outputs: dict[str, torch.Tensor]) -> torch.Tensor:
    return next(iter(outputs.values()))


LAYOUTS = {
    "yolov5": yolov5,
    "yolov8": yolov8,
    "oriented": oriented,
    "end_to_end": end_to_end,
    "oriented_end_to_end": oriented_end_to_end,
    "yolox": yolox,
    "yolox_decoded": yolov5,
    "rtdetr": rtdetr,
    "rtdetr_scores": rtdetr_scores,
    "rtdetr_logits": rtdetr_logits,
    "rtdetr_postprocessed": rtdetr_postprocessed,
    "rfdetr": rfdetr,
}


def certain_layout(shapes: list[list[int | None]], size: tuple[int, int], task: str | None) -> str | None:
    """YOLOv5's three rows a cell, or YOLOv8's one column a cell; else None."""
    if len(shapes) != 1 or len(shapes[0]) != 3:
        return None
    _, rows, columns = shapes[0]
    levels = [(size[0] // stride) * (size[1] // stride) for stride in (*STRIDES, 64)]
    cells = (sum(levels[:3]), sum(levels))
    if rows in [3 * count for count in cells] and columns and columns > 5:
        return "yolov5"
    if columns in cells and rows and rows > 4 and task in (None, "detect"):
        return "yolov8"
    return None


def class_count(layout: str, shapes: dict[str, list[int | None]]) -> int:
    """What the shapes say; 0 where they do not."""
    _, rows, columns = [*next(iter(shapes.values())), None, None][:3]
    counts = {
        "yolov5": (columns or 5) - 5,
        "yolox": (columns or 5) - 5,
        "yolox_decoded": (columns or 5) - 5,
        "yolov8": (rows or 4) - 4,
        "oriented": (rows or 5) - 5,
        "rtdetr_scores": (columns or 4) - 4,
        "rtdetr_logits": shapes.get("logits", [0])[-1],
        "rfdetr": shapes.get("labels", [0])[-1],
    }
    return counts.get(layout) or 0
