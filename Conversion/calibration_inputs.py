"""What a model sees when Harrier runs it on pictures: the whole ones, and the slices of large ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from input_preparation import PREPARATIONS, Preparation, prepare
from sample_pictures import read_picture

MOST_INPUTS = 300  # NNCF's own default; more change little and take long


@dataclass(frozen=True)
class Cutting:
    """Square slices."""

    side: int
    overlap: float  # share of a slice that its neighbour covers too

    def starts(self, length: int) -> list[int]:
        """First pixels of the slices along one axis; the last one ends at the border."""
        if length <= self.side:
            return [0]
        step = self.side - int(self.overlap * self.side)
        return [*range(0, length - self.side, step), length - self.side]


@dataclass(frozen=True)
class Region:
    picture: Path
    x: int
    y: int
    width: int
    height: int


class CalibrationInputs:
    """Tensors in an order that only the request decides. Iterated over anew, it reads the pictures anew: 300 tensors
    of a large model are more than memory is free."""

    def __init__(self, pictures: list[Path], input_size: tuple[int, int], layout: str, cutting: Cutting):
        self.input_size = input_size
        self.preparation = PREPARATIONS.get(layout, Preparation())
        self.regions = regions(pictures, cutting)

    def __len__(self) -> int:
        return len(self.regions)

    def __iter__(self) -> Iterator[np.ndarray]:
        path, picture = None, np.empty(0)
        for region in self.regions:
            if region.picture != path:
                path, picture = region.picture, read_picture(region.picture)
            part = picture[region.y : region.y + region.height, region.x : region.x + region.width]
            yield prepare(np.ascontiguousarray(part), self.input_size, self.preparation)[0]


def regions(pictures: list[Path], cutting: Cutting) -> list[Region]:
    """At most MOST_INPUTS, half of them whole pictures if there are as many slices; ordered by picture."""
    whole, slices = [], []
    for path in pictures:
        width, height = upright_size(path)
        whole.append(Region(path, 0, 0, width, height))
        columns, rows = cutting.starts(width), cutting.starts(height)
        if len(columns) * len(rows) > 1:
            slices += [
                Region(path, x, y, min(cutting.side, width), min(cutting.side, height)) for y in rows for x in columns
            ]
    whole = evenly(whole, max(MOST_INPUTS // 2, MOST_INPUTS - len(slices)))
    chosen = set(whole + evenly(slices, MOST_INPUTS - len(whole)))
    order = {path: index for index, path in enumerate(pictures)}
    return sorted(chosen, key=lambda region: (order[region.picture], -region.width * region.height, region.y, region.x))


def evenly(regions: list[Region], count: int) -> list[Region]:
    """So many of them, spread over all."""
    if len(regions) <= count:
        return regions
    return [regions[index * len(regions) // count] for index in range(count)]


def upright_size(path: Path) -> tuple[int, int]:
    """Width and height, from the header where it tells."""
    try:
        with Image.open(path) as file:
            turned = file.getexif().get(0x0112, 1) >= 5  # orientations 5 to 8 lie on their side
            return file.size[::-1] if turned else file.size
    except Exception:  # the reader says what is wrong with it
        picture = read_picture(path)
        return picture.shape[1], picture.shape[0]
