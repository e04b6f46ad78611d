"""A service on one machine: an API process that starts its workers, and one data folder."""

import os
import signal
import time
from pathlib import Path

from .blobs import FolderBlobs
from .processes import READY, Program, free_port, harrier_environment, parent, serve_command
from .tables import SQLiteTables

# As long as a worker whose parent is gone may need, and a little.
ORPHAN_SECONDS = 25


class Server(Program):
    """`harrier serve` on one port and one data folder, through all its lives."""

    def __init__(self, binary, data_dir, log, workers, settings):
        self.port, self.data_dir, self.worker_count = free_port(), data_dir, workers
        super().__init__(serve_command(binary, self.port, data_dir, workers), log, harrier_environment(settings))
        self.tables, self.blobs = SQLiteTables(data_dir / "harrier.sqlite"), FolderBlobs(data_dir / "blobs")

    def start(self):
        """Returns the seconds until it accepted requests."""
        return super().start(lambda: READY in self.written())

    def workers(self, orphans=False):
        """Process ids of the workers that live; with `orphans`, also of those whose API process is gone."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and self.is_worker(int(entry.name)):
                if orphans or parent(entry) == self.pid:
                    found.append(int(entry.name))
        return sorted(found)

    def is_worker(self, pid):
        """Whether the process lives and is a worker of this data folder."""
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return words[1:2] == [b"worker"] and os.fsencode(self.data_dir) in words

    def signal_worker(self, pid, number):
        """Returns whether it was still there."""
        if not self.is_worker(pid):
            return False
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def wait_for_workers(self, seconds):
        """Returns whether as many as were asked for live by then."""
        deadline = time.monotonic() + seconds
        while len(self.workers()) < self.worker_count:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def stop(self):
        """Asks it to end; returns what went wrong, for people."""
        status, faults = self.terminate(), []
        if status != 0:
            faults.append(f"the API process: exit status {status} after SIGTERM")
        if left := self.end_all(ORPHAN_SECONDS):
            faults.append(f"{left} workers are still there after the API process has ended")
        return faults

    def end_all(self, seconds=0):
        """Waits so long for the workers to end by themselves, then kills what is left; returns how many that were."""
        deadline = time.monotonic() + seconds
        if self.is_running:
            self.kill()
        while (left := self.workers(orphans=True)) and time.monotonic() < deadline:
            time.sleep(0.1)
        for pid in left:
            self.signal_worker(pid, signal.SIGKILL)
        return len(left)
