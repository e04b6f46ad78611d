"""Calls single parts of Conversion/ in the import's environment: parts.py FUNCTION '["argument", ...]', prints JSON."""

import base64
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Conversion"))


def slices(picture: str, side: int, overlap: float) -> list[list[int]]:
    """x1, y1, x2, y2 of what a picture is calibrated with."""
    from calibration_inputs import Cutting, regions

    found = regions([Path(picture)], Cutting(side, overlap))
    return [[region.x, region.y, region.x + region.width, region.y + region.height] for region in found]


def starts(axes: list[tuple[int, int, float]]) -> list[list[int]]:
    """Of slices along axes of a length, a slice's side and an overlap."""
    from calibration_inputs import Cutting

    return [Cutting(side, overlap).starts(length) for length, side, overlap in axes]


def many_regions(picture: str, count: int) -> dict:
    """What is left of more regions than NNCF is given: the same picture under many names, each of 6 x 5 slices."""
    import calibration_inputs

    size = calibration_inputs.upright_size(Path(picture))
    calibration_inputs.upright_size = lambda _: size
    pictures = [Path(str(index)) for index in range(count)]
    found = calibration_inputs.regions(pictures, calibration_inputs.Cutting(256, 0.2))
    whole = [region for region in found if region.width > 256]
    return {"count": len(found), "whole": len(whole), "last_picture": int(found[-1].picture.name)}


def crop(picture: str, x: int, y: int, width: int, height: int, target: str) -> None:
    from PIL import Image

    Image.open(picture).crop((x, y, x + width, y + height)).save(target)


def pixels(folder: str, files: list[str]) -> dict:
    """Every picture as rows of red, green, blue; None where it is refused."""
    from conversion_program import ConversionFailure
    from sample_pictures import read_picture

    found = {}
    for file in files:
        try:
            found[file] = read_picture(Path(folder) / file)[..., ::-1].tolist()
        except ConversionFailure:
            found[file] = None
    return found


def resized(resizing: str, cases: list[dict]) -> list[str]:
    """The noise of Tests/Fixtures/numerics/resizes.json at the sizes of its cases: the bytes in base64."""
    import numpy as np
    from input_preparation import resized

    found = []
    for case in cases:
        (width, height), value = case["source"], case["seed"]
        noise = bytearray()
        for _ in range(width * height * 3):
            value = (value * 1664525 + 1013904223) & 0xFFFFFFFF
            noise.append(value >> 24)
        picture = np.frombuffer(bytes(noise), np.uint8).reshape(height, width, 3)
        found.append(base64.b64encode(resized(picture, tuple(case["target"]), resizing).tobytes()).decode())
    return found


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*json.loads(sys.argv[2]))))
