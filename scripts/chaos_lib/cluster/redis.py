"""A Redis of our own, that may be killed and frozen."""

import socket
from pathlib import Path

from ..processes import Program, ServerProgram, free_port

PATH = Path("/usr/bin/redis-server")


class RedisServer(ServerProgram):
    """On loopback; it keeps nothing, so that each start is an empty one."""

    def __init__(self, folder):
        folder.mkdir()
        self.port = free_port()
        # Its log goes to standard output, and that nowhere.
        self._program = Program(
            [PATH, "--bind", "127.0.0.1", "--port", self.port, "--dir", folder, "--save", "", "--appendonly", "no"],
            folder.parent / "redis.log")

    @staticmethod
    def missing():
        """Why there is none; empty when there is."""
        return "" if PATH.exists() else f"{PATH} is not installed (apt-get install redis-server)"

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
