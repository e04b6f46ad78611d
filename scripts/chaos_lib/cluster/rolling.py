"""A rolling restart: all processes, one after the other, while clients try each call on both API processes."""

import signal
import threading
import time
import traceback

from ..processes import START_SECONDS, STOP_SECONDS
from ..service import ANSWER_SECONDS, GaveUp, Service, Unreachable

# Until the next one: a worker that was just started has a job in its hands by then.
PAUSE_SECONDS = 2
LOOK_SECONDS = 0.05


class TwoTries(Service):
    """Each call has one retry, at once, on the other process: what fails both times has failed."""

    def __init__(self, ports, ledger):
        super().__init__(ports)
        self.ledger = ledger

    def ask(self, method, path, body=None, headers=None):
        self.ledger.count("calls")
        for port in self.both():
            answer, refusal = self.try_once(port, method, path, body, headers)
            if not refusal:
                return answer
            self.ledger.count("calls that failed once")
        self.ledger.count("calls that failed both times")
        raise GaveUp(f"failed on both: {refusal.text}")

    def both(self):
        """The port of the process whose turn it is, then the other one's."""
        first = next(self)
        return [first, *(port for port in self.ports if port != first)]

    def events(self, job_id, last_id=None, seconds=ANSWER_SECONDS):
        """A stream that breaks off is resumed by the caller; one that cannot be opened has the same retry."""
        self.ledger.count("calls")
        for port in self.both():
            is_open = False
            try:
                for event in super().events(job_id, last_id, seconds, port):
                    is_open = True
                    yield event
                return
            except Unreachable as error:
                if is_open:
                    raise
                last = error
                self.ledger.count("calls that failed once")
        self.ledger.count("calls that failed both times")
        self.ledger.fault("no answer", f"failed on both: {last}")

    def rows(self):
        return [(what, self.ledger.counts[what])
                for what in ("calls", "calls that failed once", "calls that failed both times")]


class RollingRestart(threading.Thread):
    """Restarts all units, one after the other, again and again until `seconds` are over."""

    def __init__(self, cluster, ledger, seconds):
        super().__init__(name="rolling restart", daemon=True)
        self.cluster, self.ledger, self.seconds = cluster, ledger, seconds
        self.counts = {"API processes restarted": 0, "workers restarted": 0}
        self.stop_seconds = []

    def run(self):
        begin = time.monotonic()
        try:
            while True:
                for unit in self.cluster.units:
                    time.sleep(PAUSE_SECONDS)
                    self.restart(unit)
                    self.counts["API processes restarted" if unit.says_ready else "workers restarted"] += 1
                if time.monotonic() - begin > self.seconds:
                    return
        except Exception:
            self.ledger.fault("restart broke off", traceback.format_exc())

    def restart(self, unit):
        """Returns when it is ready again."""
        old, begin = unit.process, time.monotonic()
        if not self.cluster.keeper.order(unit, signal.SIGTERM):
            raise ProcessLookupError(f"{unit.name} does not run")
        self.wait(lambda: old.poll() is not None, f"{unit.name} has not ended")
        self.stop_seconds.append(time.monotonic() - begin)
        self.wait(lambda: unit.process is not old and unit.is_ready, f"{unit.name} is not ready")
        print(f"chaos: {unit.name} restarted, {time.monotonic() - begin:.1f} s", flush=True)

    def wait(self, condition, what):
        deadline = time.monotonic() + START_SECONDS + STOP_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(what)
            time.sleep(LOOK_SECONDS)

    def rows(self):
        return [*self.counts.items(), ("longest time from SIGTERM to the end", f"{max(self.stop_seconds):.1f} s")]
