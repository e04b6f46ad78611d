"""A service of several processes: API processes without workers, and workers on their own."""

import itertools
import signal

from ..blobs import FolderBlobs
from ..processes import free_ports, harrier_environment, serve_command
from .keeper import Keeper, Unit
from .proxy import Proxy

APIS = 2


class Cluster:
    """Each worker reaches PostgreSQL on a way of its own, which can be cut. Processes that end are started again."""

    def __init__(self, binary, folder, workers, settings, stores, troubles, ledger):
        self.stores, self.troubles, self.ledger = stores, troubles, ledger
        data_dir = folder / "data"
        self.ports = free_ports(APIS)
        self.apis = [
            Unit(f"api-{number}", serve_command(binary, port, data_dir, 0), folder / f"api-{number}.log",
                 harrier_environment({**settings, **stores.settings()}), says_ready=True)
            for number, port in enumerate(self.ports, 1)]
        self.ways = [Proxy(stores.postgres.port) for _ in range(workers)]
        self.worker_units = [
            Unit(f"worker-{number}", [binary, "worker", "--data-dir", data_dir], folder / f"worker-{number}.log",
                 harrier_environment({**settings, **stores.settings(way.port)}))
            for number, way in enumerate(self.ways, 1)]
        self.units = self.apis + self.worker_units
        self.tables = stores.postgres.tables
        self.blobs = stores.storage.blobs if stores.storage else FolderBlobs(data_dir / "blobs")
        self.keeper = None

    def start(self):
        """Returns when all accept requests."""
        self.keeper = Keeper(self.units, self.troubles, self.ledger)
        self.keeper.start_all()

    def name_of(self, port):
        """Of the API process that listens there."""
        return self.apis[self.ports.index(port)].name

    def workers(self):
        """Process ids of the workers that live."""
        return [unit.pid for unit in self.worker_units if unit.is_running]

    def way_of(self, pid):
        """That of a worker to its database."""
        return self.ways[[unit.pid for unit in self.worker_units].index(pid)]

    def signal_worker(self, pid, number):
        """Returns whether it was still there."""
        for unit in self.worker_units:
            if unit.pid == pid:
                if number in (signal.SIGKILL, signal.SIGTERM):
                    return self.keeper.order(unit, number)
                return unit.send(number)
        return False

    def stop(self):
        """Asks all to end; returns what went wrong, for people."""
        return self.keeper.stop_all()

    def end_all(self):
        if self.keeper:
            self.keeper.kill_all()
        for way in self.ways:
            way.close()

    def log_lines(self):
        return itertools.chain.from_iterable(unit.log_lines() for unit in self.units)
