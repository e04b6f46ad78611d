"""Writes Tests/Fixtures/geotiff: small pictures that GDAL has placed on Earth. Needs numpy and rasterio."""

from pathlib import Path

import numpy
import rasterio
from rasterio.transform import from_origin

FOLDER = Path(__file__).resolve().parents[1] / "geotiff"


def write(name, system, transform):
    with rasterio.open(
        FOLDER / name, "w", driver="GTiff", width=100, height=100, count=1, dtype="uint8",
        crs=system, transform=transform, compress="deflate",
    ) as picture:
        picture.write(numpy.zeros((1, 100, 100), dtype="uint8"))


FOLDER.mkdir(exist_ok=True)
write("wgs84.tif", "EPSG:4326", from_origin(10, 50, 0.001, 0.001))
write("utm32n.tif", "EPSG:32632", from_origin(691600, 5334770.25, 0.5, 0.5))
