"""deploy/systemd, by systemd itself."""

import re
import tempfile
from pathlib import Path

from .tree import Run, filled_in, is_placeholder, run

FOLDER = "deploy/systemd"
SETTINGS = f"{FOLDER}/harrier.env.example"
UNITS = {"harrier.service": "harrier.service", "harrier-worker@.service": "harrier-worker@1.service"}
BINARY = "/opt/harrier/bin/harrier"
# Of systemd's scale from 0 to 100 (it shows tenths): higher is more exposed. The units reach 16.
MOST_EXPOSED = 20


def check(tree):
    for key, value in settings_file(tree, with_comments=True).items():
        if re.search(r"_(TOKEN|SECRET|KEY)$", key) and not is_placeholder(value):
            tree.fault(SETTINGS, f"{key} is given: a secret that everybody knows")
    for name, instance in UNITS.items():
        text = tree.text(f"{FOLDER}/{name}")
        if f"ExecStart={BINARY} " not in text:
            tree.fault(f"{FOLDER}/{name}", f"does not start {BINARY}")
        with tempfile.TemporaryDirectory() as folder:
            # It is looked for; here it need not be installed.
            unit = Path(folder) / instance
            unit.write_text(text.replace(BINARY, "/usr/bin/true"))
            status, said = run("systemd-analyze", "verify", "--man=no", unit)
            # It forgives an unknown key, with a word.
            if status != 0 or said:
                tree.fault(f"{FOLDER}/{name}", said.replace(f"{folder}/", ""))
            status, said = run(
                "systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSED}", unit)
            if status != 0:
                tree.fault(f"{FOLDER}/{name}", said.splitlines()[-1].strip() if said else "cannot be judged")


def settings_file(tree, with_comments):
    """The example's variables; with those that are commented out, as an operator may use them."""
    pattern = r"^#?([A-Z]\w+)=(.*)$" if with_comments else r"^([A-Z]\w+)=(.*)$"
    return dict(re.findall(pattern, tree.text(SETTINGS), re.MULTILINE))


def runs(tree):
    for name in UNITS:
        text = tree.text(f"{FOLDER}/{name}")
        arguments = re.search(rf"^ExecStart={BINARY} (.+)$", text, re.MULTILINE)
        grace = re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
        for with_comments in (False, True):
            lines = re.findall(rf"^{'#?' if with_comments else ''}Environment=(.+)$", text, re.MULTILINE)
            # %i is the name of an instance.
            own = dict(re.findall(r"(\w+)=(\S+)", " ".join(lines).replace("%i", "1")))
            given = {key: filled_in(value) for key, value in settings_file(tree, with_comments).items()}
            yield Run(
                f"{FOLDER}/{name}", arguments[1].split() if arguments else [], own | given,
                int(grace[1]) if grace else 90)
