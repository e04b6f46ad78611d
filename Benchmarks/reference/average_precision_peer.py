"""Average precision by pycocotools, to check `harrier evaluate`.

Usage:
    average_precision_peer.py GROUND_TRUTH.json DETECTIONS.json [--max-detections 3000]

GROUND_TRUTH is a COCO document (images, annotations, categories), DETECTIONS a COCO result list
({image_id, category_id, bbox [x, y, w, h], score}) or a document whose `annotations` are such rows.
Prints AP50 and AP50-95 over all classes and for each, as JSON; a class without ground truth has null.
"""

import argparse
import contextlib
import io
import json
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def average(precision: np.ndarray) -> float | None:
    """Mean of the interpolated precisions; pycocotools marks what does not exist with -1."""
    valid = precision[precision > -1]
    return round(float(valid.mean()), 6) if valid.size else None


def evaluate(ground_truth: Path, rows: list[dict], max_detections: int) -> dict:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(ground_truth)
        run = COCOeval(truth, truth.loadRes(rows), "bbox")
        run.params.maxDets = [1, 10, max_detections]
        run.evaluate()
        run.accumulate()
    precision = run.eval["precision"][:, :, :, 0, -1]  # IoU, recall, class; all areas, highest maxDets
    assert abs(run.params.iouThrs[0] - 0.5) < 1e-9

    def summary(values: np.ndarray) -> dict:
        return {"AP50": average(values[0]), "AP50-95": average(values)}

    names = {category["id"]: category["name"] for category in truth.loadCats(truth.getCatIds())}
    classes = {names[id]: summary(precision[:, :, i]) for i, id in enumerate(run.params.catIds)}
    return {"max_detections": max_detections} | summary(precision) | {"classes": classes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ground_truth", type=Path, metavar="GROUND_TRUTH.json")
    parser.add_argument("detections", type=Path, metavar="DETECTIONS.json")
    parser.add_argument("--max-detections", type=int, default=3000, help="detections counted in one image")
    args = parser.parse_args()
    rows = json.loads(args.detections.read_text())
    rows = rows["annotations"] if isinstance(rows, dict) else rows
    print(json.dumps(evaluate(args.ground_truth, rows, args.max_detections), indent=2))


if __name__ == "__main__":
    main()
