"""Writes *.body and manifest.json: multipart bodies as real clients send them, and what was put into them.

Made with curl 7.88.1, requests 2.34.2 and urllib3 2.7.0, werkzeug 3.1.8, Python 3.11's email package and Node.js 20.20.2
(undici's FormData, which follows the HTML standard as browsers do). The expected parts are the names and bytes
given to the client; werkzeug reads every body back, and where it sees something else, `werkzeug` says what.
Run in a virtual environment with requests and werkzeug; boundaries are random, so the files change each time.
"""

from __future__ import annotations

import base64
import io
import json
import socket
import subprocess
import tempfile
import threading
from email.message import EmailMessage
from email.policy import HTTP
from pathlib import Path

import requests
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata
from werkzeug.formparser import parse_form_data
from werkzeug.test import EnvironBuilder

OUTPUT = Path(__file__).resolve().parent.parent / "multipart"
PICTURE = bytes.fromhex("ffd8ffe000104a464946") + b"\r\n--\r\n\r\r\n--bound\x00\xff\r"
NASTY = 'quo"te\\back.jpg'
UNICODE = "naïve 日本 🦅.jpg"


def part(name: str, content: bytes, filename: str | None = None, content_type: str | None = None) -> dict:
    return {"name": name, "filename": filename, "content_type": content_type,
            "content": base64.b64encode(content).decode()}


def curl(*arguments: str) -> tuple[str, bytes]:
    """Runs curl against a socket of ours and returns the Content-Type and body that it sent."""
    captured: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(65536)
                head, body = data.split(b"\r\n\r\n", 1)
                length = int(next(line.split(b":")[1] for line in head.split(b"\r\n")
                                  if line.lower().startswith(b"content-length")))
                while len(body) < length:
                    body += connection.recv(65536)
                captured.extend([head, body])
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        subprocess.run(["curl", "-s", "-H", "Expect:", *arguments, url], check=True)
        thread.join()
    line = next(line for line in captured[0].split(b"\r\n") if line.lower().startswith(b"content-type"))
    return line.split(b":", 1)[1].strip().decode(), captured[1]


def curl_quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def node(script: str) -> tuple[str, bytes]:
    program = """(async () => { const form = new FormData(); %s
      const response = new Response(form);
      const body = Buffer.from(await response.arrayBuffer()).toString('base64');
      console.log(JSON.stringify([response.headers.get('content-type'), body])) })()""" % script
    content_type, body = json.loads(subprocess.check_output(["node", "-e", program]))
    return content_type, base64.b64decode(body)


def prepared(files: list) -> tuple[str, bytes]:
    request = requests.Request("POST", "http://x/", files=files).prepare()
    return request.headers["Content-Type"], request.body


def email_form() -> tuple[str, bytes]:
    """The part's headers are the email package's (extra ones, filename*); the lines around them are ours."""
    form = EmailMessage(policy=HTTP)
    form["Content-Type"] = 'multipart/form-data; boundary="=_email (1)"'
    picture = EmailMessage(policy=HTTP)
    picture.set_content(PICTURE, "image", "jpeg", disposition="form-data", cte="8bit",
                        params={}, filename=UNICODE)
    picture.set_param("name", "files", header="Content-Disposition")
    form.attach(picture)
    picture.policy = HTTP.clone(max_line_length=None, cte_type="8bit")
    buffer = [b"--=_email (1)\r\n"]
    for name, value in picture.items():
        buffer.append(picture.policy.fold_binary(name, value))
    buffer += [b"\r\n", PICTURE, b"\r\n--=_email (1)--\r\n"]
    return form["Content-Type"], b"".join(buffer)


def rfc2231() -> tuple[str, bytes]:
    """What requests sent for names that are not ASCII before urllib3 1.25."""
    def formatted(name: str, value: str) -> str:
        from email.utils import encode_rfc2231
        try:
            value.encode("ascii")
            return f'{name}="{value}"'
        except UnicodeEncodeError:
            return f"{name}*={encode_rfc2231(value, 'utf-8')}"

    field = RequestField("größe", PICTURE, filename=UNICODE, header_formatter=formatted)
    field.make_multipart(content_type="image/jpeg")
    body, content_type = encode_multipart_formdata([field])
    return content_type, body


def werkzeug_client() -> tuple[str, bytes]:
    builder = EnvironBuilder(method="POST", data={
        "note": "hello", "files": (io.BytesIO(PICTURE), UNICODE, "image/jpeg")})
    environ = builder.get_environ()
    return environ["CONTENT_TYPE"], environ["wsgi.input"].read()


def cases(folder: Path) -> dict[str, tuple[str, tuple[str, bytes], list[dict]]]:
    (folder / "p.jpg").write_bytes(PICTURE)
    (folder / "empty.png").write_bytes(b"")
    at = f"files=@{folder}/p.jpg;type=image/jpeg"
    jpeg = "image/jpeg"
    script = ("const jpeg = new Blob([Buffer.from('%s', 'base64')], {type: 'image/jpeg'});"
              % base64.b64encode(PICTURE).decode())
    names = [part("files", PICTURE, name, jpeg) for name in (NASTY, UNICODE)]
    given = [arg for name in (NASTY, UNICODE) for arg in ("-F", f"{at};filename={curl_quoted(name)}")]
    return {
        "curl-plain": ("curl", curl("-F", at, "-F", "note=hello"),
                       [part("files", PICTURE, "p.jpg", jpeg), part("note", b"hello")]),
        "curl-names": ("curl", curl(*given), names),
        "curl-form-escape": ("curl --form-escape, and all curl before 7.81",
                             curl("--form-escape", *given), names),
        "curl-empty": ("curl", curl("-F", f"files=@{folder}/empty.png", "-F", "note="),
                       [part("files", b"", "empty.png", "image/png"), part("note", b"")]),
        "curl-header": ("curl with a header for the part", curl("-F", f'{at};headers="X-Camera: 7"'),
                        [part("files", PICTURE, "p.jpg", jpeg)]),
        "requests-names": ("requests", prepared([("files", (name, PICTURE, jpeg))
                                                 for name in (NASTY, UNICODE)]), names),
        "requests-path": ("requests", prepared([("files", ("C:\\x\\a.jpg", PICTURE, jpeg)),
                                                ("files", ("../../etc/passwd", b"x"))]),
                          [part("files", PICTURE, "C:\\x\\a.jpg", jpeg),
                           part("files", b"x", "../../etc/passwd")]),
        "urllib3-rfc2231": ("requests with urllib3 before 1.25", rfc2231(),
                            [part("größe", PICTURE, UNICODE, jpeg)]),
        "email-extended": ("Python's email package", email_form(),
                           [part("files", PICTURE, UNICODE, jpeg)]),
        "werkzeug-client": ("werkzeug's test client", werkzeug_client(),
                            [part("note", b"hello"), part("files", PICTURE, UNICODE, jpeg)]),
        "node-names": ("Node.js, as browsers do", node(script + "".join(
            f"form.append('files', jpeg, {json.dumps(name)});"
            for name in ('quo"te.jpg', "line\r\nbreak.jpg", UNICODE))
            + "form.append('note', 'a\\nb');"),
            [part("files", PICTURE, 'quo"te.jpg', jpeg), part("files", PICTURE, "line\r\nbreak.jpg", jpeg),
             part("files", PICTURE, UNICODE, jpeg), part("note", b"a\r\nb")]),
        "node-empty": ("Node.js, as browsers do", node(""), []),
    }


def seen_by_werkzeug(content_type: str, body: bytes) -> list[dict]:
    environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": content_type,
               "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    _, form, files = parse_form_data(environ)
    parts = [part(name, value.encode()) for name, value in form.items(multi=True)]
    return parts + [part(name, file.read(), file.filename, file.content_type)
                    for name, file in files.items(multi=True)]


def main() -> None:
    manifest = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (made_by, (content_type, body), parts) in cases(Path(folder)).items():
            (OUTPUT / f"{name}.body").write_bytes(body)
            entry = {"file": f"{name}.body", "made_by": made_by, "content_type": content_type, "parts": parts}
            key = lambda row: json.dumps(row, sort_keys=True)
            if sorted(map(key, seen := seen_by_werkzeug(content_type, body))) != sorted(map(key, parts)):
                entry["werkzeug"] = [f"{row['name']}: {row['filename']}" for row in seen]
            manifest.append(entry)
    (OUTPUT / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
