"""Runs on a cluster."""

import math
import time

from .. import inspection, report
from ..clients import HastyClient
from ..run import Run, say
from ..service import Service
from .cluster import Cluster
from .mayhem import ClusterMayhem
from .rolling import RollingRestart, TwoTries
from .stores import Stores
from .troubles import Troubles

WORKERS = 3
# With the time that another worker needs to see that a lease has run out.
LEASE_SECONDS = 15
# A process that died or a database that went away is noticed by then, and not only when a time limit is over. The
# file store is waited for.
NOTICE_SECONDS = 6
# Longer than any call takes, also on a busy machine, and less than the 10 s that a statement may wait for a lock.
SLOW_SECONDS = 8
# Calls for files, and for what is made of them, need the file store.
FILE_PATHS = ("/api/v1/inference/upload", "/api/v1/files/")
FILE_ENDS = ("/results",)


class ClusterRun(Run):
    """Two API processes and some workers, on PostgreSQL, Redis and S3."""

    # An outage of the file store burns some attempts of the same job; twenty are the most that may be set.
    RETRY_DELAYS = ", ".join(["1", "2", "4", *["8"] * 17])

    def __init__(self, arguments, folder):
        super().__init__(arguments, folder)
        self.workers = arguments.workers or WORKERS
        self.troubles, self.stores = Troubles(), Stores(arguments.binary, folder)

    def started_cluster(self):
        self.stores.start()
        settings = {**self.settings, "HARRIER_CACHE_DIR": str(self.folder / "cluster-cache")}
        self.target = Cluster(self.arguments.binary, self.folder, self.workers, settings, self.stores, self.troubles,
                              self.ledger)
        self.target.start()
        return self.target

    def chaos(self):
        """Returns the rows of the report."""
        expected = self.references(self.cases)
        cluster = self.started_cluster()
        service = Service(cluster.ports, self.refused, self.answered)
        mayhem = ClusterMayhem(self.arguments.seed, cluster, self.ledger, self.arguments.kills,
                               self.arguments.minutes * 60, not self.is_long)
        self.submit_during(mayhem, service, [HastyClient])
        say("no more kills; waiting until every job has ended")
        self.check_jobs(service, expected, self.hits(mayhem))
        starts = cluster.keeper.start_seconds
        inspection.stop(cluster, self.ledger)
        swept = inspection.check_sweeping(cluster, self.ledger, inspection.check_files(cluster, self.ledger))
        mayhem.start_seconds = starts
        self.check_leases(mayhem.touched)
        counts = inspection.check_log(cluster, self.ledger, may_refuse=False)
        return report.chaos_rows(mayhem, self.ledger, counts, swept, self.rows())

    def check_leases(self, touched):
        """Of a worker that nobody has touched they run out only while its database is away."""
        since_monotonic = time.time() - time.monotonic()
        for job, pid, ended in self.target.tables.lost_attempts():
            if touched.get(pid, math.inf) < ended:
                continue
            self.ledger.count("leases lost with PostgreSQL")
            end = ended - since_monotonic
            if not self.troubles.met(["postgres"], end - LEASE_SECONDS, end):
                self.ledger.fault("lease lost", f"{job}, at {end:.1f}: nobody has touched its worker {pid}")

    def rows(self):
        counts = self.ledger.counts
        return [
            ("leases that ran out while PostgreSQL was away", counts["leases lost with PostgreSQL"]),
            (f"calls answered after more than {SLOW_SECONDS} s", counts["slow"]),
            ("calls without an answer, asked again", counts["unanswered"]),
            ("calls answered with 503, asked again", counts["503"]),
            ("calls answered with 500 while the S3 server was away", counts["500"])]

    def refused(self, refusal):
        """Each must have a reason: that process was down, or a store that the call needs. Redis is none of them."""
        self.ledger.count({None: "unanswered", 503: "503"}.get(refusal.status, "500"))
        name = self.target.name_of(refusal.port)
        reasons = {None: [name], 503: [name, "postgres"]}.get(refusal.status, [])
        is_for_files = needs_files(refusal.path) and (refusal.status != 500 or refusal.code == "STORAGE_ERROR")
        lately = max(refusal.began, time.monotonic() - NOTICE_SECONDS)
        if self.troubles.met(reasons, lately) or is_for_files and self.troubles.met(["storage"], refusal.began):
            return
        self.ledger.fault("refused without a reason", f"{name}: {refusal.text}")

    def answered(self, port, path, began):
        """Nothing but a store that is away, or the machine, may hold up an answer for long."""
        seconds, name = time.monotonic() - began, self.target.name_of(port)
        if seconds < SLOW_SECONDS or "wait=" in path:
            return
        self.ledger.count("slow")
        if not self.troubles.met([name, "postgres", *(["storage"] if needs_files(path) else [])], began):
            self.ledger.fault("held up without a reason", f"{name}: {path} was answered after {seconds:.1f} s")

    def rolling(self):
        """Returns the rows of the report."""
        expected = self.references(self.cases)
        cluster = self.started_cluster()
        service = TwoTries(cluster.ports, self.ledger)
        restart = RollingRestart(cluster, self.ledger, self.arguments.minutes * 60)
        self.submit_during(restart, service, [HastyClient])
        say("no more restarts; waiting until every job has ended")
        self.check_jobs(service, expected, dict.fromkeys(self.ledger.jobs, 0))
        starts = cluster.keeper.start_seconds
        inspection.stop(cluster, self.ledger)
        inspection.check_files(cluster, self.ledger)
        counts = inspection.check_log(cluster, self.ledger, may_refuse=False)
        return [*restart.rows(), *service.rows(), *report.job_rows(self.ledger), *report.fault_rows(self.ledger),
                *sorted(counts.items()), *report.start_rows(starts)]

    def close(self):
        super().close()
        self.stores.end()


def needs_files(path):
    path = path.partition("?")[0]
    return path.startswith(FILE_PATHS) or path.endswith(FILE_ENDS)
