"""File names that want to be paths, headers, lines, formulas, commands or markup, and what becomes of them."""

import csv
import io
import json
import re
import zipfile

from .pictures import png
from .server import parsed

# As they stand between the quotes of a form.
NAMES = [
    b"../../../etc/passwd.png", b"..\\\\..\\\\boot.png", b"C:\\\\evil.png", b"/etc/passwd", b"a%0d%0aSet-Cookie: a=b.png",
    b"a\x1b[31mred.png", b"'; DROP TABLE uploads;--.png", b"{{7*7}}.png", b"<img src=x onerror=alert(1)>.png",
    b"a" * 5000 + b".png", "abc\u202egnp.exe".encode(), b"=1+1.png", b"+1+1.png", b"-1+1.png", b"@SUM(1).png", b"=cmd|'C'!A0.png",
    b"CON.png", b"nul", b"COM1.png", b"a:b.png", b"a?b*.png", b"a|b.png", b"trailing..png", b"trailing .png", b"$(id).png",
    b"`id`.png", b"-rf.png", b"%2e%2e%2f.png", b'a\\"b.png', b"a,b.png", b".htaccess", b"...", b"", b"a\xff\xfe.png",
    b"a]]>b.png", "\u200f\u200bzero.png".encode(), "a\u2028b.png".encode()]
# Not of a form at all.
BROKEN = [b"a\0b.png", b"a\nb.png", b"a\r\nX: y\r\n\r\nb.png"]
# What Windows cannot store, and what it takes for a device (Naming Files, Paths, and Namespaces).
WINDOWS = re.compile(
    r'[<>:"|?*\\\x00-\x1f]|[. ]$|^(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(\.|$)',
    re.IGNORECASE)
FORMULA = tuple("=+-@\t\r")


def attack(server, report):
    for name in BROKEN:
        status, answer = server.upload([(name, png(64, 64))])
        report.check("names", repr(name)[2:-1], status == 400, f"{status} {answer.get('error_code')}")
    status, answer = server.upload([(name, png(64, 64)) for name in NAMES])
    files = answer.get("data", {}).get("uploaded_files", [])
    report.check("names", f"{len(NAMES)} names in one upload", status == 200 and len(files) == len(NAMES), status, answer)
    if len(files) != len(NAMES):
        return
    for sent, file in zip(NAMES, files):
        kept(server, report, sent, file)
    upload = answer["data"]["upload_id"]
    try:
        job(server, report, upload)
    finally:
        server.call("DELETE", f"/api/v1/uploads/{upload}")


def kept(server, report, sent, file):
    name = file["filename"]
    is_clean = (
        name and len(name.encode()) <= 255 and not set(name) & set("/\\\0\r\n\x1b\u202e\u2028")
        and name not in (".", ".."))
    status, fields, _ = server.call("GET", f"/api/v1/files/{file['file_id']}/original")
    disposition = fields.get("content-disposition", "")
    is_whole = re.fullmatch(r"""inline; filename="[^"\\%\r\n]*"(; filename\*=UTF-8''[\w!#$&+.^`|~%-]*)?""", disposition)
    is_right = bool(is_clean and is_whole and status == 200 and "set-cookie" not in fields)
    is_right = is_right and fields.get("x-content-type-options") == "nosniff" and fields.get("content-type") == "image/png"
    report.check("names", repr(sent)[2:40], is_right, f"kept as {name[:40]}", f"{name[:40]} | {disposition}")


def job(server, report, upload):
    """What the results of these files call them."""
    status, answer = server.post_json(
        "/api/v1/inference/predict",
        {"upload_id": upload, "config": {"sahi": {"enabled": False}, "confidence_threshold": 0.0, "max_detections": 1}})
    job_id = answer.get("data", {}).get("job_id")
    ended = server.finished(job_id) if job_id else {}
    report.check("names", "a job on them completes", ended.get("status") == "completed", ended.get("status"), answer)
    if ended.get("status") != "completed":
        return
    base = f"/api/v1/jobs/{job_id}"
    _, _, table = server.call("GET", f"{base}/results?format=csv")
    rows = list(csv.reader(io.StringIO(table.decode())))
    formulas = [cell for row in rows for cell in row if cell.startswith(FORMULA) and not is_number(cell)]
    report.check("names", "CSV: no cell is a formula", not formulas and len(rows) > 1, f"{len(rows)} rows", formulas)
    wide = [row for row in rows if len(row) != len(rows[0])]
    report.check("names", "CSV: every row has its columns", not wide, f"{len(rows[0])} columns", wide)
    _, _, archive = server.call("GET", f"{base}/export?format=yolo&images=true")
    names = zipfile.ZipFile(io.BytesIO(archive)).namelist()
    unsafe = [name for name in names if any(WINDOWS.search(part) or part in ("", ".", "..") for part in name.split("/"))]
    report.check("names", "ZIP: every name can be stored anywhere", not unsafe, f"{len(names)} names", unsafe)
    alike = len(names) - len({name.casefold() for name in names})
    report.check("names", "ZIP: no two names are alike", alike == 0, f"{len(names)} names", alike)
    _, _, answer = server.call("GET", f"{base}/results?format=voc")
    texts = [file["xml"] for file in parsed(answer).get("data", {}).get("files", [])]
    markup = [text for text in texts if "<img" in text or "<script" in text]
    report.check("names", "XML: no name is markup", texts and not markup, f"{len(texts)} files", markup)
    _, fields, answer = server.call("GET", f"{base}/results?format=coco")
    is_data = fields.get("content-type", "").startswith("application/json") and json.loads(answer)["images"]
    report.check("names", "COCO: is JSON and nothing else", bool(is_data), "as JSON", fields.get("content-type"))


def is_number(cell):
    return re.fullmatch(r"[+-]?\d+(\.\d+)?", cell) is not None
