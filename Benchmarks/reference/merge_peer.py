"""Time SAHI's merging of boxes (numpy backend), to compare Harrier's merging with.

Usage:
    merge_peer.py BOXES.json [--merge all|NMS|GREEDYNMM|NMM] [--metric IOU] [--threshold 0.5]
                  [--repeat 3] [--class-agnostic] [--output MERGED.json]
    merge_peer.py BOXES.json --generate 10000 [--classes 5] [--seed 1]

BOXES holds rows [x1, y1, x2, y2, score, class]. Prints one JSON line a merge: wall seconds of each
repetition and the number of boxes left. --output writes the boxes left, by merge. --generate writes
synthetic rows instead: clusters of jittered boxes, about four on each object, as slices leave them.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

BOXES_AN_OBJECT = 4
AREA_AN_OBJECT = 3000  # square pixels, so that density does not depend on the number of boxes


def generate(count: int, classes: int, seed: int) -> list[list[float]]:
    random = np.random.default_rng(seed)
    objects = max(1, count // BOXES_AN_OBJECT)
    side = (objects * AREA_AN_OBJECT) ** 0.5
    centers, sizes = random.uniform(50, side, (objects, 2)), random.uniform(12, 60, (objects, 2))
    kinds = random.integers(0, classes, objects)
    chosen = random.integers(0, objects, count)
    center = centers[chosen] + random.normal(0, 2, (count, 2))
    half = sizes[chosen] * random.uniform(0.85, 1.15, (count, 2)) / 2
    scores = random.uniform(0.05, 0.95, count)
    columns = np.column_stack([np.maximum(center - half, 0), center + half, scores]).round(4)
    return [[*row, int(kind)] for row, kind in zip(columns.tolist(), kinds[chosen])]


def time_merge(name: str, predictions: list, args) -> tuple[dict, list]:
    from sahi.predict import POSTPROCESS_NAME_TO_CLASS

    merge = POSTPROCESS_NAME_TO_CLASS[name](args.threshold, args.metric, args.class_agnostic)
    seconds, kept = [], []
    for _ in range(args.repeat):
        fresh = list(predictions)  # merging writes merged boxes back into the list it was given
        start = time.perf_counter()
        kept = merge(fresh)
        seconds.append(round(time.perf_counter() - start, 4))
    line = {"merge": name, "metric": args.metric, "threshold": args.threshold, "boxes": len(predictions)}
    return line | {"kept": len(kept), "seconds": seconds, "best_seconds": min(seconds)}, kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("boxes", type=Path, metavar="BOXES.json")
    parser.add_argument("--merge", choices=["all", "NMS", "GREEDYNMM", "NMM"], default="all")
    parser.add_argument("--metric", choices=["IOU", "IOS"], default="IOU")
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--class-agnostic", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--generate", type=int, metavar="COUNT")
    parser.add_argument("--classes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    if args.generate:
        args.boxes.write_text(json.dumps(generate(args.generate, args.classes, args.seed)) + "\n")
        return

    from sahi.postprocess.backends import set_postprocess_backend
    from sahi.prediction import ObjectPrediction

    set_postprocess_backend("numpy")
    predictions = [
        ObjectPrediction(bbox=row[:4], score=row[4], category_id=int(row[5]), category_name=str(int(row[5])))
        for row in json.loads(args.boxes.read_text())
    ]
    left = {}
    for name in ["NMS", "GREEDYNMM", "NMM"] if args.merge == "all" else [args.merge]:
        line, kept = time_merge(name, predictions, args)
        print(json.dumps(line), flush=True)
        left[name] = [[*map(float, p.bbox.to_xyxy()), float(p.score.value), p.category.id] for p in kept]
    if args.output:
        args.output.write_text(json.dumps(left) + "\n")


if __name__ == "__main__":
    main()
