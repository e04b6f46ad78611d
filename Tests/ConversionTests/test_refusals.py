"""What convert.py says about files that Harrier cannot run."""

import socket

import pytest

from conftest import ROOT, SAMPLES

SENTENCES = {
    "empty": "is empty",
    "text": "is no PyTorch checkpoint",
    "zip": "is an archive without data.pkl",
    "torchscript": "is a TorchScript archive",
    "truncated": "is cut short or damaged",
    "damaged": "is damaged",
    "dictionary": "no Ultralytics checkpoint",
    "state-dict": "holds weights without their model",
    "yolov5": "YOLOv5 or YOLOv7",
    "foreign": "somewhere.networks.Detector",
    "classifier": "is for classification",
    "pose": "is for pose estimation",
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_a_file_that_is_no_model_is_named_with_the_reason(run, checkpoint, kind):
    made = run("convert.py", source=str(checkpoint(kind)), samples=SAMPLES[:1])
    assert made.status == 3 and made.files == {"error.json"}
    error = made.failure["error"]
    assert error.startswith(f"{kind}.pt ") and SENTENCES[kind] in error
    assert "\n" not in error and str(made.folder) not in error


def test_half_a_checkpoint_is_told_from_none(run, checkpoint, tmp_path):
    whole = checkpoint("thin").read_bytes()
    (tmp_path / "half.pt").write_bytes(whole[: len(whole) // 2])
    made = run("convert.py", source=str(tmp_path / "half.pt"), samples=SAMPLES[:1])
    assert made.status == 3 and "half.pt is cut short or damaged" in made.failure["error"]


@pytest.mark.parametrize("kind", ["hostile-write", "hostile-system", "hostile-fork", "hostile-nested"])
def test_code_in_a_pickle_is_not_run(run, checkpoint, tmp_path, kind):
    target = tmp_path / "target"
    made = run("convert.py", source=str(checkpoint(kind, "--target", str(target))), samples=SAMPLES[:1])
    assert made.status == 3 and not target.exists()
    assert "was not run" in made.failure["error"] or "no Ultralytics checkpoint" in made.failure["error"]


def test_code_in_a_pickle_is_run_where_the_request_says_so(run, checkpoint, tmp_path):
    """So that the tests above are about the loader and not about broken pickles."""
    target = tmp_path / "target"
    source = str(checkpoint("hostile-write", "--target", str(target)))
    made = run("convert.py", source=source, samples=SAMPLES[:1], run_pickled_code=True)
    assert made.status == 3 and "no Ultralytics checkpoint" in made.failure["error"]
    assert target.read_text() == "written by a pickle"


def test_a_pickle_that_is_run_can_reach_a_socket(run, checkpoint):
    """What the confinement is for."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        source = str(checkpoint("hostile-socket", "--port", str(server.getsockname()[1])))
        run("convert.py", source=source, samples=SAMPLES[:1], run_pickled_code=True)
        with server.accept()[0] as connection:
            assert connection.recv(16) == b"stolen"


@pytest.mark.parametrize("suffix", ["onnx", "xml"])
def test_a_damaged_export_is_named(run, tmp_path, suffix):
    whole = (ROOT / "Models/tree-crowns.onnx").read_bytes()
    (tmp_path / "half.onnx").write_bytes(whole[:100_000])
    (tmp_path / "half.xml").write_text("<net name='x' version='11'><layers>")
    (tmp_path / "half.bin").write_bytes(b"")
    made = run("convert.py", source=str(tmp_path / f"half.{suffix}"), samples=SAMPLES[:1])
    assert made.status == 3 and f"half.{suffix} " in made.failure["error"] and "damaged" in made.failure["error"]


def test_other_files_are_refused(run, tmp_path):
    (tmp_path / "notes.txt").write_text("no model")
    made = run("convert.py", source=str(tmp_path / "notes.txt"), samples=SAMPLES[:1])
    assert "notes.txt is no model" in made.failure["error"]
    made = run("convert.py", source=str(tmp_path / "nowhere.pt"), samples=SAMPLES[:1])
    assert "nowhere.pt cannot be read" in made.failure["error"]


def test_a_picture_that_is_none_is_named(run, tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    made = run("convert.py", source=str(ROOT / "Models/tree-crowns.onnx"), samples=[str(tmp_path / "notes.jpg")])
    assert made.status == 3 and made.failure["error"] == "the picture notes.jpg cannot be read"


@pytest.mark.parametrize("wrong", [{"confidence": 2}, {"confidence": "high"}, {"iou": -1}, {"image_size": [8, 8]}])
def test_a_wrong_value_is_named(run, checkpoint, wrong):
    made = run("convert.py", source=str(checkpoint("thin")), samples=SAMPLES[:1], **wrong)
    assert made.status == 3 and made.failure["error"].startswith(f"{next(iter(wrong))} must be ")


def test_an_unknown_field_is_no_request(run):
    made = run("convert.py", source="a.pt", samples=[], colour="red")
    assert made.status == 1 and "colour" in made.errors and not made.files
