"""What convert.py and quantize.py share: request, surroundings, steps, result and failure."""

from __future__ import annotations

import json
import os
import shutil
import sys
import traceback
import uuid
import warnings
from pathlib import Path

FAILED = 3
OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "std::bad_alloc", "Cannot allocate memory")


class ConversionFailure(Exception):
    """What a person is told: one sentence, and what a log may say beside it."""

    def __init__(self, message: str, detail: str = ""):
        super().__init__(message)
        self.detail = detail


def number_field(request: dict, name: str, default: float, most: float = 1) -> float:
    value = request.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise ConversionFailure(f"{name} must be a number from 0 to {most}, and is {value!r}")
    return value


class Program:
    """One run. Libraries' output goes to standard error: standard output holds the steps only."""

    def __init__(self, known: set[str], needed: set[str]):
        """Reads the request, a JSON object in the file that the only argument names."""
        if len(sys.argv) != 2:
            raise SystemExit(f"usage: {Path(sys.argv[0]).name} REQUEST.json")
        self.request: dict = json.loads(Path(sys.argv[1]).read_text())
        for problem, fields in (("lacks", needed - self.request.keys()), ("may not hold", self.request.keys() - known)):
            if fields:
                raise SystemExit(f"the request {problem} {', '.join(sorted(fields))}")
        # Later this process is in another folder.
        self.start = Path.cwd()
        self.output = self.path(self.request["output"])
        # A folder that is gone afterwards.
        self.scratch = self.output / "scratch"
        self.steps = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)

    def path(self, text: str) -> Path:
        """Of the request, as seen from where the process was started."""
        return self.start / text

    def step(self, text: str) -> None:
        print(text, file=self.steps, flush=True)

    def run(self, work) -> None:
        """Writes what `work` returns, or why it failed, and ends the process."""
        try:
            self.prepare()
            self.write("result.json", work(self))
            status = 0
        except ConversionFailure as failure:
            status = self.fail(str(failure), failure.detail)
        except Exception as error:
            sentence = f"{type(error).__name__}: {first_line(error)}"
            if is_lack_of_memory(error):
                sentence = "there was not enough memory"
            status = self.fail(f"the model could not be read or converted: {sentence}", traceback.format_exc())
        shutil.rmtree(self.scratch, ignore_errors=True)
        sys.stderr.flush()
        # All is written: what libraries do with their threads at the end can only go wrong.
        os._exit(status)

    def prepare(self) -> None:
        """Libraries look at their surroundings while they are loaded, so this comes before."""
        self.scratch.mkdir(exist_ok=True)
        os.environ |= dict.fromkeys(
            (
                "HOME",
                "TMPDIR",
                "XDG_CACHE_HOME",
                "MPLCONFIGDIR",
                "YOLO_CONFIG_DIR",
                "TORCH_HOME",
                "TORCHINDUCTOR_CACHE_DIR",
            ),
            str(self.scratch),
        )
        os.environ |= {
            "YOLO_AUTOINSTALL": "false",  # else pip installs what a file asks for
            "YOLO_OFFLINE": "true",
            "YOLO_VERBOSE": "false",
            "ORT_DISABLE_TELEMETRY": "1",
            "CUDA_VISIBLE_DEVICES": "-1",
            # Threads that spin while others need the processor make everything several times slower.
            "OMP_WAIT_POLICY": "PASSIVE",
        }
        os.chdir(self.scratch)
        # It starts a process to report to its makers; the libraries do without.
        sys.modules["openvino_telemetry"] = None
        # Asks sockets and programs for the network card's number, which Ultralytics takes for the machine's.
        uuid.getnode = lambda: 0
        warnings.simplefilter("ignore")

    def fail(self, message: str, detail: str) -> int:
        self.write("error.json", {"error": message, "detail": detail})
        return FAILED

    def write(self, name: str, document: dict) -> None:
        """Whole or not at all."""
        draft = self.output / f".{name}.part"
        draft.write_text(json.dumps(document, allow_nan=False) + "\n")
        draft.replace(self.output / name)


def is_lack_of_memory(error: BaseException) -> bool:
    """Libraries in C++ have errors of their own for it."""
    return isinstance(error, MemoryError) or any(text in str(error) for text in OUT_OF_MEMORY)


def first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "") or "no reason was given"
