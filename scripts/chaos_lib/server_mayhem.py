"""What is done to a service on one machine."""

import time

from .mayhem import Mayhem, between, plan
from .processes import StartFailed

# How often each deed comes, compared with the others.
WEIGHTS = {"worker": 40, "api": 25, "both": 10, "stop": 10, "restart": 8}
DISK_WEIGHT = CLOCK_WEIGHT = 30
FULL_SECONDS = (2, 8)
# The API process cannot start while the disk is full.
START_TRIES = 60


class ServerMayhem(Mayhem):
    """Its supervisor is the API process itself, which is started again at once."""

    KILLS = ("worker", "api", "both")
    # SQLite knows no time limit for a writer.
    LOCK_STOPS_ALL = True
    TEXTS = {
        "worker": "kill -9 of a worker",
        "api": "kill -9 of the API process",
        "both": "kill -9 of both",
        "processes killed": "processes killed by these",
        "jobs hit": "jobs in the hands of a worker that was killed or frozen",
        "stop": "a worker frozen for 11 to 14 s",
        "stops with the write lock": "of these while it held the database's write lock",
        "restart": "SIGTERM and start",
        "disk": "disk full for 2 to 8 s",
        "clock forward": "clock one or two hours forward",
        "clock back": "clock one or two hours back",
    }

    def __init__(self, seed, server, ledger, kills, seconds, disk=None, clock=None):
        weights = {**WEIGHTS, **({"disk": DISK_WEIGHT} if disk else {}), **({"clock": CLOCK_WEIGHT} if clock else {})}
        super().__init__(server, ledger, kills, seconds, plan(seed, weights))
        self.server, self.disk, self.clock = server, disk, clock

    def before_deed(self):
        if not self.server.is_running:
            self.ledger.fault("died by itself", f"the API process, status {self.server.process.returncode}")
            self.start_server()

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
