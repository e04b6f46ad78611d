"""The programs need neither network nor other processes: under a filter that kills for the attempt they still work."""

import platform
import signal

import pytest

from conftest import HERE, ROOT, SAMPLES

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the filter knows x86_64's system calls")
CONFINED = (str(HERE / "confined.py"),)
TREES = str(ROOT / "Models/tree-crowns.onnx")


def test_the_filter_kills(run, checkpoint):
    """Else the tests below would say nothing."""
    made = run("convert.py", CONFINED, source=str(checkpoint("hostile-system")), samples=[], run_pickled_code=True)
    assert made.status == -signal.SIGSYS


@pytest.mark.parametrize("kind", ["thin", "thin-obb"])
def test_a_checkpoint_is_converted(run, checkpoint, kind):
    made = run("convert.py", CONFINED, source=str(checkpoint(kind)), samples=SAMPLES[:1])
    assert made.result["reference"] and made.files == {"model.onnx", "result.json"}


def test_an_onnx_file_is_run(run):
    assert run("convert.py", CONFINED, source=TREES, samples=SAMPLES[:1]).result["reference"]


def test_a_model_is_quantized_and_its_ir_is_run(run):
    made = run("quantize.py", CONFINED, model=TREES, images=SAMPLES[:1])
    assert made.result["images"] == 1
    again = run("convert.py", CONFINED, source=str(made.folder / "model.xml"), samples=SAMPLES[:1])
    assert again.result["source"]["kind"] == "openvino"
