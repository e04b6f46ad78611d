"""What is done to a service, in an order that the seed decides: what deeds have in common."""

import random
import signal
import threading
import time
import traceback
from collections import Counter

from .tables import TablesUnreadable

# A lease is 10 s: the job of a frozen worker is somebody else's when it goes on.
STOP_SECONDS = (11, 14)


def plan(seed, weights, overture=()):
    """Endless (pause in seconds, deed, chance), the overture first; whom a deed hits depends on who lives then."""
    choices = random.Random(f"{seed}/mayhem")
    for deed in overture:
        yield choices.uniform(0.5, 2), deed, choices.random()
    while True:
        # Mostly blow upon blow; sometimes long enough for leases to run out and jobs to end.
        pause = choices.uniform(0.2, 2) if choices.random() < 0.85 else choices.uniform(4, 12)
        yield pause, choices.choices(list(weights), weights.values())[0], choices.random()


class Mayhem(threading.Thread):
    """Follows the plan until `kills` were done or `seconds` are over. Its kinds have a method `do_X` for each deed X.

    `target` is the service: it has `workers()`, `signal_worker(pid, number)` and `tables`.
    """

    # Deeds that count as kills, and what the report calls each count.
    KILLS = ()
    TEXTS = {}
    # Whether a frozen worker that holds the write lock keeps all the others from renewing their leases.
    LOCK_STOPS_ALL = False

    def __init__(self, target, ledger, kills, seconds, deeds):
        super().__init__(name="mayhem", daemon=True)
        self.target, self.ledger = target, ledger
        self.kills, self.seconds, self.plan = kills, seconds, deeds
        self.begin = time.monotonic()
        self.counts = Counter()
        # Job ids, once for each time that a worker was killed or frozen with the job in its hands.
        self.hits, self.unknown_hits = Counter(), 0
        # When a worker was first killed, frozen or cut off (as `time.time`), by process id.
        self.touched = {}
        self.start_seconds = []
        self.frozen = set()
        self.timers = []

    def run(self):
        try:
            for pause, deed, chance in self.plan:
                if self.kill_count >= self.kills or time.monotonic() - self.begin + pause > self.seconds:
                    break
                time.sleep(pause)
                self.before_deed()
                getattr(self, f"do_{deed}")(chance)
        except Exception:
            self.ledger.fault("mayhem broke off", traceback.format_exc())
        finally:
            for timer in self.timers:
                timer.join()

    def before_deed(self):
        """A chance to look after the service."""

    @property
    def kill_count(self):
        return sum(self.counts[deed] for deed in self.KILLS)

    # Deeds on workers.

    def do_worker(self, chance):
        pids = self.awake_workers()
        if not pids:
            return self.tell("worker", "nobody is there to be killed")
        pid = choose(pids, chance)
        self.kill_workers([pid])
        self.counts["worker"] += 1
        self.tell("worker", f"kill -9 of {pid}", self.hit([pid]))

    def do_stop(self, chance):
        pid = self.busy_worker(chance)
        if pid is None:
            return self.tell("stop", "nobody is there to be frozen")
        if not self.target.signal_worker(pid, signal.SIGSTOP):
            return self.tell("stop", f"{pid} is gone already")
        self.frozen.add(pid)
        seconds = between(STOP_SECONDS, chance)
        self.later(seconds, lambda: self.thaw(pid))
        self.counts["stop"] += 1
        is_locked = self.target.tables.is_locked()
        self.counts["stops with the write lock"] += is_locked
        jobs = self.hit(None if is_locked and self.LOCK_STOPS_ALL else [pid])
        self.tell("stop", f"{pid} for {seconds:.1f} s{', with the write lock' if is_locked else ''}", jobs)

    # What deeds are made of.

    def awake_workers(self):
        """Frozen ones are spared: they shall come back when their job is another worker's."""
        return [pid for pid in self.target.workers() if pid not in self.frozen]

    def busy_worker(self, chance):
        """One with a job, where there is one: stopping the others proves nothing. None when there is no worker."""
        pids = self.awake_workers()
        try:
            holders = {pid for _, pid in self.target.tables.holders()}
        except TablesUnreadable:
            holders = set()
        pids = [pid for pid in pids if pid in holders] or pids
        return choose(pids, chance) if pids else None

    def kill_workers(self, pids):
        for pid in pids:
            self.counts["processes killed"] += self.target.signal_worker(pid, signal.SIGKILL)

    def thaw(self, pid):
        self.frozen.discard(pid)
        self.target.signal_worker(pid, signal.SIGCONT)

    def later(self, seconds, action):
        timer = threading.Timer(seconds, self.watched, [action])
        timer.start()
        self.timers = [timer] + [timer for timer in self.timers if timer.is_alive()]

    def watched(self, action):
        try:
            action()
        except Exception:
            self.ledger.fault("mayhem broke off", traceback.format_exc())

    def hit(self, pids=None):
        """Counts the jobs that these workers, or all, have in their hands."""
        jobs = self.in_hand(pids)
        self.hits.update(jobs)
        for pid in pids or ():
            self.touched.setdefault(pid, time.time())
        self.counts["jobs hit"] += len(jobs)
        return jobs

    def in_hand(self, pids):
        try:
            return self.target.tables.jobs_in_hand(pids)
        except TablesUnreadable as error:
            # Then this may have hit any job.
            self.unknown_hits += 1
            self.tell("in hand", f"not known: {error}")
            return []

    def tell(self, deed, text, jobs=()):
        seconds = time.monotonic() - self.begin
        hit = f"; in hand: {', '.join(jobs)}" if jobs else ""
        print(f"chaos: {seconds:6.1f} s, {self.kill_count} kills: {deed}: {text}{hit}", flush=True)


def choose(among, chance):
    return among[int(chance * len(among))]


def between(bounds, chance):
    return bounds[0] + chance * (bounds[1] - bounds[0])
