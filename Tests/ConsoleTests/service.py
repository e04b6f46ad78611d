"""A Harrier of the test's own, and the few calls that tests make beside the browser."""

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("HARRIER_TEST_BINARY") or str(ROOT / ".build/debug/harrier")
SAMPLES = ROOT / "Samples"
PATIENCE_SECONDS = 90
ENDED = ("completed", "failed", "cancelled")
# What makes a job over Samples/scene-large.jpg take some seconds, and some minutes.
SOME_SECONDS = {"sahi": {"slice_width": 320, "slice_height": 320, "overlap_ratio": 0.2}}
SOME_MINUTES = {"sahi": {"slice_width": 256, "slice_height": 256, "overlap_ratio": 0.5}}


def environment(extra):
    # Compiled models are shared with the other tests; nothing of the user's own settings has a say.
    own = {name: value for name, value in os.environ.items() if not name.startswith("HARRIER_")}
    for name in ("HARRIER_OPENVINO_DIR", "HARRIER_MODELS_DIR", "HARRIER_RULES_DIR"):
        if name in os.environ:
            own[name] = os.environ[name]
    own.setdefault("HARRIER_MODELS_DIR", str(ROOT / "Models"))
    own.setdefault("HARRIER_RULES_DIR", str(ROOT / "Rules"))
    own.setdefault("HARRIER_OPENVINO_DIR", str(ROOT / ".deps/openvino/lib"))
    return own | {"HARRIER_CACHE_DIR": f"{tempfile.gettempdir()}/harrier-tests-cache"} | extra


class Failure(Exception):
    """The service answered with an error: `status`, and `code` of the envelope."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body[:500]!r}")
        self.status = status
        try:
            self.code = json.loads(body)["error_code"]
        except (ValueError, KeyError):
            self.code = None


class Harrier:
    """A `harrier serve` on the loopback address, by default on a free port, with a data folder."""

    def __init__(self, data_dir, port=0, **settings):
        self.data_dir = str(data_dir)
        self.settings = {"HARRIER_RATE_LIMIT": "0"} | {
            f"HARRIER_{name.upper()}": str(value) for name, value in settings.items()}
        self.port = port
        self.key = None
        self.log = []
        self.process = None
        self.start()

    def start(self):
        """Starts it, again on the port that it had, and returns when it accepts requests."""
        command = [BINARY, "serve", "--port", str(self.port), "--data-dir", self.data_dir]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=environment(self.settings), cwd=ROOT, text=True, errors="replace")
        accepts = threading.Event()
        threading.Thread(target=self._read, args=(self.process.stderr, accepts), daemon=True).start()
        accepts.wait(PATIENCE_SECONDS)
        if self.process.poll() is not None or not self.port:
            raise RuntimeError("the server did not start:\n" + self.tail())

    def _read(self, lines, accepts):
        for line in lines:
            self.log.append(line)
            if "accepts requests" in line and (port := re.search(r'"port":"?(\d+)', line)):
                self.port = int(port[1])
                accepts.set()
        accepts.set()

    def tail(self, lines=20):
        return "".join(self.log[-lines:])

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def kill(self):
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def make_key(self, name, scopes):
        command = [BINARY, "keys", "create", "--name", name, "--scopes", scopes, "--data-dir", self.data_dir]
        made = subprocess.run(
            command, env=environment(self.settings), capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        if made.returncode != 0:
            raise RuntimeError(made.stderr)
        return made.stdout.strip()

    def call(self, method, path, body=None, content_type="application/json"):
        """The bytes of the answer."""
        headers = {"Content-Type": content_type} if body is not None else {}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Failure(error.code, error.read()) from None

    def get(self, path):
        """The `data` of the answer."""
        return json.loads(self.call("GET", path))["data"]

    def post(self, path, document=None):
        return json.loads(self.call("POST", path, json.dumps(document or {}).encode()))["data"]

    def put(self, path, document):
        return json.loads(self.call("PUT", path, json.dumps(document).encode()))["data"]

    def send_parts(self, path, parts):
        """Posts parts of a form: names, file names or None, and bytes."""
        boundary = uuid.uuid4().hex
        body = b""
        for name, filename, data in parts:
            file = f'; filename="{filename}"' if filename else ""
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
            body += head.encode() + data + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return json.loads(self.call("POST", path, body, f"multipart/form-data; boundary={boundary}"))["data"]

    def upload(self, *files):
        """Uploads paths, or pairs of a name and bytes."""
        pairs = [
            file if isinstance(file, tuple) else (Path(file).name, Path(file).read_bytes()) for file in files]
        return self.send_parts("/api/v1/inference/upload", [("files", *pair) for pair in pairs])

    def publish(self, name, file, document=None, alias=None):
        """Registers a version of a model; its number."""
        parts = [("model", Path(file).name, Path(file).read_bytes())]
        if document is not None:
            parts.append(("document", f"{name}.json", json.dumps(document).encode()))
        if alias is not None:
            parts.append(("alias", None, alias.encode()))
        return self.send_parts(f"/api/v1/models/{name}/versions", parts)["version"]

    def start_job(self, *files, priority="normal", **config):
        """Uploads the files and starts a job over them; its id."""
        upload = self.upload(*files)["upload_id"]
        request = {"upload_id": upload, "config": config, "priority": priority}
        return self.post("/api/v1/inference/predict", request)["job_id"]

    def run_job(self, *files, **config):
        """Runs a job to its end; its id."""
        job = self.start_job(*files, **config)
        if (status := self.wait(job))["status"] != "completed":
            raise RuntimeError(f"the job {status['status']}: {status.get('error')}")
        return job

    def cancel_all(self):
        """Leaves the workers to the next test."""
        for state in ("queued", "processing"):
            for job in self.get(f"/api/v1/jobs?status={state}&limit=100")["jobs"]:
                try:
                    self.post(f"/api/v1/jobs/{job['job_id']}/cancel")
                except Failure as failure:
                    # It has ended meanwhile.
                    if failure.status != 409:
                        raise

    def status(self, job):
        return self.get(f"/api/v1/jobs/{job}/status")

    def wait(self, job, is_met=lambda status: status["status"] in ENDED):
        """The job's status once it is as wished."""
        deadline = time.monotonic() + 2 * PATIENCE_SECONDS
        while time.monotonic() < deadline:
            status = self.get(f"/api/v1/jobs/{job}/status?wait=10")
            if is_met(status):
                return status
            if status["status"] in ENDED:
                break
        raise RuntimeError(f"the job never became so: {status}")
