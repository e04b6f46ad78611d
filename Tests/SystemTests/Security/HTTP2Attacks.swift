import Foundation
import TestSupport
import Testing

/// Frames of HTTP/2 that no client would send, by Python's standard library.
enum HTTP2Attacks {
  /// Sends what `attack` says, once, and prints what came back within some seconds: a line a frame, and `EOF`. A second
  /// after a line that begins with `last` it has seen enough.
  private static let script = #"""
    import socket, ssl, struct, sys, time

    port, attack, seconds, last = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4]

    def frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    def text(value):
        data, prefix = value.encode(), b""
        if len(data) < 127:
            return bytes([len(data)]) + data
        rest, prefix = len(data) - 127, bytes([127])
        while rest >= 128:
            prefix, rest = prefix + bytes([rest % 128 + 128]), rest // 128
        return prefix + bytes([rest]) + data

    def field(name, value):
        return b"\x00" + text(name) + text(value)

    def head(path, method="GET", extra=(), pseudo=True):
        block = field(":method", method) + field(":scheme", "https") + field(":authority", "localhost")
        if pseudo:
            block += field(":path", path)
        return block + b"".join(field(*item) for item in extra)

    def get(stream, extra=(), pseudo=True):
        return frame(1, 5, stream, head("/health/live", extra=extra, pseudo=pseudo))

    def post(stream, extra=()):
        return frame(1, 4, stream, head("/api/v1/inference/upload", "POST", extra))

    def upload(stream):
        start = b'--a\r\nContent-Disposition: form-data; name="files"; filename="a.tif"\r\n\r\n'
        return post(stream, [("content-type", "multipart/form-data; boundary=a")]) + frame(0, 0, stream, start + b"x" * 8000)

    def odd(count):
        return range(1, 2 * count, 2)

    attacks = {
        "polite": lambda: get(1),
        "150 fields": lambda: get(1, [("x-%d" % n, "1") for n in range(150)]),
        "300 fields": lambda: get(1, [("x-%d" % n, "1") for n in range(300)]),
        "rapid reset": lambda: b"".join(get(n) + frame(3, 0, n, struct.pack(">I", 8)) for n in odd(1000)),
        "made to reset": lambda: b"".join(post(n) + frame(8, 0, n, struct.pack(">I", 0)) for n in odd(1000)),
        "pings": lambda: frame(6, 0, 0, b"12345678") * 5000,
        "settings": lambda: frame(4, 0, 0) * 5000,
        "priorities": lambda: b"".join(frame(2, 0, n, struct.pack(">IB", 0, 1)) for n in odd(5000)),
        "continuations": lambda: frame(1, 1, 1, head("/")) + frame(9, 0, 1, field("a", "b" * 100)) * 100,
        "empty data": lambda: post(1) + frame(0, 0, 1) * 100,
        "header bomb": lambda: frame(1, 1, 1, head("/", extra=[("a", "b" * 15000)]))
        + frame(9, 0, 1, field("a", "b" * 15000)) + frame(9, 4, 1, field("a", "b" * 15000)),
        # One field of the table, 10,000 times: 16 kB that unpack to 40 MB.
        "hpack bomb": lambda: frame(1, 5, 1, head("/") + b"\x40" + text("a") + text("b" * 4000) + b"\xbe" * 10000),
        "streams": lambda: b"".join(post(n) for n in odd(101)),
        "one upload": lambda: upload(1),
        "no path": lambda: get(1, pseudo=False) + get(3),
        "upper case": lambda: get(1, [("X-Bad", "1")]) + get(3),
        "smuggled length": lambda: post(1, [("content-length", "5")]) + frame(0, 1, 1, b"x" * 100) + get(3),
        "smuggled coding": lambda: post(1, [("transfer-encoding", "chunked")]) + frame(0, 1, 1, b"0\r\n\r\n") + get(3),
        "nothing": lambda: b"",
        "half a request": lambda: upload(1),
        "no window": lambda: frame(4, 0, 0, struct.pack(">HI", 4, 0)) + get(1),
    }

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    link = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
    # All of it is sent, however slow the machine is; a server that reads no more blocks it for so long.
    link.settimeout(30)
    received = b""
    try:
        link.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(4, 1, 0) + attacks[attack]())
    except TimeoutError:
        print("BLOCKED")
    except OSError:
        pass
    link.settimeout(0.2)
    begin = time.monotonic()
    end = begin + seconds

    def tell(*words):
        global end
        line = " ".join(str(word) for word in words)
        print(line)
        if last and line.startswith(last):
            end = min(end, time.monotonic() + 1)

    while time.monotonic() < end:
        try:
            data = link.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            data = b""
        if not data:
            print("EOF %.1f" % (time.monotonic() - begin))
            break
        received += data
        while len(received) >= 9 and len(received) >= 9 + int.from_bytes(received[:3], "big"):
            size, kind, flags = int.from_bytes(received[:3], "big"), received[3], received[4]
            stream, payload = int.from_bytes(received[5:9], "big"), received[9:9 + size]
            received = received[9 + size:]
            if kind == 0: tell("DATA", stream, flags & 1, payload[:400].decode("latin-1").replace("\n", " "))
            if kind == 1: tell("HEADERS", stream)
            if kind == 8 and stream == 1 and attack == "one upload":
                # It is being read, so the other one must wait.
                link.sendall(upload(3) + frame(0, 0, 3, b"x" * 8000) * 2)
            if kind == 3: tell("RESET", stream, int.from_bytes(payload, "big"))
            if kind == 7: tell("GOAWAY", int.from_bytes(payload[4:8], "big"))
    """#

  /// The lines of what came back until the server has closed, or until a second after the line that begins with `last`.
  static func send(
    _ attack: String, to port: Int, until last: String = ""
  ) async throws -> [String] {
    // Far longer than an answer takes, also on a busy machine.
    let output = try await PythonScript.run(script, ["\(port)", attack, "120", last])
    try #require(output.status == 0, "\(output.standardError)")
    return output.text.split(separator: "\n").map(String.init)
  }
}
