"""Files called .pt that are no checkpoint, and pickles that do something when they are loaded.

Needs the standard library only.
"""

from __future__ import annotations

import builtins
import os
import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Aim:
    """Where a hostile pickle goes."""

    port: int  # of 127.0.0.1
    target: Path  # a file it tries to write


class Call:
    """Pickles as a call: loading it runs `function(*arguments)`."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


class Foreign:
    """Pickles as the call of a class or a function that need not be here."""

    def __init__(self, module: str, name: str, arguments: tuple = ()):
        self.module, self.name, self.arguments = module, name, arguments


class ForeignPickler(pickle._Pickler):  # the one in C cannot be taught
    """Writes objects of `Foreign` as what they stand for."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_foreign(self, thing: Foreign) -> None:
        self.write(pickle.GLOBAL + f"{thing.module}\n{thing.name}\n".encode())
        self.save(thing.arguments)
        self.write(pickle.REDUCE)

    dispatch[Foreign] = save_foreign


def python(lines: str) -> Call:
    return Call(builtins.exec, lines)


def socket_pickle(aim: Aim) -> Call:
    return python(f"import socket\nsocket.create_connection(('127.0.0.1', {aim.port}), 5).sendall(b'stolen')")


def write_pickle(aim: Aim) -> Call:
    return python(f"open({str(aim.target)!r}, 'w').write('written by a pickle')")


def system_pickle(aim: Aim) -> Call:
    return Call(os.system, f"echo written by a shell > '{aim.target}'")


def fork_pickle(aim: Aim) -> Call:
    """A bomb with a bound: four generations, each process waits for its child."""
    return python(
        "import os\n"
        "for generation in range(4):\n"
        "    child = os.fork()\n"
        f"    open({str(aim.target)!r}, 'a').write('forked ')\n"
        "    if child: os.waitpid(child, 0)\n"
    )


def memory_pickle(_: Aim) -> Call:
    """Touches what it takes, so that it is memory and not address space alone."""
    return python("taken = []\nwhile True: taken.append(bytearray(b'x') * (64 << 20))")


def sleep_pickle(_: Aim) -> Call:
    return python("import time\nwhile True: time.sleep(3600)")


def disk_pickle(aim: Aim) -> Call:
    """Fills the folder that it may write to, 64 MiB at a time and never more than 64 GiB."""
    return python(
        "import os\n"
        "with open(os.path.join(os.environ['TMPDIR'], 'filler'), 'wb') as file:\n"
        "    for _ in range(1024): file.write(b'x' * (64 << 20))\n"
    )


def nested_pickle(aim: Aim) -> Foreign:
    """Hides behind a function of PyTorch, which loads bytes without looking at them."""
    inner = pickle.dumps(python(f"open({str(aim.target)!r}, 'w').write('written by a pickle')"), protocol=2)
    return Foreign("torch.storage", "_load_from_bytes", (inner,))


HOSTILE = {
    "hostile-socket": socket_pickle,
    "hostile-write": write_pickle,
    "hostile-system": system_pickle,
    "hostile-fork": fork_pickle,
    "hostile-memory": memory_pickle,
    "hostile-sleep": sleep_pickle,
    "hostile-disk": disk_pickle,
    "hostile-nested": nested_pickle,
}


def archive(path: Path, thing) -> None:
    """A file as `torch.save` writes it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        with file.open("archive/data.pkl", "w") as data:
            ForeignPickler(data, protocol=2).dump(thing)
        file.writestr("archive/byteorder", "little")
        file.writestr("archive/version", "3\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5613764\n")


def plain_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "no checkpoint")


def torchscript(path: Path) -> None:
    """The names of the files that tell a TorchScript archive from a checkpoint."""
    with zipfile.ZipFile(path, "w") as file:
        for name in ("data.pkl", "constants.pkl", "version", "code/__torch__.py"):
            file.writestr(f"archive/{name}", "3\n")


def yolov5(path: Path) -> None:
    archive(path, {"epoch": -1, "model": Foreign("models.yolo", "DetectionModel"), "ema": None})


def foreign(path: Path) -> None:
    archive(path, {"model": Foreign("somewhere.networks", "Detector")})


def dictionary(path: Path) -> None:
    archive(path, {"accuracy": 0.5, "epoch": 12})


def damaged(path: Path) -> None:
    """A whole archive whose pickle breaks off."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr("archive/data.pkl", pickle.dumps({"model": list(range(1000))}, protocol=2)[:200])
        file.writestr("archive/version", "3\n")


def truncated(path: Path) -> None:
    """The first half of an archive: its directory, which stands at the end, is missing."""
    archive(path, {"weights": "x" * 100_000})
    path.write_bytes(path.read_bytes()[:50_000])


BROKEN = {
    "empty": empty,
    "text": text,
    "zip": plain_zip,
    "torchscript": torchscript,
    "yolov5": yolov5,
    "foreign": foreign,
    "dictionary": dictionary,
    "damaged": damaged,
    "truncated": truncated,
}
KINDS = [*HOSTILE, *BROKEN]


def write(kind: str, path: Path, aim: Aim) -> None:
    if kind in HOSTILE:
        archive(path, HOSTILE[kind](aim))
    else:
        BROKEN[kind](path)
