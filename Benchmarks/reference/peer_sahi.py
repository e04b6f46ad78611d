"""Time SAHI's sliced prediction, to compare Harrier's speed with.

Usage:
    peer_sahi.py IMAGE --weights MODEL(.pt|.onnx|_openvino_model) --slice 640 --overlap 0.2 \
        --confidence 0.25 --repeat 5 [--no-full-image] [--merge GREEDYNMM] [--metric IOU] [--iou 0.45] [--threads N]

Prints one JSON line for the load and one for each run: wall seconds, CPU seconds (user + system of this
process with all threads, and its children), slices, detections. Each run reads and decodes the image file.
A first run warms up and is not counted. OpenVINO models run at the precision that OpenVINO picks
(bf16 where the processor has it), as they do for any user of Ultralytics.
Ultralytics limits PyTorch to one thread less than the machine has cores: give --threads to lift that for
.pt weights, or compare CPU seconds.
"""

import argparse
import json
import resource
import time
from pathlib import Path


def cpu_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def timed(action):
    wall, cpu = time.perf_counter(), cpu_seconds()
    value = action()
    return value, {"wall_seconds": round(time.perf_counter() - wall, 4), "cpu_seconds": round(cpu_seconds() - cpu, 4)}


def load(weights: str, confidence: float):
    from sahi import AutoDetectionModel

    return AutoDetectionModel.from_pretrained(
        model_type="ultralytics", model_path=weights, confidence_threshold=confidence, device="cpu"
    )


def slice_count(image: str, size: tuple[int, int], overlap: float) -> int:
    from PIL import Image
    from sahi.slicing import get_slice_bboxes

    width, height = Image.open(image).size
    return len(get_slice_bboxes(height, width, size[1], size[0], False, overlap, overlap))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--slice", default="640", help="640 or 512x384 (width x height)")
    parser.add_argument("--overlap", type=float, default=0.2)
    parser.add_argument("--confidence", type=float, default=0.25)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--no-full-image", action="store_true")
    parser.add_argument("--merge", choices=["GREEDYNMM", "NMM", "NMS"], default="GREEDYNMM")
    parser.add_argument("--metric", choices=["IOU", "IOS"], default="IOU")
    parser.add_argument("--iou", type=float, default=0.45, help="the merge's threshold")
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--threads", type=int, help="PyTorch threads; default: as Ultralytics sets them")
    args = parser.parse_args()

    import torch
    from sahi.predict import get_sliced_prediction

    width, _, height = args.slice.partition("x")
    size = (int(width), int(height or width))
    model, spent = timed(lambda: load(args.weights, args.confidence))
    print(json.dumps({"weights": Path(args.weights).name, "event": "load"} | spent), flush=True)
    slices = slice_count(args.image, size, args.overlap)

    def predict() -> int:
        result = get_sliced_prediction(
            args.image,
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
            batch_size=args.batch_size,
            verbose=0,
        )
        return len(result.object_prediction_list)

    predict()
    if args.threads:
        torch.set_num_threads(args.threads)  # after the first run, which sets Ultralytics' own number
    for run in range(1, args.repeat + 1):
        detections, spent = timed(predict)
        line = {"event": "run", "run": run, "image": Path(args.image).name} | spent
        line |= {"slices": slices, "detections": detections, "torch_threads": torch.get_num_threads()}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
