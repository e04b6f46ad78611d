"""What Ultralytics writes into its exports about a model: names, task, input size."""

from __future__ import annotations

import ast
from pathlib import Path

import yaml


def read_metadata(path: Path) -> dict:
    """Of an ONNX file, or of an OpenVINO file from the metadata.yaml beside it; empty where somebody else made it."""
    if path.suffix.lower() == ".onnx":
        import onnx

        entries = {entry.key: entry.value for entry in onnx.load(path, load_external_data=False).metadata_props}
        return {key: literal(value) for key, value in entries.items()}
    sidecar = path.with_name("metadata.yaml")
    if not sidecar.exists():
        return {}
    said = yaml.safe_load(sidecar.read_text(errors="ignore"))
    return said if isinstance(said, dict) else {}


def write_metadata(metadata: dict, folder: Path) -> None:
    """metadata.yaml, as it lies beside Ultralytics' own OpenVINO exports; none where nothing is known."""
    if metadata:
        (folder / "metadata.yaml").write_text(yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True))


def literal(text: str):
    """ONNX holds Python's reprs: names = {0: 'plane'}, imgsz = [640, 640]. Plain text stays text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
