"""How pictures become a model's input: what the Python code that trained it does before the first layer."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

GREY = 114


@dataclass(frozen=True)
class Preparation:
    fit: str = "centred"  # to fit, the rest grey; or top_left, or stretched: both sides for themselves
    is_bgr: bool = False
    divisor: float = 255
    mean: tuple[float, float, float] = (0, 0, 0)
    deviation: tuple[float, float, float] = (1, 1, 1)
    is_antialiased: bool = False  # as Pillow makes pictures smaller, and not as OpenCV


# By Harrier's names of layouts; all others are prepared as YOLO's.
PREPARATIONS = {
    # yolox/data/data_augment.py, preproc
    "yolox": Preparation("top_left", is_bgr=True, divisor=1),
    "yolox_decoded": Preparation("top_left", is_bgr=True, divisor=1),
    # ultralytics/models/rtdetr/predict.py
    "rtdetr": Preparation("stretched"),
    "rtdetr_scores": Preparation("stretched"),
    # torchvision's Resize of a Pillow picture
    "rtdetr_logits": Preparation("stretched", is_antialiased=True),
    "rtdetr_postprocessed": Preparation("stretched", is_antialiased=True),
    # rfdetr/detr.py, predict: ImageNet's mean and deviation
    "rfdetr": Preparation("stretched", mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225)),
}


@dataclass(frozen=True)
class Placement:
    """Where the picture lies in the input."""

    gain: tuple[float, float]  # input pixels a picture's pixel: x, y
    corner: tuple[int, int] = (0, 0)  # x, y


def prepare(picture: np.ndarray, size: tuple[int, int], preparation: Preparation) -> tuple[np.ndarray, Placement]:
    """A float32 tensor [1, 3, height, width] of a picture in OpenCV's order, for an input of height and width."""
    (height, width), (rows, columns) = size, picture.shape[:2]
    if preparation.fit == "stretched":
        scaled, placement = (width, height), Placement((width / columns, height / rows))
        pixels = resized(picture, scaled, preparation.is_antialiased)
    else:
        ratio = min(height / rows, width / columns)
        if preparation.fit == "top_left":
            scaled, corner = (int(columns * ratio), int(rows * ratio)), (0, 0)
            gain = (ratio, ratio)
        else:
            scaled = (round(columns * ratio), round(rows * ratio))
            corner = ((width - scaled[0]) // 2, (height - scaled[1]) // 2)
            gain = (scaled[0] / columns, scaled[1] / rows)
        placement = Placement(gain, corner)
        pixels = np.full((height, width, 3), GREY, dtype=np.uint8)
        x, y = corner
        pixels[y : y + scaled[1], x : x + scaled[0]] = resized(picture, scaled, preparation.is_antialiased)
    if not preparation.is_bgr:
        pixels = pixels[..., ::-1]
    values = pixels.astype(np.float32) / preparation.divisor
    values = (values - np.float32(preparation.mean)) / np.float32(preparation.deviation)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None]), placement


def resized(picture: np.ndarray, size: tuple[int, int], is_antialiased: bool) -> np.ndarray:
    """To width and height."""
    if picture.shape[1::-1] == size:
        return picture
    if is_antialiased:
        return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
    return cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
