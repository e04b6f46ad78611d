"""A SeaweedFS of our own, an S3 server that may be killed and frozen."""

import http.client
import json

from ..blobs import S3Blobs
from ..cases import ROOT
from ..processes import Program, ServerProgram, StartFailed, free_ports

PATH = ROOT / ".deps/seaweedfs/weed"
BUCKET = "harrier"
KEY, SECRET = "harrierchaos", "harrierchaossecret"
# Anyone may make and list buckets, which is how this script looks at them; all else needs the key.
IDENTITIES = {"identities": [
    {"name": "harrier", "actions": ["Admin", "Read", "List", "Tagging", "Write"],
     "credentials": [{"accessKey": KEY, "secretKey": SECRET}]},
    {"name": "anonymous", "actions": ["Admin", "List"]}]}


class SeaweedServer(ServerProgram):
    """On loopback, with its own folder; what it has answered is there after a kill."""

    def __init__(self, folder):
        (folder / "data").mkdir(parents=True)
        identities = folder / "s3.json"
        identities.write_text(json.dumps(IDENTITIES))
        # It has a second port for each of its parts.
        self.port, *ports = free_ports(8)
        self._program = Program(
            [PATH, "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
             "-master.telemetry=false", f"-master.port={ports[0]}", f"-master.port.grpc={ports[1]}",
             "-master.volumeSizeLimitMB=256",
             f"-volume.port={ports[2]}", f"-volume.port.grpc={ports[3]}", "-volume.max=20", "-volume.minFreeSpace=1",
             "-filer", f"-filer.port={ports[4]}", f"-filer.port.grpc={ports[5]}",
             f"-filer.localSocket={folder / 'filer.sock'}",
             "-s3", f"-s3.port={self.port}", f"-s3.port.grpc={ports[6]}", f"-s3.config={identities}",
             f"-s3.localSocket={folder / 's3.sock'}", "-s3.port.iceberg=0", "-s3.port.lance=0"],
            folder.parent / "seaweedfs.log")
        self.blobs = S3Blobs(self.port, BUCKET)

    @staticmethod
    def missing():
        """Why there is none; empty when there is."""
        return "" if PATH.exists() else f"{PATH} is not there (scripts/test-tools installs it)"

    @property
    def settings(self):
        return {
            "HARRIER_STORAGE_URL": f"s3://{BUCKET}?endpoint=http://127.0.0.1:{self.port}&path_style=true",
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

    def create(self):
        """Starts it, with an empty bucket."""
        self.start()
        status = self._ask("PUT", f"/{BUCKET}")
        if status != 200:
            raise StartFailed(f"SeaweedFS: a bucket is answered with {status}")

    def _answers(self):
        try:
            return self._ask("GET", "/") == 200
        except (OSError, http.client.HTTPException):
            return False

    def _ask(self, method, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path)
            return connection.getresponse().status
        finally:
            connection.close()
