"""Runs the programs of Conversion/ as Harrier does, but for the confinement.

    HARRIER_PYTHON_ENV=ENVIRONMENT python -m pytest Tests/ConversionTests

ENVIRONMENT is the folder of a Python environment that Conversion/requirements.txt, requirements-int8.txt and torch
are installed in, or its interpreter. pytest itself needs nothing but pytest. Without the variable all is skipped.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SAMPLES = [str(ROOT / "Samples" / name) for name in ("scene-2.jpg", "scene-5.jpg", "yell-541000.jpg")]
TIMEOUT_SECONDS = 600


@pytest.fixture(scope="session")
def python() -> str:
    """The environment's interpreter."""
    where = os.environ.get("HARRIER_PYTHON_ENV")
    if not where:
        pytest.skip("HARRIER_PYTHON_ENV names no Python environment")
    path = Path(where)
    return str(path / "bin/python" if path.is_dir() else path)


@dataclass
class Run:
    """One run of a program."""

    status: int
    folder: Path
    steps: str
    errors: str

    @property
    def result(self) -> dict:
        assert self.status == 0, self.failure
        return json.loads((self.folder / "result.json").read_text())

    @property
    def failure(self) -> dict:
        error = self.folder / "error.json"
        return json.loads(error.read_text()) if error.exists() else {"error": f"crash: {self.errors[-2000:]}"}

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture(scope="session")
def run(python, tmp_path_factory):
    """Runs a program of Conversion/ with a request."""

    def start(program: str, launcher: tuple[str, ...] = (), **request) -> Run:
        folder = tmp_path_factory.mktemp("output")
        file = tmp_path_factory.mktemp("request") / "request.json"
        file.write_text(json.dumps({"output": str(folder)} | request))
        command = [python, "-I", *launcher, str(ROOT / "Conversion" / program), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, cwd=folder)
        return Run(done.returncode, folder, done.stdout, done.stderr)

    return start


@pytest.fixture(scope="session")
def checkpoint(python, tmp_path_factory):
    """The file of a kind of make_checkpoints.py, made once."""
    folder, made = tmp_path_factory.mktemp("checkpoints"), {}

    def make(kind: str, *options: str) -> Path:
        if (kind, options) not in made:
            command = [python, "-I", str(HERE / "make_checkpoints.py"), str(folder), kind, *options]
            subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_SECONDS)
            made[kind, options] = folder / f"{kind}.pt"
        return made[kind, options]

    return make


@pytest.fixture(scope="session")
def converted(run, checkpoint):
    """The conversion of a kind with the usual samples, done once."""
    done = {}

    def convert(kind: str) -> Run:
        if kind not in done:
            done[kind] = run("convert.py", source=str(checkpoint(kind)), samples=SAMPLES)
        return done[kind]

    return convert


@pytest.fixture(scope="session")
def inspect(python):
    """Runs a function of model_inspection.py in the environment."""
    return lambda function, *arguments: call(python, "model_inspection.py", function, arguments)


@pytest.fixture(scope="session")
def part(python):
    """Runs a function of parts.py in the environment."""
    return lambda function, *arguments: call(python, "parts.py", function, arguments)


def call(python: str, script: str, function: str, arguments: tuple):
    command = [python, "-I", str(HERE / script), function, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
