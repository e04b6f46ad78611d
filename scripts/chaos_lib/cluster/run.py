"""Runs on a cluster."""

import time

from .. import inspection, report
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
        service = Service(cluster.ports, self.refused)
        mayhem = ClusterMayhem(self.arguments.seed, cluster, self.ledger, self.arguments.kills,
                               self.arguments.minutes * 60, not self.is_long)
        self.submit_during(mayhem, service)
        say("no more kills; waiting until every job has ended")
        self.check_jobs(service, expected, self.hits(mayhem))
        starts = cluster.keeper.start_seconds
        inspection.stop(cluster, self.ledger)
        swept = inspection.check_sweeping(cluster, self.ledger, inspection.check_files(cluster, self.ledger))
        mayhem.start_seconds = starts
        self.check_leases(mayhem.hit_pids)
        counts = inspection.check_log(cluster, self.ledger, may_refuse=False)
        return report.chaos_rows(mayhem, self.ledger, counts, swept, self.rows())

    def check_leases(self, hit_pids):
        """Of a worker that nobody has touched they run out only while its database is away."""
        since_monotonic = time.time() - time.monotonic()
        for job, pid, ended in self.target.tables.lost_attempts():
            if pid in hit_pids:
                continue
            self.ledger.count("leases lost with PostgreSQL")
            end = ended - since_monotonic
            if not self.troubles.met(["postgres"], end - LEASE_SECONDS, end):
                self.ledger.fault("lease lost", f"{job}, at {end:.1f}: nobody has touched its worker {pid}")

    def rows(self):
        counts = self.ledger.counts
        return [
            ("leases that ran out while PostgreSQL was away", counts["leases lost with PostgreSQL"]),
            ("calls without an answer, asked again", counts["unanswered"]),
            ("calls answered with 503, asked again", counts["503"]),
            ("calls answered with 500 while the S3 server was away", counts["500"])]

    def refused(self, refusal):
        """Each must have a reason: that process was down, or a store that the call needs. Redis is none of them."""
        self.ledger.count({None: "unanswered", 503: "503"}.get(refusal.status, "500"))
        reasons = [self.target.name_of(refusal.port)] if refusal.status in (None, 503) else []
        if refusal.status == 503:
            reasons.append("postgres")
        path = refusal.path.partition("?")[0]
        needs_files = path.startswith(FILE_PATHS) or path.endswith(FILE_ENDS)
        if needs_files and (refusal.status != 500 or refusal.code == "STORAGE_ERROR"):
            reasons.append("storage")
        if not self.troubles.met(reasons, refusal.began):
            self.ledger.fault("refused without a reason", f"{self.target.name_of(refusal.port)}: {refusal.text}")

    def rolling(self):
        """Returns the rows of the report."""
        expected = self.references(self.cases)
        cluster = self.started_cluster()
        service = TwoTries(cluster.ports, self.ledger)
        restart = RollingRestart(cluster, self.ledger, self.arguments.minutes * 60)
        self.submit_during(restart, service)
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
