"""Compare Harrier's detections with reference detections of the Python stack.

Usage:
    compare.py REFERENCE.json OURS.json [REFERENCE.json OURS.json ...]
    compare.py REFERENCE_DIR OURS_DIR          (files of the same name)

A reference box and one of ours are partners when they have the same class, an IoU of at least 0.95
(of the polygons where boxes are oriented) and confidences within 0.01. Partners are chosen one to one,
best IoU first. Exits with 1 if in any file under 99 % of the reference boxes or under 99 % of ours
have a partner.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from shapely import STRtree
from shapely.geometry import Polygon, box

MIN_IOU = 0.95
MAX_CONFIDENCE_DIFFERENCE = 0.01
MIN_MATCHED = 0.99
MAX_UNMATCHED_OURS = 0.01


@dataclass
class Detection:
    class_id: int
    confidence: float
    shape: Polygon


@dataclass
class Comparison:
    name: str
    reference_count: int
    ours_count: int
    matched: int
    worst_iou: float
    worst_confidence_difference: float

    @property
    def matched_share(self) -> float:
        return self.matched / self.reference_count if self.reference_count else 1.0

    @property
    def unmatched_ours_share(self) -> float:
        return (self.ours_count - self.matched) / self.ours_count if self.ours_count else 0.0

    @property
    def passed(self) -> bool:
        return self.matched_share >= MIN_MATCHED and self.unmatched_ours_share <= MAX_UNMATCHED_OURS

    def __str__(self) -> str:
        return (
            f"{'ok  ' if self.passed else 'FAIL'} {self.name}: "
            f"reference {self.reference_count}, ours {self.ours_count}, matched {self.matched_share:.2%}, "
            f"ours unmatched {self.unmatched_ours_share:.2%}, "
            f"worst IoU {self.worst_iou:.4f}, worst confidence difference {self.worst_confidence_difference:.5f}"
        )


def reference_detections(document: dict) -> list[Detection]:
    """Reads a reference file's document: `polygon` of oriented models, else `xyxy`."""
    return [
        Detection(d["class_id"], d["confidence"], Polygon(d["polygon"]) if "polygon" in d else box(*d["xyxy"]))
        for d in document["detections"]
    ]


def our_detections(document: dict, image: str) -> list[Detection]:
    """Reads one image of Harrier's JSON output: `obb.polygon` where it is present, else `bbox`."""
    results = [result for result in document["results"] if Path(result["filename"]).name == image]
    if len(results) != 1:
        raise ValueError(f"expected one result for {image}, found {len(results)}")
    if error := results[0].get("error"):
        raise ValueError(f"{image} failed: {error}")
    found = []
    for d in results[0]["detections"]:
        b = d["bbox"]
        corners = (b["x_min"], b["y_min"], b["x_max"], b["y_max"])
        shape = Polygon(d["obb"]["polygon"]) if d.get("obb") else box(*corners)
        found.append(Detection(d["class_id"], d["confidence"], shape))
    return found


def iou(a: Polygon, b: Polygon) -> float:
    intersection = a.intersection(b).area
    union = a.area + b.area - intersection
    return intersection / union if union > 0 else 0.0


def compare(name: str, reference: list[Detection], ours: list[Detection]) -> Comparison:
    """Chooses partners one to one, best IoU first."""
    candidates = []
    tree = STRtree([d.shape for d in ours])
    for i, wanted in enumerate(reference):
        for j in tree.query(wanted.shape):
            difference = abs(wanted.confidence - ours[j].confidence)
            if wanted.class_id != ours[j].class_id or difference > MAX_CONFIDENCE_DIFFERENCE:
                continue
            overlap = iou(wanted.shape, ours[j].shape)
            if overlap >= MIN_IOU:
                candidates.append((-overlap, difference, i, int(j)))
    taken_reference, taken_ours, worst_iou, worst_difference = set(), set(), 1.0, 0.0
    for negative_overlap, difference, i, j in sorted(candidates):
        if i in taken_reference or j in taken_ours:
            continue
        taken_reference.add(i)
        taken_ours.add(j)
        worst_iou = min(worst_iou, -negative_overlap)
        worst_difference = max(worst_difference, difference)
    return Comparison(name, len(reference), len(ours), len(taken_reference), worst_iou, worst_difference)


def compare_documents(name: str, reference: dict, ours: dict) -> Comparison:
    return compare(name, reference_detections(reference), our_detections(ours, reference["image"]))


def pairs(paths: list[Path]) -> list[tuple[Path, Path]]:
    if len(paths) % 2:
        raise SystemExit("an even number of paths is needed: REFERENCE OURS ...")
    if len(paths) == 2 and paths[0].is_dir():
        return [(file, paths[1] / file.name) for file in sorted(paths[0].glob("*.json"))]
    return list(zip(paths[::2], paths[1::2]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="REFERENCE OURS, files or two folders")
    args = parser.parse_args()
    chosen = pairs(args.paths)
    failures = 0 if chosen else 1
    for reference, ours in chosen:
        try:
            result = compare_documents(reference.name, json.loads(reference.read_text()), json.loads(ours.read_text()))
            print(result)
            failures += not result.passed
        except (OSError, ValueError, KeyError) as error:
            print(f"FAIL {reference.name}: {error}")
            failures += 1
    print(f"{len(chosen) - failures} of {len(chosen)} passed" if chosen else "no reference files")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
