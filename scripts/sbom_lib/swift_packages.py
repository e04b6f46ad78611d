"""The Swift packages that a build uses, and the C libraries whose sources some of them carry."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from . import licences
from .document import Package
from .tree import Unknown, run

# Sources of others inside a package: their name, where they are, and what tells their version. Flaws are published
# under these names, not under the package's.
CARRIED = [
    ("boringssl", "swift-nio-ssl", "Sources/CNIOBoringSSL", "hash.txt", r"revision ([0-9a-f]{40})",
     "https://boringssl.googlesource.com/boringssl"),
    ("boringssl", "swift-crypto", "Sources/CCryptoBoringSSL", "hash.txt", r"revision ([0-9a-f]{40})",
     "https://boringssl.googlesource.com/boringssl"),
    ("xkcp", "swift-crypto", "Sources/CXKCP", None, None, "https://github.com/XKCP/XKCP"),
    ("llhttp", "swift-nio", "Sources/CNIOLLHTTP", "include/c_nio_llhttp.h", r"LLHTTP_VERSION_\w+ (\d+)",
     "https://github.com/nodejs/llhttp"),
    ("libyaml", "yams", "Sources/CYaml", None, None, "https://github.com/yaml/libyaml"),
]


def add(document, tree, with_tests):
    # Nothing is resolved here and nothing written, so a build that runs beside need not be waited for.
    graph = run(
        "swift", "package", "--package-path", tree.root, "--scratch-path", tree.scratch, "--ignore-lock",
        "--force-resolved-versions", "show-dependencies", "--format", "json")
    try:
        dependencies = json.loads(graph[graph.index("{"):])["dependencies"]
    except (ValueError, KeyError) as error:
        raise Unknown("swift package show-dependencies prints no graph") from error
    pins = {pin["identity"]: pin["state"] for pin in json.loads(tree.text("Package.resolved"))["pins"]}
    checkouts = {}
    link(document, document.harrier, dependencies, pins, checkouts)
    for carried in CARRIED:
        add_carried(document, checkouts, *carried)


def link(document, parent, dependencies, pins, checkouts):
    for dependency in dependencies:
        identity = dependency["identity"]
        if identity not in checkouts:
            checkouts[identity] = (document.add(described(dependency, pins)), Path(dependency["path"]))
            link(document, checkouts[identity][0], dependency["dependencies"], pins, checkouts)
        document.relate(parent, "DEPENDS_ON", checkouts[identity][0])


def described(dependency, pins):
    identity, url = dependency["identity"], dependency["url"].removesuffix(".git")
    if identity not in pins:
        raise Unknown(f"Package.resolved has no {identity}")
    version, revision = dependency["version"], pins[identity]["revision"]
    address = urlsplit(url)
    return Package(
        dependency["name"], version, licence_of(Path(dependency["path"])),
        f"pkg:swift/{address.hostname}{address.path}@{version}", homepage=url, location=f"git+{url}@{revision}",
        key=f"Swift-{identity}")


def licence_of(folder):
    for name in ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"):
        if (folder / name).is_file():
            return licences.of_text((folder / name).read_text(errors="replace"))
    return None


def add_carried(document, checkouts, name, identity, folder, version_file, pattern, homepage):
    if identity not in checkouts:
        return
    owner, checkout = checkouts[identity]
    folder = checkout / folder
    if not folder.is_dir():
        raise Unknown(f"{owner.name} carries no {name} any more: scripts/sbom_lib/swift_packages.py says it does")
    version = ".".join(re.findall(pattern, (folder / version_file).read_text())) if version_file else None
    sources = [path for path in sorted(folder.rglob("*")) if path.suffix in (".c", ".cc")]
    repository = urlsplit(homepage)
    purl = f"pkg:github{repository.path}" if repository.hostname == "github.com" else f"pkg:generic/{name}"
    document.relate(owner, "CONTAINS", document.add(Package(
        name, version, licence_of(folder) or licences.of_sources(sources), f"{purl}@{version}" if version else purl,
        homepage=homepage, source_note=f"sources inside {owner.name}", key=f"Carried-{name}-{identity}")))
