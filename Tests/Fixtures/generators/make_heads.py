"""Writes models/heads/: a tiny model of every kind that is not YOLO, and what its own Python code finds with it; and
numerics/resizes.json: how that code resizes pictures.

Each model is built by its authors' code with few channels and random weights, which are then calibrated: batch norms
take the statistics of the sample pictures, and the layers that give scores and boxes are scaled so that dozens of
boxes of several classes stand out. `models/heads/references.json` holds the detections of the authors' own pre- and
postprocessing (PyTorch, f32) on two sample pictures; boxes end at the picture's border, as Harrier's do.

Made with torch 2.13.0+cpu, onnx 1.23.2, onnxslim 0.1.98, transformers 5.24.0, rfdetr 1.11.2, ultralytics 8.4.190 and,
as the last version whose RT-DETR gives a score a class, 8.3.200; YOLOX 0.3.0 from github.com/Megvii-BaseDetection/YOLOX
(6ddff48) and RT-DETRv2 from github.com/lyuwenyu/RT-DETR (068dfde), both of them checked out, Python 3.11:

    python make_heads.py --yolox YOLOX --rtdetr RT-DETR --ultralytics ULTRALYTICS --old-ultralytics OLD_ULTRALYTICS

where the folders hold the packages `yolox`, `rtdetrv2_pytorch/src`, `ultralytics` and `ultralytics`.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import types
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxslim
import torch
from PIL import Image

# The wheels of torchvision on PyPI want CUDA: beside a torch for the processor they have none of their compiled
# operators, and even their import fails. Of these only `nms` is needed here, so that it is defined first; `qnms` is
# only registered.
for operator in ("nms", "qnms"):
    torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


@torch.library.impl("torchvision::nms", "cpu")
def nms(boxes: torch.Tensor, scores: torch.Tensor, threshold: float) -> torch.Tensor:
    """torchvision/csrc/ops/cpu/nms_kernel.cpp: a suppressed box suppresses nothing."""
    order, kept = torch.argsort(scores, descending=True, stable=True).tolist(), []
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while order:
        best, *order = order
        kept.append(best)
        rest = boxes[order]
        inner = (torch.minimum(boxes[best, 2:], rest[:, 2:]) - torch.maximum(boxes[best, :2], rest[:, :2])).clamp(0)
        common = inner.prod(1)
        over = common / (areas[best] + areas[order] - common) > threshold
        order = [index for index, gone in zip(order, over.tolist()) if not gone]
    return torch.tensor(kept, dtype=torch.long)


import torchvision.extension  # noqa: E402

torchvision.extension._assert_has_ops = lambda: None
import torchvision.ops.boxes  # noqa: E402

torchvision.ops.boxes._assert_has_ops = lambda: None

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "models" / "heads"
SAMPLES = ROOT.parent.parent / "Samples"
PICTURES = ["scene-1.jpg", "yell-541000.jpg"]
#: Parts of the pictures, x and y, as large as the models' input: nothing is resized there.
CROPS = ["scene-1.jpg 300 200", "yell-541000.jpg 500 400"]
SIZE = 256
NAMES = ["plane", "ship", "tank", "bridge", "pool"]
THRESHOLD = 0.3
NMS = 0.45
#: How many pairs of box and class lie above the threshold before any suppression, of all pictures together.
WANTED = 160


# --- calibration ------------------------------------------------------------------------------


def seed() -> None:
    torch.manual_seed(20)
    np.random.seed(20)


def calibrate_norms(model: torch.nn.Module, batch: torch.Tensor) -> None:
    """Gives all batch norms the statistics of `batch`, from the first layer to the last, and varied weights."""
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        # Small enough for SiLU to be nearly straight: a deep net of bends would blow up the last bits, too.
        torch.nn.init.uniform_(norm.weight, 0.4, 0.6)
        torch.nn.init.normal_(norm.bias, 0, 0.1)
        norm.momentum = None  # the mean of all batches
        norm.reset_running_stats()
    model.eval()
    for norm in norms:
        norm.train()
    with torch.no_grad():
        model(batch)
        # A channel that hardly varies would blow up the last bits of the arithmetic.
        for norm in norms:
            norm.running_var.clamp_(min=norm.running_var.mean().item() / 10)
    model.eval()


def spread(layers: list[torch.nn.Module], logits: torch.Tensor, deviation: float = 2.0) -> None:
    """Scales layers whose outputs are `logits`, so that each class spreads by `deviation` around the same mean, and
    WANTED pairs of box and class lie above THRESHOLD."""
    logits = logits.reshape(-1, logits.shape[-1])
    scale = deviation / logits.std(0)
    shift = -logits.mean(0) * scale
    cut = np.log(THRESHOLD / (1 - THRESHOLD))
    # The bound is between two of the sorted pairs.
    best = torch.sort((logits * scale + shift).flatten(), descending=True).values[WANTED - 1 : WANTED + 1].mean().item()
    with torch.no_grad():
        for layer in layers:
            layer.weight *= scale.view(-1, *[1] * (layer.weight.dim() - 1))
            layer.bias *= scale
            layer.bias += shift + cut - best


def clipped(rows: list[list[float]], width: int, height: int) -> list[list[float]]:
    """Rows [x1, y1, x2, y2, confidence, class] inside the picture, best first."""
    out = []
    for x1, y1, x2, y2, confidence, index in rows:
        x1, x2 = (min(max(x, 0), width) for x in (x1, x2))
        y1, y2 = (min(max(y, 0), height) for y in (y1, y2))
        if x1 < x2 and y1 < y2 and confidence > THRESHOLD:
            out.append([*(round(float(v), 4) for v in (x1, y1, x2, y2)), round(float(confidence), 6), int(index)])
    return sorted(out, key=lambda r: -r[4])


def write(name: str, layout: str, found: dict[str, list[list[float]]], **extra) -> None:
    """Writes one model's references; `main` puts them together."""
    entry = {"file": f"{name}.onnx", "layout": layout, "input": [SIZE, SIZE], "names": NAMES, "threshold": THRESHOLD}
    counts = {picture: len(rows) for picture, rows in found.items()}
    classes = {row[5] for rows in found.values() for row in rows}
    sizes = (OUTPUT / f"{name}.onnx").stat().st_size
    print(f"{name}: {counts}, classes {sorted(classes)}, {sizes} bytes")
    assert all(count >= 12 for count in counts.values()) and len(classes) >= 3, "degenerate"
    pictures = []
    for picture, rows in found.items():
        file, *corner = picture.split()
        pictures.append({"picture": file, "detections": rows})
        if corner:
            pictures[-1]["crop"] = [*map(int, corner), SIZE, SIZE]
    entry |= extra | {"pictures": pictures}
    (OUTPUT / f"{name}.part.json").write_text(json.dumps(entry))


def export(model: torch.nn.Module, inputs, name: str, input_names: list[str], output_names: list[str], **options):
    path = OUTPUT / f"{name}.onnx"
    options = {"opset_version": 17, "dynamo": False, **options}
    torch.onnx.export(model, inputs, str(path), input_names=input_names, output_names=output_names, **options)
    return path


def bgr(picture: str) -> np.ndarray:
    return cv2.imread(str(SAMPLES / picture))


def pil(picture: str) -> Image.Image:
    """A whole picture, or the part that its name is followed by."""
    name, *corner = picture.split()
    image = Image.open(SAMPLES / name).convert("RGB")
    if not corner:
        return image
    x, y = map(int, corner)
    return image.crop((x, y, x + SIZE, y + SIZE))


# --- YOLOX ------------------------------------------------------------------------------------


def make_yolox() -> None:
    """Both exports of tools/export_onnx.py, which wants a checkpoint and names the tensors images and output."""
    from yolox.data.data_augment import ValTransform
    from yolox.models import YOLOX, YOLOPAFPN, YOLOXHead
    from yolox.models.network_blocks import SiLU
    from yolox.utils import postprocess, replace_module

    seed()
    size, channels, width = SIZE, [256, 512, 1024], 0.0625
    model = YOLOX(
        YOLOPAFPN(0.33, width, in_channels=channels, depthwise=True),
        YOLOXHead(len(NAMES), width, in_channels=channels, depthwise=True),
    )
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = 1e-3
    transform = ValTransform(legacy=False)
    batch = torch.stack([torch.from_numpy(transform(bgr(p), None, (size, size))[0]) for p in PICTURES])
    model.head.decode_in_inference = False
    calibrate_norms(model, batch)
    head = model.head
    with torch.no_grad():
        for predictions in (head.obj_preds, head.cls_preds, head.reg_preds):
            for layer in predictions:
                torch.nn.init.normal_(layer.weight, 0, 0.15 if predictions is head.reg_preds else 0.4)
                torch.nn.init.normal_(layer.bias, 0, 0.3)
        # Objects of a few cells.
        for layer in head.reg_preds:
            layer.bias[2:] += 0.7
        raw = model(batch)[..., 4]
        spread(list(head.obj_preds), torch.logit(raw.clamp(1e-6, 1 - 1e-6))[..., None])
        for layer in head.cls_preds:
            layer.weight *= 2
            layer.bias += 1
    model.head.decode_in_inference = True
    found = {}
    for picture, image in zip(PICTURES, batch):
        source = bgr(picture)
        ratio = min(size / source.shape[0], size / source.shape[1])
        with torch.no_grad():
            rows = postprocess(model(image[None]), len(NAMES), THRESHOLD, NMS, class_agnostic=False)[0].numpy()
        rows[:, :4] /= ratio
        rows = [[*row[:4], row[4] * row[5], row[6]] for row in rows]
        found[picture] = clipped(rows, source.shape[1], source.shape[0])
    exported = replace_module(model, torch.nn.SiLU, SiLU)
    for name, decoded in (("yolox", False), ("yolox-decoded", True)):
        exported.head.decode_in_inference = decoded
        export(exported, torch.randn(1, 3, size, size), name, ["images"], ["output"], opset_version=11)
        write(name, "yolox_decoded" if decoded else "yolox", found, iou=NMS)


# --- RT-DETR: of its authors --------------------------------------------------------------------


def small_backbone(channels: list[int]) -> torch.nn.Module:
    """Features at strides 8, 16 and 32: the authors' own backbones have millions of weights."""

    class Backbone(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()

            def block(inner: int, outer: int) -> torch.nn.Module:
                return torch.nn.Sequential(
                    torch.nn.Conv2d(inner, outer, 3, 2, 1, bias=False), torch.nn.BatchNorm2d(outer), torch.nn.ReLU()
                )

            self.stem = torch.nn.Sequential(block(3, 8), block(8, 12))
            sizes = [12, *channels]
            self.stages = torch.nn.ModuleList(block(a, b) for a, b in zip(sizes, sizes[1:]))

        def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
            x, out = self.stem(x), []
            for stage in self.stages:
                x = stage(x)
                out.append(x)
            return out

    return Backbone()


def liven(model: torch.nn.Module, deviation: float = 0.1) -> None:
    """Boxes start where their queries are and layers of attention look where they are: move both a little."""
    for name, module in model.named_modules():
        last = name.split(".")[-1]
        if isinstance(module, torch.nn.Linear) and (
            "bbox" in name or last in ("sampling_offsets", "attention_weights")
        ):
            torch.nn.init.normal_(module.weight, 0, 0.15)
            torch.nn.init.normal_(module.bias, 0, deviation)


def make_rtdetr_postprocessed() -> None:
    """tools/export_onnx.py of RT-DETRv2, whose references/deploy/rtdetrv2_onnxruntime.py prepares the pictures."""
    import torchvision.transforms as T

    from src.zoo.rtdetr.hybrid_encoder import HybridEncoder
    from src.zoo.rtdetr.rtdetr import RTDETR
    from src.zoo.rtdetr.rtdetr_postprocessor import RTDETRPostProcessor
    from src.zoo.rtdetr.rtdetrv2_decoder import RTDETRTransformerv2

    seed()
    size, channels = SIZE, [16, 24, 32]
    sizes = [size, size]
    encoder = HybridEncoder(
        channels, hidden_dim=24, nhead=4, dim_feedforward=48, expansion=0.5, depth_mult=0.34, eval_spatial_size=sizes
    )
    decoder = RTDETRTransformerv2(
        num_classes=len(NAMES), hidden_dim=24, num_queries=100, feat_channels=[24] * 3, num_levels=3, nhead=4,
        num_layers=2, dim_feedforward=48, num_denoising=0, eval_spatial_size=sizes, learn_query_content=False,
    )
    net = RTDETR(small_backbone(channels), encoder, decoder)
    liven(net)
    transform = T.Compose([T.Resize((size, size)), T.ToTensor()])
    batch = torch.stack([transform(pil(p)) for p in PICTURES])
    calibrate_norms(net, batch)
    with torch.no_grad():
        for layer in [decoder.enc_score_head, *decoder.dec_score_head]:
            torch.nn.init.normal_(layer.weight, 0, 0.3)
            torch.nn.init.normal_(layer.bias, 0, 0.3)
        spread([decoder.dec_score_head[-1]], net(batch)["pred_logits"])

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = net.deploy()
            self.postprocessor = RTDETRPostProcessor(len(NAMES), num_top_queries=100).deploy()

        def forward(self, images, orig_target_sizes):
            return self.postprocessor(self.model(images), orig_target_sizes)

    model = Model().eval()
    found = {}
    for picture, image in zip(PICTURES, batch):
        width, height = pil(picture).size
        with torch.no_grad():
            labels, boxes, scores = model(image[None], torch.tensor([[width, height]]))
        rows = [[*box, score, label] for label, box, score in zip(*(t[0].tolist() for t in (labels, boxes, scores)))]
        found[picture] = clipped(rows, width, height)
    path = export(
        model, (torch.rand(1, 3, size, size), torch.tensor([sizes])), "rtdetr-postprocessed",
        ["images", "orig_target_sizes"], ["labels", "boxes", "scores"], opset_version=16, do_constant_folding=True,
        dynamic_axes={"images": {0: "N"}, "orig_target_sizes": {0: "N"}},
    )
    # As with --simplify.
    onnx.save(onnxslim.slim(str(path)), str(path))
    write("rtdetr-postprocessed", "rtdetr_postprocessed", found, names=None)


# --- RT-DETR: of Hugging Face transformers --------------------------------------------------------


def make_rtdetr_logits() -> None:
    """RTDetrForObjectDetection and RTDetrImageProcessor; the names of the tensors are those of Hugging Face Optimum."""
    from transformers import RTDetrConfig, RTDetrForObjectDetection, RTDetrResNetConfig
    from transformers.models.rt_detr import RTDetrImageProcessor

    seed()
    size = SIZE
    config = RTDetrConfig(
        backbone_config=RTDetrResNetConfig(
            embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], layer_type="basic",
            out_features=["stage2", "stage3", "stage4"],
        ),
        encoder_hidden_dim=16, encoder_in_channels=[16, 24, 32], encoder_ffn_dim=32, encoder_attention_heads=4,
        hidden_expansion=0.5, d_model=16, num_queries=100, decoder_in_channels=[16, 16, 16], decoder_ffn_dim=32,
        decoder_layers=2, decoder_attention_heads=4, num_denoising=0, num_labels=len(NAMES),
        id2label=dict(enumerate(NAMES)), label2id={n: i for i, n in enumerate(NAMES)},
        freeze_backbone_batch_norms=False,
    )
    net = RTDetrForObjectDetection(config)
    liven(net)
    processor = RTDetrImageProcessor(size={"height": size, "width": size})
    batch = processor([pil(p) for p in PICTURES], return_tensors="pt")["pixel_values"]
    calibrate_norms(net, batch)
    with torch.no_grad():
        heads = [m for name, m in net.named_modules() if name.split(".")[-2:-1] == ["class_embed"]]
        for layer in [net.model.enc_score_head, *heads]:
            torch.nn.init.normal_(layer.weight, 0, 0.3)
            torch.nn.init.normal_(layer.bias, 0, 0.3)
        spread([heads[-1]], net(batch).logits)

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, pixel_values):
            out = self.net(pixel_values)
            return out.logits, out.pred_boxes

    found = {}
    for picture in PICTURES:
        image = pil(picture)
        with torch.no_grad():
            out = net(**processor(image, return_tensors="pt"))
        result = processor.post_process_object_detection(
            out, threshold=THRESHOLD, target_sizes=[(image.height, image.width)]
        )[0]
        rows = [
            [*box, score, label]
            for label, box, score in zip(*(result[k].tolist() for k in ("labels", "boxes", "scores")))
        ]
        found[picture] = clipped(rows, image.width, image.height)
    path = export(Model().eval(), batch[:1], "rtdetr-logits", ["pixel_values"], ["logits", "pred_boxes"])
    onnx.save(onnxslim.slim(str(path)), str(path))
    write("rtdetr-logits", "rtdetr_logits", found, names=None)
    # The outputs have the names that other transformers give theirs.
    (OUTPUT / "rtdetr-logits.json").write_text('{"head": "rtdetr_logits"}\n')


# --- RT-DETR: of Ultralytics ----------------------------------------------------------------------


RTDETR_YAML = """
nc: 5
scales:
  l: [1.00, 1.00, 1024]
backbone:
  - [-1, 1, HGStem, [8, 12]]
  - [-1, 1, HGBlock, [8, 16, 3]]
  - [-1, 1, DWConv, [16, 3, 2, 1, False]]
  - [-1, 1, HGBlock, [8, 24, 3]]
  - [-1, 1, DWConv, [24, 3, 2, 1, False]]
  - [-1, 1, HGBlock, [12, 32, 5, True, False]]
  - [-1, 1, DWConv, [32, 3, 2, 1, False]]
  - [-1, 1, HGBlock, [16, 40, 5, True, False]]
head:
  - [-1, 1, Conv, [32, 1, 1, None, 1, 1, False]]
  - [-1, 1, AIFI, [64, 4]]
  - [[3, 5, 9], 1, RTDETRDecoder, [nc, 32, 100, 4, 4, 2, 64]]
"""


def make_ultralytics(name: str, layout: str) -> None:
    """`RTDETR(...).predict` and `.export(format="onnx")`."""
    import ultralytics
    from ultralytics import RTDETR
    from ultralytics.data.augment import LetterBox

    seed()
    size = SIZE
    folder = OUTPUT / "rtdetr-l.yaml"
    folder.write_text(RTDETR_YAML)
    model = RTDETR(str(folder))
    folder.unlink()
    net = model.model
    net.names = dict(enumerate(NAMES))
    liven(net)
    scaled = [LetterBox((size, size), auto=False, scale_fill=True)(image=bgr(p)) for p in PICTURES]
    batch = torch.stack([torch.from_numpy(s[..., ::-1].transpose(2, 0, 1).copy()).float() / 255 for s in scaled])
    calibrate_norms(net, batch)
    head = net.model[-1]
    with torch.no_grad():
        for layer in [head.enc_score_head, *head.dec_score_head]:
            torch.nn.init.normal_(layer.weight, 0, 0.3)
            torch.nn.init.normal_(layer.bias, 0, 0.3)
        # In evaluation: (predictions, (boxes, scores of layers, ...)).
        spread([head.dec_score_head[-1]], net(batch)[1][1][-1])
    # A checkpoint holds 16-bit floats: what it holds is what is exported.
    checkpoint = OUTPUT / f"{name}.pt"
    model.ckpt_path = str(checkpoint)
    model.save(str(checkpoint))
    model, found = RTDETR(str(checkpoint)), {}
    for picture in PICTURES:
        result = model.predict(str(SAMPLES / picture), imgsz=size, conf=THRESHOLD, verbose=False, device="cpu")[0]
        found[picture] = clipped(result.boxes.data.tolist(), result.orig_shape[1], result.orig_shape[0])
    exported = RTDETR(str(checkpoint)).export(format="onnx", imgsz=size, opset=17, simplify=True)
    assert Path(exported) == OUTPUT / f"{name}.onnx", exported
    checkpoint.unlink()
    checkpoint.with_suffix(".onnx.data").unlink(missing_ok=True)
    graph = onnx.load(exported)
    print(name, ultralytics.__version__, [p.key for p in graph.metadata_props])
    write(name, layout, found)


# --- RF-DETR --------------------------------------------------------------------------------------


def make_rfdetr() -> None:
    """RFDETRNano with a smaller encoder, its own `predict` and `export`."""
    from rfdetr import RFDETRNano
    from rfdetr.models import _defaults
    from rfdetr.models.backbone import dinov2

    seed()
    size = SIZE
    original = dinov2.get_config

    def small(*arguments):
        config = original(*arguments)
        return config | {"hidden_size": 36, "num_attention_heads": 3, "num_hidden_layers": 3, "mlp_ratio": 2}

    object.__setattr__(_defaults.MODEL_DEFAULTS, "dim_feedforward", 64)
    dinov2.get_config = small
    dinov2.size_to_width["small"] = 36
    model = RFDETRNano(
        pretrain_weights=None, num_classes=len(NAMES), resolution=size, positional_encoding_size=size // 16,
        hidden_dim=32, dec_layers=2, sa_nheads=4, ca_nheads=4, num_queries=100, num_select=100, group_detr=1,
        out_feature_indexes=[1, 2, 3], device="cpu",
    )
    net = model.model.model
    net.eval()
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, 0, 0.6 / parameter[0].numel() ** 0.5)
            elif "bias" in name:
                torch.nn.init.normal_(parameter, 0, 0.1)
        # What a query looks for depends on its rank among the proposals; here it does not, since the ranks of proposals
        # that are nearly as good as each other depend on the last bits of the pixels.
        net.query_feat.weight[:] = net.query_feat.weight[:1].clone()
        net.refpoint_embed.weight[:] = 0
    liven(net)
    captured = {}
    hook = net.register_forward_hook(lambda _, __, out: captured.update(out))
    logits = []
    for picture in PICTURES:
        model.predict(pil(picture), threshold=0.0)
        logits.append(captured["pred_logits"])
    layers = [net.class_embed]
    spread(layers, torch.cat(logits))
    hook.remove()
    model.model.class_names = NAMES
    found = {}
    for picture in PICTURES + CROPS:
        image = pil(picture)
        result = model.predict(image, threshold=THRESHOLD)
        rows = [[*box, score, label] for box, score, label in zip(result.xyxy, result.confidence, result.class_id)]
        found[picture] = clipped(rows, image.width, image.height)
    folder = OUTPUT / "export"
    model.export(output_dir=str(folder), opset_version=17, verbose=False)
    (exported,) = folder.glob("*.onnx")
    exported.replace(OUTPUT / "rfdetr.onnx")
    for rest in folder.iterdir():
        rest.unlink()
    folder.rmdir()
    # Its file names no classes: the column after the last one is for no object.
    (OUTPUT / "rfdetr.json").write_text(json.dumps({"names": NAMES}) + "\n")
    write("rfdetr", "rfdetr", found, names=[*NAMES, "__background__"])


# --- resizing -------------------------------------------------------------------------------------


def make_resizes() -> None:
    """Noise resized as RT-DETR's and RF-DETR's code do it; torchvision's bytes need a processor with AVX2."""
    import torchvision.transforms.v2.functional as F

    wanted = [
        (48, 48, 48, 48), (96, 96, 48, 48), (97, 61, 32, 32), (150, 20, 32, 24), (20, 150, 24, 32), (31, 21, 48, 48),
        (24, 24, 48, 48), (1, 1, 8, 8), (3, 150, 16, 16), (128, 128, 32, 32), (64, 33, 64, 16), (144, 100, 47, 31),
    ]
    cases = []
    for index, (width, height, target_width, target_height) in enumerate(wanted):
        value = start = 1000003 * (index + 1) % 2**32
        noise = bytearray()
        for _ in range(width * height * 3):
            value = (value * 1664525 + 1013904223) & 0xFFFFFFFF
            noise.append(value >> 24)
        image = Image.fromarray(np.frombuffer(bytes(noise), np.uint8).reshape(height, width, 3))
        tensor = F.pil_to_tensor(image)
        size = [target_height, target_width]
        pillow = np.array(image.resize((target_width, target_height), Image.BILINEAR))
        bytes_ = F.resize(tensor, size, antialias=True).permute(1, 2, 0).contiguous().numpy()
        floats = F.resize(tensor.float(), size, antialias=False).permute(1, 2, 0).contiguous().numpy()
        assert bytes_.dtype == np.uint8 and floats.dtype == np.float32
        outputs = {"pillow": pillow, "torchvision": bytes_, "unrounded": floats.astype("<f4")}
        cases.append(
            {"seed": start, "source": [width, height], "target": [target_width, target_height]}
            | {name: base64.b64encode(output.tobytes()).decode() for name, output in outputs.items()}
        )
    document = {
        "rule": "sources are made as in letterbox.json; pillow and torchvision are bytes, unrounded is 32-bit floats of"
        " little endian, all of them row-major RGB",
        "cases": cases,
    }
    (ROOT / "numerics" / "resizes.json").write_text(json.dumps(document) + "\n")


# --- all of them ----------------------------------------------------------------------------------


MAKERS = {
    "yolox": make_yolox,
    "rtdetr": make_rtdetr_postprocessed,
    "transformers": make_rtdetr_logits,
    "ultralytics": lambda: make_ultralytics("rtdetr", "rtdetr"),
    "old_ultralytics": lambda: make_ultralytics("rtdetr-scores", "rtdetr_scores"),
    "rfdetr": make_rfdetr,
    "resizes": make_resizes,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("yolox", "rtdetr", "ultralytics", "old_ultralytics"):
        parser.add_argument("--" + name.replace("_", "-"), type=Path, default=Path())
    parser.add_argument("--only", choices=MAKERS)
    arguments = parser.parse_args()
    OUTPUT.mkdir(exist_ok=True)
    if arguments.only is None:
        # Two versions of Ultralytics do not fit into one process.
        for name in MAKERS:
            subprocess.run([sys.executable, *sys.argv, "--only", name], check=True)
        parts = sorted(OUTPUT.glob("*.part.json"))
        entries = [json.loads(part.read_text()) for part in parts]
        (OUTPUT / "references.json").write_text(json.dumps({"models": entries}) + "\n")
        for part in parts:
            part.unlink()
        return
    folder = getattr(arguments, arguments.only, None)
    if arguments.only == "rtdetr":
        folder = folder / "rtdetrv2_pytorch"
        # Its package loads data sets and optimizers, which take other packages, before anything else.
        for name in ("src", "src.zoo", "src.zoo.rtdetr"):
            module = types.ModuleType(name)
            module.__path__ = [str(folder / name.replace(".", "/"))]
            sys.modules[name] = module
    if folder is not None:
        sys.path.insert(0, str(folder))
    MAKERS[arguments.only]()


if __name__ == "__main__":
    main()
