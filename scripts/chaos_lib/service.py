"""The service over HTTP, as a patient client calls it."""

import http.client
import json
import time
import uuid

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


class Service:
    """Calls to a server that may be down, draining or killed at any moment.

    `on_failure` is told the error code and the text of answers with status 500, which are asked for again.
    """

    def __init__(self, port, on_failure=lambda code, text: None):
        self.port, self.on_failure = port, on_failure

    def call(self, method, path, body=None, headers=None):
        """One try. Raises `Unreachable`."""
        connection = self._connect()
        try:
            connection.request(method, path, body, headers or {})
            return read(connection)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()

    def call_twice(self, method, path, body, headers):
        """The same call on two connections at once; the answers that arrived."""
        connections, answers = [self._connect(), self._connect()], []
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
        deadline, last = time.monotonic() + PATIENCE_SECONDS, "no try"
        while time.monotonic() < deadline:
            try:
                answer = self.call(method, path, body, headers)
            except Unreachable as error:
                last = str(error)
            else:
                if answer.status < 500:
                    return answer
                last = f"{method} {path}: {answer}"
                if answer.status != 503:
                    self.on_failure(answer.error_code, last)
            time.sleep(RETRY_SECONDS)
        raise GaveUp(last)

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

    def events(self, job_id, last_id=None, seconds=ANSWER_SECONDS):
        """Yields (event, id, data) until the stream ends or so many seconds bring nothing. Raises `Unreachable`."""
        connection = self._connect(seconds)
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

    def _connect(self, seconds=ANSWER_SECONDS):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)


def read(connection):
    response = connection.getresponse()
    return Answer(response.status, response.read())
