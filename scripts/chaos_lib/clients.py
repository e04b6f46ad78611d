"""Clients that submit jobs without a pause and hold the service to what it answered."""

import random
import threading
import time
import traceback

from .cases import request_body
from .service import RETRY_SECONDS, GaveUp, Unreachable

# What another process of the service has written is seen within 100 ms; more on a busy machine.
SEEN_SECONDS = 3
JSON = {"Content-Type": "application/json"}


class Client(threading.Thread):
    """One job after the other: upload, predict, follow or cancel. Its choices come from the seed alone."""

    def __init__(self, number, seed, cases, service, ledger, stopping, patience):
        super().__init__(name=f"client {number}", daemon=True)
        self.number, self.seed, self.cases = number, seed, cases
        self.service, self.ledger = service, ledger
        self.stopping, self.patience = stopping, patience
        self.uploads = {}

    def run(self):
        choices = random.Random(f"{self.seed}/client {self.number}")
        count = 0
        while not self.stopping.is_set():
            count += 1
            try:
                # A generator of its own for each job: how one goes does not change the next ones.
                self.one_job(f"{self.seed}-{self.number}-{count}", random.Random(choices.random()))
            except GaveUp as error:
                self.ledger.fault("no answer", f"{self.name}: {error}")
            except Exception:
                self.ledger.fault("unexpected answer", f"{self.name}: {traceback.format_exc()}")

    def one_job(self, key, choices):
        case = choices.choices(self.cases, [case.weight for case in self.cases])[0]
        upload = self.upload(case, reuse=choices.random() < 0.5)
        job = self.predict(key, case, upload, twice=choices.random() < 0.2)
        follow = self.poll if choices.random() < 0.6 else self.read_events
        if choices.random() < 0.15:
            follow(job, choices.uniform(0, 3))
            self.cancel(job)
        follow(job, self.patience)

    def upload(self, case, reuse):
        if reuse and case.name in self.uploads:
            return self.uploads[case.name]
        upload = expect(200, self.service.upload(case.pictures)).data
        self.ledger.uploaded(upload, case)
        self.uploads[case.name] = upload
        return upload

    def predict(self, key, case, upload, twice):
        """Sends the key until an answer arrives; `twice`: first on two connections at once."""
        body, headers = request_body(upload["upload_id"], case), {**JSON, "Idempotency-Key": key}
        path = "/api/v1/inference/predict"
        answers = self.service.call_twice("POST", path, body, headers) if twice else []
        answers = [answer for answer in answers if answer.status < 500]
        answers.append(self.service.ask("POST", path, body, headers))
        for answer in answers:
            job = self.ledger.accepted(
                key, expect(202, answer).data["job_id"], case, [file["file_id"] for file in upload["uploaded_files"]])
        return job

    def poll(self, job, seconds):
        deadline = time.monotonic() + seconds
        while not job.has_ended and time.monotonic() < deadline:
            self.ledger.seen(job, expect(200, self.service.status(job.id, wait=1)).data, "status")

    def read_events(self, job, seconds):
        """Comes back with the id of the last event whenever the stream breaks off."""
        deadline, last_id, has_ended = time.monotonic() + seconds, None, False
        while not has_ended and (left := deadline - time.monotonic()) > 0:
            is_open = False
            try:
                for event, number, data in self.service.events(job.id, last_id, min(left, 20)):
                    is_open = True
                    if has_ended:
                        self.ledger.fault("after the end", f"{job.id}: {event} {number} follows the event \"end\"")
                    if last_id is not None and number < last_id:
                        self.ledger.fault("went back", f"{job.id}: event {number} follows event {last_id}")
                    last_id, has_ended = number, event == "end"
                    self.ledger.seen(job, data, f"event {number}")
                    if time.monotonic() > deadline:
                        break
            except Unreachable:
                # Asked again below, as after a stream that just ends.
                pass
            if is_open and not has_ended:
                self.ledger.count("event streams resumed")
            # What breaks at once must not become a busy loop.
            time.sleep(RETRY_SECONDS)

    def cancel(self, job):
        answer = self.service.ask("POST", f"/api/v1/jobs/{job.id}/cancel")
        if answer.status == 200:
            job.is_cancelled = True
            self.ledger.count("cancellations answered with 200")
            if answer.data["status"] != "cancelled":
                self.ledger.fault("unexpected answer", f"a cancellation of {job.id} was answered with {answer}")
        else:
            # It has ended, or an earlier call whose answer was lost has cancelled it.
            expect(409, answer)
            self.poll(job, SEEN_SECONDS)
            if not job.has_ended:
                self.ledger.fault("unexpected answer", f"{job.id} is {job.state} and cannot be cancelled")


class HastyClient(Client):
    """Starts jobs and cancels them at once: somebody writes all the time, also while the others wait for their jobs."""

    PAUSE_SECONDS = 0.5

    def one_job(self, key, choices):
        case = self.cases[0]
        self.cancel(self.predict(key, case, self.upload(case, reuse=True), twice=False))
        time.sleep(self.PAUSE_SECONDS)


def expect(status, answer):
    if answer.status != status:
        raise ValueError(f"{answer} instead of {status}")
    return answer
