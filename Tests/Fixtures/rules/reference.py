"""Random images and what confidence rules make of them, computed pair by pair in plain Python.

    python3 reference.py SEED IMAGES

Prints one JSON object a line. Coordinates and confidences are exact in 32-bit floats.
"""

import json
import math
import random
import sys

CLASSES = [
    "plane", "ship", "storage_tank", "baseball_diamond", "tennis_court", "basketball_court",
    "Ground_Track_Field", "harbor", "Bridge", "large_vehicle", "small_vehicle", "helicopter",
    "roundabout", "soccer_ball_field", "swimming_pool",
]
WEIGHTS = [0.0, 0.1, 0.2, 0.5, 0.7, 0.75, 1, 1.1, 1.15, 1.2, 1.25, 2]


def sample_image(rng):
    width, height = rng.choice([(640, 640), (1024, 512), (777, 1333)])
    clusters = [(rng.uniform(0, width), rng.uniform(0, height)) for _ in range(3)]
    detections = []
    for _ in range(rng.randint(5, 60)):
        if detections and rng.random() < 0.05:
            detections.append([rng.randrange(15)] + rng.choice(detections)[1:])
            continue
        cx, cy = rng.choice(clusters)
        cx, cy = cx + rng.gauss(0, 40), cy + rng.gauss(0, 40)
        w, h = rng.uniform(2, 120), rng.uniform(2, 120)
        x1, x2 = sorted(min(max(v, 0), width) for v in (cx - w / 2, cx + w / 2))
        y1, y2 = sorted(min(max(v, 0), height) for v in (cy - h / 2, cy + h / 2))
        box = [round(v * 4) / 4 for v in (x1, y1, x2, y2)]
        detections.append([rng.randrange(15), rng.randint(1, 32) / 32] + box)
    solutions = [
        [rng.choice(CLASSES), rng.choice(CLASSES), rng.choice(WEIGHTS)]
        for _ in range(rng.randint(1, 80))
    ]
    return {"width": width, "height": height, "detections": detections, "solutions": solutions}


def reason(image):
    table = {}
    for a, b, weight in image["solutions"]:
        table[(a, b)] = weight

    ordered = sorted(image["detections"], key=lambda d: (-d[1], d[0], d[2], d[3], d[4], d[5]))
    groups = {}
    for detection in ordered:
        groups.setdefault(detection[0], []).append(list(detection))
    ordered = [detection for group in groups.values() for detection in group]

    W, H = image["width"], image["height"]
    boxes = [(d[2] / W, d[3] / H, d[4] / W, d[5] / H) for d in ordered]
    actions = []
    for i in range(len(ordered)):
        for j in range(i + 1, len(ordered)):
            a, b = CLASSES[ordered[i][0]], CLASSES[ordered[j][0]]
            weight = table.get((a, b), table.get((b, a)))
            if weight is None or weight == 1:
                continue
            (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = boxes[i], boxes[j]
            before = (ordered[i][1], ordered[j][1])
            if weight > 1:
                dx = (ax1 + ax2) / 2 - (bx1 + bx2) / 2
                dy = (ay1 + ay2) / 2 - (by1 + by2) / 2
                distance = math.sqrt(dx * dx + dy * dy)
                da = math.sqrt((ax2 - ax1) ** 2 + (ay2 - ay1) ** 2)
                db = math.sqrt((bx2 - bx1) ** 2 + (by2 - by1) ** 2)
                if not distance < 2 * ((da + db) / 2):
                    continue
                ordered[i][1] = min(1, ordered[i][1] * weight)
                ordered[j][1] = min(1, ordered[j][1] * weight)
            else:
                w = min(ax2, bx2) - max(ax1, bx1)
                h = min(ay2, by2) - max(ay1, by1)
                smaller = min((ax2 - ax1) * (ay2 - ay1), (bx2 - bx1) * (by2 - by1))
                if w <= 0 or h <= 0 or smaller <= 0 or not w * h / smaller > 0.5:
                    continue
                loser = j if ordered[j][1] < ordered[i][1] else i
                ordered[loser][1] *= weight
            after = (ordered[i][1], ordered[j][1])
            if weight < 1 or before != after:
                actions.append([a, b, before[0], before[1], after[0], after[1]])
    return {"confidences": [d[1] for d in ordered], "actions": actions}


def main():
    rng = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        image = sample_image(rng)
        image.update(reason(image))
        print(json.dumps(image, separators=(",", ":")))


main()
