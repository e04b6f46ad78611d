"""Bodies: JSON and forms that are too deep, too long, too many, or lie about themselves."""

from .server import BOUNDARY, parsed

PREDICT = "/api/v1/inference/predict"


def documents():
    mega = 1_000_000
    yield "arrays, 100,000 deep", b"[" * 100_000 + b"]" * 100_000, (400,)
    yield "arrays, 500,000 deep, never closed", b"[" * 500_000, (400,)
    yield "objects, 100,000 deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, (400,)
    yield "text of 1 MB", b'{"upload_id":"' + b"a" * mega + b'"}', (400, 404)
    yield "escapes of 1 MB", b'{"upload_id":"' + b"\\u0041" * (mega // 6) + b'"}', (400, 404)
    yield "key of 1 MB", b'{"' + b"a" * mega + b'":1}', (400,)
    yield "80,000 keys", b"{" + b",".join(b'"k%d":1' % number for number in range(80_000)) + b"}", (400,)
    yield "the same key 100,000 times", b"{" + b",".join([b'"a":1'] * 100_000) + b"}", (400,)
    yield "the same key twice", b'{"upload_id":"upl_000000000000","upload_id":"upl_111111111111"}', (400,)
    yield "number of 1,000,000 digits", b'{"upload_id":' + b"9" * mega + b"}", (400,)
    yield "number of 1e999999999", b'{"config":{"confidence_threshold":1e999999999}}', (400,)
    yield "number of -1e-999999999", b'{"config":{"max_detections":1e-999999999}}', (400,)
    yield "NaN", b'{"config":{"confidence_threshold":NaN}}', (400,)
    yield "half of a surrogate pair", b'{"upload_id":"\\ud800"}', (400,)
    yield "text that is not UTF-8", b'{"upload_id":"\xff\xfe"}', (400,)
    yield "NUL in a text", b'{"upload_id":"upl_\\u0000"}', (400, 404)
    yield "UTF-16", '{"upload_id":"a"}'.encode("utf-16"), (400,)
    yield "body over its limit", b" " * (70 << 20), (0, 413)
    yield "__proto__", b'{"__proto__":{"admin":true},"upload_id":"upl_000000000000"}', (400,)
    yield "SQL for an id", b'{"upload_id":"upl_01\' OR \'1\'=\'1"}', (400, 404)
    yield "100,000 file ids", b'{"upload_id":"upl_000000000000","file_ids":[' + b",".join([b'"img_0"'] * 100_000) + b"]}", \
        (400, 404)
    for name in (b"../../etc/passwd", b"/etc/passwd", b"..\\\\..\\\\boot.ini", b"a\\u0000b", b"{{7*7}}", b"http://attack/a.onnx"):
        yield f"model {name.decode()}", b'{"upload_id":"upl_000000000000","config":{"model":"' + name + b'"}}', (400, 404)
        yield f"rules {name.decode()}", b'{"upload_id":"upl_000000000000","config":{"symbolic_reasoning":{"rules":"' \
            + name + b'"}}}', (400, 404)
    for address in (b"file:///etc/passwd", b"http://169.254.169.254/latest/meta-data", b"http://[::1]:22/", b"gopher://attack",
                    b"http://127.1/", b"http://user:password@attack/", b"http://attack\\r\\nX: y/", b"javascript:alert(1)"):
        yield f"callback {address.decode()}", b'{"upload_id":"upl_000000000000","callback_url":"' + address + b'"}', (400, 404)


def part(headers, body=b"x"):
    return b"--" + BOUNDARY.encode() + b"\r\n" + headers + b"\r\n\r\n" + body + b"\r\n"


def forms():
    end = f"--{BOUNDARY}--\r\n".encode()
    file = b'Content-Disposition: form-data; name="files"; filename="a.jpg"'
    yield "part without headers", part(b"") + end
    yield "headers of 1 MB", part(file + b"\r\nX: " + b"a" * (1 << 20)) + end
    yield "10,000 headers", part(file + b"".join(b"\r\nX-%d: a" % number for number in range(10_000))) + end
    yield "10,000 parts", part(b'Content-Disposition: form-data; name="a"') * 10_000 + end
    yield "10,000 parameters", part(file + b"".join(b"; p%d=a" % number for number in range(10_000))) + end
    yield "preamble of 10 MB", b"a" * (10 << 20) + part(file) + end
    yield "boundary with 10 MB of padding", b"--" + BOUNDARY.encode() + b" " * (10 << 20)
    yield "name of 1 MB", part(b'Content-Disposition: form-data; name="files"; filename="' + b"a" * (1 << 20) + b'"') + end
    yield "file never ended", part(file)[:-2]
    yield "10,000 almost-boundaries", part(file, b"\r\n--attack-7c0ffe" * 10_000) + end
    yield "two dispositions", part(file + b"\r\nContent-Disposition: form-data; name=\"files\"") + end
    yield "filename twice", part(file + b'; filename="b.jpg"') + end
    yield "base64 encoding", part(file + b"\r\nContent-Transfer-Encoding: base64", b"/9j/") + end
    yield "nested multipart", part(file + b"\r\nContent-Type: multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n--b--") + end
    yield "folded header", part(b'Content-Disposition: form-data;\r\n name="files"; filename="a.jpg"') + end
    yield "LF for CRLF", (part(file) + end).replace(b"\r\n", b"\n")
    yield "nothing", b""


def attack(server, report):
    for name, body, statuses in documents():
        before = server.memory_mb()
        status, _, answer = server.call("POST", PREDICT, body, {"Content-Type": "application/json"})
        report.check(
            "contents", f"JSON: {name}"[:52], status in statuses and is_small(answer),
            f"{status} {parsed(answer).get('error_code')}")
        flat(server, report, f"memory after {name}", before)
    for name, body in forms():
        before = server.memory_mb()
        status, answer = server.post_form(body)
        # What is no picture may be told before what is no form.
        report.check("contents", f"form: {name}", status == 400, f"{status} {answer.get('error_code')}")
        flat(server, report, f"memory after {name}", before)
    for name, value in [
        ("no boundary", "multipart/form-data"), ("empty boundary", "multipart/form-data; boundary="),
        ("boundary of 1,000 letters", "multipart/form-data; boundary=" + "a" * 1000),
        ("two boundaries", "multipart/form-data; boundary=a; boundary=b"),
        ("boundary with a line end", 'multipart/form-data; boundary="a%0d%0ab"'),
    ]:
        status, answer = server.post_form(b"--a--", {"Content-Type": value})
        report.check("contents", f"form: {name}", status in (400, 415), f"{status} {answer.get('error_code')}")


def is_small(answer):
    """A refusal must not be a way to be sent back what was sent."""
    return len(answer) < 100_000


def flat(server, report, name, before, more=48):
    after = server.memory_mb()
    if before is not None and after > before + more:
        report.check("contents", name[:52], False, f"{before} MB, then {after} MB")
