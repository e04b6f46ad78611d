"""What a service takes for granted and can lose: room on its disk, and a clock that only goes forward."""

import errno
import os
import subprocess
import time
from pathlib import Path

DISK_MEGABYTES = 1024
UNMOUNT_TRIES = 50
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


class SmallDisk:
    """A file system in memory that can be filled to its last byte."""

    def __init__(self, folder):
        self.folder, self.filler = folder, folder / "filler"

    def mount(self):
        """Returns why it could not be mounted; empty when it was."""
        self.folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=700", "harrier-chaos", str(self.folder)],
            capture_output=True, text=True)
        return done.stderr.strip() if done.returncode else ""

    def unmount(self):
        """Tries for a while: a process that was just killed lets go of its files a moment later."""
        for _ in range(UNMOUNT_TRIES):
            if subprocess.run(["umount", str(self.folder)], capture_output=True).returncode == 0:
                return
            time.sleep(0.2)
        # What is left goes with the last file.
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self):
        file = os.open(self.filler, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            size, step = 0, 64 << 20
            while step >= 4096:
                try:
                    os.posix_fallocate(file, size, step)
                    size += step
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    step //= 2
        finally:
            os.close(file)

    def release(self):
        self.filler.unlink(missing_ok=True)


class FakeClock:
    """The wall clock of all processes of the service, by libfaketime; clocks that only count on are left alone."""

    HOUR = 3600

    def __init__(self, folder):
        self.file, self.offset = folder / "clock", 0

    @staticmethod
    def missing():
        """Why there is none; empty when there is."""
        return "" if Path(FAKETIME).exists() else "libfaketime is not installed (apt-get install libfaketime)"

    @property
    def environment(self):
        # The library changes this variable. Were it not there yet, the environment would move, and Swift's runtime,
        # which looks for a program's arguments beside it, would find none.
        return {
            "LD_PRELOAD": FAKETIME, "FAKETIME_SHARED": "/none /none", "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}

    @staticmethod
    def clean(pids):
        """Removes what the library leaves of processes that were killed."""
        for pid in pids:
            for file in Path("/dev/shm").glob(f"*faketime_s*_{pid}"):
                file.unlink(missing_ok=True)

    def set(self, offset):
        """So many seconds beside the true time, for all processes within a second."""
        # Renamed, so that nobody reads half of it.
        new = self.file.with_suffix(".new")
        new.write_text(f"{offset:+d}\n")
        new.rename(self.file)
        self.offset = offset

    def jump(self, chance):
        """To one of the other two of: an hour behind, right, an hour ahead."""
        offsets = [offset for offset in (-self.HOUR, 0, self.HOUR) if offset != self.offset]
        self.set(offsets[int(chance * len(offsets))])
