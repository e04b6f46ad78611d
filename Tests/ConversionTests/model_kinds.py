"""The models that make_checkpoints.py makes: architecture, class names and input size of each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One model."""

    architecture: str  # a YAML file that Ultralytics brings along
    names: str = "coco.yaml"  # the data set whose class names it has
    size: int = 640
    width: float | None = None  # instead of the scale's own: thin models are quick
    class_count: int | None = None  # only the first names
    ema: bool = False  # as training leaves it: an EMA model beside a worse `model`, and the optimizer
    weights_only: bool = False  # a state_dict


KINDS = {
    "yolov8n": Kind("yolov8n.yaml"),
    "yolo11n": Kind("yolo11n.yaml"),
    "yolo11n-obb": Kind("yolo11n-obb.yaml", "DOTAv1.yaml"),
    "yolo11n-seg": Kind("yolo11n-seg.yaml"),
    "yolo26n": Kind("yolo26n.yaml"),
    "yolo26n-obb": Kind("yolo26n-obb.yaml", "DOTAv1.yaml"),
    "yolo26n-seg": Kind("yolo26n-seg.yaml"),
    # Quick ones for tests that are not about the architecture.
    "thin": Kind("yolo11n.yaml", width=0.125, size=320, class_count=3),
    "thin-obb": Kind("yolo11n-obb.yaml", "DOTAv1.yaml", width=0.125, size=320),
    "thin-ema": Kind("yolo11n.yaml", width=0.125, size=320, class_count=3, ema=True),
    "thin-1000-classes": Kind("yolo11n.yaml", "ImageNet.yaml", width=0.125, size=320),
    "thin-1280": Kind("yolo11n.yaml", width=0.125, size=1280, class_count=3),
    "one-class": Kind("yolo11n.yaml", width=0.125, size=320, class_count=1),
    # What Harrier does not run.
    "state-dict": Kind("yolo11n.yaml", width=0.125, size=320, class_count=3, weights_only=True),
    "classifier": Kind("yolo11n-cls.yaml", "ImageNet.yaml", width=0.125, size=224, class_count=10),
    "pose": Kind("yolo11n-pose.yaml", "coco-pose.yaml", width=0.125, size=320),
}
