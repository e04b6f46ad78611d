"""deploy/Dockerfile and .dockerignore, by hadolint and by the libraries that scripts/setup has fetched."""

import re

from .tree import is_pinned

FILE = "deploy/Dockerfile"


def check(tree):
    status, said = tree.tool("hadolint", "--no-color", tree.path(FILE))
    if status != 0 or said:
        tree.fault(FILE, said)
    # A step that goes on in the next line; comments may stand between.
    text = re.sub(r"^\s*#.*\n", "", tree.text(FILE), flags=re.MULTILINE).replace("\\\n", " ")
    check_images(tree, text)
    check_libraries(tree, text)
    check_sources(tree, text)
    check_access(tree)


def check_images(tree, text):
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", text, re.MULTILINE))
    for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        if image not in stages and not is_pinned(image):
            tree.fault(FILE, f"{image} names no version")


def check_libraries(tree, text):
    """A new OpenVINO has new file names."""
    folder = tree.checkout / ".deps/openvino/lib"
    named = re.findall(r"\blib\w+\.so[.\d]*", text)
    if len(named) < 6:
        tree.fault(FILE, f"copies {len(named)} libraries of OpenVINO, not the six of docs/installation.md")
    for name in named:
        if not (folder / name).is_file():
            tree.fault(FILE, f"scripts/setup fetches no {name}")
    documented = tree.text("docs/installation.md").partition("these files of the wheel")[2]
    for name in re.findall(r"`(lib\w+\.so[.\d]*)`", documented):
        if name not in named:
            tree.fault(FILE, f"does not copy {name}, which docs/installation.md counts among what a CPU needs")


def check_sources(tree, text):
    """What is copied from the build's folder must be let through by .dockerignore."""
    allowed = [line[1:] for line in tree.text(".dockerignore").splitlines() if line.startswith("!")]
    copied = {word for step in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for word in step.split()}
    copied |= {"LICENSE", "Models", "Rules", "Tests"} | embedded(tree)
    for source in sorted(copied - {"."}):
        name = source.rstrip("*")
        if not any(name == entry or name.startswith(entry + "/") for entry in allowed):
            tree.fault(".dockerignore", f"{source}, which deploy/Dockerfile copies, is left out")
        if "*" not in source and not (tree.checkout / source).exists():
            tree.fault(FILE, f"copies {source}, which is not there")


def embedded(tree):
    """Folders beside Sources that C files take bytes from."""
    texts = (path.read_text() for path in (tree.checkout / "Sources").glob("C*/*.c"))
    return {folder for text in texts for folder in re.findall(r'^#embed "\.\./\.\./(\w+)/', text, re.MULTILINE)}


def check_access(tree):
    """Harrier itself takes a value by which everybody may do everything; an image must not have it."""
    given = image_environment(tree)
    host = given.get("HARRIER_HOST", "127.0.0.1")
    if host != "127.0.0.1" and given.get("HARRIER_AUTH") != "on":
        tree.fault(FILE, f"listens on {host}, and HARRIER_AUTH is not on")


def image_environment(tree):
    """The variables that every container of the image starts with."""
    text = tree.text(FILE).replace("\\\n", " ")
    steps = re.findall(r"^ENV (.+)$", text, re.MULTILINE)
    return dict(word.split("=", 1) for step in steps for word in step.split())
