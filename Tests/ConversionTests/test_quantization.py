"""What quantize.py makes."""

import pytest

from conftest import ROOT, SAMPLES

TREES = str(ROOT / "Models/tree-crowns.onnx")
YELL = SAMPLES[2]


@pytest.fixture(scope="module")
def quantized(run):
    return run("quantize.py", model=TREES, images=[YELL, SAMPLES[0]])


def test_the_files_are_those_of_an_openvino_export(quantized, inspect):
    assert quantized.files == {"model.xml", "model.bin", "metadata.yaml", "result.json"}
    assert (quantized.folder / "model.bin").stat().st_size < 4_000_000  # of 10 MB
    assert inspect("operators", str(quantized.folder / "model.xml"))["FakeQuantize"] > 100


def test_names_task_and_size_stay_beside_it(quantized):
    text = (quantized.folder / "metadata.yaml").read_text()
    assert "task: detect\n" in text and "imgsz:\n- 640\n- 640\n" in text and "names:\n  0: tree\n" in text


def test_the_result_counts_what_it_was_calibrated_with(quantized):
    """1249 x 1035 pixels are 3 x 2 slices; 640 x 640 pixels are no more than the picture."""
    result = quantized.result
    assert result["images"] == 2 and result["inputs"] == 2 + 6
    assert result["nncf"] and result["openvino"] and result["ignored_operations"] > 0


def test_scores_are_not_quantized(quantized, inspect):
    """A score of 256 steps would show as few different numbers."""
    found = inspect("detect_openvino", str(quantized.folder / "model.xml"), YELL, 1, 0.25, 0.7, 300, "f32")
    assert len({row[4] for row in found}) > len(found) * 0.9


def test_most_boxes_stay_where_they_are(quantized, inspect):
    exact = inspect("detect", TREES, YELL, 0.25, 0.7, 300)
    found = inspect("detect_openvino", str(quantized.folder / "model.xml"), YELL, 1, 0.2, 0.7, 300, "f32")
    kept = [row for row in exact if any(overlap(row, other) > 0.5 for other in found)]
    assert len(exact) > 100 and len(kept) >= 0.95 * len(exact)


def overlap(first, second) -> float:
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return width * height / (sum(areas) - width * height)


def test_an_openvino_file_is_run_in_f32(run, quantized, inspect):
    """Left alone, OpenVINO computes in bf16 on processors that have it."""
    model = str(quantized.folder / "model.xml")
    result = run("convert.py", source=model, samples=[YELL]).result
    assert result["source"]["kind"] == "openvino" and result["names"] == ["tree"]
    found = result["reference"][0]["detections"]
    expected = inspect("detect_openvino", model, YELL, 1, 0.25, 0.7, 300, "f32")
    assert len(found) == len(expected)
    for entry, row in zip(found, expected):
        assert entry["confidence"] == pytest.approx(row[4], abs=1e-4)
        assert entry["xyxy"] == pytest.approx(row[:4], abs=0.05)


def test_an_openvino_file_of_others_has_no_reference(run, quantized, tmp_path):
    for name in ("model.xml", "model.bin"):
        (tmp_path / name).write_bytes((quantized.folder / name).read_bytes())
    result = run("convert.py", source=str(tmp_path / "model.xml"), samples=[YELL]).result
    assert result["reference"] is None and "metadata.yaml" in result["why_no_reference"]


def test_without_pictures_nothing_is_quantized(run):
    made = run("quantize.py", model=TREES, images=[])
    assert made.status == 3 and "needs pictures" in made.failure["error"]


def test_a_damaged_model_is_named(run, tmp_path):
    (tmp_path / "half.onnx").write_bytes(b"no model")
    made = run("quantize.py", model=str(tmp_path / "half.onnx"), images=[YELL])
    assert made.status == 3 and "half.onnx" in made.failure["error"]
