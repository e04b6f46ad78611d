"""Writes numerics/*.json: reference results of the Python detection stack.

Made with ultralytics 8.4.190, sahi 0.12.8 (numpy postprocess backend), opencv-python 5.0.0,
torch 2.13.0 (CPU), torchvision 0.28.0, shapely 2.2.0, pycocotools 2.0.11, numpy 2.4.6 and
Python 3.11. No arguments; every random choice is seeded, so a second run gives the same files.
"""

from __future__ import annotations

import base64
import contextlib
import importlib.metadata
import io
import json
import math
import platform
from pathlib import Path

import cv2
import numpy as np
import torch
import torchvision
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sahi.postprocess.backends import set_postprocess_backend
from sahi.postprocess.combine import GreedyNMMPostprocess, NMMPostprocess, NMSPostprocess
from sahi.prediction import ObjectPrediction
from sahi.slicing import get_slice_bboxes
from shapely.geometry import Polygon
from ultralytics.data.augment import LetterBox
from ultralytics.utils.metrics import batch_probiou
from ultralytics.utils.nms import TorchNMS, non_max_suppression
from ultralytics.utils.ops import xywhr2xyxyxyxy

OUTPUT = Path(__file__).resolve().parent.parent / "numerics"
MAX_WH = 7680  # class offset of ultralytics.utils.nms.non_max_suppression


def made_with(*packages: str) -> dict[str, str]:
    """Return the versions of the named packages and of Python."""
    versions = {name: importlib.metadata.version(name) for name in packages}
    versions["python"] = platform.python_version()
    return versions


def write(name: str, document: dict, row_keys: str) -> None:
    """Write a document with one case a line under `row_keys`."""
    cases = document.pop(row_keys)
    head = json.dumps(document, indent=1)[:-2]
    body = ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in cases)
    (OUTPUT / name).write_text(f'{head},\n "{row_keys}": [\n{body}\n ]\n}}\n')


def number(value: float) -> float | int:
    """Shorten whole numbers."""
    value = float(value)
    return int(value) if value.is_integer() else value


def float32(values: np.ndarray) -> np.ndarray:
    """Round to float32, kept as float64 (so that JSON holds the exact value)."""
    return values.astype(np.float32).astype(np.float64)


# --- letterbox ------------------------------------------------------------------------------


def lcg_bytes(seed: int, count: int) -> np.ndarray:
    """Bytes of the linear congruential generator every test can repeat."""
    value, out = seed, bytearray(count)
    for k in range(count):
        value = (value * 1664525 + 1013904223) & 0xFFFFFFFF
        out[k] = value >> 24
    return np.frombuffer(bytes(out), np.uint8)


def make_letterbox() -> None:
    """LetterBox(auto=False, scaleup=True) on noise pictures."""
    # (source width, source height, target width, target height, what it covers)
    wanted = [
        (96, 96, 48, 48, "exactly half in both axes: cv2 averages 2x2"),
        (80, 60, 40, 40, "exactly half in both axes, with padding"),
        (128, 80, 64, 40, "exactly half, rectangular target"),
        (48, 48, 48, 48, "identity"),
        (48, 21, 48, 48, "no resize, padding of 13 and 14"),
        (33, 48, 48, 48, "no resize, padding of 7 and 8"),
        (25, 32, 16, 16, "width 12.5 rounds half to even: 12"),
        (27, 32, 16, 16, "width 13.5 rounds half to even: 14"),
        (2, 150, 24, 24, "one pixel wide result (would round to 0)"),
        (150, 3, 32, 24, "one pixel high result"),
        (150, 2, 40, 16, "one pixel high result"),
        (1, 1, 24, 24, "single pixel blown up"),
        (20, 20, 48, 48, "up"),
        (24, 24, 48, 48, "exactly double"),
        (31, 21, 48, 48, "up"),
        (23, 37, 64, 40, "up in a rectangular target"),
        (150, 100, 48, 48, "down"),
        (100, 149, 32, 40, "down"),
        (144, 96, 48, 48, "exactly a third"),
        (128, 128, 32, 32, "exactly a quarter (plain bilinear, no averaging)"),
        (97, 96, 48, 48, "almost half: one axis rounds to exactly half"),
    ]
    random = np.random.default_rng(20240501)
    for _ in range(5):
        width, height = (int(v) for v in random.integers(20, 151, 2))
        target = (64, 40) if random.random() < 0.3 else tuple(int(v) for v in random.integers(16, 49, 2))
        wanted.append((width, height, *target, "random"))
    cases = []
    for index, (width, height, target_width, target_height, note) in enumerate(wanted):
        seed = 1000003 * (index + 1) % 2**32
        image = lcg_bytes(seed, width * height * 3).reshape(height, width, 3)
        box = LetterBox(new_shape=(target_height, target_width), auto=False, scaleup=True)
        params = box.get_params({"img": image})
        out = box(image=image.copy())
        assert out.shape == (target_height, target_width, 3)
        reference = letterbox_by_hand(image, target_width, target_height)
        assert np.array_equal(out, reference), note
        cases.append(
            {
                "note": note,
                "seed": seed,
                "source": [width, height],
                "target": [target_width, target_height],
                "resized": list(params["new_unpad"]),
                "left": params["left"],
                "top": params["top"],
                "right": params["right"],
                "bottom": params["bottom"],
                "first_source_bytes": image.reshape(-1)[:3].tolist(),
                "output": base64.b64encode(out.tobytes()).decode(),
            }
        )
    write(
        "letterbox.json",
        {
            "made_with": made_with("ultralytics", "opencv-python", "numpy"),
            "rule": "byte k of the row-major RGB source = (value >> 24) & 255, value = (value * 1664525 + 1013904223)"
            " mod 2^32 stepped before each byte, starting from seed; sizes are [width, height]; output is base64"
            " of the row-major RGB letterboxed picture, padding 114",
            "cases": cases,
        },
        "cases",
    )


def axis_table(source: int, target: int, clamp: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First source index and the two 11-bit weights for each target index."""
    scale = 1.0 / (target / source)  # the two divisions of cv2::resize
    first, weight0, weight1 = (np.zeros(target, np.int64) for _ in range(3))
    for d in range(target):
        f = np.float32((d + 0.5) * scale - 0.5)
        s = int(np.floor(f))
        f = np.float32(f - np.float32(s))
        if clamp and s < 0:
            s, f = 0, np.float32(0)
        if clamp and s >= source - 1:
            s, f = source - 1, np.float32(0)
        first[d] = s
        weight0[d] = int(np.rint((np.float32(1) - f) * np.float32(2048)))
        weight1[d] = int(np.rint(f * np.float32(2048)))
    return first, weight0, weight1


def resize_by_hand(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """cv2.resize(INTER_LINEAR) of 8-bit pictures in plain integers (see letterbox-notes.md)."""
    source_height, source_width = image.shape[:2]
    a = image.astype(np.int64)
    if source_width == 2 * width and source_height == 2 * height:
        return ((a[0::2, 0::2] + a[0::2, 1::2] + a[1::2, 0::2] + a[1::2, 1::2] + 2) >> 2).astype(np.uint8)
    x0, ax0, ax1 = axis_table(source_width, width, clamp=True)
    y0, by0, by1 = axis_table(source_height, height, clamp=False)
    x1 = np.minimum(x0 + 1, source_width - 1)
    rows = a[:, x0] * ax0[None, :, None] + a[:, x1] * ax1[None, :, None]
    top = rows[np.clip(y0, 0, source_height - 1)] >> 4
    bottom = rows[np.clip(y0 + 1, 0, source_height - 1)] >> 4
    mixed = ((by0[:, None, None] * top) >> 16) + ((by1[:, None, None] * bottom) >> 16)
    return np.clip((mixed + 2) >> 2, 0, 255).astype(np.uint8)


def letterbox_by_hand(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """LetterBox with the integer resize, as a check on the notes."""
    source_height, source_width = image.shape[:2]
    r = min(height / source_height, width / source_width)
    w, h = max(round(source_width * r), 1), max(round(source_height * r), 1)
    if (w, h) != (source_width, source_height):
        image = resize_by_hand(image, w, h)
    out = np.full((height, width, 3), 114, np.uint8)
    top, left = round((height - h) / 2 - 0.1), round((width - w) / 2 - 0.1)
    out[top : top + h, left : left + w] = image
    return out


# --- slice grid -----------------------------------------------------------------------------


def make_slice_grid() -> None:
    """sahi.slicing.get_slice_bboxes with explicit slice sizes."""
    random = np.random.default_rng(77)
    wanted = [
        (1024, 768, 512, 512, 0.2),
        (1024, 1024, 512, 512, 0.0),
        (1024, 1024, 512, 512, 0.5),
        (512, 512, 512, 512, 0.2),
        (513, 512, 512, 512, 0.2),
        (511, 511, 512, 512, 0.2),
        (300, 2000, 512, 512, 0.2),
        (2000, 300, 512, 512, 0.2),
        (64, 64, 640, 640, 0.25),
        (922, 922, 512, 512, 0.2),
        (921, 923, 512, 512, 0.2),
        (1000, 1000, 100, 50, 0.0),
        (1, 1, 32, 32, 0.5),
        (640, 480, 64, 48, 0.1),
        (1333, 777, 333, 222, 0.29),
        (1000, 700, 100, 100, 0.29),
    ]
    while len(wanted) < 60:
        overlap = float(random.choice([0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.33, 0.4, 0.5, 0.57, 0.7]))
        slice_width, slice_height = (int(v) for v in random.integers(40, 700, 2))
        if random.random() < 0.5:
            slice_height = slice_width
        width, height = (int(v) for v in random.integers(20, 1600, 2))
        if random.random() < 0.2:
            width = slice_width * int(random.integers(1, 4))
        if random.random() < 0.2:
            height = slice_height * int(random.integers(1, 4))
        boxes = get_slice_bboxes(height, width, slice_height, slice_width, False, overlap, overlap)
        if len(boxes) <= 60:
            wanted.append((width, height, slice_width, slice_height, overlap))
    cases = []
    for width, height, slice_width, slice_height, overlap in wanted:
        boxes = get_slice_bboxes(
            image_height=height,
            image_width=width,
            slice_height=slice_height,
            slice_width=slice_width,
            auto_slice_resolution=False,
            overlap_height_ratio=overlap,
            overlap_width_ratio=overlap,
        )
        cases.append(
            {"image": [width, height], "slice": [slice_width, slice_height], "overlap": overlap, "boxes": boxes}
        )
    write(
        "slice-grid.json",
        {
            "made_with": made_with("sahi"),
            "layout": "sizes [width, height]; boxes [x1, y1, x2, y2] in sahi's order",
            "cases": cases,
        },
        "cases",
    )


# --- merging --------------------------------------------------------------------------------


def clustered_boxes(
    random: np.random.Generator, count: int, classes: int, grid: float, extent: float, spread: float = 1.0
) -> np.ndarray:
    """Rows [x1, y1, x2, y2, score, class] that overlap a lot; scores distinct multiples of 1/1024."""
    centres = random.uniform(40, extent - 40, (max(2, count // 8), 4))
    rows = np.zeros((count, 6))
    for row in rows:
        cx, cy, a, b = centres[random.integers(len(centres))]
        size = np.array([20 + a % 41, 16 + b % 37]) * random.uniform(1 - 0.5 * spread, 1 + 0.7 * spread, 2)
        middle = np.array([cx, cy]) + random.normal(0, 9 * spread, 2)
        row[:2], row[2:4] = np.maximum(middle - size / 2, 0), middle + size / 2
        row[5] = random.integers(classes)
    rows[:, :4] = np.round(rows[:, :4] / grid) * grid if grid else float32(rows[:, :4])
    rows[:, 4] = random.choice(np.arange(60, 1020), count, replace=False) / 1024
    return rows


def prediction_list(rows: np.ndarray) -> list[ObjectPrediction]:
    """SAHI predictions of box rows (a fresh list: SAHI writes merged boxes back into it)."""
    return [
        ObjectPrediction(
            bbox=[float(v) for v in r[:4]], score=float(r[4]), category_id=int(r[5]), category_name=str(int(r[5]))
        )
        for r in rows
    ]


def make_merging() -> None:
    """NMS, GREEDYNMM and NMM over clustered boxes."""
    set_postprocess_backend("numpy")
    algorithms = {"NMS": NMSPostprocess, "GREEDYNMM": GreedyNMMPostprocess, "NMM": NMMPostprocess}
    random = np.random.default_rng(4242)
    cases = []
    for index in range(30):
        count = [5, 8, 12, 17, 24, 30, 40, 55, 70, 120][index % 10]
        classes = 1 + index % 3
        grid = [0.25, 0.0, 1.0][(index // 10) % 3]
        note = {0.25: "quarter pixel boxes", 0.0: "float32 boxes", 1.0: "whole pixel boxes"}[grid]
        rows = clustered_boxes(random, count, classes, grid, 160 + count * 4, (1.0, 0.4, 0.2)[index // 2 % 3])
        if index in (7, 12, 23, 26):
            rows[:, 4] = random.choice([0.25, 0.5, 0.75], count)
            note += ", many equal scores"
        if index in (4, 15):
            rows[0, 2], rows[1, 3], rows[2, 2:4] = rows[0, 0], rows[1, 1], rows[2, :2]
            note += ", some boxes of zero area"
        if index in (6, 25):
            rows[count // 2 :, :4] = rows[: count - count // 2, :4]
            note += ", boxes repeated with another score and class"
        # Every set meets both metrics; thresholds and class handling rotate, so that all pairs are met.
        runs = []
        for metric_index, metric in enumerate(("IOU", "IOS")):
            threshold = (0.2, 0.45, 0.5, 0.7)[(index + metric_index) % 4]
            agnostic = bool((index // 4 + metric_index) % 2)
            for name, algorithm in algorithms.items():
                post = algorithm(match_threshold=threshold, match_metric=metric, class_agnostic=agnostic)
                result = [
                    [*(float(v) for v in p.bbox.to_xyxy()), float(p.score.value), p.category.id]
                    for p in post(prediction_list(rows))
                ]
                result.sort(key=lambda r: (-r[4], r[5], r[0], r[1], r[2], r[3]))
                runs.append(
                    {
                        "algorithm": name,
                        "metric": metric,
                        "threshold": threshold,
                        "class_agnostic": agnostic,
                        "output": [[number(v) for v in r] for r in result],
                    }
                )
        cases.append({"note": note, "input": [[number(v) for v in r] for r in rows], "runs": runs})
    write(
        "merging.json",
        {
            "made_with": made_with("sahi", "numpy", "shapely"),
            "layout": "rows [x1, y1, x2, y2, score, class]; input in the order given to sahi, output sorted by score"
            " descending, then class, x1, y1, x2, y2; every number is exact in float32",
            "cases": cases,
        },
        "cases",
    )


# --- NMS inside a slice ---------------------------------------------------------------------


def through_ultralytics(rows: np.ndarray, iou: float, agnostic: bool, rotated: bool) -> list[int]:
    """Kept indices as the whole non_max_suppression gives them (boxes given as xywh)."""
    classes = int(rows[:, -1].max()) + 1
    n = len(rows)
    # One more, empty, column: ultralytics takes any tensor whose last size is 6 for an end-to-end output.
    prediction = np.zeros((1, 4 + classes + rotated, n + 1), np.float32)
    if rotated:
        prediction[0, :4, :n] = rows[:, :4].T
        prediction[0, -1, :n] = rows[:, 4]
    else:
        prediction[0, :2, :n] = ((rows[:, :2] + rows[:, 2:4]) / 2).T
        prediction[0, 2:4, :n] = (rows[:, 2:4] - rows[:, :2]).T
    prediction[0, 4 + rows[:, -1].astype(int), np.arange(n)] = rows[:, -2]
    _, kept = non_max_suppression(
        torch.from_numpy(prediction),
        0.0,
        iou,
        agnostic=agnostic,
        nc=classes,
        max_det=1000,
        rotated=rotated,
        return_idxs=True,
    )
    return kept[0].tolist()


def make_nms() -> None:
    """The NMS of ultralytics on axis-aligned and on rotated boxes, with its class offset."""
    random = np.random.default_rng(99)
    straight = []
    for index in range(10):
        iou = [0.1, 0.3, 0.45, 0.5, 0.7][(index * 3) % 5]
        rows = clustered_boxes(random, [6, 12, 20, 33, 50][index % 5], 1 + index % 3, 0.25, 260, 1.1 - iou)
        if index == 7:
            rows[:, 4] = random.choice([0.25, 0.5, 0.75], len(rows))
        straight.append((rows, iou, index % 4 == 3, ["", "equal scores"][index == 7]))
    fifth = np.array([[0, 0, 3, 1, 0.75, 0], [2, 0, 5, 1, 0.5, 0]], float)
    straight.append((fifth, 0.2, False, "IoU is 1/5: as float32 it is above the double 0.2, so torchvision suppresses"))
    straight.append(
        (np.array([[0, 0, 4, 2, 0.75, 0], [0, 0, 4, 1, 0.5, 0]], float), 0.5, False, "IoU equals the threshold: kept")
    )
    cases = []
    for rows, iou, agnostic, note in straight:
        tensor = torch.from_numpy(rows.astype(np.float32))
        offset = tensor[:, 5:6] * (0 if agnostic else MAX_WH)
        kept = torchvision.ops.nms(tensor[:, :4] + offset, tensor[:, 4], iou).tolist()
        assert kept == through_ultralytics(rows, iou, agnostic, rotated=False), note
        cases.append(
            {
                "kind": "axis_aligned",
                "note": note,
                "iou_threshold": iou,
                "class_agnostic": agnostic,
                "boxes": [[number(v) for v in r] for r in rows],
                "kept": kept,
            }
        )
    made = 0
    while made < 10:
        count = [6, 12, 20, 30, 40][made % 5]
        iou, agnostic = [0.1, 0.2, 0.3, 0.45, 0.5, 0.6, 0.7][made % 7], made % 4 == 1
        plain = clustered_boxes(random, count, 1 + made % 3, 0.25, 260, 1.1 - iou)
        rows = np.zeros((count, 7))
        rows[:, :2] = (plain[:, :2] + plain[:, 2:4]) / 2
        rows[:, 2:4] = np.maximum(plain[:, 2:4] - plain[:, :2], 2) * np.array([1.5, 0.5])
        rows[:, 4] = np.round(random.uniform(-math.pi / 4, 3 * math.pi / 4 if iou < 0.5 else 0, count) * 256) / 256
        rows[:, 5:] = plain[:, 4:]
        tensor = torch.from_numpy(rows.astype(np.float32))
        boxes = torch.cat((tensor[:, :2] + tensor[:, 6:7] * (0 if agnostic else MAX_WH), tensor[:, 2:5]), 1)
        similarity = batch_probiou(boxes, boxes)
        if (similarity - iou).abs().min() < 2e-4:  # no pair may hang on the last bits of exp and log
            continue
        kept = TorchNMS.fast_nms(boxes, tensor[:, 5], iou, iou_func=batch_probiou).tolist()
        assert kept == through_ultralytics(rows, iou, agnostic, rotated=True)
        greedy = greedy_rotated(similarity.numpy(), rows[:, 5], iou)
        cases.append(
            {
                "kind": "rotated",
                "note": "" if kept == greedy else "differs from greedy suppression (a suppressed box still suppresses)",
                "iou_threshold": iou,
                "class_agnostic": agnostic,
                "boxes": [[number(v) for v in r] for r in rows],
                "kept": kept,
            }
        )
        made += 1
    write(
        "nms.json",
        {
            "made_with": made_with("ultralytics", "torch", "torchvision"),
            "layout": "axis_aligned boxes [x1, y1, x2, y2, score, class] with torchvision.ops.nms; rotated boxes"
            " [cx, cy, w, h, angle, score, class] with TorchNMS.fast_nms and batch_probiou; unless class_agnostic,"
            " class * 7680 is added to the coordinates (centre only when rotated) in float32; kept: indices in order",
            "cases": cases,
        },
        "cases",
    )


def greedy_rotated(similarity: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    """Classic greedy suppression, only to label the sets where fast_nms differs from it."""
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if all(similarity[k, i] <= threshold for k in kept):
            kept.append(int(i))
    return kept


# --- probiou --------------------------------------------------------------------------------


def make_probiou() -> None:
    """Pairs of rotated boxes."""
    random = np.random.default_rng(31)
    pairs = []
    for index in range(60):
        first = np.array(
            [*random.uniform(40, 60, 2), *random.uniform(4, 40, 2), random.uniform(-math.pi / 4, 3 * math.pi / 4)]
        )
        if index % 5 == 0:  # small change
            second = first + np.array([*random.normal(0, 2, 2), *random.uniform(0, 3, 2), random.normal(0, 0.1)])
        elif index % 5 == 1:  # same middle, other angle
            second = np.array([*first[:4], random.uniform(-math.pi / 4, 3 * math.pi / 4)])
        else:
            second = np.array([*random.uniform(30, 70, 2), *random.uniform(4, 40, 2), random.uniform(0, math.pi / 2)])
        pairs.append((first, second))
    pairs[10] = (np.array([50, 50, 20, 10, 0.5]), np.array([50, 50, 20, 10, 0.5]))  # the same box
    pairs[11] = (np.array([50, 50, 20, 10, 0.0]), np.array([50, 50, 10, 20, math.pi / 2]))  # the same box, turned
    pairs[12] = (np.array([10, 10, 8, 8, 0.0]), np.array([500, 400, 8, 8, 0.0]))  # far apart
    pairs[13] = (np.array([50, 50, 16, 16, 0.0]), np.array([50, 50, 16, 16, math.pi / 4]))  # squares
    pairs[14] = (np.array([50, 50, 60, 1, 0.75]), np.array([50, 50, 60, 1, -0.75]))  # needles
    pairs[15] = (np.array([0, 0, 10, 4, 0.0]), np.array([10, 0, 10, 4, 0.0]))  # touching
    cases = []
    for first, second in pairs:
        a, b = float32(first)[None], float32(second)[None]
        corners = xywhr2xyxyxyxy(a)
        p, q = Polygon(corners[0]), Polygon(xywhr2xyxyxyxy(b)[0])
        shared = p.intersection(q).area
        cases.append(
            {
                "a": [number(v) for v in a[0]],
                "b": [number(v) for v in b[0]],
                "probiou": float(batch_probiou(torch.from_numpy(a).float(), torch.from_numpy(b).float())[0, 0]),
                "probiou_double": float(batch_probiou(a, b)[0, 0]),
                "polygon_iou": shared / (p.area + q.area - shared),
                "corners_of_a": corners[0].tolist(),
            }
        )
    write(
        "probiou.json",
        {
            "made_with": made_with("ultralytics", "torch", "shapely", "numpy"),
            "layout": "boxes [cx, cy, w, h, angle] with float32-exact numbers; probiou in float32 as torch gives it,"
            " probiou_double, polygon_iou and corners (order of xywhr2xyxyxyxy) in double",
            "cases": cases,
        },
        "cases",
    )


# --- average precision ----------------------------------------------------------------------


def average_precision(truth: list, detections: list, image_count: int, classes: int) -> dict:
    """pycocotools over all areas with at most 1000 detections an image."""
    coco = COCO()
    coco.dataset = {
        "info": {},
        "images": [{"id": i, "width": 1000, "height": 1000} for i in range(image_count)],
        "categories": [{"id": c, "name": str(c)} for c in range(classes)],
        "annotations": [
            {
                "id": k + 1,  # 0 would read as "not matched"
                "image_id": int(r[0]),
                "category_id": int(r[5]),
                "bbox": [r[1], r[2], r[3] - r[1], r[4] - r[2]],
                "area": (r[3] - r[1]) * (r[4] - r[2]),
                "iscrowd": 0,
            }
            for k, r in enumerate(truth)
        ],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        found = coco.loadRes(
            [
                {
                    "image_id": int(r[0]),
                    "category_id": int(r[6]),
                    "bbox": [r[1], r[2], r[3] - r[1], r[4] - r[2]],
                    "score": r[5],
                }
                for r in detections
            ]
        )
        evaluation = COCOeval(coco, found, "bbox")
        evaluation.params.maxDets = [1000]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 0]  # threshold, recall point, class
    recall = evaluation.eval["recall"][:, :, 0, 0]  # threshold, class

    def mean(values: np.ndarray) -> float | None:
        values = values[values > -1]
        return float(values.mean()) if values.size else None

    return {
        "ap50": mean(precision[0]),
        "ap50_95": mean(precision),
        "mean_max_recall": mean(recall),
        "by_class": [
            {
                "class": c,
                "ap50": mean(precision[0, :, c]),
                "ap50_95": mean(precision[:, :, c]),
                "max_recall50": mean(recall[0, c]),
                "max_recall50_95": mean(recall[:, c]),
            }
            for c in range(classes)
        ],
    }


def make_average_precision() -> None:
    """Four small data sets."""
    random = np.random.default_rng(555)
    cases = []
    for index, (image_count, classes, note) in enumerate(
        [
            (4, 1, "one class"),
            (8, 3, "three classes, an empty picture"),
            (6, 2, "many equal scores"),
            (10, 4, "class 3 has no ground truth"),
        ]
    ):
        truth, detections = [], []
        for image in range(image_count):
            if index == 1 and image == 3:  # detections, but nothing there
                detections.append([image, 5, 5, 40.5, 30.25, 0.5, 0])
                continue
            for _ in range(int(random.integers(1, 8))):
                x, y = np.round(random.uniform(0, 200, 2) * 4) / 4
                w, h = np.round(random.uniform(12, 80, 2) * 4) / 4
                c = int(random.integers(3 if index == 3 else classes))
                truth.append([image, x, y, x + w, y + h, c])
                if random.random() < 0.15 or (index == 1 and image == 5):  # missed
                    continue
                for _ in range(int(random.choice([1, 1, 1, 2]))):
                    jitter = np.round(random.normal(0, 0.07, 4) * np.array([w, h, w, h]) * 4) / 4
                    box = np.array([x, y, x + w, y + h]) + jitter
                    found_class = c if random.random() < 0.9 else int(random.integers(classes))
                    detections.append([image, *box, int(random.integers(100, 1020)) / 1024, found_class])
            for _ in range(int(random.integers(0, 3))):  # false alarms
                x, y = np.round(random.uniform(0, 200, 2) * 4) / 4
                w, h = np.round(random.uniform(12, 80, 2) * 4) / 4
                detections.append(
                    [image, x, y, x + w, y + h, int(random.integers(50, 700)) / 1024, int(random.integers(classes))]
                )
        if index == 2:
            for row in detections:
                row[5] = math.ceil(row[5] * 4) / 4
        detections = [detections[i] for i in random.permutation(len(detections))]
        cases.append(
            {
                "note": note,
                "images": image_count,
                "classes": classes,
                "ground_truth": [[number(v) for v in r] for r in truth],
                "detections": [[number(v) for v in r] for r in detections],
                "expected": average_precision(truth, detections, image_count, classes),
            }
        )
    write(
        "average-precision.json",
        {
            "made_with": made_with("pycocotools", "numpy"),
            "layout": "ground_truth rows [image, x1, y1, x2, y2, class]; detections rows [image, x1, y1, x2, y2, score,"
            " class]; maxDets 1000, area all, no crowds; classes without ground truth are null and left out of means;"
            " equal scores keep their order (images ascending, then the order of the rows)",
            "cases": cases,
        },
        "cases",
    )


def main() -> None:
    """Make every file."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    OUTPUT.mkdir(exist_ok=True)
    make_letterbox()
    make_slice_grid()
    make_merging()
    make_nms()
    make_probiou()
    make_average_precision()


if __name__ == "__main__":
    main()
