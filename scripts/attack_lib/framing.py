"""Where a request ends must never be in doubt: request smuggling, by RFC 9112 sections 3, 5, 6, 7 and 11."""

from .server import answers

JSON = b"Content-Type: application/json\r\n"
# What an attacker would have somebody else's connection answer.
SECOND = b"GET /health/live HTTP/1.1\r\nHost: second\r\n\r\n"
WHOLE = b"2\r\n{}\r\n0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LONG = 1 << 20

# Headers and body of requests whose length is doubtful: one refusal, and the end of the connection.
DOUBTFUL_LENGTHS = [
    ("Content-Length twice, equal", b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}"),
    ("Content-Length twice, different", b"Content-Length: 2\r\nContent-Length: 44\r\n", b"{}"),
    ("Content-Length as a list", b"Content-Length: 2, 2\r\n", b"{}"),
    ("Content-Length: +2", b"Content-Length: +2\r\n", b"{}"),
    ("Content-Length: -2", b"Content-Length: -2\r\n", b"{}"),
    ("Content-Length: 0x2", b"Content-Length: 0x2\r\n", b"{}"),
    ("Content-Length: 2 2", b"Content-Length: 2 2\r\n", b"{}"),
    ("Content-Length, empty", b"Content-Length: \r\n", b"{}"),
    ("Content-Length beyond 64 bits", b"Content-Length: 18446744073709551618\r\n", b"{}"),
    ("Content-Length, then Transfer-Encoding", b"Content-Length: 7\r\n" + CHUNKED, WHOLE),
    ("Transfer-Encoding, then Content-Length", CHUNKED + b"Content-Length: 7\r\n", WHOLE),
    ("Transfer-Encoding twice", CHUNKED * 2, WHOLE),
    ("Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: chunked, chunked\r\n", WHOLE),
    ("Transfer-Encoding: chunked, identity", b"Transfer-Encoding: chunked, identity\r\n", WHOLE),
    ("Transfer-Encoding: identity, chunked", b"Transfer-Encoding: identity, chunked\r\n", WHOLE),
    ("Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: gzip, chunked\r\n", WHOLE),
    ("Transfer-Encoding: identity", b"Transfer-Encoding: identity\r\n", b"{}"),
    ("Transfer-Encoding: xchunked", b"Transfer-Encoding: xchunked\r\n", WHOLE),
    ("Transfer-Encoding: \"chunked\"", b"Transfer-Encoding: \"chunked\"\r\n", WHOLE),
    ("Transfer-Encoding, empty", b"Transfer-Encoding: \r\n", b"{}"),
    ("Transfer-Encoding with a vertical tab", b"Transfer-Encoding: \x0bchunked\r\n", WHOLE),
    ("Transfer-Encoding with a blank before its colon", b"Transfer-Encoding : chunked\r\n", WHOLE),
    ("Transfer-Encoding on a folded line", b"Transfer-Encoding:\r\n chunked\r\n", WHOLE),
    ("xchunked and Content-Length", b"Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n", b"{}"),
]
DOUBTFUL_CHUNKS = [
    ("chunk size +2", b"+2\r\n{}\r\n0\r\n\r\n"),
    ("chunk size -2", b"-2\r\n{}\r\n0\r\n\r\n"),
    ("chunk size 0x2", b"0x2\r\n{}\r\n0\r\n\r\n"),
    ("chunk size beyond 64 bits", b"10000000000000002\r\n{}\r\n0\r\n\r\n"),
    ("chunk size behind a blank", b" 2\r\n{}\r\n0\r\n\r\n"),
    ("chunk size before a blank", b"2 \r\n{}\r\n0\r\n\r\n"),
    ("chunk size missing", b"\r\n{}\r\n0\r\n\r\n"),
    ("chunk size ended by LF", b"2\n{}\r\n0\r\n\r\n"),
    ("chunk size ended by CR", b"2\r{}\r\n0\r\n\r\n"),
    ("chunk data ended by LF", b"2\r\n{}\n0\r\n\r\n"),
    ("chunk data longer than its size", b"2\r\n{} {}\r\n0\r\n\r\n"),
    ("chunk data not ended", b"2\r\n{}0\r\n\r\n"),
    ("chunk extension with LF", b"2;a\nb\r\n{}\r\n0\r\n\r\n"),
    ("chunk extension with CR", b"2;a\rb\r\n{}\r\n0\r\n\r\n"),
    ("chunks ended by LF alone", b"2\n{}\n0\n\n"),
    ("trailer with Content-Length", b"2\r\n{}\r\n0\r\nContent-Length: 44\r\n\r\n"),
    ("trailer that is no field", b"2\r\n{}\r\n0\r\nno field\r\n\r\n"),
    ("trailers, 10,000", b"2\r\n{}\r\n0\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(10_000)) + b"\r\n"),
    ("trailer of 1 MB", b"2\r\n{}\r\n0\r\nX: " + b"a" * LONG + b"\r\n\r\n"),
]
# Whole requests that no server should understand.
DOUBTFUL_HEADS = [
    ("line ends of LF alone", b"GET /health/live HTTP/1.1\nHost: a\n\n"),
    ("line ends of CR alone", b"GET /health/live HTTP/1.1\rHost: a\r\r"),
    ("CR inside a value", b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n"),
    ("folded line", b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
    ("blank before the first field", b"GET /health/live HTTP/1.1\r\n Host: a\r\n\r\n"),
    ("blank before a colon", b"GET /health/live HTTP/1.1\r\nHost : a\r\n\r\n"),
    ("tab before a colon", b"GET /health/live HTTP/1.1\r\nHost: a\r\nX\t: a\r\n\r\n"),
    ("NUL in a value", b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
    ("NUL in a name", b"GET /health/live HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"),
    ("control character in a value", b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n"),
    ("name beyond ASCII", b"GET /health/live HTTP/1.1\r\nHost: a\r\nX\xff: b\r\n\r\n"),
    ("field without a name", b"GET /health/live HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"),
    ("no Host", b"GET /health/live HTTP/1.1\r\n\r\n"),
    ("Host twice, different", b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    ("Host twice, equal", b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    ("Host that is a list", b"GET /health/live HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    ("Host with a user and a path", b"GET /health/live HTTP/1.1\r\nHost: user@a/b\r\n\r\n"),
    ("blank in the target", b"GET /health/live x HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target without a slash", b"GET health/live HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target of CONNECT for GET", b"GET attack:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("HTTP/0.9", b"GET /health/live\r\n\r\n"),
    ("HTTP/1.2", b"GET /health/live HTTP/1.2\r\nHost: a\r\n\r\n"),
    ("HTTP/2.0 in clear", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("unknown method", b"BREW /health/live HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method of 5,000 letters", b"A" * 5000 + b" / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("CONNECT", b"CONNECT attack:80 HTTP/1.1\r\nHost: attack:80\r\n\r\n"),
    ("GET with Transfer-Encoding: identity",
     b"GET /health/live HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"),
    ("HTTP/1.0 with Transfer-Encoding", b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
]


def attack(server, report):
    predict = b"POST /api/v1/inference/predict"
    for name, headers, body in DOUBTFUL_LENGTHS:
        refused(server, report, name, server.request(predict, JSON + headers, body))
    for name, body in DOUBTFUL_CHUNKS:
        refused(server, report, name, server.request(predict, JSON + CHUNKED, body))
    for name, request in DOUBTFUL_HEADS:
        refused(server, report, name, request)
    for name, headers, body in [
        ("chunked, in other letters", b"Transfer-Encoding: chunKed\r\n", WHOLE),
        ("chunk size with leading zeros", CHUNKED, b"0002\r\n{}\r\n0\r\n\r\n"),
        ("short chunk extension", CHUNKED, b"2;a=b\r\n{}\r\n0\r\n\r\n"),
        ("request hidden in a body", b"Content-Length: %d\r\n" % len(SECOND), SECOND),
        ("h2c upgrade", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
         b"Content-Length: 2\r\n", b"{}"),
        ("websocket upgrade", b"Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n", b"{}"),
    ]:
        counted(server, report, name, server.request(predict, JSON + headers, body) + SECOND, 2)
    hidden = b"Content-Length: %d\r\n" % len(SECOND)
    for method in (b"GET", b"HEAD"):
        # An answer to HEAD announces a body and has none, so the heads are counted.
        received, _ = server.exchange(server.request(method + b" /health/live", hidden, SECOND))
        count = received.count(b"HTTP/1.1 ")
        report.check("framing", f"request hidden in the body of {method.decode()}", count == 1, f"{count} answers")
    for name, line in [("HTTP/1.0", b"GET /health/live HTTP/1.0"), ("Connection: Close", b"GET /health/live")]:
        headers = b"Connection: Close\r\n" if b"1.0" not in line else b""
        counted(server, report, f"{name}, then another", server.request(line, headers) + SECOND, 1, must_close=True)


def refused(server, report, name, request):
    """One answer that refuses, nothing for what follows, and the end of the connection."""
    received, closed = server.exchange(request + SECOND)
    statuses = [status for status, _, _ in answers(received)]
    closed = closed or ends(received)
    # 401 where keys are asked for and none was given: before the body, whose length is then told by nobody.
    is_right = len(statuses) == 1 and statuses[0] in (400, 401, 405, 413, 431, 501, 505) and closed
    report.check("framing", name, is_right, f"{statuses} {'closed' if closed else 'left open'}")


def counted(server, report, name, request, count, must_close=False):
    """So many answers; fewer are right too where the connection is closed, which tells the client so."""
    received, closed = server.exchange(request)
    statuses = [status for status, _, _ in answers(received)]
    closed = closed or ends(received)
    is_right = len(statuses) == count or len(statuses) < count and closed and statuses
    is_right = bool(is_right) and (closed or not must_close)
    report.check("framing", name, is_right, f"{statuses} {'closed' if closed else 'left open'}")


def ends(received):
    """Whether the last answer says that the connection ends: a client may still read it for a moment then."""
    found = answers(received)
    return bool(found) and found[-1][1].get("connection", "").lower() == "close"
