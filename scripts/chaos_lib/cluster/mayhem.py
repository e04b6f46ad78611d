"""What is done to a cluster and to the servers that it rests on."""

import signal
import time

from ..mayhem import Mayhem, between, choose, plan

# How often each deed comes, compared with the others.
WEIGHTS = {"worker": 30, "api": 18, "all": 6, "stop": 8, "restart": 7, "restart_worker": 6, "cut": 8}
POSTGRES_WEIGHTS = {"postgres_restart": 4, "postgres_kill": 4}
REDIS_WEIGHTS = {"redis_kill": 5, "redis_stop": 4}
STORAGE_WEIGHTS = {"storage_kill": 2, "storage_stop": 2}
# Longer than a lease.
CUT_SECONDS = 15
# A worker beats every 2 s, in a transaction.
COMMIT_SECONDS = 3
REDIS_STOP_SECONDS = (2, 6)
STORAGE_SECONDS, SHORT_STORAGE_SECONDS = 30, 6
# The pause between two tries of a database that was away grows to 5 s; then a busy machine needs a moment.
POSTGRES_GRACE_SECONDS = 8
# A call that met the outage may be answered a little later.
STORAGE_GRACE_SECONDS = 15


class ClusterMayhem(Mayhem):
    """Its deeds do not wait for what is started again."""

    KILLS = ("worker", "api", "all")
    TEXTS = {
        "worker": "kill -9 of a worker",
        "api": "kill -9 of an API process",
        "all": "kill -9 of all API processes and workers",
        "processes killed": "processes killed by these",
        "jobs hit": "jobs in the hands of a worker that was killed, frozen or cut off",
        "stop": "a worker frozen for 11 to 14 s",
        "stops with the write lock": "of these while it held what all changes wait for",
        "restart": "SIGTERM and start of an API process",
        "restart_worker": "SIGTERM and start of a worker",
        "cut": f"a worker cut off from PostgreSQL for {CUT_SECONDS} s",
        "cuts before a commit": "of these when it sent a COMMIT",
        "cuts with the write lock": "of these while it held what all changes wait for",
        "postgres_restart": "PostgreSQL restarted (fast)",
        "postgres_kill": "kill -9 of PostgreSQL, and start",
        "redis_kill": "kill -9 of Redis, started empty",
        "redis_stop": "Redis frozen for 2 to 6 s",
        "storage_kill": "kill -9 of the S3 server, started after {storage_seconds} s",
        "storage_stop": "the S3 server frozen for {storage_seconds} s",
    }

    def __init__(self, seed, cluster, ledger, kills, seconds, is_short):
        stores = cluster.stores
        weights = {**POSTGRES_WEIGHTS, **(REDIS_WEIGHTS if stores.redis else {}),
                   **(STORAGE_WEIGHTS if stores.storage else {})}
        # However short the run, each thing that is done to a store is done once. A restart of PostgreSQL would end what
        # a cut leaves there.
        overture = (*weights, "cut")
        super().__init__(cluster, ledger, kills, seconds, plan(seed, {**WEIGHTS, **weights}, overture))
        self.cluster, self.stores, self.troubles = cluster, stores, cluster.troubles
        self.storage_seconds = SHORT_STORAGE_SECONDS if is_short else STORAGE_SECONDS
        self.TEXTS = {deed: text.format(storage_seconds=self.storage_seconds) for deed, text in self.TEXTS.items()}
        self.cut_off = set()

    # Deeds on processes of Harrier.

    def do_api(self, chance):
        unit = choose(self.cluster.apis, chance)
        if not self.order(unit, signal.SIGKILL):
            return self.tell("api", f"{unit.name} does not run")
        self.counts["processes killed"] += 1
        self.counts["api"] += 1
        self.tell("api", f"kill -9 of {unit.name}")

    def do_all(self, chance):
        pids = self.awake_workers()
        groups = [lambda: self.kill_workers(pids), self.kill_apis]
        for kill in groups if chance < 0.5 else reversed(groups):
            kill()
        self.counts["all"] += 1
        self.tell("all", f"kill -9 of the API processes and {pids}", self.hit(pids))

    def kill_apis(self):
        for unit in self.cluster.apis:
            self.counts["processes killed"] += self.order(unit, signal.SIGKILL)

    def do_restart(self, chance):
        unit = choose(self.cluster.apis, chance)
        # One that is starting has not learnt yet what a signal means.
        if not unit.is_ready or not self.order(unit, signal.SIGTERM):
            return self.tell("restart", f"{unit.name} is not ready")
        self.counts["restart"] += 1
        self.tell("restart", f"SIGTERM for {unit.name}")

    def do_restart_worker(self, chance):
        pids = self.awake_workers()
        if not pids or not self.cluster.signal_worker(pid := choose(pids, chance), signal.SIGTERM):
            return self.tell("restart_worker", "nobody is there")
        self.counts["restart_worker"] += 1
        self.tell("restart_worker", f"SIGTERM for {pid}")

    def do_cut(self, chance):
        pid = self.busy_worker(chance)
        way = self.cluster.way_of(pid) if pid else None
        if not way or way in self.cut_off:
            return self.tell("cut", "nobody is there to be cut off")
        self.cut_off.add(way)
        # Its transaction is open then, and holds its locks until the server gives it up.
        is_within = way.cut_before(b"COMMIT", COMMIT_SECONDS)
        self.counts["cut"] += 1
        self.counts["cuts before a commit"] += is_within
        self.later(CUT_SECONDS, lambda: self.heal(way))
        jobs = self.hit([pid])
        is_locked = self.target.tables.is_locked()
        self.counts["cuts with the write lock"] += is_locked
        self.tell("cut", f"{pid} for {CUT_SECONDS} s{', before a COMMIT' if is_within else ''}"
                  f"{', with the write lock' if is_locked else ''}", jobs)

    def heal(self, way):
        way.heal()
        self.cut_off.discard(way)

    # Deeds on stores.

    def do_postgres_restart(self, chance):
        self.postgres_down("postgres_restart", self.stores.postgres.stop, chance)

    def do_postgres_kill(self, chance):
        self.postgres_down("postgres_kill", self.stores.postgres.kill, chance)

    def postgres_down(self, deed, stop, chance):
        # Leases may run out before their workers come back.
        jobs = self.hit()
        began = time.monotonic()
        self.troubles.begin("postgres")
        stop()
        time.sleep(chance)
        self.stores.postgres.start()
        self.troubles.end("postgres", POSTGRES_GRACE_SECONDS)
        self.counts[deed] += 1
        self.tell(deed, f"away for {time.monotonic() - began:.1f} s", jobs)

    def do_redis_kill(self, chance):
        self.stores.redis.kill()
        time.sleep(chance)
        self.stores.redis.start()
        self.counts["redis_kill"] += 1
        self.tell("redis_kill", "kill -9, started empty")

    def do_redis_stop(self, chance):
        seconds = between(REDIS_STOP_SECONDS, chance)
        self.stores.redis.freeze()
        self.later(seconds, self.stores.redis.thaw)
        self.counts["redis_stop"] += 1
        self.tell("redis_stop", f"for {seconds:.1f} s")

    def do_storage_kill(self, _):
        self.storage_down("storage_kill", self.stores.storage.kill, self.stores.storage.start)

    def do_storage_stop(self, _):
        self.storage_down("storage_stop", self.stores.storage.freeze, self.stores.storage.thaw)

    def storage_down(self, deed, down, up):
        if self.troubles.is_open("storage"):
            return self.tell(deed, "it is down already")
        self.troubles.begin("storage")
        down()
        self.later(self.storage_seconds, lambda: self.storage_up(up))
        self.counts[deed] += 1
        self.tell(deed, f"for {self.storage_seconds} s")

    def storage_up(self, up):
        up()
        self.troubles.end("storage", STORAGE_GRACE_SECONDS)

    def order(self, unit, number):
        return self.cluster.keeper.order(unit, number)
