"""How pictures become a model's input: what the Python code that trained it does before the first layer."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from PIL import Image
from torch.nn.functional import interpolate

GREY = 114


@dataclass(frozen=True)
class Preparation:
    fit: str = "centred"  # to fit, the rest grey; or top_left, or stretched: both sides for themselves
    is_bgr: bool = False
    divisor: float = 255
    mean: tuple[float, float, float] = (0, 0, 0)
    deviation: tuple[float, float, float] = (1, 1, 1)
    resizing: str = "opencv"  # see resized


# By Harrier's names of layouts; all others are prepared as YOLO's.
PREPARATIONS = {
    # yolox/data/data_augment.py, preproc
    "yolox": Preparation("top_left", is_bgr=True, divisor=1),
    "yolox_decoded": Preparation("top_left", is_bgr=True, divisor=1),
    # ultralytics/models/rtdetr/predict.py
    "rtdetr": Preparation("stretched"),
    "rtdetr_scores": Preparation("stretched"),
    # transformers, RTDetrImageProcessor
    "rtdetr_logits": Preparation("stretched", resizing="torchvision"),
    # rtdetrv2_onnxruntime.py: torchvision's Resize of a Pillow picture is Pillow's
    "rtdetr_postprocessed": Preparation("stretched", resizing="pillow"),
    # rfdetr/detr.py, predict: ImageNet's mean and deviation
    "rfdetr": Preparation(
        "stretched", mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225), resizing="unrounded"
    ),
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
        pixels = resized(picture, scaled, preparation.resizing)
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
        pixels[y : y + scaled[1], x : x + scaled[0]] = resized(picture, scaled, preparation.resizing)
    if not preparation.is_bgr:
        pixels = pixels[..., ::-1]
    values = pixels.astype(np.float32) / preparation.divisor
    values = (values - np.float32(preparation.mean)) / np.float32(preparation.deviation)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None]), placement


def resized(picture: np.ndarray, size: tuple[int, int], resizing: str) -> np.ndarray:
    """To width and height. Transformers choose other queries for a colour that is rounded in another way, so it is
    done as by the package that the model's own code takes:

    opencv       the nearest four pixels, also where it shrinks
    pillow       all that a smaller pixel covers
    torchvision  the same with weights of fewer bits, as torchvision's resize has them for bytes
    unrounded    the nearest four as 32-bit floats, as it has them for floats without antialiasing
    """
    match resizing:
        case "opencv":
            return cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
        case "pillow":
            return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
    # torchvision itself cannot be loaded here; this is what it calls.
    pixels = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
    if resizing == "torchvision":
        pixels = interpolate(pixels, size[::-1], mode="bilinear", antialias=True)
    else:
        pixels = interpolate(pixels.float(), size[::-1], mode="bilinear")
    return pixels[0].permute(1, 2, 0).numpy()
