"""Programs that are started, watched and ended by process id, and what they wrote to their log."""

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
    """The program ended, or said nothing, before it was ready."""


class Program:
    """A program that writes a log, through all its lives."""

    def __init__(self, command, log, environment=None):
        self.command, self.log = [str(word) for word in command], log
        self.environment = {**os.environ, **(environment or {})}
        self.process, self._log_offset, self._begin = None, 0, 0
        # Of all its lives.
        self.pids = []

    def launch(self):
        """Returns at once; it is hardly ready yet."""
        self._begin = time.monotonic()
        self._log_offset = self.log.stat().st_size if self.log.exists() else 0
        # A file, not a pipe: what a process wrote before it was killed is there.
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                env=self.environment, start_new_session=True)
        self.pids.append(self.process.pid)

    def start(self, is_ready):
        """Returns the seconds until `is_ready()` held. Raises `StartFailed`."""
        self.launch()
        while (seconds := time.monotonic() - self._begin) < START_SECONDS:
            if is_ready():
                return seconds
            if self.process.poll() is not None:
                raise StartFailed(
                    f"status {self.process.returncode}\n{self.written()[-2000:].decode(errors='replace')}")
            time.sleep(0.02)
        raise StartFailed(f"it is not ready after {START_SECONDS} s")

    def written(self):
        """What it has written since its last start."""
        with open(self.log, "rb") as log:
            log.seek(self._log_offset)
            return log.read()

    @property
    def seconds_since_start(self):
        return time.monotonic() - self._begin

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def send(self, number):
        """Returns whether it was still there."""
        if not self.is_running:
            return False
        self.process.send_signal(number)
        return True

    def kill(self):
        """kill -9; what it has started is left alone."""
        self.send(signal.SIGKILL)
        self.process.wait()

    def terminate(self, number=signal.SIGTERM):
        """Asks it to end. Returns its exit status; None when it had to be killed after `STOP_SECONDS`."""
        self.send(number)
        return self.wait()

    def wait(self):
        """Returns the exit status of what was asked to end; None when it had to be killed after `STOP_SECONDS`."""
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def log_lines(self):
        """Each line as an object; what is no JSON as its text."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            for line in log:
                try:
                    yield json.loads(line)
                except ValueError:
                    yield line.rstrip("\n")


class ServerProgram:
    """A server of our own on loopback that may be killed and frozen; its kind sets `_program`, and says in `_answers`
    whether it is ready."""

    def start(self):
        self._program.start(self._answers)

    def kill(self):
        self._program.kill()

    def freeze(self):
        self._program.send(signal.SIGSTOP)

    def thaw(self):
        self._program.send(signal.SIGCONT)

    def end(self):
        if self._program.is_running:
            self._program.kill()


def harrier_environment(settings):
    """What every process of Harrier is told, and these settings."""
    return {"HARRIER_RATE_LIMIT": "0", "HARRIER_LOG_FORMAT": "json", "HARRIER_LOG_LEVEL": "info", **settings}


def serve_command(binary, port, data_dir, workers):
    return [binary, "serve", "--host", "127.0.0.1", "--port", port, "--data-dir", data_dir, "--workers", workers]


def parent(entry):
    """The parent's process id; 0 when the process is gone."""
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def free_ports(count):
    """All different, below the range that connecting clients are given: one of them could connect to itself and take
    the port."""
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    probes = {}
    try:
        for _ in range(100 * count):
            port = random.SystemRandom().randrange(min(10_000, low - 1000), low)
            probe = socket.socket()
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                probe.close()
                continue
            probes[port] = probe
            if len(probes) == count:
                return list(probes)
    finally:
        for probe in probes.values():
            probe.close()
    raise StartFailed("no port is free")


def free_port():
    return free_ports(1)[0]
