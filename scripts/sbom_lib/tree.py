"""The checkout that is described, and how other programs are asked about it."""

import os
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path


class Unknown(Exception):
    """Something without which the list would be wrong cannot be found out."""


@dataclass
class Tree:
    root: Path
    # SwiftPM's build folder.
    scratch: Path
    # None: whichever is built.
    chosen_binary: Path | None = None

    def text(self, name):
        try:
            return (self.root / name).read_text()
        except OSError as error:
            raise Unknown(f"{name} cannot be read: {error.strerror}") from error

    def binary(self):
        """Harrier itself; without it nobody knows what it is linked with."""
        built = [self.scratch / kind / "harrier" for kind in ("release", "debug")]
        for path in [self.chosen_binary] if self.chosen_binary else built:
            if path.is_file():
                return path
        raise Unknown("harrier is not built: swift build -c release --product harrier, or --binary")

    def version(self):
        return self.match("Sources/App/Documentation/HarrierVersion.swift", r'"(.+)"')

    def setting(self, name):
        """What scripts/setup assigns to a variable."""
        return self.match("scripts/setup", rf"^{name}=(\S+)$")

    def match(self, name, pattern):
        found = re.search(pattern, self.text(name), re.MULTILINE)
        if not found:
            raise Unknown(f"{name} has no {pattern}")
        return found[1]

    def time(self):
        """Of the document: what the caller says, else the commit's."""
        seconds = os.environ.get("SOURCE_DATE_EPOCH") or run("git", "-C", self.root, "log", "-1", "--format=%ct")
        try:
            return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (ValueError, OverflowError, OSError) as error:
            raise Unknown(f"SOURCE_DATE_EPOCH must be seconds since 1970, not {seconds!r}") from error


def run(*command, accept_failure=False):
    """What a program prints, in English."""
    try:
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
            env=os.environ | {"LC_ALL": "C.UTF-8"})
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unknown(f"{command[0]} could not be run: {error}") from error
    if done.returncode and not accept_failure:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unknown(f"{' '.join(map(str, command[:3]))} failed: {last}")
    return done.stdout.strip("\n")
