"""Runs on a service on one machine."""

import time
from datetime import datetime

from . import inspection, recovery, report
from .cases import LONG_CASES
from .run import Run, say
from .server_mayhem import ServerMayhem
from .service import Service
from .surroundings import FakeClock, SmallDisk

WORKERS = 2
# When a clock jumps, jobs may stand still.
PATIENCE_SECONDS_CLOCK = 8
# Of the jobs that have nothing to wait for, most end by then.
CLOCK_SETTLE_SECONDS = 10


class ServerRun(Run):
    """One API process with its workers; its disk may be full and its clock may jump."""

    def __init__(self, arguments, folder):
        super().__init__(arguments, folder)
        self.workers = arguments.workers or WORKERS
        self.disk = self.clock = None

    def chaos(self):
        """Returns the rows of the report."""
        self.set_surroundings()
        expected = self.references(self.cases)
        server = self.server_in("data", self.workers, **(self.clock.environment if self.clock else {}))
        server.start()
        service = Service([server.port], self.refused)
        mayhem = ServerMayhem(self.arguments.seed, server, self.ledger, self.arguments.kills,
                              self.arguments.minutes * 60, self.disk, self.clock)
        self.submit_during(mayhem, service)
        say("no more kills; waiting until every job has ended")
        if self.clock:
            self.wait_for_clock(service)
        self.check_jobs(service, expected, self.hits(mayhem), may_fail_on_storage=bool(self.disk))
        inspection.stop(server, self.ledger)
        found = inspection.check_files(server, self.ledger)
        swept = inspection.check_sweeping(server, self.ledger, found) if not self.clock else 0
        log_counts = inspection.check_log(server, self.ledger, may_refuse=bool(self.disk))
        return report.chaos_rows(mayhem, self.ledger, log_counts, swept, self.surroundings_rows())

    def surroundings_rows(self):
        counts, rows = self.ledger.counts, []
        if self.disk:
            rows += [("failed for the full disk", counts["failed for the full disk"]),
                     ("calls refused for the full disk", counts["refused for the full disk"])]
        if self.clock:
            rows.append(("jobs that waited for the clock", counts["waited for the clock"]))
        return rows

    def refused(self, refusal):
        """A server that starts or drains is asked again; the status 500 needs a reason."""
        if refusal.status in (None, 503):
            return
        if self.disk and refusal.code in ("STORAGE_ERROR", "DATABASE_ERROR"):
            self.ledger.count("refused for the full disk")
        else:
            self.ledger.fault("server error", refusal.text)

    def set_surroundings(self):
        if self.arguments.disk_full:
            disk = SmallDisk(self.folder / "data")
            if reason := disk.mount():
                disk.folder.rmdir()
                say(f"the full disk is skipped: {reason}")
            else:
                self.disk = disk
        if self.arguments.clock:
            if reason := FakeClock.missing():
                say(f"the jumping clock is skipped: {reason}")
            else:
                self.patience = PATIENCE_SECONDS_CLOCK
                self.clock = FakeClock(self.folder)
                self.clock.set(0)

    def wait_for_clock(self, service):
        """Counts the jobs that a clock keeps waiting which went back, then sets it ahead of all it has shown."""
        for job in inspection.settle(service, self.ledger, CLOCK_SETTLE_SECONDS):
            data = service.status(job.id).data
            created = datetime.fromisoformat(data["created_at"]).timestamp()
            if data["status"] == "queued" and created > time.time() + self.clock.offset:
                self.ledger.count("waited for the clock")
        self.clock.set(2 * FakeClock.HOUR)

    def recovery(self):
        """Returns the rows of the report."""
        case = LONG_CASES[0]
        expected = self.references([case])
        server = self.server_in("data", self.workers)
        server.start()
        seconds = recovery.measure(server, Service([server.port]), self.ledger, case, expected[case.name],
                                   self.arguments.seed, self.arguments.recovery)
        inspection.stop(server, self.ledger)
        return recovery.rows(seconds)

    def close(self):
        super().close()
        if self.disk:
            self.disk.unmount()
        if self.clock and self.target:
            self.clock.clean(self.target.pids)
