"""Writes images/: one small picture in many file formats, images/hostile/ and images/manifest.json.

Made with Pillow 13.0.0, tifffile 2026.3.3, imagecodecs 2026.3.6, numpy 2.4.6 and Python 3.11 (the PNG files by
the small encoder below, so that bit depths, row filters and interlacing are known); read back with Pillow,
tifffile and opencv-python 5.0.0. No arguments, nothing random.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import platform
import shutil
import struct
import zlib
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageOps

OUTPUT = Path(__file__).resolve().parent.parent / "images"
WIDTH, HEIGHT = 96, 72
TL, TR, BL, BR, WHITE = (220, 40, 30), (40, 180, 60), (40, 70, 200), (230, 210, 50), (255, 255, 255)

# Points at corners and edges for lossless files, away from edges for lossy ones.
SHARP = [(0, 0), (95, 0), (0, 71), (95, 71), (8, 8), (19, 15), (20, 16), (47, 35), (48, 36)]
SMOOTH = [(34, 27), (80, 11), (12, 60), (84, 60), (12, 12), (60, 20)]

LOSSY_NOTE = "lossy: points lie inside flat areas"


def region_map() -> np.ndarray:
    """0..3 for the quadrants (TL, TR, BL, BR) and 4 for the white rectangle."""
    regions = np.zeros((HEIGHT, WIDTH), np.uint8)
    regions[: HEIGHT // 2, WIDTH // 2 :] = 1
    regions[HEIGHT // 2 :, : WIDTH // 2] = 2
    regions[HEIGHT // 2 :, WIDTH // 2 :] = 3
    regions[8:16, 8:20] = 4
    return regions


REGIONS = region_map()


def paint(values: list) -> np.ndarray:
    """A picture from one value (number or tuple) a region."""
    return np.array(values)[REGIONS]


BASE = paint([TL, TR, BL, BR, WHITE]).astype(np.uint8)
GREY_LEVELS = [93, 125, 74, 198, 255]  # ITU-R 601 luma of the colours, rounded


def grey_rgb(levels: list[int]) -> np.ndarray:
    """The RGB picture of grey levels."""
    return np.repeat(paint(levels)[..., None], 3, 2).astype(np.uint8)


def over_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Composite over white, rounded."""
    a = alpha[..., None] / 255
    return np.floor(rgb * a + 255 * (1 - a) + 0.5).astype(np.uint8)


def sixteen_bits(values: np.ndarray) -> np.ndarray:
    """16-bit samples whose high byte is the value while rounding v * 255 / 65535 would be off by one."""
    low = np.where(values >= 129, 0, 255).astype(np.uint16)
    return values.astype(np.uint16) << 8 | low


# --- PNG ------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int, depth: int, colour: int, interlace: int = 0) -> bytes:
    """Signature and IHDR."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def packed_rows(samples: np.ndarray, depth: int) -> list[bytes]:
    """Rows of [h, w, channels] samples packed at a bit depth."""
    flat = samples.reshape(samples.shape[0], -1)
    if depth == 16:
        return [row.astype(">u2").tobytes() for row in flat]
    if depth == 8:
        return [row.astype(np.uint8).tobytes() for row in flat]
    bits = (flat[..., None] >> np.arange(depth - 1, -1, -1) & 1).astype(np.uint8)
    return [np.packbits(row.reshape(-1)).tobytes() for row in bits]


def filtered(rows: list[bytes], step: int) -> bytes:
    """Rows with the filters None, Sub, Up, Average and Paeth in turn."""
    out, above = bytearray(), bytes(len(rows[0])) if rows else b""
    for y, row in enumerate(rows):
        kind = y % 5
        out.append(kind)
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            b, c = above[i], above[i - step] if i >= step else 0
            if kind == 4:
                p = a + b - c
                pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
                guess = a if pa <= pb and pa <= pc else b if pb <= pc else c
            else:
                guess = (0, a, b, (a + b) // 2)[kind]
            out.append((value - guess) & 255)
        above = row
    return bytes(out)


def png(samples: np.ndarray, depth: int, colour: int, extra: bytes = b"", interlaced: bool = False) -> bytes:
    """A PNG file; samples [h, w] or [h, w, channels], extra chunks before IDAT."""
    samples = samples.reshape(*samples.shape[:2], -1).astype(np.int64)
    height, width, channels = samples.shape
    step = max(1, depth * channels // 8)
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        data = b"".join(filtered(packed_rows(samples[y::dy, x::dx], depth), step) for x, y, dx, dy in passes)
    else:
        data = filtered(packed_rows(samples, depth), step)
    body = zlib.compress(data, 9)
    half = len(body) // 2  # two IDAT chunks
    return (
        header(width, height, depth, colour, int(interlaced))
        + extra
        + chunk(b"IDAT", body[:half])
        + chunk(b"IDAT", body[half:])
        + chunk(b"IEND", b"")
    )


# --- JPEG -----------------------------------------------------------------------------------


def exif(orientation: int) -> bytes:
    """EXIF with only an orientation; odd ones big-endian, even ones little-endian."""
    order = ">" if orientation % 2 else "<"
    mark = b"MM" if order == ">" else b"II"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(order + "HI", 42, 8) + struct.pack(order + "H", 1) + entry + bytes(4)


def stored_for(orientation: int, picture: np.ndarray) -> np.ndarray:
    """The stored pixels that show `picture` once the orientation is applied."""
    t = Image.Transpose
    undo = {
        2: t.FLIP_LEFT_RIGHT,
        3: t.ROTATE_180,
        4: t.FLIP_TOP_BOTTOM,
        5: t.TRANSPOSE,
        6: t.ROTATE_90,
        7: t.TRANSVERSE,
        8: t.ROTATE_270,
    }
    image = Image.fromarray(picture)
    return np.asarray(image if orientation == 1 else image.transpose(undo[orientation]))


def jpeg(image: np.ndarray | Image.Image, **options) -> bytes:
    """A JPEG file by Pillow."""
    out = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(out, "JPEG", **{"quality": 95, "subsampling": 0, **options})
    return out.getvalue()


def cmyk_pixels() -> np.ndarray:
    """CMYK (255 = full ink) whose naive conversion (255 - k) * (255 - c) / 255 is the base, with real black ink."""
    rgb = BASE.astype(np.float64)
    light = rgb.max(2, keepdims=True)
    return np.concatenate((np.rint(255 - 255 * rgb / light), 255 - light), 2).astype(np.uint8)


# --- TIFF -----------------------------------------------------------------------------------


def tiff(samples: np.ndarray, **options) -> bytes:
    """A TIFF file by tifffile without its descriptive tags."""
    out = io.BytesIO()
    photometric = "rgb" if samples.ndim == 3 else "minisblack"
    options = {"photometric": photometric, "metadata": None, "software": False, **options}
    big, order = options.pop("bigtiff", False), options.pop("byteorder", "<")
    with tifffile.TiffWriter(out, bigtiff=big, byteorder=order) as writer:
        writer.write(samples, **options)
    return out.getvalue()


def multi_page_tiff() -> bytes:
    """The base, then a page of another size and a grey one."""
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for page in (BASE, np.full((40, 50, 3), (10, 200, 250), np.uint8), np.full((100, 30), 128, np.uint8)):
            writer.write(
                page,
                photometric="rgb" if page.ndim == 3 else "minisblack",
                compression="zlib",
                metadata=None,
                software=False,
            )
    return out.getvalue()


def pillow_tiff(image: Image.Image, **options) -> bytes:
    """A TIFF file by Pillow (libtiff when compressed)."""
    out = io.BytesIO()
    image.save(out, "TIFF", **options)
    return out.getvalue()


# --- the set --------------------------------------------------------------------------------


class Collection:
    """Files written so far with their manifest entries."""

    def __init__(self) -> None:
        self.images: list[dict] = []
        self.refused: list[dict] = []
        self.hostile: list[dict] = []

    def add(
        self,
        name: str,
        data: bytes,
        expected: np.ndarray = BASE,
        tolerance: int = 0,
        note: str = "",
        points: list[tuple[int, int]] | None = None,
        without_alpha: np.ndarray | None = None,
    ) -> None:
        """Write a readable file and note what its upright pixels are."""
        (OUTPUT / name).write_bytes(data)
        points = points or (SMOOTH if tolerance > 1 else SHARP)
        height, width = expected.shape[:2]
        entry = {
            "file": name,
            "width": width,
            "height": height,
            "tolerance": tolerance,
            "samples": [[x, y, expected[y, x].tolist()] for x, y in points],
        }
        if without_alpha is not None:
            entry["samples_alpha_dropped"] = [[x, y, without_alpha[y, x].tolist()] for x, y in points]
        if note:
            entry["note"] = note
        entry["verified_with"] = agreeing_readers(OUTPUT / name, expected, tolerance, points)
        assert entry["verified_with"], f"no reader agrees on {name}"
        self.images.append(entry)

    def refuse(self, name: str, data: bytes, reason: str) -> None:
        """Write a well-formed file that should be refused."""
        (OUTPUT / name).write_bytes(data)
        self.refused.append({"file": name, "reason": reason})

    def add_hostile(self, name: str, data: bytes, what: str) -> None:
        """Write a file that must neither crash nor hang nor fill the memory."""
        (OUTPUT / "hostile" / name).write_bytes(data)
        self.hostile.append({"file": f"hostile/{name}", "what": what})


def read_pillow(path: Path) -> np.ndarray:
    """Upright RGB, alpha over white."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = np.asarray(image.convert("RGBA"))
        return over_white(rgba[..., :3], rgba[..., 3])
    return np.asarray(image.convert("RGB"))


def read_cv2(path: Path) -> np.ndarray:
    """Upright RGB; cv2 drops alpha."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert image is not None
    return image[..., ::-1]


def read_tifffile(path: Path) -> np.ndarray:
    """First page as RGB8: high bytes, first three bands, orientation and alpha applied."""
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        pixels = page.asarray()
        if page.planarconfig == 2:
            pixels = np.moveaxis(pixels, 0, -1)
        if page.photometric == 3:
            pixels = np.moveaxis(page.colormap, 0, -1)[pixels] >> 8
        if page.photometric == 0:
            pixels = ~pixels
        extra, orientation = page.extrasamples, page.tags[274].value if 274 in page.tags else 1
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8) * 255
    if pixels.dtype == np.uint16:
        pixels = pixels >> 8 if pixels.max() > 255 else pixels
    pixels = pixels.astype(np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, 2)
    rgb = over_white(pixels[..., :3], pixels[..., 3]) if extra == (2,) else pixels[..., :3]
    if orientation == 6:
        rgb = np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).transpose(Image.Transpose.ROTATE_270))
    return rgb


def agreeing_readers(path: Path, expected: np.ndarray, tolerance: int, points: list[tuple[int, int]]) -> list[str]:
    """Names of the independent readers that give the expected size and colours."""
    names = []
    for name, reader in (("Pillow", read_pillow), ("cv2", read_cv2), ("tifffile", read_tifffile)):
        if name == "tifffile" and path.suffix != ".tif":
            continue
        try:
            pixels = reader(path)
        except Exception:  # noqa: BLE001 - the reader does not know this kind
            continue
        if pixels.shape != expected.shape:
            continue
        if tolerance <= 1:
            difference = np.abs(pixels.astype(int) - expected).max()
        else:
            difference = max(np.abs(pixels[y, x].astype(int) - expected[y, x]).max() for x, y in points)
        if difference <= tolerance:
            names.append(name)
    return names


def add_jpegs(files: Collection) -> None:
    """JPEG variants."""
    files.add("jpeg-444.jpg", jpeg(BASE), tolerance=4, note=LOSSY_NOTE)
    files.add("jpeg-420.jpg", jpeg(BASE, subsampling=2), tolerance=6, note=LOSSY_NOTE)
    files.add("jpeg-progressive.jpg", jpeg(BASE, progressive=True), tolerance=4, note=LOSSY_NOTE)
    files.add("jpeg-grey.jpg", jpeg(paint(GREY_LEVELS).astype(np.uint8)), grey_rgb(GREY_LEVELS), 4, LOSSY_NOTE)
    naive = "expected by the naive conversion (255 - C) * (255 - K) / 255 of Pillow, without a colour profile"
    cmyk = cmyk_pixels()
    files.add(
        "jpeg-cmyk.jpg",
        jpeg(Image.frombytes("CMYK", (WIDTH, HEIGHT), cmyk.tobytes())),
        tolerance=6,
        note=f"Adobe marker with transform 0, inverted values, real black ink; {naive}",
    )
    files.add(
        "jpeg-ycck.jpg",
        imagecodecs.jpeg8_encode(255 - cmyk, level=95, colorspace="CMYK", outcolorspace="YCCK", subsampling="444"),
        tolerance=8,
        note=f"Adobe marker with transform 2, inverted values; {naive}",
    )
    for orientation in range(1, 9):
        files.add(
            f"jpeg-orientation-{orientation}.jpg",
            jpeg(stored_for(orientation, BASE), exif=b"Exif\0\0" + exif(orientation)),
            tolerance=4,
            note=f"EXIF orientation {orientation} ({'big' if orientation % 2 else 'little'}-endian EXIF)",
        )


def add_pngs(files: Collection) -> None:
    """PNG variants."""
    files.add("png-rgb8.png", png(BASE, 8, 2), note="the base picture; rows use all five filters")
    files.add("png-rgb8-interlaced.png", png(BASE, 8, 2, interlaced=True), note="Adam7")
    files.add("png-grey8.png", png(paint(GREY_LEVELS), 8, 0), grey_rgb(GREY_LEVELS))
    palette = chunk(b"PLTE", bytes(np.array([TL, TR, BL, BR, WHITE], np.uint8)))
    files.add("png-palette8.png", png(REGIONS, 8, 3, palette))
    files.add("png-palette4.png", png(REGIONS, 4, 3, palette))
    alpha_levels = [255, 128, 0, 255]  # the fifth colour has no tRNS entry, so is opaque
    files.add(
        "png-palette8-transparency.png",
        png(REGIONS, 8, 3, palette + chunk(b"tRNS", bytes(alpha_levels))),
        over_white(BASE, paint([*alpha_levels, 255])),
        1,
        "top right alpha 128, bottom left alpha 0, composited over white",
        without_alpha=BASE,
    )
    alpha = paint([255, 255, 0, 128, 255]).astype(np.uint8)
    note = "bottom left alpha 0, bottom right alpha 128, composited over white"
    files.add(
        "png-rgba8.png", png(np.dstack((BASE, alpha)), 8, 6), over_white(BASE, alpha), 1, note, without_alpha=BASE
    )
    grey = grey_rgb(GREY_LEVELS)
    files.add(
        "png-grey8-alpha.png",
        png(np.dstack((grey[..., 0], alpha)), 8, 4),
        over_white(grey, alpha),
        1,
        note,
        without_alpha=grey,
    )
    for depth, levels in ((1, [0, 0, 0, 1, 1]), (2, [1, 2, 0, 3, 3]), (4, [5, 8, 2, 13, 15])):
        scale = 255 // (2**depth - 1)
        files.add(
            f"png-grey{depth}.png",
            png(paint(levels), depth, 0),
            grey_rgb([v * scale for v in levels]),
            note=f"levels times {scale}",
        )
    high = "expected is the high byte; scaling by 255/65535 would be off by one"
    files.add("png-rgb16.png", png(sixteen_bits(BASE), 16, 2), note=high)
    files.add(
        "png-grey16.png", png(sixteen_bits(paint(GREY_LEVELS)), 16, 0), grey, note=f"{high}; Pillow clips to white"
    )
    files.add(
        "png-rgb8-transparent-colour.png",
        png(BASE, 8, 2, chunk(b"tRNS", struct.pack(">HHH", *BL))),
        np.where((BASE == BL).all(2, keepdims=True), 255, BASE).astype(np.uint8),
        note="tRNS makes the bottom left colour transparent: white",
        without_alpha=BASE,
    )
    files.add(
        "png-orientation-6.png",
        png(stored_for(6, BASE), 8, 2, chunk(b"eXIf", exif(6))),
        note="eXIf chunk with orientation 6, honoured by the readers named here",
    )


def add_tiffs(files: Collection) -> None:
    """TIFF variants."""
    grey = grey_rgb(GREY_LEVELS)
    grey8 = grey[..., 0]
    files.add("tiff-strips.tif", tiff(BASE, rowsperstrip=10), note="strips of 10 rows, the last one shorter")
    files.add("tiff-tiles.tif", tiff(BASE, tile=(32, 16)), note="tiles 16 wide, 32 high; the last row of tiles is cut")
    files.add("tiff-lzw-predictor.tif", tiff(BASE, compression="lzw", predictor=2, rowsperstrip=20))
    files.add("tiff-deflate.tif", tiff(BASE, compression="adobe_deflate"))
    files.add("tiff-packbits.tif", tiff(BASE, compression="packbits", rowsperstrip=8))
    files.add(
        "tiff-jpeg.tif",
        pillow_tiff(Image.fromarray(BASE), compression="jpeg", quality=95),
        tolerance=6,
        note="JPEG strips, YCbCr with shared tables",
    )
    files.add(
        "tiff-jpeg-tiles.tif",
        tiff(BASE, compression="jpeg", compressionargs={"level": 95}, tile=(32, 32), subsampling=(2, 2)),
        tolerance=6,
        note="JPEG tiles, YCbCr 4:2:0",
    )
    files.add("tiff-grey.tif", tiff(grey8), grey)
    files.add("tiff-grey-packbits.tif", tiff(grey8, compression="packbits", rowsperstrip=8), grey)
    bits = paint([0, 0, 0, 1, 1]).astype(bool)
    black_white = grey_rgb([0, 0, 0, 255, 255])
    files.add("tiff-1bit.tif", pillow_tiff(Image.fromarray(bits)), black_white)
    files.add(
        "tiff-1bit-minimum-is-white.tif",
        tiff(~bits, photometric="miniswhite"),
        black_white,
        note="PhotometricInterpretation 0: 1 is black",
    )
    colours = np.zeros((3, 256), np.uint16)
    colours[:, :5] = np.array([TL, TR, BL, BR, WHITE], np.uint16).T * 257
    files.add("tiff-palette.tif", tiff(REGIONS, photometric="palette", colormap=colours))
    high = "expected is the high byte; scaling by 255/65535 would be off by one"
    grey16 = sixteen_bits(grey8)
    files.add(
        "tiff-rgb16.tif",
        tiff(sixteen_bits(BASE), compression="lzw", predictor=2),
        note=f"LZW, predictor 2; {high} (and is, in cv2)",
    )
    files.add("tiff-grey16.tif", tiff(grey16), grey, note=f"{high}; Pillow clips to white")
    files.add("tiff-grey16-big-endian.tif", tiff(grey16, byteorder=">"), grey, note=high)
    files.add("tiff-big-endian.tif", tiff(BASE, byteorder=">"), note="MM")
    files.add("tiff-bigtiff.tif", tiff(BASE, bigtiff=True, compression="zlib"), note="BigTIFF, little-endian")
    files.add(
        "tiff-bigtiff-big-endian.tif", tiff(BASE, bigtiff=True, byteorder=">", compression="zlib"), note="BigTIFF, MM"
    )
    files.add("tiff-planar.tif", tiff(np.moveaxis(BASE, -1, 0), planarconfig="separate"), note="PlanarConfiguration 2")
    files.add("tiff-pages.tif", multi_page_tiff(), note="three pages; the first is the picture")
    infrared = (np.arange(WIDTH)[None, :] * 2 + np.arange(HEIGHT)[:, None]).astype(np.uint8)
    files.add(
        "tiff-infrared.tif",
        tiff(np.dstack((BASE, infrared)), extrasamples=["unspecified"]),
        note="fourth band is near infrared (ExtraSamples 0), 0 at the top left: it is no alpha and is ignored",
    )
    alpha = paint([255, 255, 0, 128, 255]).astype(np.uint8)
    files.add(
        "tiff-alpha.tif",
        tiff(np.dstack((BASE, alpha)), extrasamples=["unassalpha"], compression="zlib"),
        over_white(BASE, alpha),
        1,
        "unassociated alpha: bottom left 0, bottom right 128, composited over white",
        without_alpha=BASE,
    )
    files.add(
        "tiff-orientation-6.tif",
        tiff(stored_for(6, BASE), extratags=[(274, 3, 1, 6, True)], compression="zlib"),
        note="Orientation tag 6",
    )
    ramp = REGIONS / 4
    kinds = (
        ("float32", np.float32),
        ("float64", np.float64),
        ("uint32", np.uint32),
        ("int64", np.int64),
        ("complex64", np.complex64),
    )
    for name, kind in kinds:
        samples = (ramp * (1 if np.dtype(kind).kind in "fc" else 1000)).astype(kind)
        files.refuse(f"tiff-{name}.tif", tiff(samples, compression="zlib"), f"{name} samples")
    files.refuse(
        "tiff-float32-rgb.tif",
        tiff((BASE / 255).astype(np.float32), compression="zlib"),
        "float32 samples, three bands",
    )
    files.refuse(
        "tiff-int16.tif", tiff((ramp * 20000 - 10000).astype(np.int16), compression="zlib"), "signed 16-bit samples"
    )


def add_hostile(files: Collection) -> None:
    """Broken, misleading and oversized files."""
    start = zlib.compress(bytes(4096), 9)[:16]
    for side in (50000, 200000):
        files.add_hostile(
            f"png-{side}.png",
            header(side, side, 8, 2) + chunk(b"IDAT", start),
            f"PNG header of {side}x{side}, image data cut after a few bytes",
        )
    picture = jpeg(BASE)
    frame = picture.index(b"\xff\xc0")
    files.add_hostile(
        "jpeg-65500.jpg",
        picture[: frame + 5] + struct.pack(">HH", 65500, 65500) + picture[frame + 9 :],
        "JPEG that claims 65500x65500 and holds a 96x72 scan",
    )
    scan = picture.index(b"\xff\xda")
    scan += 2 + struct.unpack(">H", picture[scan + 2 : scan + 4])[0]
    noise, value = bytearray(), 1
    for _ in range(900):
        value = (value * 1664525 + 1013904223) & 0xFFFFFFFF
        noise.append(value >> 24)
    files.add_hostile(
        "jpeg-garbage-scan.jpg",
        picture[:scan] + bytes(noise),
        "valid JPEG headers of 96x72, noise as scan, no end marker",
    )
    files.add_hostile("text.jpg", b"This is not a picture.\n" * 20, "plain text")
    files.add_hostile("empty.png", b"", "no bytes at all")
    small = Image.fromarray(BASE)
    for kind in ("GIF", "WEBP", "BMP"):
        out = io.BytesIO()
        picture_of_kind = small.resize((32, 24)) if kind == "BMP" else small
        picture_of_kind.save(out, kind, **({"lossless": True} if kind == "WEBP" else {}))
        files.add_hostile(f"{kind.lower()}.png", out.getvalue(), f"a valid {kind} file named .png")
    files.add_hostile(
        "svg.png",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="96" height="72">'
        b'<rect width="96" height="72" fill="#dc281e"/></svg>\n',
        "an SVG file named .png",
    )
    files.add_hostile("png-63x64.png", png(BASE[:64, :63], 8, 2), "a sound PNG of 63x64 pixels (one pixel too narrow)")
    files.add_hostile(
        "tiff-offset-past-end.tif", b"II*\0" + struct.pack("<I", 0x7FFFFFF0), "first IFD offset past the end"
    )
    data = bytearray(tiff(BASE[:32, :32], compression="zlib"))
    first = struct.unpack("<I", data[4:8])[0]
    count = struct.unpack("<H", data[first : first + 2])[0]
    data[first + 2 + 12 * count : first + 6 + 12 * count] = struct.pack("<I", first)
    files.add_hostile("tiff-ifd-loop.tif", bytes(data), "a sound 32x32 first page whose next IFD is itself")
    entries = [
        (256, 4, 100000),
        (257, 4, 100000),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, 100000),
        (279, 4, 16),
    ]
    directory = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", tag, kind, 1, v) for tag, kind, v in entries
    )
    files.add_hostile(
        "tiff-100000.tif",
        b"II*\0" + struct.pack("<I", 24) + bytes(16) + directory + bytes(4),
        "grey TIFF that claims 100000x100000 with 16 bytes of data",
    )


def main() -> None:
    """Make every file and the manifest."""
    if OUTPUT.exists():
        shutil.rmtree(OUTPUT)
    (OUTPUT / "hostile").mkdir(parents=True)
    files = Collection()
    add_jpegs(files)
    add_pngs(files)
    add_tiffs(files)
    add_hostile(files)
    versions = {
        n: importlib.metadata.version(n) for n in ("Pillow", "tifffile", "imagecodecs", "opencv-python", "numpy")
    }
    manifest = {
        "made_with": {**versions, "python": platform.python_version()},
        "base": {
            "width": WIDTH,
            "height": HEIGHT,
            "quadrants": {"top_left": TL, "top_right": TR, "bottom_left": BL, "bottom_right": BR},
            "white_rectangle": {"x": 8, "y": 8, "width": 12, "height": 8},
        },
        "layout": "samples: [x, y, [r, g, b]] of the upright picture; tolerance per channel;"
        " samples_alpha_dropped: what readers that drop alpha"
        " instead of compositing over white give; verified_with: readers that agree",
        "images": files.images,
        "refused": files.refused,
        "hostile": files.hostile,
    }
    parts = []
    for key, value in manifest.items():
        if isinstance(value, list):
            body = ",\n".join("  " + json.dumps(v) for v in value)
            parts.append(f' "{key}": [\n{body}\n ]')
        else:
            parts.append(f' "{key}": {json.dumps(value)}')
    (OUTPUT / "manifest.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main()
