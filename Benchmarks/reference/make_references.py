"""Write reference detections of the Python stack (Ultralytics + SAHI), one JSON file an image.

Usage:
    make_references.py IMAGE... --model Models/tree-crowns.onnx --slice 640 --overlap 0.2 \
        --confidence 0.25 --iou 0.45 --merge GREEDYNMM --metric IOU [--no-full-image] --output DIR

`--slice off` runs the whole image through `YOLO(model)(image, conf=, iou=)`. A size runs
`sahi.predict.get_sliced_prediction`, where `--iou` is the merge's threshold and every slice keeps
Ultralytics' own defaults (NMS IoU 0.7, 300 detections). Oriented models have whole-image references
only: SAHI merges the enclosing boxes of oriented detections.
Files are named PREFIX + image name + "-" + LABEL.json.
"""

import argparse
import json
import time
from importlib.metadata import version
from pathlib import Path

PIXEL_DIGITS = 4
UNIT_DIGITS = 6  # confidences and radians


def parse_slice(text: str) -> tuple[int, int] | None:
    """Turns "off", "640" or "512x384" into None or (width, height)."""
    if text == "off":
        return None
    width, _, height = text.partition("x")
    return int(width), int(height or width)


def rounded(values, digits: int = PIXEL_DIGITS) -> list[float]:
    return [round(float(value), digits) for value in values]


def entry(class_id: int, class_name: str, confidence: float) -> dict:
    return {"class_id": class_id, "class_name": class_name, "confidence": round(float(confidence), UNIT_DIGITS)}


def detect_whole(model, image: str, args) -> list[dict]:
    """Detections of Ultralytics' own prediction call, boxes or oriented boxes."""
    result = model(image, conf=args.confidence, iou=args.iou, device="cpu", verbose=False)[0]
    if result.obb is not None:
        return [
            entry(int(c), result.names[int(c)], p)
            | {"polygon": [rounded(point) for point in polygon]}
            | {"xywhr": rounded(box[:4]) + rounded(box[4:], UNIT_DIGITS)}
            for c, p, polygon, box in zip(result.obb.cls, result.obb.conf, result.obb.xyxyxyxy, result.obb.xywhr)
        ]
    return [
        entry(int(c), result.names[int(c)], p) | {"xyxy": rounded(box)}
        for c, p, box in zip(result.boxes.cls, result.boxes.conf, result.boxes.xyxy)
    ]


def detect_sliced(model, image: str, size: tuple[int, int], args) -> list[dict]:
    """Detections of SAHI's sliced prediction with the stated merge, also at low confidence."""
    from sahi.predict import get_sliced_prediction

    result = get_sliced_prediction(
        image,
        model,
        slice_width=size[0],
        slice_height=size[1],
        overlap_width_ratio=args.overlap,
        overlap_height_ratio=args.overlap,
        perform_standard_pred=not args.no_full_image,
        postprocess_type=args.merge,
        postprocess_match_metric=args.metric,
        postprocess_match_threshold=args.iou,
        force_postprocess_type=True,
        verbose=0,
    )
    return [
        entry(found.category.id, found.category.name, found.score.value) | {"xyxy": rounded(found.bbox.to_xyxy())}
        for found in result.object_prediction_list
    ]


def load_model(path: str, sliced: bool, confidence: float):
    if not sliced:
        from ultralytics import YOLO

        return YOLO(path)
    from sahi import AutoDetectionModel

    model = AutoDetectionModel.from_pretrained(
        model_type="ultralytics", model_path=path, confidence_threshold=confidence, device="cpu"
    )
    if model.is_obb:
        raise SystemExit("oriented models have whole-image references only: use --slice off")
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="+", metavar="IMAGE")
    parser.add_argument("--model", required=True)
    parser.add_argument("--confidence", type=float, default=0.25)
    parser.add_argument("--iou", type=float, default=0.45)
    parser.add_argument("--slice", default="640", help="640, 512x384 (width x height) or off")
    parser.add_argument("--overlap", type=float, default=0.2)
    parser.add_argument("--no-full-image", action="store_true")
    parser.add_argument("--merge", choices=["GREEDYNMM", "NMM", "NMS"], default="GREEDYNMM")
    parser.add_argument("--metric", choices=["IOU", "IOS"], default="IOU")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--label", help="default: whole, or the slice size")
    args = parser.parse_args()

    size = parse_slice(args.slice)
    model = load_model(args.model, size is not None, args.confidence)
    args.output.mkdir(parents=True, exist_ok=True)
    for image in args.images:
        start = time.perf_counter()
        detections = detect_sliced(model, image, size, args) if size else detect_whole(model, image, args)
        detections.sort(key=lambda found: -found["confidence"])
        document = {
            "image": Path(image).name,
            "weights": Path(args.model).name,
            "ultralytics": version("ultralytics"),
            "sahi": version("sahi"),
            "confidence_threshold": args.confidence,
            "iou_threshold": args.iou,
            "slice": None if size is None else size[0] if size[0] == size[1] else args.slice,
            "overlap_ratio": args.overlap,
            "full_image": not args.no_full_image,
            "merge": args.merge,
            "merge_metric": args.metric,
            "seconds": round(time.perf_counter() - start, 3),
            "count": len(detections),
            "detections": detections,
        }
        label = args.label or ("whole" if size is None else args.slice)
        path = args.output / f"{args.prefix}{Path(image).stem}-{label}.json"
        path.write_text(json.dumps(document) + "\n")
        print(f"{path}: {len(detections)} detections")


if __name__ == "__main__":
    main()
