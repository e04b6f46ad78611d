"""What a model file holds and finds, read without Ultralytics and without the code under test.

Usage: model_inspection.py FUNCTION '["argument", ...]', in the import's environment; prints JSON.
"""

import ast
import json
import sys

import cv2
import numpy as np
import onnx


def describe(path: str) -> dict:
    """Metadata, shapes and operators of an ONNX file."""
    model = onnx.load(path)

    def shape(value) -> list[int]:
        return [side.dim_value for side in value.type.tensor_type.shape.dim]

    return {
        "metadata": {entry.key: entry.value for entry in model.metadata_props},
        "inputs": [shape(value) for value in model.graph.input],
        "outputs": [shape(value) for value in model.graph.output],
        "opset": model.opset_import[0].version,
    }


def strip_metadata(path: str, target: str) -> None:
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, target)


def move_weights(path: str, target: str) -> None:
    """Writes the weights into a file of their own, beside the model."""
    onnx.save(onnx.load(path), target, save_as_external_data=True, location="weights.data")


def yolov5_rows(path: str, target: str) -> None:
    """Turns YOLOv8's [1, 4 + classes, n] into YOLOv5's rows, three a cell, all with an objectness of 0.5."""
    model = onnx.load(path)
    output = model.graph.output[0]
    channels, cells = (side.dim_value for side in output.type.tensor_type.shape.dim[1:])
    make, constant = onnx.helper.make_node, onnx.numpy_helper.from_array
    model.graph.initializer.extend(
        [
            constant(np.array([4, channels - 4], dtype=np.int64), "split"),
            constant(np.full((1, cells, 1), 0.5, dtype=np.float32), "objectness"),
            constant(np.zeros((1, 2 * cells, channels + 1), dtype=np.float32), "nothing"),
        ]
    )
    model.graph.node.extend(
        [
            make("Transpose", [output.name], ["rows"], perm=[0, 2, 1]),
            make("Split", ["rows", "split"], ["row_boxes", "row_scores"], axis=2),
            make("Concat", ["row_boxes", "objectness", "row_scores"], ["found"], axis=2),
            make("Concat", ["found", "nothing"], ["yolov5"], axis=1),
        ]
    )
    del model.graph.output[:], model.metadata_props[:]
    model.graph.output.append(
        onnx.helper.make_tensor_value_info("yolov5", onnx.TensorProto.FLOAT, [1, 3 * cells, channels + 1])
    )
    onnx.checker.check_model(model)
    onnx.save(model, target)


def detect(path: str, picture: str, confidence: float, iou: float, most: int) -> list[list[float]]:
    """Rows of x1, y1, x2, y2, confidence, class of a raw YOLOv8 head, the most confident first."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name, (_, _, height, width) = session.get_inputs()[0].name, session.get_inputs()[0].shape
    tensor, back = letterbox(cv2.imread(picture), height, width)
    boxes = len(ast.literal_eval(session.get_modelmeta().custom_metadata_map["names"]))
    return suppressed(session.run(None, {name: tensor})[0][0], boxes, back, confidence, iou, most)


def detect_openvino(path: str, picture: str, class_count: int, confidence: float, iou: float, most: int, hint: str):
    """The same with OpenVINO, in the arithmetic that `hint` names."""
    import openvino

    model = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": hint})
    _, _, height, width = model.input(0).shape
    tensor, back = letterbox(cv2.imread(picture), height, width)
    return suppressed(model(tensor)[0][0], class_count, back, confidence, iou, most)


def operators(path: str) -> dict[str, int]:
    """Of an OpenVINO file, by type."""
    import openvino

    counts: dict[str, int] = {}
    for operation in openvino.Core().read_model(path).get_ops():
        counts[operation.get_type_name()] = counts.get(operation.get_type_name(), 0) + 1
    return counts


def letterbox(picture: np.ndarray, height: int, width: int):
    rows, columns = picture.shape[:2]
    gain = min(height / rows, width / columns)
    size = (round(columns * gain), round(rows * gain))
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    if size != (columns, rows):
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    canvas = np.full((height, width, 3), 114, dtype=np.uint8)
    canvas[top : top + size[1], left : left + size[0]] = picture
    tensor = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    # Rounded to whole pixels, the axes are no longer scaled alike.
    return tensor, (size[0] / columns, size[1] / rows, left, top, columns, rows)


def suppressed(output: np.ndarray, class_count: int, back, confidence: float, iou: float, most: int):
    """Greedy suppression by class, written down from its definition."""
    x_gain, y_gain, left, top, columns, rows = back
    scores = output[4 : 4 + class_count]
    best, labels = scores.max(axis=0), scores.argmax(axis=0)
    chosen = np.flatnonzero(best > confidence)
    chosen = chosen[np.argsort(-best[chosen], kind="stable")]
    x, y, w, h = output[:4, chosen]
    corners = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)
    kept: list[int] = []
    for candidate in range(len(chosen)):
        rivals = [index for index in kept if labels[chosen[index]] == labels[chosen[candidate]]]
        if all(overlap(corners[index], corners[candidate]) <= iou for index in rivals):
            kept.append(candidate)
    found = []
    for index in kept[:most]:
        x1, y1, x2, y2 = ((corners[index] - [left, top, left, top]) / [x_gain, y_gain, x_gain, y_gain]).tolist()
        box = [min(max(x1, 0), columns), min(max(y1, 0), rows), min(max(x2, 0), columns), min(max(y2, 0), rows)]
        found.append([*box, float(best[chosen[index]]), int(labels[chosen[index]])])
    return found


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    area = width * height
    return area / (
        (first[2] - first[0]) * (first[3] - first[1]) + (second[2] - second[0]) * (second[3] - second[1]) - area
    )


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*json.loads(sys.argv[2]))))
