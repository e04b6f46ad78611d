"""How pictures are read and cut, held against what Harrier itself is held against."""

import base64
import json
from array import array

import pytest

from conftest import ROOT, SAMPLES

IMAGES = ROOT / "Tests/Fixtures/images"
RESIZES = ROOT / "Tests/Fixtures/numerics/resizes.json"


def test_pixels_are_those_of_the_fixtures(part):
    manifest = json.loads((IMAGES / "manifest.json").read_text())["images"]
    usable = [entry for entry in manifest if "samples" in entry and "/" not in entry["file"]]
    found = part("pixels", str(IMAGES), [entry["file"] for entry in usable])
    read = [entry for entry in usable if found[entry["file"]] is not None]
    # Pillow reads no BigTIFF of the other byte order, and no samples of 32 bits.
    assert len(usable) - len(read) <= 4 and len(read) >= 40
    for entry in read:
        rows = found[entry["file"]]
        assert (len(rows[0]), len(rows)) == (entry["width"], entry["height"]), entry["file"]
        for x, y, colour in entry["samples"]:
            differences = [abs(a - b) for a, b in zip(rows[y][x], colour)]
            assert max(differences) <= max(entry.get("tolerance", 0), 1), (entry["file"], x, y, rows[y][x], colour)


@pytest.mark.parametrize("resizing", ["pillow", "torchvision", "unrounded"])
def test_pictures_are_resized_as_by_the_package_of_that_name(part, resizing):
    """resizes.json holds what Pillow and torchvision make of noise; floats are not rounded."""
    cases = json.loads(RESIZES.read_text())["cases"]
    found = part("resized", resizing, [{key: case[key] for key in ("seed", "source", "target")} for case in cases])
    assert len(found) >= 10
    # Processors may add floats in another order; bytes are the same.
    kind, tolerance = ("f", 0.001) if resizing == "unrounded" else ("B", 0)
    for case, encoded in zip(cases, found, strict=True):
        values, theirs = (array(kind, base64.b64decode(text)) for text in (encoded, case[resizing]))
        assert len(values) == len(theirs)
        assert max(abs(a - b) for a, b in zip(values, theirs)) <= tolerance, case["source"]


def test_slices_start_where_sahi_starts_them(part):
    """Tests/Fixtures/numerics/slice-grid.json holds the boxes of sahi.slicing."""
    cases = json.loads((ROOT / "Tests/Fixtures/numerics/slice-grid.json").read_text())["cases"]
    axes = [(case["image"][axis], case["slice"][axis], case["overlap"]) for case in cases for axis in (0, 1)]
    expected = [sorted({box[axis] for box in case["boxes"]}) for case in cases for axis in (0, 1)]
    assert len(axes) >= 10 and part("starts", axes) == expected


def test_a_large_picture_is_an_input_as_a_whole_and_in_slices(part):
    """1249 x 1035 pixels: 3 columns and 2 rows of 640, each starting 512 behind the last or ending at the border."""
    boxes = part("slices", SAMPLES[2], 640, 0.2)
    assert boxes[0] == [0, 0, 1249, 1035]
    assert boxes[1:] == [[x, y, x + 640, y + 640] for y in (0, 395) for x in (0, 512, 609)]


def test_a_picture_that_fits_is_not_cut(part):
    assert part("slices", SAMPLES[0], 640, 0.2) == [[0, 0, 640, 640]]


def test_there_are_at_most_300_inputs(part):
    """Half of them whole pictures where there are so many, the others slices from all over."""
    few, many = part("many_regions", SAMPLES[2], 10), part("many_regions", SAMPLES[2], 400)
    assert few == {"count": 300, "whole": 10, "last_picture": 9}
    assert many == {"count": 300, "whole": 150, "last_picture": 397}
