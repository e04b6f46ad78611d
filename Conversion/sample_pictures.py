"""Reads pictures as Harrier does: upright, 8 bits, transparency over white, colour profiles not applied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from conversion_program import ConversionFailure

# The caller chose the pictures, and this process' memory has a limit of its own.
Image.MAX_IMAGE_PIXELS = None


def read_picture(path: str | Path) -> np.ndarray:
    """Blue, green, red as OpenCV has them: [height, width, 3]."""
    try:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file)
            return np.ascontiguousarray(rgb(picture)[..., ::-1])
    except MemoryError:
        raise
    except Exception as error:  # decoders fail in many ways
        detail = f"{type(error).__name__}: {error}"
        raise ConversionFailure(f"the picture {Path(path).name} cannot be read", detail) from error


def rgb(picture: Image.Image) -> np.ndarray:
    if picture.mode in ("I", "F"):
        raise ValueError("its samples are no whole numbers of 8 or 16 bits")
    if picture.mode.startswith("I;16"):
        return np.repeat((np.asarray(picture) >> 8).astype(np.uint8)[..., None], 3, axis=2)
    if picture.has_transparency_data:
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
    return np.asarray(picture.convert("RGB"))
