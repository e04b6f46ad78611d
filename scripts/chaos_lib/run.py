"""A run of mayhem on a service, from the reference to the report: what all kinds of services have in common."""

import threading
import time

from . import inspection
from .cases import CASES, LONG_CASES, references
from .clients import Client
from .ledger import Ledger
from .server import Server
from .service import Service

# Enough for a queue, few enough that each job has a chance between two kills.
CLIENTS = 8
# A client leaves a job that takes longer to the check at the end.
PATIENCE_SECONDS = 90
# Shorter runs would end before a job of some dozen slices does.
LONG_MINUTES = 5


def say(text):
    print(f"chaos: {text}", flush=True)


class Run:
    """One folder, and the services that live in it."""

    # A failed attempt is tried again soon, and often enough to outlast every outage, or the end would take an hour.
    RETRY_DELAYS = "1, 2, 4, 8, 16, 16, 16, 16"

    def __init__(self, arguments, folder):
        self.arguments, self.folder, self.ledger = arguments, folder, Ledger()
        self.settings = {"HARRIER_RETRY_DELAYS_SECONDS": self.RETRY_DELAYS, "HARRIER_MODELS_DIR": arguments.models}
        self.patience = PATIENCE_SECONDS
        # What lives now, and is ended whatever happens.
        self.target = None
        self.is_long = arguments.minutes >= LONG_MINUTES
        self.cases = CASES + LONG_CASES if self.is_long else CASES

    def server_in(self, name, workers, **settings):
        """Each with a cache of its own, so that kills meet the writing of compiled models too."""
        cache = {"HARRIER_CACHE_DIR": str(self.folder / f"{name}-cache")}
        self.target = Server(self.arguments.binary, self.folder / name, self.folder / f"{name}.log", workers,
                             {**self.settings, **cache, **settings})
        return self.target

    def references(self, cases):
        """What a server on one machine, which nobody disturbs, answers; by the cases' names."""
        say("reference run")
        server = self.server_in("reference", 1)
        server.start()
        found = references(Service([server.port]), cases)
        inspection.stop(server, self.ledger)
        return found

    def submit_during(self, work, service, more=()):
        """Clients submit jobs while `work`, a thread, runs; `more` are kinds of clients beside the usual ones."""
        stopping = threading.Event()
        clients = [kind(number, self.arguments.seed, self.cases, service, self.ledger, stopping, self.patience)
                   for number, kind in enumerate([Client] * CLIENTS + list(more))]
        for thread in [*clients, work]:
            thread.start()
        work.join()
        stopping.set()
        # By now every call is answered, and no client follows a job for longer than its patience.
        deadline = time.monotonic() + self.patience + 60
        for client in clients:
            client.join(max(0, deadline - time.monotonic()))
            if client.is_alive():
                self.ledger.fault("no answer", f"{client.name} still waits")

    def check_jobs(self, service, expected, hits, may_fail_on_storage=False):
        inspection.settle(service, self.ledger)
        say(f"checking {len(self.ledger.jobs)} jobs")
        inspection.check_jobs(service, self.ledger, expected, hits, may_fail_on_storage)

    def hits(self, mayhem):
        return {job_id: mayhem.hits[job_id] + mayhem.unknown_hits for job_id in self.ledger.jobs}

    def close(self):
        """Whatever happened, no process is left."""
        if self.target:
            self.target.end_all()
