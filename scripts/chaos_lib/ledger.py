"""What the service has promised to its clients, and every promise that it broke."""

import threading
from collections import Counter
from dataclasses import dataclass, field

ENDED = ("completed", "failed", "cancelled")


@dataclass
class AcceptedJob:
    """A job that was answered with 202, and what its clients have seen of it since."""

    id: str
    key: str
    case: object
    file_ids: list
    percentage: int = 0
    state: str = "queued"
    # A cancellation was answered with 200.
    is_cancelled: bool = False
    failure: dict = field(default_factory=dict)

    @property
    def has_ended(self):
        return self.state in ENDED


class Ledger:
    """Shared by all threads of a run."""

    def __init__(self):
        self._lock = threading.Lock()
        self.counts = Counter()
        self.jobs = {}
        self.job_ids_by_key = {}
        # (file id, picture as it was sent) of every upload that was answered with 200.
        self.originals = []
        # (kind, text); the kinds are those of the report.
        self.faults = []

    def fault(self, kind, text):
        with self._lock:
            self.faults.append((kind, text))
        print(f"chaos: FAULT, {kind}: {text}", flush=True)

    def count(self, what, number=1):
        with self._lock:
            self.counts[what] += number

    def uploaded(self, upload, case):
        with self._lock:
            self.counts["uploads accepted"] += 1
            self.originals += zip((file["file_id"] for file in upload["uploaded_files"]), case.pictures)

    def accepted(self, key, job_id, case, file_ids):
        """Returns the job. One key has one job, however often it was sent."""
        with self._lock:
            ids = self.job_ids_by_key.setdefault(key, [])
            if job_id not in ids:
                ids.append(job_id)
            job = self.jobs.setdefault(job_id, AcceptedJob(job_id, key, case, file_ids))
        if len(ids) > 1:
            self.fault("doubled", f"the key {key} has started {', '.join(ids)}")
        return job

    def seen(self, job, data, where):
        """Holds a status document against those before it; a job is followed by one thread at a time."""
        state, percentage = data["status"], data["progress"]["percentage"]
        if job.has_ended and state != job.state:
            self.fault("changed after its end", f"{job.id} was {job.state} and is {state} ({where})")
        if percentage < job.percentage:
            self.fault("went back", f"{job.id} was at {job.percentage} % and is at {percentage} % ({where})")
        job.state, job.percentage = state, max(percentage, job.percentage)
        job.failure = data.get("error", {})
