"""Run the built harrier binary with the settings of every reference file and compare the detections.

Usage:
    check_parity.py [--harrier .build/release/harrier] [--references Benchmarks/reference/expected]
                    [--samples Samples] [--models-dir Models] [--only TEXT] [-- EXTRA_HARRIER_ARGUMENTS]

Run it from the repository's root. Exits with 1 if any file misses the limits of compare.py.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from compare import compare_documents

MERGE_NAMES = {"GREEDYNMM": "greedy_nmm", "NMM": "nmm", "NMS": "nms"}
TIME_LIMIT_SECONDS = 300


def command(args, reference: dict) -> list[str]:
    """The `detect` call that has the reference's settings."""
    words = [args.harrier, "detect", str(args.samples / reference["image"])]
    words += ["--model", Path(reference["weights"]).stem, "--models-dir", str(args.models_dir)]
    words += ["--confidence", str(reference["confidence_threshold"]), "--iou", str(reference["iou_threshold"])]
    words += ["--slice", "off" if reference["slice"] is None else str(reference["slice"])]
    words += ["--overlap", str(reference["overlap_ratio"])]
    words += [] if reference["full_image"] else ["--no-full-image"]
    words += ["--merge", MERGE_NAMES[reference["merge"]], "--metric", reference["merge_metric"].lower()]
    return words + ["--format", "json", "--quiet", *args.extra]


def run(words: list[str]) -> dict:
    done = subprocess.run(words, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS)
    if done.returncode != 0:
        raise ValueError(f"exit status {done.returncode}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harrier", default=".build/release/harrier")
    parser.add_argument("--references", type=Path, default=Path(__file__).parent / "expected")
    parser.add_argument("--samples", type=Path, default=Path("Samples"))
    parser.add_argument("--models-dir", type=Path, default=Path("Models"))
    parser.add_argument("--only", default="", help="only reference files whose name contains this")
    parser.add_argument("extra", nargs="*", help="further arguments for harrier, after --")
    args = parser.parse_args()

    files = [file for file in sorted(args.references.glob("*.json")) if args.only in file.name]
    failures = 0 if files else 1
    for file in files:
        reference = json.loads(file.read_text())
        try:
            result = compare_documents(file.name, reference, run(command(args, reference)))
            print(result, flush=True)
            failures += not result.passed
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
            print(f"FAIL {file.name}: {error}", flush=True)
            failures += 1
    print(f"{len(files) - failures} of {len(files)} passed" if files else "no reference files")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
