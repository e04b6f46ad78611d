"""What convert.py makes of models that Harrier can run."""

import json
import math
import shutil

import pytest

from conftest import ROOT, SAMPLES

PIXELS, SCORE = 0.1, 0.001  # how far the same f32 numbers computed by two libraries may lie apart
TREES = ROOT / "Models/tree-crowns.onnx"
YELL = SAMPLES[2]


def assert_same(expected: list[list[float]], found: list[dict], pixels: float = PIXELS) -> None:
    """Both have the same boxes; only those of equal confidence may come in another order."""
    assert len(found) == len(expected)
    left = [[*entry["xyxy"], entry["confidence"], entry["class_id"]] for entry in found]
    for row in expected:
        near = [
            other
            for other in left
            if other[5] == row[5]
            and abs(other[4] - row[4]) <= SCORE
            and all(abs(a - b) <= pixels for a, b in zip(other[:4], row[:4]))
        ]
        assert near, f"{row} is not among the detections"
        left.remove(near[0])


@pytest.mark.parametrize("kind", ["thin", "one-class", "thin-1000-classes"])
def test_the_export_finds_what_the_checkpoint_finds(converted, inspect, kind):
    made = converted(kind)
    result = made.result
    assert sum(len(page["detections"]) for page in result["reference"]) >= 20
    for page in result["reference"]:
        # A pixel of the input is up to four of the picture here.
        gain = max(page["width"], page["height"]) / result["input_size"][0]
        model = str(made.folder / "model.onnx")
        expected = inspect("detect", model, page["sample"], result["confidence"], 0.7, 300)
        if len(expected) < 300:  # at the limit equal scores decide which ones are left
            assert_same(expected, page["detections"], PIXELS * max(gain, 1))


@pytest.mark.parametrize("kind", ["yolov8n", "yolo11n", "yolo11n-obb", "yolo26n"])
def test_each_family_is_converted(converted, inspect, kind):
    made = converted(kind)
    result = made.result
    described = inspect("describe", str(made.folder / "model.onnx"))
    classes = len(result["names"])
    assert described["inputs"] == [[1, 3, 640, 640]]
    assert described["outputs"] == [[1, 4 + classes + (result["task"] == "obb"), 8400]]
    assert result["source"]["architecture"] == f"{kind}.yaml"
    assert sum(len(page["detections"]) for page in result["reference"]) >= 20


def test_the_result_says_where_the_model_comes_from(converted, inspect):
    made = converted("thin")
    result = made.result
    assert result["format"] == 1
    assert result["task"] == "detect"
    assert result["names"] == ["person", "bicycle", "car"]
    assert result["input_size"] == [320, 320]
    source = result["source"]
    assert {
        "kind": "ultralytics",
        "architecture": "yolo11n.yaml",
        "head": "Detect",
        "epochs": 100,
    }.items() <= source.items()
    assert source["license"].startswith("AGPL-3.0") and source["trained_at"].startswith("20")
    assert result["exporter"]["opset"] == inspect("describe", str(made.folder / "model.onnx"))["opset"]
    assert set(result["exporter"]) == {"ultralytics", "torch", "onnx", "onnxslim", "opset"}


def test_the_export_says_what_it_is_and_not_where_it_was_trained(converted, inspect):
    metadata = inspect("describe", str(converted("thin").folder / "model.onnx"))["metadata"]
    assert metadata["names"] == "{0: 'person', 1: 'bicycle', 2: 'car'}"
    assert (metadata["task"], metadata["imgsz"], metadata["batch"]) == ("detect", "[320, 320]", "1")
    assert "coco.yaml" in metadata["description"] and "/home" not in json.dumps(metadata)


def test_nothing_else_is_left_behind(converted):
    made = converted("thin")
    assert made.files == {"model.onnx", "result.json"}
    assert made.steps.splitlines()[:2] == ["reading thin.pt", "exporting to ONNX"]


def test_numbers_are_plain_and_short(converted):
    for page in converted("thin").result["reference"]:
        assert (page["width"], page["height"]) != (0, 0)
        for found in page["detections"]:
            assert set(found) == {"class_id", "confidence", "xyxy"}
            for number in [found["confidence"], *found["xyxy"]]:
                assert math.isfinite(number) and number == round(number, 6)


def test_oriented_boxes_have_an_angle_and_the_box_around_them(converted):
    result = converted("thin-obb").result
    found = [entry for page in result["reference"] for entry in page["detections"]]
    assert result["task"] == "obb" and found
    for entry in found:
        x, y, width, height, angle = entry["xywhr"]
        half = abs(width / 2 * math.cos(angle)) + abs(height / 2 * math.sin(angle))
        assert entry["xyxy"][0] == pytest.approx(x - half, abs=0.01)
        assert entry["xyxy"][2] == pytest.approx(x + half, abs=0.01)


def test_masks_lie_in_the_picture(converted):
    result = converted("yolo11n-seg").result
    assert result["task"] == "segment"
    page = max(result["reference"], key=lambda page: len(page["detections"]))
    with_masks = [entry for entry in page["detections"] if entry.get("mask_runs")]
    assert len(with_masks) == min(20, len(page["detections"]))
    for entry in with_masks:
        x1, y1, x2, y2 = entry["xyxy"]
        for row, start, end in entry["mask_runs"]:
            assert y1 - 1 <= row <= y2 + 1 and x1 - 1 <= start < end <= x2 + 1


def test_the_averaged_weights_are_taken(converted):
    """thin-ema.pt is thin.pt as it is during training: a worse model lies beside the averaged one."""
    plain, averaged = converted("thin").result, converted("thin-ema").result
    assert averaged["reference"] == plain["reference"]


def test_another_input_size_may_be_asked_for(run, checkpoint, inspect):
    made = run("convert.py", source=str(checkpoint("thin")), samples=SAMPLES[:1], image_size=[256, 384])
    assert made.result["input_size"] == [256, 384]
    assert inspect("describe", str(made.folder / "model.onnx"))["inputs"] == [[1, 3, 256, 384]]
    page = made.result["reference"][0]
    expected = inspect("detect", str(made.folder / "model.onnx"), SAMPLES[0], made.result["confidence"], 0.7, 300)
    assert_same(expected, page["detections"], 0.3)


def test_an_input_of_1280_pixels_is_kept(run, checkpoint):
    assert run("convert.py", source=str(checkpoint("thin-1280")), samples=SAMPLES[:1]).result["input_size"] == [
        1280,
        1280,
    ]


def test_the_threshold_is_lowered_until_there_are_enough_boxes(run, checkpoint, converted):
    """No box of this model is over 0.999."""
    source = str(checkpoint("yolo11n"))
    result = run("convert.py", source=source, samples=SAMPLES[:1], confidence=0.999).result
    assert result["confidence"] == 0.1
    assert sum(len(page["detections"]) for page in result["reference"]) >= 20
    assert converted("yolo11n").result["confidence"] == 0.25


def test_thresholds_of_the_request_are_used(run, checkpoint):
    result = run("convert.py", source=str(checkpoint("thin")), samples=SAMPLES[1:2], max_detections=25, iou=0.3).result
    found = result["reference"][0]["detections"]
    assert len(found) == 25
    assert all(entry["confidence"] > 0.25 for entry in found)


def test_a_strange_file_name_is_no_command(run, checkpoint, tmp_path):
    """Ultralytics looks these names up on its servers, or strips the quote."""
    for name in ("yolov5n.pt", "it's mine.pt"):
        shutil.copy(checkpoint("thin"), tmp_path / name)
        assert run("convert.py", source=str(tmp_path / name), samples=SAMPLES[:1]).result["names"][0] == "person"


def test_an_onnx_file_is_run_by_onnxruntime(run, inspect):
    made = run("convert.py", source=str(TREES), samples=[YELL])
    result = made.result
    assert made.files == {"result.json"}
    assert result["source"]["kind"] == "onnx" and result["names"] == ["tree"]
    assert "onnxruntime" in result["exporter"]
    expected = inspect("detect", str(TREES), YELL, 0.25, 0.7, 300)
    assert len(expected) > 100
    assert_same(expected, result["reference"][0]["detections"])


def test_an_onnx_file_whose_weights_lie_beside_it_is_run(run, inspect, tmp_path):
    inspect("move_weights", str(TREES), str(tmp_path / "trees.onnx"))
    assert (tmp_path / "weights.data").stat().st_size > 1_000_000
    made = run("convert.py", source=str(tmp_path / "trees.onnx"), samples=[YELL])
    assert len(made.result["reference"][0]["detections"]) > 100
    (tmp_path / "weights.data").unlink()
    lost = run("convert.py", source=str(tmp_path / "trees.onnx"), samples=[YELL])
    assert "weights.data" in lost.failure["error"]


def test_an_onnx_file_that_says_nothing_is_read_by_its_shape(run, inspect, tmp_path):
    inspect("strip_metadata", str(TREES), str(tmp_path / "bare.onnx"))
    bare = run("convert.py", source=str(tmp_path / "bare.onnx"), samples=[YELL]).result
    known = run("convert.py", source=str(TREES), samples=[YELL]).result
    assert bare["names"] == ["class0"]
    rows = [[*entry["xyxy"], entry["confidence"], entry["class_id"]] for entry in known["reference"][0]["detections"]]
    assert_same(rows, bare["reference"][0]["detections"], 0.01)


def test_yolov5s_rows_are_told_by_their_number(run, converted, inspect, tmp_path):
    """Confidence is objectness, here 0.5 everywhere, times class score: the same boxes at half the confidence."""
    made = converted("thin")
    inspect("yolov5_rows", str(made.folder / "model.onnx"), str(tmp_path / "v5.onnx"))
    found = run("convert.py", source=str(tmp_path / "v5.onnx"), samples=SAMPLES[:1], confidence=0.125).result
    assert found["names"] == ["class0", "class1", "class2"]
    rows = inspect("detect", str(made.folder / "model.onnx"), SAMPLES[0], 0.25, 0.7, 300)
    assert_same([[*row[:4], row[4] / 2, row[5]] for row in rows], found["reference"][0]["detections"])


def test_a_layout_that_nobody_is_sure_of_has_no_reference(run, converted, inspect, tmp_path):
    inspect("strip_metadata", str(converted("thin-obb").folder / "model.onnx"), str(tmp_path / "bare.onnx"))
    result = run("convert.py", source=str(tmp_path / "bare.onnx"), samples=SAMPLES[:1], task="obb").result
    assert result["reference"] is None
    assert "does not say what its outputs" in result["why_no_reference"]


def test_the_request_may_name_the_layout(run, converted, inspect, tmp_path):
    made = converted("thin-obb")
    inspect("strip_metadata", str(made.folder / "model.onnx"), str(tmp_path / "bare.onnx"))
    found = run(
        "convert.py", source=str(tmp_path / "bare.onnx"), samples=SAMPLES[:1], task="obb", layout="oriented"
    ).result
    known = run("convert.py", source=str(made.folder / "model.onnx"), samples=SAMPLES[:1]).result
    pairs = list(zip(found["reference"][0]["detections"], known["reference"][0]["detections"], strict=True))
    assert pairs
    for ours, theirs in pairs:
        assert ours["class_id"] == theirs["class_id"]
        assert ours["xywhr"] == pytest.approx(theirs["xywhr"], abs=0.02)
