"""Checkpoints of models that nobody trained but that answer like trained ones.

A model from its YAML file is degenerate: activations vanish and all scores are alike. Here the batch normalizations
take their statistics from sample pictures, and the head's last convolutions are rescaled so that boxes are varied, a
few dozen candidates a picture are over a confidence of 0.25 and the best near 0.9. Seeded: the same file every time on
one machine, but for the date.
"""

from __future__ import annotations

import math
import os
from copy import deepcopy
from datetime import datetime, timezone
from pathlib import Path

os.environ |= {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}

import numpy as np  # noqa: E402
import torch  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402
from ultralytics import YOLO, __version__  # noqa: E402
from ultralytics.cfg import DEFAULT_CFG_DICT  # noqa: E402
from ultralytics.nn.tasks import yaml_model_load  # noqa: E402
from ultralytics.utils import ROOT, YAML  # noqa: E402

from model_kinds import KINDS, Kind  # noqa: E402

SEED = 20240607
EPOCHS = 100  # as the checkpoints say
PICTURES = 8  # enough for statistics, few enough for seconds
CANDIDATES, MOST_CANDIDATES = 20, 150  # over the confidence below: in an average picture, and in any
CONFIDENCE, BEST_CONFIDENCE = 0.25, 0.9

# Spread and mean of an angle in radians, of what becomes -45 to 135 degrees behind a sigmoid, and of the factors of
# masks: on average above zero, so that masks are no noise.
EXTRA = {"OBB26": (0.6, 0.0), "OBB": (1.0, 0.0), "Segment": (1.0, 0.5), "Segment26": (1.0, 0.5)}


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def class_names(kind: Kind) -> dict[int, str]:
    names = YAML.load(ROOT / "cfg/datasets" / kind.names)["names"]
    return dict(list(names.items())[: kind.class_count])


def build(kind: Kind, names: dict[int, str]) -> torch.nn.Module:
    """The untrained model, `model.yaml` naming the file it comes from."""
    config = yaml_model_load(kind.architecture)
    if kind.width is not None:
        depth, _, channels = config["scales"][config["scale"]]
        config["scales"][config["scale"]] = [depth, kind.width, channels]
    template = YOLO(kind.architecture)
    model = type(template.model)(config, ch=3, nc=len(names), verbose=False)
    model.names, model.task = names, template.task
    return model


def batch(samples: Path, size: int) -> torch.Tensor:
    """Sample pictures on grey, [n, 3, size, size] in 0...1."""
    pictures = sorted(path for path in samples.iterdir() if path.suffix in {".jpg", ".png"})[:PICTURES]
    if not pictures:
        raise SystemExit(f"{samples} holds no pictures to calibrate with")
    rows = []
    for path in pictures:
        picture = ImageOps.pad(Image.open(path).convert("RGB"), (size, size), color=(114, 114, 114))
        rows.append(np.asarray(picture, dtype=np.float32).transpose(2, 0, 1) / 255)
    return torch.from_numpy(np.stack(rows))


def take_statistics(model: torch.nn.Module, pixels: torch.Tensor) -> None:
    """Gives every batch normalization the mean and the variance of what passes through it."""
    layers = [layer for layer in model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    usual = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = None  # a plain average, of one batch here
        layer.reset_running_stats()
    with torch.no_grad():
        model.train()(pixels)
    model.eval()
    for layer, momentum in zip(layers, usual):
        layer.momentum = momentum


def rescale(layers, inputs: list[torch.Tensor], spread: float, mean: float | torch.Tensor) -> None:
    """Changes the last convolution of each level so that its channels have this spread and mean over all levels."""
    with torch.no_grad():
        outputs = [layer(x).transpose(0, 1).flatten(1) for layer, x in zip(layers, inputs)]
        values = torch.cat(outputs, dim=1)
        gain = spread / values.std(dim=1).clamp(min=1e-6)
        offset = mean - values.mean(dim=1) * gain
        for layer in layers:
            layer.weight *= gain[:, None, None, None]
            layer.bias.copy_(layer.bias * gain + offset)


def capture(model: torch.nn.Module, layers, pixels: torch.Tensor) -> list[torch.Tensor]:
    """What comes into each of the layers."""
    seen: dict[int, torch.Tensor] = {}
    hooks = [
        layer.register_forward_pre_hook(lambda _, x, index=index: seen.__setitem__(index, x[0]))
        for index, layer in enumerate(layers)
    ]
    with torch.no_grad():
        model.eval()(pixels)
    for hook in hooks:
        hook.remove()
    return [seen[index] for index in range(len(layers))]


def calibrate_head(model: torch.nn.Module, pixels: torch.Tensor) -> None:
    head = model.model[-1]
    boxes, scores = ([level[-1] for level in getattr(head, name)] for name in ("cv2", "cv3"))
    extra = [level[-1] for level in head.cv4] if model.task in {"obb", "segment"} else []
    inputs = capture(model, [*boxes, *scores, *extra], pixels)
    levels = len(boxes)
    calibrate_boxes(boxes, inputs[:levels], head.reg_max == 1)
    calibrate_scores(scores, inputs[levels : 2 * levels])
    if extra:
        rescale(extra, inputs[2 * levels :], *EXTRA[type(head).__name__])
    for name in ("cv2", "cv3", "cv4"):
        if getattr(head, f"one2one_{name}", None) is not None:
            getattr(head, f"one2one_{name}").load_state_dict(getattr(head, name).state_dict())


def calibrate_boxes(layers, inputs: list[torch.Tensor], are_distances: bool) -> None:
    """Boxes of a few to some dozens of cells: distances in cells, or the logits of 16 bins of distances."""
    if not are_distances:
        rescale(layers, inputs, 2.0, 0.0)
        return
    rescale(layers, inputs, 1.0, 0.0)
    with torch.no_grad():
        lowest = min(layer(x).min().item() for layer, x in zip(layers, inputs))
    rescale(layers, inputs, min(1.0, 2.7 / -lowest), 3.0)  # none is negative


def calibrate_scores(layers, inputs: list[torch.Tensor]) -> None:
    """Every class gets its share; the best candidates reach BEST_CONFIDENCE, so many are over CONFIDENCE."""
    for layer, x in zip(layers, inputs):
        forget_pictures(layer, x)
    rescale(layers, inputs, 1.0, 0.0)
    with torch.no_grad():
        best = torch.cat([layer(x).amax(dim=1).flatten(1) for layer, x in zip(layers, inputs)], dim=1)
    best = best.sort(dim=1, descending=True).values  # by picture
    top = best[:, 0].max().item()
    last = max(best[:, CANDIDATES].mean().item(), best[:, MOST_CANDIDATES].max().item())
    spread = (logit(BEST_CONFIDENCE) - logit(CONFIDENCE)) / max(top - last, 1e-3)
    rescale(layers, inputs, spread, logit(CONFIDENCE) - spread * last)


def forget_pictures(layer, x: torch.Tensor) -> None:
    """Turns the weights so that pictures as a whole look alike: else all boxes would be in one of them."""
    with torch.no_grad():
        means = x.mean(dim=(2, 3))
        directions = torch.linalg.svd(means - means.mean(dim=0), full_matrices=False).Vh[: len(means) - 1]
        weight = layer.weight[:, :, 0, 0]
        weight -= weight @ directions.T @ directions


def checkpoint(model: torch.nn.Module, kind: Kind, size: int) -> dict:
    """What Ultralytics' trainer saves; with `ema` as during training, else as `strip_optimizer` leaves it."""
    model.args = {"imgsz": size, "task": model.task, "data": f"/home/someone/data/{kind.names}"}
    trained = deepcopy(model).half()
    for parameter in trained.parameters():
        parameter.requires_grad = False
    saved = {
        "epoch": -1,
        "best_fitness": None,
        "model": trained,
        "ema": None,
        "updates": None,
        "optimizer": None,
        "train_args": DEFAULT_CFG_DICT | model.args | {"model": kind.architecture, "epochs": EPOCHS},
        "train_metrics": {"metrics/mAP50(B)": 0.5, "fitness": np.float64(0.5)},
        "train_results": {"epoch": list(range(1, EPOCHS + 1))},
        "date": datetime.now(timezone.utc).isoformat(),
        "version": __version__,
        "git": {"root": None, "branch": None, "commit": None, "origin": None},
        "license": "AGPL-3.0 License (https://ultralytics.com/license)",
        "docs": "https://docs.ultralytics.com",
    }
    if kind.ema:
        worse = deepcopy(trained)
        for parameter in worse.parameters():
            parameter += 0.05  # would find other boxes
        optimizer = torch.optim.SGD(deepcopy(model).parameters(), lr=0.01, momentum=0.9)
        saved |= {
            "epoch": EPOCHS - 1,
            "model": worse,
            "ema": trained,
            "updates": 1234,
            "optimizer": optimizer.state_dict(),
        }
    return saved


def write_model(name: str, path: Path, samples: Path, size: int | None) -> dict:
    """Writes one of KINDS; `size` replaces its input size."""
    kind = KINDS[name]
    size = size or kind.size
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # the same sums everywhere; and threads that wait for busy cores cost more than they bring
    names = class_names(kind)
    model = build(kind, names)
    pixels = batch(samples, min(size, 640))  # the statistics of larger ones are much the same
    take_statistics(model, pixels)
    if model.task in {"detect", "obb", "segment"}:
        calibrate_head(model, pixels)
    torch.save(model.state_dict() if kind.weights_only else checkpoint(model, kind, size), path)
    return {"task": model.task, "classes": len(names), "size": size, "bytes": path.stat().st_size}
