"""The service's processes: started, found, killed, and what they wrote to their log."""

import json
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

START_SECONDS = 60
# Longer than the service's own grace of 30 s and the pause of a worker that is frozen.
STOP_SECONDS = 50
READY = b"Harrier accepts requests"


class StartFailed(Exception):
    """The API process ended, or said nothing, before it accepted requests."""


class Server:
    """`harrier serve` on one port and one data folder, through all its lives."""

    def __init__(self, binary, data_dir, log, workers, environment):
        self.binary, self.data_dir, self.log, self.worker_count = binary, data_dir, log, workers
        self.port = free_port()
        self.database = data_dir / "harrier.sqlite"
        self.environment = {
            **os.environ, "HARRIER_RATE_LIMIT": "0", "HARRIER_LOG_FORMAT": "json", "HARRIER_LOG_LEVEL": "info",
            **environment}
        self.process = None
        # Of all its lives.
        self.pids = []

    def start(self):
        """Returns the seconds until it accepted requests."""
        begin, offset = time.monotonic(), self.log.stat().st_size if self.log.exists() else 0
        command = [self.binary, "serve", "--host", "127.0.0.1", "--port", self.port, "--data-dir", self.data_dir,
                   "--workers", self.worker_count]
        # A file, not a pipe: what a process wrote before it was killed is there.
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                env=self.environment, start_new_session=True)
        self.pids.append(self.process.pid)
        while time.monotonic() - begin < START_SECONDS:
            written = self._written_since(offset)
            if READY in written:
                return time.monotonic() - begin
            if self.process.poll() is not None:
                raise StartFailed(f"status {self.process.returncode}\n{written[-2000:].decode(errors='replace')}")
            time.sleep(0.02)
        raise StartFailed(f"it does not accept requests after {START_SECONDS} s")

    def _written_since(self, offset):
        with open(self.log, "rb") as log:
            log.seek(offset)
            return log.read()

    def kill(self):
        """kill -9 of the API process; its workers are left alone."""
        self.process.kill()
        self.process.wait()

    def terminate(self):
        """Asks it to end. Returns its exit status; None when it had to be killed after `STOP_SECONDS`."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def workers(self, orphans=False):
        """Process ids of the workers that live; with `orphans`, also of those whose API process is gone."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and self.is_worker(int(entry.name)):
                if orphans or parent(entry) == self.process.pid:
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

    def log_lines(self):
        """Each line as an object; what is no JSON as its text."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            for line in log:
                try:
                    yield json.loads(line)
                except ValueError:
                    yield line.rstrip("\n")


def parent(entry):
    """The parent's process id; 0 when the process is gone."""
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def free_port():
    """Below the range that connecting clients are given: one of them could connect to itself and take the port."""
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(100):
        port = random.SystemRandom().randrange(min(10_000, low - 1000), low)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise StartFailed("no port is free")
