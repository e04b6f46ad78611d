"""The files under test, and what was found wrong with them."""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

# As long as `openssl rand -hex 32` has it.
SOME_SECRET = "0123456789abcdef" * 4


@dataclass
class Tree:
    # Holds deploy/ and docs/; a test's broken copy, or the checkout.
    root: Path
    # Has the tools and libraries that scripts/setup and scripts/test-tools install.
    checkout: Path
    binary: Path
    faults: list = field(default_factory=list)
    _answers: dict = field(default_factory=dict)

    def path(self, name):
        return self.root / name

    def text(self, name):
        return self.path(name).read_text()

    def documents(self, name):
        """The YAML documents of a file; none when it is malformed, which is a fault."""
        try:
            return [document for document in yaml.load_all(self.text(name), Loader=UniqueKeys) if document]
        except yaml.YAMLError as error:
            self.fault(name, f"malformed YAML: {' '.join(str(error).split())}")
            return []

    def fault(self, name, what):
        self.faults.append(f"{name}: {what}")

    def tool(self, name, *arguments):
        """Runs a parser of .deps/test-venv. Returns its exit status and all that it said."""
        return run(Path(sys.prefix) / "bin" / name, *arguments)

    def harrier(self, *arguments, environment=None):
        """Runs the binary with these variables and no others, once for each question."""
        environment = {"PATH": "/usr/bin:/bin"} | (environment or {})
        question = (arguments, tuple(sorted(environment.items())))
        if question not in self._answers:
            self._answers[question] = run(self.binary, *arguments, environment=environment)
        return self._answers[question]


class UniqueKeys(yaml.SafeLoader):
    """YAML as parsers of deployment files take it: a key that is there twice is a mistake."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            # "<<" may be there more than once.
            if key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value} is there twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


@dataclass
class Run:
    """Harrier as a file of deploy/ starts it."""

    name: str
    # The subcommand and its options.
    arguments: list
    environment: dict
    # Between being told to stop and being killed.
    grace_seconds: float


def run(*command, environment=None):
    """Returns the exit status and all that the command said."""
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
        stdin=subprocess.DEVNULL, env=environment)
    return done.returncode, done.stdout.strip()


def is_placeholder(value):
    """Whether an example's value says what belongs in its place: SECRET_KEY, or PASSWORD in a URL."""
    return re.search(r"\b(PASSWORD|[A-Z]+(_[A-Z]+)+)\b", value) is not None


def filled_in(value):
    """A value as an operator leaves it, who fills in the placeholder that it is."""
    return SOME_SECRET if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", str(value)) else value


def is_pinned(image):
    """Whether an image is named with a version: a tag with a number in it, or a digest."""
    name = image.rpartition("/")[2]
    return "@sha256:" in image or re.search(r":.*\d", name) is not None
