"""The demo models, which have their own licence: Models/README.md."""

import hashlib
import re

from .document import Package
from .tree import Unknown

# SPDX has no bare AGPL-3.0; nothing says "or later".
NAMES = {"AGPL-3.0": "AGPL-3.0-only", "Apache-2.0": "Apache-2.0", "MIT": "MIT"}


def add(document, tree, with_tests):
    card = tree.text("Models/README.md")
    said = re.search(r"whose licence for trained models is ([\w.-]+\w)", card)
    files = sorted((tree.root / "Models").glob("*.onnx"))
    if not files:
        raise Unknown("Models/ has no models")
    for path in files:
        is_on_card = f"`{path.name}`" in card
        document.relate(document.add(Package(
            path.name, None, NAMES.get(said[1]) if said and is_on_card else None, None, purpose="FILE",
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            licence_note=f"Models/README.md: {said[1]}, Ultralytics' licence for trained models" if said else None,
            source_note="demo data beside the program; operators may leave it out",
            key=f"Model-{path.stem}")), "DATA_FILE_OF", document.harrier)
