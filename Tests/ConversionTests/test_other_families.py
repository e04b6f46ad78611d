"""Models that are not YOLO's, held against their own authors' code: Tests/Fixtures/models/heads/references.json."""

import json
from pathlib import Path

import pytest

from conftest import ROOT

HEADS = ROOT / "Tests/Fixtures/models/heads"
MODELS = json.loads((HEADS / "references.json").read_text())["models"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model["layout"])
def test_detections_are_those_of_the_authors_code(run, part, tmp_path, model):
    samples = [sample(part, tmp_path / f"{index}.png", page) for index, page in enumerate(model["pictures"])]
    result = run(
        "convert.py",
        source=str(HEADS / model["file"]),
        samples=samples,
        layout=model["layout"],
        names=model["names"],
        confidence=model["threshold"],
        iou=model.get("iou", 0.7),
    ).result
    assert result["confidence"] == model["threshold"]
    for page, expected in zip(result["reference"], model["pictures"], strict=True):
        # Of what lies outside the picture a line at its border is left, which the references do not have.
        found, rows = [entry for entry in page["detections"] if has_area(entry)], expected["detections"]
        missing = [row for row in rows if not any(is_same(row, entry) for entry in found)]
        assert len(rows) >= 10 and not missing, missing
        assert len(found) == len(rows)


def sample(part, target: Path, page: dict) -> str:
    """The picture, or the part of it that the authors' code was given."""
    path = str(ROOT / "Samples" / page["picture"])
    if "crop" not in page:
        return path
    part("crop", path, *page["crop"], str(target))
    return str(target)


def has_area(entry: dict) -> bool:
    x1, y1, x2, y2 = entry["xyxy"]
    return x1 < x2 and y1 < y2


def is_same(row: list[float], entry: dict) -> bool:
    """As near as Harrier itself must come to the same references."""
    return (
        entry["class_id"] == row[5]
        and abs(entry["confidence"] - row[4]) <= 0.0005
        and all(abs(a - b) <= 0.1 for a, b in zip(entry["xyxy"], row))
    )
