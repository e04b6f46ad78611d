"""What deploy/ says to Harrier, asked of Harrier: commands, options, settings, and how long it takes to stop."""

import re

from . import compose, kubernetes, systemd
from .dockerfile import image_environment

# docs/configuration.md, "Variables that are no settings".
NO_SETTINGS = {"HARRIER_API_KEY", "HARRIER_CONFIG", "HARRIER_CACHE_DIR", "HARRIER_OPENVINO_DIR"}


def check(tree):
    if not tree.binary.is_file():
        tree.fault(str(tree.binary), "there is no such file; build it, or name another with --binary")
        return
    check_names(tree)
    image = image_environment(tree)
    found = [(one, image) for one in (*compose.runs(tree), *kubernetes.runs(tree))]
    found += [(one, {}) for one in systemd.runs(tree)]
    for one, base in found:
        check_run(tree, one, base | one.environment)
    check_body_size(tree)


def defaults(tree):
    return tree.harrier("serve", "--print-config")[1]


def check_names(tree):
    """Every name that begins with HARRIER_, also in comments and in docs/deployment.md."""
    printed = defaults(tree)
    keys = re.findall(r"^([a-z0-9_]+): |^# ([a-z0-9_]+):(?: set, not shown)?$", printed, re.MULTILINE)
    known = NO_SETTINGS | {f"HARRIER_{key or unset}".upper() for key, unset in keys}
    files = sorted(path for path in tree.path("deploy").rglob("*") if path.is_file() and path.name != ".env")
    for path in [*files, tree.path("docs/deployment.md")]:
        for name in sorted(set(re.findall(r"\bHARRIER_[A-Z0-9_]+\b", path.read_text())) - known):
            tree.fault(path.relative_to(tree.root), f"{name} is no setting")


def check_run(tree, one, environment):
    if not one.arguments:
        tree.fault(one.name, "starts no command of harrier")
        return
    command, options = one.arguments[0], one.arguments[1:]
    status, said = tree.harrier(command, "--help")
    if status != 0 or f"USAGE: harrier {command}" not in said:
        tree.fault(one.name, f"harrier has no command {command}")
        return
    # Only serve can print; the settings of all commands are the same.
    if command != "serve" and options:
        tree.fault(one.name, f"harrier {command} with options cannot be checked: use settings")
    options = options if command == "serve" else []
    status, said = tree.harrier("serve", *options, "--print-config", environment=environment)
    if status != 0:
        tree.fault(one.name, f"harrier {command} would not start: {said}")
        return
    # Behind a proxy a loopback address lets in everybody as well.
    if not re.search(r'^auth: "on"$', said, re.MULTILINE):
        tree.fault(one.name, f"harrier {command} asks nobody for a key: HARRIER_AUTH is not on")
    check_grace(tree, one, command, said)


def check_grace(tree, one, command, printed):
    grace = float(re.search(r"^shutdown_grace_seconds: (\S+)$", printed, re.MULTILINE)[1])
    # HarrierService.run: the workers' grace, then that of the requests, and 5 s.
    needed = {"serve": grace * 2 + 5, "worker": grace}.get(command, 0)
    if one.grace_seconds < needed:
        given = f"is killed after {one.grace_seconds:g} s"
        tree.fault(one.name, f"{given}, while harrier {command} may take {needed:g} s to stop")


def check_body_size(tree):
    """The proxy must let through what the service takes."""
    largest = int(re.search(r"^max_upload_bytes: (\d+)$", defaults(tree), re.MULTILINE)[1])
    name = f"{kubernetes.FOLDER}/ingress.yaml"
    for key, mebibytes in re.findall(r"(\S*body-size): (\d+)m$", tree.text(name), re.MULTILINE):
        if int(mebibytes) << 20 < largest:
            tree.fault(name, f"{key}: {mebibytes}m is less than max_upload_bytes, {largest}")
