"""The servers that a cluster rests on: PostgreSQL, and Redis and S3 where the binary knows them."""

import re
import subprocess

from ..run import say
from .postgres import PostgresServer
from .redis import RedisServer
from .seaweedfs import SeaweedServer


class Stores:
    """Each with a folder and a port of its own; `redis` and `storage` are None where they are not used."""

    def __init__(self, binary, folder):
        self.postgres = self.redis = self.storage = None
        self._binary, self._folder = binary, folder

    def start(self):
        self.postgres = PostgresServer(self._folder / "postgres")
        self.postgres.create()
        settings = known_settings(self._binary)
        if self._is_usable("Redis", RedisServer, "redis_url" in settings):
            self.redis = RedisServer(self._folder / "redis")
            self.redis.start()
        if self._is_usable("S3", SeaweedServer, "storage_url" in settings):
            self.storage = SeaweedServer(self._folder / "seaweedfs")
            self.storage.create()

    @staticmethod
    def _is_usable(name, kind, is_known):
        reason = kind.missing() if is_known else "the binary has no setting for it"
        if reason:
            say(f"{name} is left out: {reason}")
        return not reason

    def settings(self, postgres_port=None):
        """Of a process of Harrier; `postgres_port` is another way to PostgreSQL."""
        settings = {"HARRIER_DATABASE_URL": self.postgres.url(postgres_port)}
        if self.redis:
            settings["HARRIER_REDIS_URL"] = self.redis.url
        if self.storage:
            settings.update(self.storage.settings)
        return settings

    def end(self):
        for server in (self.storage, self.redis, self.postgres):
            if server:
                server.end()


def known_settings(binary):
    printed = subprocess.run([binary, "serve", "--print-config"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^(?:# )?(\w+):", printed, re.MULTILINE))
