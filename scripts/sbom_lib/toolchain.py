"""Swift: its runtime libraries beside the binary, its compiler for the build."""

import re
import shutil
from pathlib import Path

from . import licences
from .document import Package
from .tree import Unknown, run


def add(document, tree, with_tests):
    version = re.search(r"Swift version (\d[\d.]*)", run("swift", "--version"))
    if not version:
        raise Unknown("swift --version says none")
    version = version[1]
    libraries = sorted(set(re.findall(r"(lib\w+\.so)[^\n]*/swift/linux/", run("ldd", tree.binary()))))
    text = Path(shutil.which("swift")).resolve().parent.parent / "share/swift/LICENSE.txt"
    licence = licences.of_text(text.read_text(errors="replace")) if text.is_file() else None
    swift = document.add(Package(
        "swift", version, licence, f"pkg:github/swiftlang/swift@swift-{version}-RELEASE", purpose="FRAMEWORK",
        homepage="https://github.com/swiftlang/swift",
        source_note=f"runtime libraries: {', '.join(libraries)}; the compiler makes the binary"))
    document.relate(document.harrier, "DEPENDS_ON", swift)
    document.relate(swift, "BUILD_TOOL_OF", document.harrier)
