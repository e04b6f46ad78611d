"""Many and slow: connections that trickle, requests that nobody waits for, bodies without end."""

import time

from .server import PATIENCE_SECONDS, answers

CONNECTIONS = 500
# As often as a byte comes.
DRIP_SECONDS = 0.5
PREDICT = b"POST /api/v1/inference/predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
UPLOAD = b"POST /api/v1/inference/upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n"
FORM = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'


def attack(server, report):
    endless(server, report)
    for name, beginning, drip in [
        ("nothing at all", b"", b""),
        ("a header, byte for byte", b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: ", b"a"),
        ("headers, one after the other", b"GET /health/live HTTP/1.1\r\nHost: a\r\n", b"X: a\r\n"),
        ("empty lines", b"", b"\r\n"),
        ("a JSON body, byte for byte", with_key(server, PREDICT) + b"Content-Length: 100000\r\n\r\n{", b" "),
        ("chunks of one byte", with_key(server, PREDICT) + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        ("an upload, byte for byte", with_key(server, UPLOAD) + b"Content-Length: 100000\r\n\r\n" + FORM, b"a"),
    ]:
        trickle(server, report, name, beginning, drip)
    pipelined(server, report)


def with_key(server, head):
    return head + server.authorization()


def trickle(server, report, name, beginning, drip):
    """Connections of which each sends a byte now and then: all must be cut, in twice the idle time and 20 s."""
    before = server.memory_mb()
    start = time.monotonic()
    limit = 2 * server.idle_seconds + 20
    connections = []
    for _ in range(CONNECTIONS):
        connection = server.connect()
        connection.sendall(beginning)
        connection.setblocking(False)
        connections.append(connection)
    peak = server.memory_mb()
    slowest = 0
    while connections and time.monotonic() < start + limit:
        time.sleep(DRIP_SECONDS)
        connections = [connection for connection in connections if is_open(connection, drip)]
        asked = time.monotonic()
        if not server.is_alive():
            break
        slowest = max(slowest, time.monotonic() - asked)
        if peak is not None:
            peak = max(peak, server.memory_mb())
    for connection in connections:
        connection.close()
    seen = f"{CONNECTIONS - len(connections)} of {CONNECTIONS} cut in {time.monotonic() - start:.0f} s"
    report.check("floods", f"trickle: {name}", not connections, seen)
    report.check("floods", "  others are answered meanwhile", slowest < PATIENCE_SECONDS, f"{slowest * 1000:.0f} ms at most")
    if peak is not None:
        report.check("floods", "  memory", peak < before + 64, f"{before} MB, at most {peak} MB")


def is_open(connection, drip):
    try:
        try:
            while True:
                if not connection.recv(65536):
                    connection.close()
                    return False
        except (BlockingIOError, TimeoutError):
            pass
        connection.send(drip)
        return True
    except OSError as error:
        if type(error).__name__ in ("SSLWantReadError", "SSLWantWriteError"):
            return True
        connection.close()
        return False


def endless(server, report):
    """Bytes without end behind a beginning that nobody ends: they must not pile up."""
    mega = b"a" * (1 << 20)
    before = server.memory_mb()
    for name, head, piece in [
        ("bytes behind CONNECT", b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", mega),
        ("bytes behind an upgrade",
         b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", mega),
        ("bytes behind a finished answer", b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", mega),
        ("body of a request without one", b"GET /health/live HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000000\r\n\r\n", mega),
        ("chunk extension", with_key(server, PREDICT) + b"Transfer-Encoding: chunked\r\n\r\n2;", mega),
        ("empty lines", b"", b"\r\n" * (1 << 19)),
        ("JSON body", with_key(server, PREDICT) + b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + mega + b"\r\n"),
    ]:
        sent, after = pump(server, head, piece, 128)
        is_flat = before is None or after < before + 48
        seen = f"{sent} MB taken" + ("" if before is None else f", memory {before} MB, then {after} MB")
        # Without the server's memory what can be seen is that it answers.
        report.check("floods", f"endless: {name}", is_flat and server.is_alive(), seen)


def pump(server, head, piece, count):
    """Sends the piece so often, if it is taken. Returns how often, and the server's memory before the connection ends."""
    sent = 0
    with server.connect() as connection:
        try:
            connection.sendall(head)
            for sent in range(count):
                connection.sendall(piece)
        except OSError:
            # The server has closed, or leaves the rest in the network.
            pass
        return sent, server.memory_mb()


def pipelined(server, report):
    """Thousands of requests at once, whose answers nobody takes; then each has been answered once, in its turn."""
    count = 5000
    before = server.memory_mb()
    requests = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n" * (count - 1)
    last = b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    received, closed = server.exchange(requests + last, patience=60)
    statuses = [status for status, _, _ in answers(received)]
    is_right = statuses == [200] * count and closed
    report.check("floods", f"{count} requests at once", is_right, f"{len(statuses)} answers", set(statuses))
    if before is not None:
        after = server.memory_mb()
        report.check("floods", "  memory", after < before + 48, f"{before} MB, then {after} MB")
