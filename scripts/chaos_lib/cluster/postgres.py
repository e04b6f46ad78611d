"""A PostgreSQL of our own, that may be restarted and killed."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from ..processes import Program, StartFailed, free_port
from ..tables import PostgresTables

ROOT = Path("/usr/lib/postgresql")
USER = "postgres"
NAME = "harrier"
# After the death of its first process the others need a moment to end; until then it refuses to start.
START_TRIES = 50


def programs():
    """Debian keeps those of each version apart; None when there are none."""
    versions = [entry for entry in ROOT.glob("*/bin") if entry.parent.name.isdigit()]
    return max(versions, key=lambda entry: int(entry.parent.name), default=None)


class PostgresServer:
    """On loopback, with its own folder, and with fsync: what it has answered is on disk."""

    def __init__(self, folder):
        self.folder, self.port, self.programs = folder, free_port(), programs()
        if not self.programs:
            raise StartFailed(f"PostgreSQL is not installed: there is no {ROOT}/VERSION/bin")
        # It refuses to run as root; Debian's package brings a user for it.
        is_root = os.geteuid() == 0
        self._prefix = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if is_root else []
        folder.mkdir()
        if is_root:
            user = pwd.getpwnam(USER)
            os.chown(folder, user.pw_uid, user.pw_gid)
            # The way there is through a folder that is root's alone.
            folder.parent.chmod(0o711)
        self._initialize()
        settings = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=",
                    "shared_buffers=64MB", "fsync=on"]
        self._program = Program(
            [*self._prefix, self.programs / "postgres", "-D", folder / "data",
             *(word for setting in settings for word in ("-c", setting))], folder.parent / "postgres.log")
        self.tables = PostgresTables(self.url(), self.programs)

    def _initialize(self):
        command = [*self._prefix, self.programs / "initdb", f"--pgdata={self.folder / 'data'}", f"--username={NAME}",
                   "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise StartFailed(f"initdb: {done.stderr}")

    def create(self):
        """Starts it, with an empty database."""
        self.start()
        PostgresTables(self.url(database="postgres"), self.programs).rows(f"CREATE DATABASE {NAME}")

    def url(self, port=None, database=NAME):
        return f"postgres://{NAME}@127.0.0.1:{port or self.port}/{database}"

    def start(self):
        """Returns when it answers."""
        for _ in range(START_TRIES):
            try:
                self._program.start(self._answers)
                return
            except StartFailed as failure:
                last = failure
            time.sleep(0.1)
        raise last

    def _answers(self):
        ready = [self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready).returncode == 0

    def stop(self):
        """As `pg_ctl stop -m fast`: it ends all connections, and itself when all is written."""
        self._program.terminate(signal.SIGINT)

    def kill(self):
        """kill -9 of its first process; the others see that and end."""
        self._program.kill()

    def end(self):
        # SIGQUIT is its immediate shutdown.
        if self._program.is_running:
            self._program.terminate(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)
