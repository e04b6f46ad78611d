"""The service over HTTP, as a patient client calls it."""

import http.client
import itertools
import json
import time
import uuid
from dataclasses import dataclass

# Longer than any answer that is held back (`wait`).
ANSWER_SECONDS = 40
# Of a client whose calls are not answered: longer than any restart and than a full disk.
PATIENCE_SECONDS = 150
RETRY_SECONDS = 0.1


class Unreachable(Exception):
    """The connection was refused or broke: whether the call has had an effect is not known."""


class GaveUp(Exception):
    """No useful answer in `PATIENCE_SECONDS`."""


class Answer:
    """Status and body of one answer."""

    def __init__(self, status, body):
        self.status, self.body = status, body

    @property
    def data(self):
        return json.loads(self.body)["data"]

    @property
    def error_code(self):
        try:
            return json.loads(self.body).get("error_code")
        except ValueError:
            return None

    def __str__(self):
        return f"{self.status} {self.body[:300].decode(errors='replace')}"


@dataclass(frozen=True)
class Refusal:
    """A call without a useful answer, which is asked again."""

    port: int
    path: str
    # Monotonic seconds.
    began: float
    # Neither when no answer arrived.
    status: int | None
    code: str | None
    # For people.
    text: str


class Service:
    """Calls to API processes that may be down, draining or killed at any moment.

    They take turns; a call that one does not answer is for the next one. `on_refusal` is told of each such call,
    `on_answer` of each other one: port, path, and when it began (as `time.monotonic`).
    """

    def __init__(self, ports, on_refusal=lambda refusal: None, on_answer=lambda port, path, began: None):
        self.ports, self.on_refusal, self.on_answer = ports, on_refusal, on_answer
        self._turns = itertools.count()

    def call(self, port, method, path, body=None, headers=None):
        """One try. Raises `Unreachable`."""
        connection = connect(port)
        try:
            connection.request(method, path, body, headers or {})
            return read(connection)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()

    def call_twice(self, method, path, body, headers):
        """The same call on two connections at once, to two processes where there are; the answers that arrived."""
        connections, answers = [connect(next(self)), connect(next(self))], []
        try:
            for connection in connections:
                connection.request(method, path, body, headers)
            for connection in connections:
                answers.append(read(connection))
        except (OSError, http.client.HTTPException):
            # A broken connection is what the caller is for: it asks again.
            pass
        finally:
            for connection in connections:
                connection.close()
        return answers

    def ask(self, method, path, body=None, headers=None):
        """Tries again until there is an answer that is not about a server in trouble. Raises `GaveUp`."""
        deadline, refusal = time.monotonic() + PATIENCE_SECONDS, None
        while time.monotonic() < deadline:
            answer, refusal = self.try_once(next(self), method, path, body, headers)
            if not refusal:
                return answer
            time.sleep(RETRY_SECONDS)
        raise GaveUp(refusal.text)

    def try_once(self, port, method, path, body, headers):
        """The answer, or the refusal, which `on_refusal` was told of."""
        began = time.monotonic()
        try:
            answer = self.call(port, method, path, body, headers)
        except Unreachable as error:
            return None, self.refused(Refusal(port, path, began, None, None, str(error)))
        if answer.status < 500:
            self.on_answer(port, path, began)
            return answer, None
        text = f"{method} {path}: {answer}"
        return None, self.refused(Refusal(port, path, began, answer.status, answer.error_code, text))

    def refused(self, refusal):
        self.on_refusal(refusal)
        return refusal

    def __next__(self):
        """The port of the process whose turn it is."""
        return self.ports[next(self._turns) % len(self.ports)]

    def upload(self, pictures):
        """Answer to an upload of files."""
        boundary = uuid.uuid4().hex
        body = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{picture.name}"\r\n\r\n'.encode()
            + picture.read_bytes() + b"\r\n" for picture in pictures) + f"--{boundary}--\r\n".encode()
        return self.ask("POST", "/api/v1/inference/upload", body,
                        {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def status(self, job_id, wait=0):
        return self.ask("GET", f"/api/v1/jobs/{job_id}/status" + (f"?wait={wait}" if wait else ""))

    def jobs(self):
        """Of all jobs in the server's list the status, by id."""
        found, cursor = {}, ""
        while cursor is not None:
            page = self.ask("GET", "/api/v1/jobs?limit=100" + (f"&cursor={cursor}" if cursor else "")).data
            for job in page["jobs"]:
                found[job["job_id"]] = job["status"]
            cursor = page["next_cursor"]
        return found

    def events(self, job_id, last_id=None, seconds=ANSWER_SECONDS, port=None):
        """Yields (event, id, data) until the stream ends or so many seconds bring nothing. Raises `Unreachable`."""
        connection = connect(port or next(self), seconds)
        try:
            headers = {"Last-Event-ID": str(last_id)} if last_id is not None else {}
            connection.request("GET", f"/api/v1/jobs/{job_id}/events", headers=headers)
            response = connection.getresponse()
            if response.status != 200:
                raise Unreachable(f"events of {job_id}: {response.status}")
            fields = {}
            while line := response.readline():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    yield fields["event"], int(fields["id"]), json.loads(fields["data"])
                    fields = {}
        except TimeoutError:
            return
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"events of {job_id}: {error!r}") from error
        finally:
            connection.close()


def connect(port, seconds=ANSWER_SECONDS):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)


def read(connection):
    response = connection.getresponse()
    return Answer(response.status, response.read())
