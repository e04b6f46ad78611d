"""The service's files, read past the service."""

import http.client
import os
import time
import xml.etree.ElementTree
from urllib.parse import urlencode

# Older than what the sweeper spares: files of an upload that may still be arriving.
LEFTOVER_SECONDS = 2 * 3600
KINDS = ("uploads", "jobs")


class FolderBlobs:
    """A folder."""

    def __init__(self, folder):
        self.folder = folder

    def missing(self, keys):
        return [key for key in sorted(keys) if not (self.folder / key).is_file()]

    def prefixes(self):
        """Of uploads and jobs that have files: `uploads/ID`, `jobs/ID`."""
        return {f"{kind}/{entry.name}" for kind in KINDS if (self.folder / kind).is_dir()
                for entry in (self.folder / kind).iterdir()}

    def make_old(self, prefixes):
        """So that the sweeper may remove them. Returns whether that can be done."""
        old = time.time() - LEFTOVER_SECONDS
        for prefix in prefixes:
            os.utime(self.folder / prefix, (old, old))
        return True


class S3Blobs:
    """A bucket that anyone may list."""

    def __init__(self, port, bucket):
        self.port, self.bucket = port, bucket

    def keys(self):
        found, token = set(), ""
        while token is not None:
            query = {"list-type": 2, **({"continuation-token": token} if token else {})}
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                connection.request("GET", f"/{self.bucket}?{urlencode(query)}")
                response = connection.getresponse()
                body = response.read()
            finally:
                connection.close()
            if response.status != 200:
                raise OSError(f"the bucket cannot be listed: {response.status} {body[:300]}")
            page = xml.etree.ElementTree.fromstring(body)
            found |= {key.text for key in page.iterfind("{*}Contents/{*}Key")}
            token = page.findtext("{*}NextContinuationToken")
        return found

    def missing(self, keys):
        return sorted(keys - self.keys())

    def prefixes(self):
        return {"/".join(key.split("/")[:2]) for key in self.keys() if key.split("/")[0] in KINDS}

    def make_old(self, prefixes):
        """The server alone sets the time of a blob."""
        return not prefixes
