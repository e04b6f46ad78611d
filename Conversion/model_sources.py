"""The three kinds of files that a model comes in, behind one face: what it is, and what it finds on a picture."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import torch

from conversion_program import ConversionFailure, Program
from export_metadata import read_metadata

TASKS = ("detect", "obb", "segment")
OTHER_TASKS = {
    "classify": "classification",
    "pose": "pose estimation",
    "semantic": "semantic segmentation",
    "depth": "depth estimation",
}
# Of what a file's maker wrote into it.
KEPT_METADATA = ("author", "license", "date", "version", "head")


@dataclass
class Source:
    """A model that was opened."""

    task: str
    names: list[str]
    input_size: tuple[int, int]  # height, width
    described: dict
    exporter: dict
    # Finds with (picture, confidence, iou, max_detections); None where nobody knows how.
    predict: Callable | None = None
    why_no_reference: str | None = None


@dataclass
class Wanted:
    """What the request says about the model."""

    path: Path
    image_size: tuple[int, int] | None = None
    names: list[str] | None = None
    task: str | None = None
    layout: str | None = None  # by Harrier's name
    run_pickled_code: bool = False


def open_source(program: Program) -> Source:
    """Opens the request's source; a .pt is exported to `model.onnx` on the way."""
    request = program.request
    size = request.get("image_size")
    wanted = Wanted(
        path=program.path(request["source"]),
        image_size=tuple(size) if size else None,
        names=request.get("names"),
        task=request.get("task"),
        layout=request.get("layout"),
        run_pickled_code=bool(request.get("run_pickled_code")),
    )
    if size and not (len(size) == 2 and all(isinstance(side, int) and 32 <= side <= 8192 for side in size)):
        raise ConversionFailure(f"image_size must be [height, width] of 32 to 8192 pixels, and is {size}")
    torch.set_num_threads(os.cpu_count() or 1)
    program.step(f"reading {wanted.path.name}")
    try:
        with wanted.path.open("rb") as file:
            if not file.read(1):
                raise ConversionFailure(f"{wanted.path.name} is empty")
    except OSError as error:
        raise ConversionFailure(f"{wanted.path.name} cannot be read: {error.strerror}") from error

    match wanted.path.suffix.lower():
        case ".pt":
            from checkpoint_source import open_checkpoint

            return open_checkpoint(wanted, program)
        case ".onnx":
            from onnx_source import open_onnx

            return open_onnx(wanted, program)
        case ".xml":
            return open_openvino(wanted, program)
    raise ConversionFailure(f"{wanted.path.name} is no model: expected are .pt, .onnx and OpenVINO's .xml")


def open_openvino(wanted: Wanted, program: Program) -> Source:
    """An OpenVINO IR; its reference is OpenVINO's own answer in f32."""
    try:
        import openvino
    except ImportError as error:
        raise ConversionFailure("OpenVINO's Python package is not installed") from error
    weights = wanted.path.with_suffix(".bin")
    folder = program.scratch / "source_openvino_model"  # Ultralytics tells formats by the name
    folder.mkdir()
    try:
        shutil.copyfile(wanted.path, folder / "source.xml")
        shutil.copyfile(weights, folder / "source.bin")
        sidecar = wanted.path.with_name("metadata.yaml")
        if sidecar.exists():
            shutil.copyfile(sidecar, folder / sidecar.name)
    except OSError as error:
        raise ConversionFailure(f"{Path(error.filename).name} cannot be read: {error.strerror}") from error
    try:
        model = openvino.Core().read_model(folder / "source.xml")
    except RuntimeError as error:
        raise ConversionFailure(f"{wanted.path.name} is no OpenVINO model, or it is damaged", str(error)) from error

    shape = [side.get_length() if side.is_static else None for side in model.input(0).partial_shape]
    metadata = read_metadata(folder / "source.xml")
    source = described_file("openvino", wanted, metadata, shape)
    source.exporter = versions("ultralytics-opencv-headless", "openvino")
    if metadata.get("task") and metadata.get("names"):
        precise_openvino()
        source.predict = ultralytics_predict(str(folder), source, device="intel:cpu")
    else:
        source.why_no_reference = "there is no metadata.yaml of Ultralytics beside the file"
    return source


def precise_openvino() -> None:
    """Makes every model that Ultralytics compiles from now on an f32 one: left alone, processors with bf16 use that."""
    import openvino

    class PreciseCore(openvino.Core):
        def __init__(self):
            super().__init__()
            self.set_property("CPU", {"INFERENCE_PRECISION_HINT": openvino.Type.f32})

    openvino.Core = PreciseCore


def described_file(kind: str, wanted: Wanted, metadata: dict, shape: list[int | None]) -> Source:
    """What the metadata of an export say, and where they are silent the request."""
    task = metadata.get("task") or wanted.task
    if task is not None:
        refuse_task(task, wanted.path.name)
    names = ordered_names(metadata.get("names") or wanted.names, wanted.path.name)
    return Source(
        task=task or "detect",
        names=names or [],
        exporter={},
        input_size=input_size(shape, wanted.image_size or metadata.get("imgsz"), wanted.path.name),
        described={"kind": kind} | {key: str(metadata[key]) for key in KEPT_METADATA if metadata.get(key)},
    )


def refuse_task(task: str, name: str) -> None:
    if task not in TASKS:
        task = OTHER_TASKS.get(task, task)
        raise ConversionFailure(f"{name} is for {task}; Harrier takes detection, oriented boxes and segmentation")


def ordered_names(names, file_name: str) -> list[str] | None:
    """Class names by id, from a list or from {0: "plane", ...}."""
    if not names:
        return None
    if isinstance(names, dict):
        if sorted(names) != list(range(len(names))):
            raise ConversionFailure(f"the classes of {file_name} are not numbered from 0 without gaps")
        names = [names[index] for index in range(len(names))]
    return [str(name) for name in names]


def input_size(shape: list[int | None], stated, name: str) -> tuple[int, int]:
    """Height and width: of the input where it is fixed, else the stated ones, else 640."""
    if len(shape) != 4 or shape[1] not in (3, None):
        raise ConversionFailure(f"the input of {name} has the shape {shape}; expected is [1, 3, height, width]")
    stated = [stated] * 2 if isinstance(stated, int) else list(stated or (640, 640))
    return shape[2] or stated[0], shape[3] or stated[1]


def versions(*packages: str) -> dict:
    """Of installed packages, by the name that people know."""
    found = {}
    for package in packages:
        try:
            found[package.removesuffix("-opencv-headless")] = version(package)
        except PackageNotFoundError:
            continue
    return found


def ultralytics_predict(model, source: Source, device: str = "cpu") -> Callable:
    """Ultralytics' own prediction on a square of grey: the letterbox of an export whose size is fixed."""
    from ultralytics import YOLO
    from ultralytics.nn.autobackend import AutoBackend

    # On a processor a warm-up does nothing but load torchvision, whose place is to be quick on a GPU.
    AutoBackend.warmup = lambda *_, **__: None
    loaded = YOLO(model, task=source.task) if isinstance(model, str) else model

    def predict(picture: np.ndarray, confidence: float, iou: float, max_detections: int):
        return loaded.predict(
            picture,
            imgsz=list(source.input_size),
            rect=False,
            conf=confidence,
            iou=iou,
            max_det=max_detections,
            agnostic_nms=False,
            augment=False,
            retina_masks=True,
            device=device,
            save=False,
            verbose=False,
        )[0]

    return predict
