"""PyTorch checkpoints of Ultralytics: told from what is none, loaded and exported.

A .pt is a pickle, and reading one can run any code. So Ultralytics' restricted loader reads it, which makes only the
classes of PyTorch and Ultralytics; what names others is refused, unless the request says to run it.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import torch

from conversion_program import ConversionFailure, Program, first_line, is_lack_of_memory
from export_metadata import read_metadata
from model_sources import Source, Wanted, ordered_names, refuse_task, ultralytics_predict, versions

HEADS = {"Detect", "v10Detect", "OBB", "OBB26", "Segment", "Segment26", "RTDETRDecoder"}
# Modules that are neither PyTorch nor Ultralytics, and whose models they are.
FOREIGN = {
    "models": "YOLOv5 or YOLOv7 by their own repositories",
    "yolox": "YOLOX",
    "yolov6": "YOLOv6",
    "mmdet": "MMDetection",
    "mmengine": "MMDetection",
    "detectron2": "Detectron2",
    "rfdetr": "RF-DETR",
    "super_gradients": "YOLO-NAS",
}
EXPORT_IT = "export it to ONNX with the program that trained it, and import that"


def open_checkpoint(wanted: Wanted, program: Program) -> Source:
    check_archive(wanted.path)
    refuse_foreign_classes(wanted.path, wanted.run_pickled_code)
    os.environ["ULTRALYTICS_SAFE_LOAD"] = "false" if wanted.run_pickled_code else "true"
    # Under a name of its own: Ultralytics takes some names for files to download, and exports beside the file.
    copy = program.scratch / "model.pt"
    shutil.copyfile(wanted.path, copy)
    model = load(copy, wanted.path.name)
    refuse_other_models(model, wanted.path.name)

    program.step("exporting to ONNX")
    opset, size = export(model, wanted.image_size, program)
    source = Source(
        task=model.task,
        names=ordered_names(read_metadata(program.output / "model.onnx")["names"], wanted.path.name) or [],
        input_size=size,
        described=described(model),
        exporter=versions("ultralytics-opencv-headless", "torch", "onnx", "onnxslim") | {"opset": opset},
    )
    source.predict = ultralytics_predict(model, source)
    return source


def check_archive(path: Path) -> None:
    """Says what a file is that `torch.save` did not write, or that is not whole."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\x80\x02\x8a"):
        raise ConversionFailure(
            f"{path.name} has the format of PyTorch before 1.6; load it there and save it again, or {EXPORT_IT}"
        )
    if not start.startswith(b"PK"):
        raise ConversionFailure(f"{path.name} is no PyTorch checkpoint: it is not in the format of torch.save")
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.partition("/")[2] for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise ConversionFailure(f"{path.name} is cut short or damaged: its directory is missing", str(error)) from error
    if "constants.pkl" in names or any(name.startswith("code/") for name in names):
        raise ConversionFailure(
            f"{path.name} is a TorchScript archive, which cannot be exported; import the .pt it was made of"
        )
    if "data.pkl" not in names:
        raise ConversionFailure(f"{path.name} is an archive without data.pkl, so no PyTorch checkpoint")


def refuse_foreign_classes(path: Path, are_run: bool) -> None:
    """Reads the names of classes in the pickle, without making any, and says whose they are.

    Where they are run, only those are refused whose module this environment cannot have.
    """
    try:
        needed = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception as error:  # the pickle itself is damaged, in any of many ways
        raise ConversionFailure(f"{path.name} is damaged: its pickle cannot be read", first_line(error)) from error
    known = ("torch.", "torchvision.", "ultralytics.", "numpy.", "pathlib.", "collections.")
    foreign = sorted(name for name in needed if not name.startswith(known) and name != "builtins.getattr")
    if not foreign:
        return
    for name in foreign:
        if whose := FOREIGN.get(name.partition(".")[0]):
            raise ConversionFailure(f"{path.name} is a checkpoint of {whose}, not of Ultralytics: {EXPORT_IT}")
    if are_run:
        return
    listed = ", ".join(foreign[:3]) + (" and others" if len(foreign) > 3 else "")
    raise ConversionFailure(
        f"{path.name} names code that is neither PyTorch's nor Ultralytics' ({listed}), and was not run",
        "classes: " + ", ".join(foreign),
    )


def load(path: Path, name: str):
    from ultralytics import YOLO

    try:
        return YOLO(str(path))
    except Exception as error:  # a hostile file may fail in any way
        if is_lack_of_memory(error):
            raise
        raise ConversionFailure(f"{name} {why_not_loaded(path, error)}", f"{type(error).__name__}: {error}") from error


def why_not_loaded(path: Path, error: Exception) -> str:
    text = str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"needs the Python module {error.name}, which neither PyTorch nor Ultralytics have: {EXPORT_IT}"
    if "empty, truncated or corrupted" in text:
        return "is cut short or damaged"
    if holds_weights_only(path):
        return "holds weights without their model (a state_dict); import what Ultralytics saved as best.pt"
    if "references types outside" in text or "attribute 'model'" in text:
        return f"is a PyTorch file, but no Ultralytics checkpoint; {EXPORT_IT}"
    return f"could not be loaded: {type(error).__name__}: {first_line(error)}"


def holds_weights_only(path: Path) -> bool:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # then it holds something else
        return False
    if isinstance(content, dict) and isinstance(content.get("model"), dict):
        content = content["model"]
    elif isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    return (
        isinstance(content, dict)
        and bool(content)
        and all(isinstance(value, torch.Tensor) for value in content.values())
    )


def refuse_other_models(model, name: str) -> None:
    from ultralytics.nn.tasks import BaseModel

    if not isinstance(model.model, BaseModel):
        raise ConversionFailure(f"{name} holds a {type(model.model).__name__}, which is no model of Ultralytics")
    refuse_task(model.task, name)
    head = type(model.model.model[-1]).__name__
    if head not in HEADS:
        known = ", ".join(sorted(HEADS))
        raise ConversionFailure(f"{name} has the head {head}, which Harrier does not run; it takes {known}")
    channels = model.model.yaml.get("channels", 3)
    if channels != 3:
        raise ConversionFailure(f"{name} wants pictures of {channels} channels; Harrier gives it red, green and blue")


def described(model) -> dict:
    """What the checkpoint says about its making; keys without an answer are left out."""
    saved = model.ckpt
    trained = saved.get("train_args") or {}
    epochs = len((saved.get("train_results") or {}).get("epoch") or ()) or trained.get("epochs")
    data = model.overrides.get("data")
    said = {
        "kind": "ultralytics",
        "architecture": Path(str(model.model.yaml.get("yaml_file") or "")).name,
        "head": type(model.model.model[-1]).__name__,
        "trained_at": saved.get("date"),
        "trained_with": saved.get("version"),
        "epochs": epochs,
        "data": Path(str(data)).name if data else None,
        "license": saved.get("license"),
    }
    return {key: value if isinstance(value, int) else str(value) for key, value in said.items() if value}


def export(model, image_size: tuple[int, int] | None, program: Program) -> tuple[int, tuple[int, int]]:
    """Writes model.onnx: batches of one, fixed shapes, the raw head. Returns the opset and the input's size."""
    import onnx
    import onnxslim  # noqa: F401  Ultralytics would leave the graph as it is without a word

    if data := model.model.args.get("data"):
        model.model.args["data"] = Path(str(data)).name  # the export names it; where it lay is nobody's business
    size = list(image_size) if image_size else model.model.args.get("imgsz", 640)
    made = Path(
        model.export(
            format="onnx", imgsz=size, batch=1, dynamic=False, simplify=True, nms=None, quantize=None, device="cpu"
        )
    )
    exported = onnx.load(made, load_external_data=False)
    shape = [side.dim_value for side in exported.graph.input[0].type.tensor_type.shape.dim]
    made.replace(program.output / "model.onnx")
    opset = next(entry.version for entry in exported.opset_import if entry.domain in ("", "ai.onnx"))
    return opset, (shape[2], shape[3])
