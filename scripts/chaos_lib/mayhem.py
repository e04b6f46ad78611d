"""What is done to the service, in an order that the seed decides."""

import random
import signal
import sqlite3
import threading
import time
import traceback
from collections import Counter

from .server import StartFailed

# How often each deed comes, compared with the others.
WEIGHTS = {"worker": 40, "api": 25, "both": 10, "stop": 10, "restart": 8}
DISK_WEIGHT = CLOCK_WEIGHT = 30
KILLS = ("worker", "api", "both")
# A lease is 10 s: the job of a frozen worker is somebody else's when it goes on.
STOP_SECONDS = (11, 14)
FULL_SECONDS = (2, 8)
# The API process cannot start while the disk is full.
START_TRIES = 60
# A transaction of the service takes milliseconds.
LOCK_SECONDS = 1


def plan(seed, weights):
    """Endless (pause in seconds, deed, chance); whom a deed hits depends on who lives then."""
    choices = random.Random(f"{seed}/mayhem")
    while True:
        # Mostly blow upon blow; sometimes long enough for leases to run out and jobs to end.
        pause = choices.uniform(0.2, 2) if choices.random() < 0.85 else choices.uniform(4, 12)
        yield pause, choices.choices(list(weights), weights.values())[0], choices.random()


class Mayhem(threading.Thread):
    """Follows the plan until `kills` were done or `seconds` are over."""

    def __init__(self, seed, server, ledger, kills, seconds, disk=None, clock=None):
        super().__init__(name="mayhem", daemon=True)
        self.server, self.ledger, self.disk, self.clock = server, ledger, disk, clock
        self.kills, self.seconds = kills, seconds
        weights = {**WEIGHTS, **({"disk": DISK_WEIGHT} if disk else {}), **({"clock": CLOCK_WEIGHT} if clock else {})}
        self.plan = plan(seed, weights)
        self.begin = time.monotonic()
        self.counts = Counter()
        # Job ids, once for each time that a worker was killed or frozen with the job in its hands.
        self.hits, self.unknown_hits = Counter(), 0
        self.start_seconds = []
        self.frozen = set()
        self.timers = []

    def run(self):
        try:
            for pause, deed, chance in self.plan:
                if self.kill_count >= self.kills or time.monotonic() - self.begin + pause > self.seconds:
                    break
                time.sleep(pause)
                if not self.server.is_running:
                    self.ledger.fault("died by itself", f"the API process, status {self.server.process.returncode}")
                    self.start_server()
                getattr(self, f"do_{deed}")(chance)
        except Exception:
            self.ledger.fault("mayhem broke off", traceback.format_exc())
        finally:
            for timer in self.timers:
                timer.join()

    @property
    def kill_count(self):
        return sum(self.counts[deed] for deed in KILLS)

    # Deeds.

    def do_worker(self, chance):
        pids = self.awake_workers()
        if not pids:
            return self.tell("worker", "nobody is there to be killed")
        pid = pids[int(chance * len(pids))]
        self.kill_workers([pid])
        self.counts["worker"] += 1
        self.tell("worker", f"kill -9 of {pid}", self.hit([pid]))

    def do_api(self, chance):
        self.server.kill()
        self.counts["processes killed"] += 1
        self.counts["api"] += 1
        self.tell("api", "kill -9")
        time.sleep(chance)
        self.start_server()

    def do_both(self, chance):
        pids = self.awake_workers()
        if chance < 0.5:
            self.kill_workers(pids)
            self.server.kill()
        else:
            self.server.kill()
            self.kill_workers(pids)
        self.counts["processes killed"] += 1
        self.counts["both"] += 1
        self.tell("both", f"kill -9 of the API process and {pids}", self.hit(pids))
        time.sleep(chance)
        self.start_server()

    def do_stop(self, chance):
        pids = self.awake_workers()
        # One with a job, where there is one: freezing the others proves nothing.
        pids = [pid for pid in pids if self.in_hand([pid])] or pids
        if not pids:
            return self.tell("stop", "nobody is there to be frozen")
        pid = pids[int(chance * len(pids))]
        if not self.server.signal_worker(pid, signal.SIGSTOP):
            return self.tell("stop", f"{pid} is gone already")
        self.frozen.add(pid)
        seconds = between(STOP_SECONDS, chance)
        self.later(seconds, lambda: self.thaw(pid))
        self.counts["stop"] += 1
        if self.has_frozen_lock():
            # Nobody can renew a lease meanwhile: it hits every job that is being worked on.
            self.counts["stops with the write lock"] += 1
            self.tell("stop", f"{pid} for {seconds:.1f} s, with the database's write lock", self.hit())
        else:
            self.tell("stop", f"{pid} for {seconds:.1f} s", self.hit([pid]))

    def do_restart(self, _):
        status = self.server.terminate()
        self.tell("restart", f"SIGTERM, exit status {status}")
        if status != 0:
            self.ledger.fault("did not stop", f"the API process: exit status {status} after SIGTERM")
        self.counts["restart"] += 1
        self.start_server()

    def do_disk(self, chance):
        if self.disk.filler.exists():
            return self.tell("disk", "it is full already")
        seconds = between(FULL_SECONDS, chance)
        self.disk.fill()
        self.later(seconds, self.disk.release)
        self.counts["disk"] += 1
        self.tell("disk", f"full for {seconds:.1f} s")

    def do_clock(self, chance):
        before = self.clock.offset
        self.clock.jump(chance)
        self.counts["clock forward" if self.clock.offset > before else "clock back"] += 1
        self.tell("clock", f"{before:+d} s -> {self.clock.offset:+d} s", self.hit())

    # What deeds are made of.

    def start_server(self):
        for _ in range(START_TRIES):
            try:
                self.start_seconds.append(self.server.start())
                return
            except StartFailed as failure:
                if not self.disk:
                    raise
                self.tell("start", f"refused: {str(failure).splitlines()[-1]}")
                self.server.end_all()
                time.sleep(1)
        raise StartFailed(f"in {START_TRIES} tries")

    def awake_workers(self):
        """Frozen ones are spared: they shall come back when their job is another worker's."""
        return [pid for pid in self.server.workers() if pid not in self.frozen]

    def kill_workers(self, pids):
        for pid in pids:
            self.counts["processes killed"] += self.server.signal_worker(pid, signal.SIGKILL)

    def thaw(self, pid):
        self.frozen.discard(pid)
        self.server.signal_worker(pid, signal.SIGCONT)

    def later(self, seconds, action):
        timer = threading.Timer(seconds, action)
        timer.start()
        self.timers = [timer] + [timer for timer in self.timers if timer.is_alive()]

    def hit(self, pids=None):
        """Counts the jobs that these workers, or all, have in their hands."""
        jobs = self.in_hand(pids)
        self.hits.update(jobs)
        self.counts["jobs hit"] += len(jobs)
        return jobs

    def in_hand(self, pids):
        try:
            return jobs_in_hand(self.server.database, pids)
        except sqlite3.OperationalError as error:
            # On a full disk it cannot always be read: then this may have hit any job.
            self.unknown_hits += 1
            self.tell("in hand", f"not known: {error}")
            return []

    def has_frozen_lock(self):
        """Whether the database cannot be written just now."""
        connection = sqlite3.connect(self.server.database, timeout=LOCK_SECONDS, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            return False
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()

    def tell(self, deed, text, jobs=()):
        seconds = time.monotonic() - self.begin
        hit = f"; in hand: {', '.join(jobs)}" if jobs else ""
        print(f"chaos: {seconds:6.1f} s, {self.kill_count} kills: {deed}: {text}{hit}", flush=True)


def jobs_in_hand(database, pids=None):
    """Ids of the jobs that the workers with these process ids, or any, hold by the database."""
    # Read-only: what a killed process left in the write-ahead log is the service's to take in.
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=LOCK_SECONDS)
    try:
        rows = connection.execute("SELECT id, worker FROM job WHERE state = 'processing'").fetchall()
    finally:
        connection.close()
    # A worker's name is host-pid-UUID.
    return [job for job, worker in rows if pids is None or int(worker[:-37].rpartition("-")[2]) in pids]


def between(bounds, chance):
    return bounds[0] + chance * (bounds[1] - bounds[0])
