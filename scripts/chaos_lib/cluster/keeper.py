"""What starts the processes of a cluster again, as systemd would (`Restart=always`)."""

import signal
import threading
import time
import traceback

from ..inspection import INTERRUPTED
from ..processes import READY, START_SECONDS, STOP_SECONDS, Program, StartFailed

RESTART_SECONDS = 0.5
LOOK_SECONDS = 0.02
# Workers do not say when they are ready; on a busy machine it takes seconds.
YOUNG_SECONDS = 5


class Unit(Program):
    """A process of Harrier that always runs, but for our doing. API processes say when they are ready."""

    def __init__(self, name, command, log, environment, says_ready=False):
        super().__init__(command, log, environment)
        self.name, self.says_ready = name, says_ready
        self.is_ready, self.died = False, None
        # What its present life was told to end by, and when.
        self.order, self.ordered = None, 0
        # Whether it was told so before it can have learnt what SIGTERM means.
        self.was_young = False

    def launch(self):
        super().launch()
        self.is_ready, self.died, self.order = False, None, None

    def was_starting(self):
        """When it was told to end."""
        return self.was_young or INTERRUPTED.encode() in self.written()

    def looks_ready(self):
        return not self.says_ready or READY in self.written()


class Keeper(threading.Thread):
    """Watches all units. Whoever ends without an order, or not as it was told to, has a fault."""

    def __init__(self, units, troubles, ledger):
        super().__init__(name="keeper", daemon=True)
        self.units, self.troubles, self.ledger = units, troubles, ledger
        self._stopping = threading.Event()
        # Between an order and its trouble nobody else may look.
        self._lock = threading.RLock()
        # Of units that say when they are ready.
        self.start_seconds = []

    def run(self):
        while not self._stopping.wait(LOOK_SECONDS):
            for unit in self.units:
                try:
                    with self._lock:
                        self._look(unit)
                except Exception:
                    self.ledger.fault("keeper broke off", traceback.format_exc())
                    return

    def start_all(self):
        """Returns when all are ready. Raises `StartFailed`."""
        for unit in self.units:
            self.troubles.begin(unit.name)
            unit.launch()
        self.start()
        deadline = time.monotonic() + START_SECONDS
        while not all(unit.is_ready for unit in self.units):
            if time.monotonic() > deadline:
                raise StartFailed(", ".join(unit.name for unit in self.units if not unit.is_ready))
            time.sleep(LOOK_SECONDS)

    def order(self, unit, number):
        """Tells a unit to end by this signal; returns whether it was there."""
        with self._lock:
            if not unit.is_running:
                return False
            self.troubles.begin(unit.name)
            unit.is_ready, unit.order, unit.ordered = False, number, time.monotonic()
            unit.was_young = unit.seconds_since_start < YOUNG_SECONDS
            return unit.send(number)

    def stop_all(self):
        """Asks all to end and starts none again; returns what went wrong, for people."""
        self._stopping.set()
        self.join()
        faults = [f"{unit.name} does not run" for unit in self.units if not unit.is_running]
        for unit in self.units:
            unit.send(signal.SIGTERM)
        for unit in self.units:
            status = unit.wait()
            if status != 0:
                faults.append(f"{unit.name}: exit status {status} after SIGTERM")
        return faults

    def kill_all(self):
        self._stopping.set()
        if self.is_alive():
            self.join()
        for unit in self.units:
            if unit.is_running:
                unit.kill()

    def _look(self, unit):
        if unit.is_running:
            self._look_at_living(unit)
        elif unit.died is None:
            unit.died = time.monotonic()
            self._judge(unit, unit.process.returncode)
        elif time.monotonic() - unit.died > RESTART_SECONDS:
            unit.launch()

    def _look_at_living(self, unit):
        if unit.order is not None:
            if time.monotonic() - unit.ordered > STOP_SECONDS:
                self.ledger.fault("did not stop", f"{unit.name} lives {STOP_SECONDS} s after signal {unit.order}")
                self.order(unit, signal.SIGKILL)
        elif not unit.is_ready and unit.looks_ready():
            unit.is_ready = True
            self.troubles.end(unit.name)
            if unit.says_ready:
                self.start_seconds.append(unit.seconds_since_start)
        elif not unit.is_ready and unit.seconds_since_start > START_SECONDS:
            self.ledger.fault("did not start", f"{unit.name} is not ready after {START_SECONDS} s")
            self.order(unit, signal.SIGKILL)

    def _judge(self, unit, status):
        if unit.order is None:
            self.troubles.begin(unit.name)
            self.ledger.fault("died by itself", f"{unit.name}, status {status}: {unit.written()[-500:]}")
        elif unit.order == signal.SIGTERM and status != 0 and not unit.was_starting():
            self.ledger.fault("did not stop", f"{unit.name}: exit status {status} after SIGTERM")
