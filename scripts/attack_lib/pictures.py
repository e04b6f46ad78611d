"""Pictures that are small and become large, or slow: refused, or done in bounded time and memory."""

import struct
import time
import zlib

GIGA = 1 << 30


def zeros(count):
    """So many zero bytes, deflated."""
    packer, block = zlib.compressobj(9), bytes(1 << 20)
    packed = [packer.compress(block) for _ in range(count >> 20)]
    return b"".join([*packed, packer.compress(bytes(count & (1 << 20) - 1)), packer.flush()])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, before=b"", pixels=None, kind=2, depth=8):
    """A black picture; `before` stands before its pixels."""
    row = width * {0: 1, 2: 3, 6: 4}[kind] * depth // 8 + 1
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before
            + chunk(b"IDAT", pixels or zeros(row * height)) + chunk(b"IEND", b""))


def tiff(entries, data=b"", link=0):
    """Entries are (tag, type, count, value); data lies behind the directory. A link leads to the next directory."""
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", link) + data


def grey(width, height, *more, strips=1, rows=None, offset=200, count=0, compression=1):
    """The entries of a grey picture of 8 bits, and others."""
    entries = {
        256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, compression), 262: (3, 1, 1),
        273: (4, strips, offset), 277: (3, 1, 1), 278: (4, 1, rows or height), 279: (4, strips, count)}
    return [(tag, *entry) for tag, entry in sorted((entries | dict(more)).items())]


def jpeg(scans, width, height):
    """A grey progressive JPEG whose scans say nothing, so that each costs a pass over all blocks."""
    def segment(marker, data):
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data

    blocks = (width + 7) // 8 * ((height + 7) // 8)
    bits, left = [], blocks
    while left >= 1 << 14:
        run = min((1 << 15) - 1, left)
        bits.append("0" + format(run - (1 << 14), "014b"))
        left -= run
    text = "".join(bits) + "10" * left
    text += "1" * (-len(text) % 8)
    ac = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    tables = segment(0xC4, b"\0" + bytes([1] + [0] * 15) + b"\0") \
        + segment(0xC4, b"\x10" + bytes([1, 1] + [0] * 14) + b"\xe0\0")
    frame = segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    dc_scan = segment(0xDA, b"\1\1\0\0\0\0") + bytes((blocks + 7) // 8)
    ac_scan = segment(0xDA, b"\1\1\0\x01\x3f\0") + ac
    return b"\xff\xd8" + segment(0xDB, b"\0" + bytes([1] * 64)) + frame + tables + dc_scan + ac_scan * scans + b"\xff\xd9"


def bombs():
    """Name, bytes, and whether it is a proper picture by its header."""
    text = chunk(b"zTXt", b"Comment\0\0" + zeros(8 << 20))
    yield "PNG of 8192x8192 zeros", png(8192, 8192)
    yield "PNG of 8192x8192 zeros, 16 bit, alpha", png(8192, 8192, kind=6, depth=16)
    yield "PNG, zTXt of 1 GB", png(64, 64, chunk(b"zTXt", b"Comment\0\0" + zeros(GIGA)))
    yield "PNG, iTXt of 1 GB", png(64, 64, chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zeros(GIGA)))
    yield "PNG, iCCP of 1 GB", png(64, 64, chunk(b"iCCP", b"p\0\0" + zeros(GIGA)))
    yield "PNG, 1,000 zTXt of 8 MB", png(64, 64, text * 1000)
    yield "PNG, 100,000 tEXt", png(64, 64, chunk(b"tEXt", b"a\0b") * 100_000)
    yield "PNG, 1 GB of pixels for 64x64", png(64, 64, pixels=zeros(GIGA))
    yield "PNG, fewer pixels than it says", png(4096, 4096, pixels=zeros(64))
    yield "JPEG, 99 scans of 8192x8192", jpeg(98, 8192, 8192)
    yield "JPEG, 20,000 scans of 8192x8192", jpeg(20_000, 8192, 8192)
    yield "JPEG of 65500x65500", jpeg(1, 65500, 65500)
    packed = zeros(GIGA)
    yield "TIFF, strip that unpacks to 1 GB", tiff(grey(64, 64, count=len(packed), compression=8), bytes(78) + packed)
    packed = zeros(8192 * 8192)
    yield "TIFF of 8192x8192 zeros, deflated", tiff(grey(8192, 8192, count=len(packed), compression=8), bytes(78) + packed)
    yield "TIFF, 4,294,967,295 strips", tiff(grey(64, 64, strips=0xFFFFFFFF, count=1), bytes(9000))
    yield "TIFF, strip of 4 GB", tiff(grey(64, 64, count=0xFFFFFFFF), bytes(9000))
    yield "TIFF, directory that is its own next", tiff(grey(64, 64, count=4096), bytes(9000), link=8)
    yield "TIFF, directory inside itself", tiff(grey(64, 64, (330, (4, 1, 8)), count=4096), bytes(9000))
    yield "TIFF, 65,535 samples a pixel", tiff(grey(64, 64, (277, (3, 1, 65535)), count=4096), bytes(9000))
    yield "TIFF, 0 rows a strip", tiff(grey(64, 64, (278, (4, 1, 0)), count=4096), bytes(9000))
    yield "TIFF, tile of 4 GB", tiff(
        grey(64, 64, (322, (4, 1, 65536)), (323, (4, 1, 65536)), (324, (4, 1, 200)), (325, (4, 1, 4096))), bytes(9000))
    yield "TIFF, ASCII tag of 4 GB", tiff(grey(64, 64, (270, (2, 0xFFFFFFFF, 200)), count=4096), bytes(9000))


def attack(server, report):
    for name, data in bombs():
        before, start = server.memory_mb(), time.monotonic()
        status, answer = server.upload([(b"bomb.bin", data)])
        if status != 200:
            # A refusal names the file and the reason.
            entries = answer.get("errors", [{}])
            seen = f"{len(data) >> 10} kB: {status} {answer.get('error_code')} {entries[0].get('error', '')}"
            report.check("pictures", name, status == 400 and entries[0].get("filename") == "bomb.bin", seen)
        else:
            run(server, report, name, data, answer["data"]["upload_id"], start)
        if before is not None:
            after = server.memory_mb()
            report.check("pictures", "  memory", after < before + 64, f"{before} MB, then {after} MB")
    # The worker that had them in hand, or the next one, does its work still.
    status, answer = server.upload([(b"sound.png", png(64, 64))])
    run(server, report, "a sound picture after all that", b"", answer.get("data", {}).get("upload_id", ""),
        time.monotonic(), {"completed"})


def run(server, report, name, data, upload, start, allowed=frozenset({"completed", "failed"})):
    _, answer = server.post_json(
        "/api/v1/inference/predict", {"upload_id": upload, "config": {"sahi": {"enabled": False}}})
    job = answer.get("data", {}).get("job_id")
    ended = server.finished(job) if job else {}
    error = ended.get("error", {}).get("code", "")
    is_right = ended.get("status") in allowed and (ended.get("status") != "failed" or error)
    # One bad picture does not fail a job: it is counted.
    failed = ended.get("progress", {}).get("failed_images", 0)
    what = f"{ended.get('status')} {error}".strip() + (", picture refused" if failed else "")
    seen = f"{len(data) >> 10} kB: job {what} in {time.monotonic() - start:.0f} s"
    report.check("pictures", name, bool(is_right), seen)
    if ended.get("status") in ("queued", "processing"):
        server.call("POST", f"/api/v1/jobs/{job}/cancel")
    server.call("DELETE", f"/api/v1/uploads/{upload}")
