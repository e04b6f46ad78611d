"""What the service's database says, read past the service."""

import csv
import io
import os
import sqlite3
import subprocess

# A transaction of the service takes milliseconds.
LOCK_SECONDS = 1
# Of one question to PostgreSQL.
ANSWER_SECONDS = 30
BLOB_COLUMNS = {"file": ("blob_key",), "image_record": ("result_key", "annotated_key", "thumbnail_key")}


class TablesUnreadable(Exception):
    """The database does not answer just now."""


class Tables:
    """What is asked of either database. Its kinds say how: `rows`, `is_locked` and `faults`."""

    def rows(self, sql):
        """All values as texts, NULL as an empty one. Raises `TablesUnreadable`."""
        raise NotImplementedError

    def is_locked(self):
        """Whether jobs cannot be written just now."""
        raise NotImplementedError

    def faults(self):
        """What the database's own checks find, for people."""
        raise NotImplementedError

    def jobs_in_hand(self, pids=None):
        """Ids of the jobs that the workers with these process ids, or any, hold."""
        return [job for job, pid in self.holders() if pids is None or pid in pids]

    def holders(self):
        """Of each job that is being worked on, its id and its worker's process id."""
        rows = self.rows("SELECT id, worker FROM job WHERE state = 'processing'")
        return [(job, worker_pid(worker)) for job, worker in rows]

    def lost_attempts(self):
        """Of each attempt whose lease has run out: the job, its worker's process id, and when another one saw that (as
        `time.time`)."""
        rows = self.rows("SELECT job_id, worker, ended_ms FROM attempt WHERE outcome = 'lost'")
        return [(job, worker_pid(worker), int(ended) / 1000) for job, worker, ended in rows]

    def job_states(self):
        """By id."""
        return dict(self.rows("SELECT id, state FROM job"))

    def upload_ids(self):
        return {row[0] for row in self.rows("SELECT id FROM upload")}

    def blob_keys(self):
        """Of every file that a row names."""
        return {row[0] for table, columns in BLOB_COLUMNS.items() for column in columns
                for row in self.rows(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")}


class SQLiteTables(Tables):
    """A file."""

    def __init__(self, path):
        self.path = path

    def rows(self, sql):
        # Read-only: what a killed process left in the write-ahead log is the service's to take in.
        return self._rows(sql, "ro")

    def _rows(self, sql, mode):
        try:
            connection = sqlite3.connect(f"file:{self.path}?mode={mode}", uri=True, timeout=LOCK_SECONDS)
            try:
                return [["" if value is None else str(value) for value in row] for row in connection.execute(sql)]
            finally:
                connection.close()
        except sqlite3.OperationalError as error:
            raise TablesUnreadable(str(error)) from error

    def is_locked(self):
        connection = sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            return False
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()

    def faults(self):
        found = []
        for pragma in ("integrity_check", "foreign_key_check"):
            rows = self._rows(f"PRAGMA {pragma}", "rw")
            if rows not in ([], [["ok"]]):
                found.append(f"PRAGMA {pragma}: {rows[:5]}")
        return found


class PostgresTables(Tables):
    """A database of a PostgreSQL server, through its own programs."""

    def __init__(self, url, programs):
        self.url, self.programs = url, programs

    def rows(self, sql):
        done = self._run("psql", "-qXt", "--csv", "-v", "ON_ERROR_STOP=1", "-c", sql, self.url)
        if done.returncode:
            raise TablesUnreadable(done.stderr.strip())
        return list(csv.reader(io.StringIO(done.stdout)))

    def is_locked(self):
        # Every change that a client can see takes this row.
        try:
            self.rows(f"SET lock_timeout = '{LOCK_SECONDS}s'; SELECT FROM change_counter FOR UPDATE")
            return False
        except TablesUnreadable:
            return True

    def faults(self):
        # The extension `amcheck` reads every table and index for contradictions.
        done = self._run("pg_amcheck", "--install-missing", "--heapallindexed", self.url)
        return [f"pg_amcheck: {(done.stdout + done.stderr)[:1000]}"] if done.returncode else []

    def _run(self, program, *arguments):
        try:
            return subprocess.run(
                [self.programs / program, *arguments], capture_output=True, text=True, timeout=ANSWER_SECONDS,
                env={**os.environ, "PGCONNECT_TIMEOUT": "3"})
        except subprocess.TimeoutExpired as error:
            raise TablesUnreadable(str(error)) from error


def worker_pid(worker):
    """A worker's name is host-pid-UUID."""
    return int(worker[:-37].rpartition("-")[2])
