"""The server under attack: bytes in, bytes out."""

import json
import re
import socket
import ssl
import time
from urllib.parse import urlsplit

# A server that keeps silent longer has not answered.
PATIENCE_SECONDS = 3
BOUNDARY = "attack-7c0ffee"


class Server:
    def __init__(self, options):
        url = urlsplit(options.base_url)
        self.secure = url.scheme == "https"
        self.host = url.hostname
        self.port = url.port or (443 if self.secure else 80)
        self.key = options.api_key
        self.pid = options.pid
        self.idle_seconds = options.idle_seconds
        # Shorter than the time after which an idle connection is closed, so that the two are told apart.
        self.patience = min(PATIENCE_SECONDS, 0.6 * options.idle_seconds)
        self.job_seconds = options.job_seconds
        self.tls = ssl.create_default_context(cafile=options.ca) if self.secure else None
        if self.tls:
            self.tls.set_alpn_protocols(["http/1.1"])

    def connect(self, timeout=PATIENCE_SECONDS):
        connection = socket.create_connection((self.host, self.port), timeout=timeout)
        return self.tls.wrap_socket(connection, server_hostname=self.host) if self.tls else connection

    def exchange(self, request, patience=None):
        """Sends the bytes. Returns what came back, and whether the server closed the connection."""
        received = b""
        with self.connect(patience or self.patience) as connection:
            try:
                connection.sendall(request)
            except OSError:
                # It has answered and closed before it read everything.
                pass
            try:
                while True:
                    data = connection.recv(65536)
                    if not data:
                        return received, True
                    received += data
            except TimeoutError:
                return received, False
            except OSError:
                return received, True

    def authorization(self):
        return f"Authorization: Bearer {self.key}\r\n".encode() if self.key else b""

    def request(self, line, headers=b"", body=b"", host=b"Host: attack\r\n"):
        """A request with the caller's key; `line` without its version gets 1.1."""
        if b" HTTP/" not in line:
            line += b" HTTP/1.1"
        return line + b"\r\n" + host + self.authorization() + headers + b"\r\n" + body

    def call(self, method, path, body=b"", headers=None, patience=60):
        """A proper request on a connection of its own. Returns status, headers by lower-case name, and body."""
        fields = {"Connection": "close", "Content-Length": str(len(body))} | (headers or {})
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode("latin-1")
        received, _ = self.exchange(self.request(f"{method} {path}".encode(), lines, body), patience)
        return (answers(received) or [(0, {}, b"")])[-1]

    def post_json(self, path, document):
        status, _, body = self.call(
            "POST", path, json.dumps(document).encode(), {"Content-Type": "application/json"})
        return status, parsed(body)

    def upload(self, files, raw_headers=None):
        """Uploads (name, bytes) pairs; names are bytes as they stand between the quotes."""
        body = b"".join(
            b'--%s\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%s\r\n'
            % (BOUNDARY.encode(), name, data) for name, data in files) + f"--{BOUNDARY}--\r\n".encode()
        return self.post_form(body, raw_headers)

    def post_form(self, body, headers=None):
        status, _, answer = self.call(
            "POST", "/api/v1/inference/upload", body,
            {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"} | (headers or {}))
        return status, parsed(answer)

    def is_alive(self):
        try:
            return self.call("GET", "/health/live", patience=10)[0] == 200
        except OSError:
            return False

    def memory_mb(self):
        """Resident memory of the server; None when its process is not known."""
        if not self.pid:
            return None
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) // 1024

    def finished(self, job):
        """The status document once the job has ended, or the last one when it takes too long."""
        deadline = time.monotonic() + self.job_seconds
        while True:
            _, _, body = self.call("GET", f"/api/v1/jobs/{job}/status?wait=10")
            status = parsed(body).get("data", {})
            if status.get("status") not in ("queued", "processing") or time.monotonic() > deadline:
                return status


def parsed(body):
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def answers(received):
    """The answers in a stream of bytes, as a strict client reads them: (status, headers, body)."""
    found = []
    while received:
        head, separator, rest = received.partition(b"\r\n\r\n")
        line = re.match(rb"HTTP/1\.[01] (\d{3}) ", head)
        if not line or not separator:
            # What is no answer counts as one that nobody asked for.
            found.append((0, {}, received))
            break
        fields = dict(
            (name.strip().lower().decode("latin-1"), value.strip().decode("latin-1"))
            for name, _, value in (field.partition(b":") for field in head.split(b"\r\n")[1:]))
        if fields.get("transfer-encoding") == "chunked":
            body, received = chunks(rest)
        else:
            length = int(fields.get("content-length", "0"))
            body, received = rest[:length], rest[length:]
        found.append((int(line[1]), fields, body))
    return found


def chunks(rest):
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        count = int(size or b"0", 16)
        body, rest = body + rest[:count], rest[count + 2:]
        if count == 0:
            break
    return body, rest
