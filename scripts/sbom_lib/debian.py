"""Debian's packages: what the binary is linked with, what it starts, what those need, and what builds and tests need."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from . import licences
from .document import Package
from .tree import Unknown, run

# Started or opened while the service runs; no library of the binary's names them.
STARTED = ["swi-prolog-nox", "util-linux", "fonts-dejavu-core", "ca-certificates", "tzdata"]
FIELDS = ["Package", "Version", "Architecture", "source:Package", "source:Version", "Homepage", "Pre-Depends", "Depends",
          "Provides"]


@dataclass
class Installed:
    version: str
    architecture: str
    source: str
    source_version: str
    homepage: str
    # Alternatives for each need: the first one that is installed meets it.
    needs: list
    provides: list = field(default_factory=list)


def add(document, tree, with_tests):
    installed = installed_packages()
    providers = {}
    for name, package in sorted(installed.items()):
        for provided in [name] + package.provides:
            providers.setdefault(provided, name)
    linked = linked_packages(tree.binary())
    started = [name for name in STARTED if name in installed]
    for name in STARTED:
        if name not in installed:
            raise Unknown(f"{name} is not installed: scripts/setup")
    for name in sorted(needed(linked | set(started), installed, providers)):
        package = added(document, name, installed)
        for other in met(installed[name], providers):
            document.relate(package, "DEPENDS_ON", added(document, other, installed))
    for name in sorted(linked) + started:
        document.relate(document.harrier, "DEPENDS_ON", added(document, name, installed))
    add_tools(document, tree, installed, with_tests)


def add_tools(document, tree, installed, with_tests):
    """What scripts/setup installs beside that: headers and tools of the build, servers of the tests."""
    lists = re.findall(r"(--tests \]; then )?packages(\+?)=\(([^)]*)\)", tree.text("scripts/setup"))
    for only_tests, _, names in lists:
        kind = "TEST_DEPENDENCY_OF" if only_tests else "BUILD_DEPENDENCY_OF"
        for name in names.split():
            # A tool that is no library makes the build; a package of headers goes into it.
            tool = kind == "BUILD_DEPENDENCY_OF" and not name.endswith("-dev")
            if name in STARTED or only_tests and not with_tests or name not in installed:
                continue
            package = added(document, name, installed)
            document.relate(package, "BUILD_TOOL_OF" if tool else kind, document.harrier)


def installed_packages():
    lines = run("dpkg-query", "-W", "-f", "\t".join("${" + name + "}" for name in ["db:Status-Abbrev"] + FIELDS) + "\n")
    installed = {}
    for line in lines.splitlines():
        status, name, version, architecture, source, source_version, homepage, early, late, provides = line.split("\t")
        if status.strip() == "ii":
            needs = [
                [re.split(r"[\s(:]", choice.strip())[0] for choice in need.split("|")]
                for need in f"{early}, {late}".split(",") if need.strip()]
            installed[name] = Installed(
                version, architecture, source, source_version, homepage, needs,
                [re.split(r"[\s(:]", word.strip())[0] for word in provides.split(",") if word.strip()])
    return installed


def met(package, providers):
    """The installed packages that meet what a package needs."""
    found = [next((providers[choice] for choice in need if choice in providers), None) for need in package.needs]
    return {name for name in found if name}


def needed(names, installed, providers):
    """These packages and all that they need."""
    found, waiting = set(), set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= met(installed[name], providers) - found
    return found


def linked_packages(binary):
    """Of the libraries that the binary names itself; what those need are needs of their packages."""
    direct = set(re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "--dynamic", "--wide", binary)))
    if not direct:
        raise Unknown(f"{binary.name} names no libraries: is it a program?")
    paths = dict(re.findall(r"^\s*(\S+) => (/\S+)", run("ldd", binary), re.MULTILINE))
    # The Swift libraries are no packages of Debian; the loader has no arrow.
    libraries = {name: path for name, path in paths.items() if name in direct and "/swift/linux/" not in path}
    packages = set()
    for name, path in sorted(libraries.items()):
        owner = owner_of(path)
        if not owner:
            raise Unknown(f"{name}, which harrier is linked with, belongs to no package of Debian")
        packages.add(owner)
    return packages


def owner_of(path):
    # /lib is a link to /usr/lib, and packages know their files by either name.
    real = str(Path(path).resolve())
    for name in (path, real, real.removeprefix("/usr"), f"/usr{path}"):
        found = re.match(r"([^:\s]+)(?::\w+)?: ", run("dpkg-query", "-S", name, accept_failure=True))
        if found:
            return found[1]
    return None


def added(document, name, installed):
    package = installed[name]
    version = quote(package.version, safe="+~.")
    where = f"/usr/share/doc/{name}/copyright"
    return document.add(Package(
        name, package.version, licence_of(name),
        f"pkg:deb/debian/{name}@{version}?arch={package.architecture}&distro=debian-12",
        homepage=package.homepage if package.homepage.startswith(("http://", "https://")) else None,
        supplier="Organization: Debian", licence_note=f"of most of its files, by {where}",
        source_note=f"Debian's source package {package.source} {package.source_version}", key=f"Debian-{name}"))


def licence_of(name):
    """What the machine-readable copyright file says of `Files: *`; None where there is none of that kind."""
    try:
        text = Path(f"/usr/share/doc/{name}/copyright").read_text(errors="replace")
    except OSError:
        return None
    if not re.match(r"Format(-Specification)?:\s", text):
        return None
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", paragraph, re.MULTILINE))
        if "*" in fields.get("Files", "").split() and "License" in fields:
            # The first line has the name, the others the text.
            return licences.of_debian(fields["License"].strip().partition("\n")[0])
    return None
