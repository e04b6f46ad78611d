#!/usr/bin/env python3
"""Writes the files that imports are tested with, one line of JSON each on standard output.

Usage:
    make_checkpoints.py FOLDER KIND... [--port N] [--target PATH] [--samples DIR] [--size PIXELS]

Each KIND becomes FOLDER/KIND.pt. Models (yolo11n, yolo26n-obb, ...: see trained_models.py) need the Python environment
of the import; broken and hostile files (hostile_files.py) need the standard library only. `--list` names all kinds.
--port is where hostile-socket connects to on 127.0.0.1, --target the file that the other hostile pickles write.
"""

import argparse
import json
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import hostile_files  # noqa: E402
from model_kinds import KINDS  # noqa: E402

SAMPLES = Path(__file__).resolve().parents[2] / "Samples"


def make(kind: str, folder: Path, args) -> dict:
    path = folder / f"{kind}.pt"
    start = time.perf_counter()
    if kind in KINDS:
        from trained_models import write_model  # torch takes seconds to load

        described = write_model(kind, path, args.samples, args.size)
    else:
        hostile_files.write(kind, path, hostile_files.Aim(args.port, args.target))
        described = {}
    return {"kind": kind, "path": str(path), "seconds": round(time.perf_counter() - start, 2)} | described


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    parser.add_argument("--list", action="store_true", help="names all kinds")
    parser.add_argument("--port", type=int, default=9)
    parser.add_argument("--target", type=Path, default=Path("/tmp/harrier-hostile-pickle"))
    parser.add_argument("--samples", type=Path, default=SAMPLES, help="pictures to calibrate with")
    parser.add_argument("--size", type=int, help="input size of models, instead of the kind's own")
    args = parser.parse_args()
    known = [*KINDS, *hostile_files.KINDS]
    if args.list:
        print("\n".join(known))
        return
    if args.folder is None or not args.kinds:
        parser.error("expected FOLDER and at least one KIND")
    for kind in args.kinds:
        if kind not in known:
            parser.error(f"{kind} is none of {', '.join(known)}")

    args.folder.mkdir(parents=True, exist_ok=True)
    for kind in args.kinds:
        print(json.dumps(make(kind, args.folder, args)), flush=True)


if __name__ == "__main__":
    main()
