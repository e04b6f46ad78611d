"""deploy/compose.yaml, by the schema of the Compose specification, and what its parts say of each other."""

import re

from .tree import SOME_SECRET, Run, is_pinned

FILE = "deploy/compose.yaml"
EXAMPLE = "deploy/example.env"


def check(tree):
    status, said = tree.tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", tree.path(FILE))
    if status != 0:
        tree.fault(FILE, " ".join(said.split()))
    services = parsed(tree).get("services", {})
    for name, service in services.items():
        check_service(tree, name, service, services)
    check_declared(tree, services)
    check_variables(tree)
    for needed in ("api", "worker", "migrate"):
        if needed not in services:
            tree.fault(FILE, f"there is no service {needed}")


def check_service(tree, name, service, services):
    if not is_pinned(service.get("image", "")):
        tree.fault(FILE, f"{name}: the image names no version")
    if not service.get("deploy", {}).get("resources", {}).get("limits", {}).get("memory"):
        tree.fault(FILE, f"{name}: no limit of memory")
    for other, how in service.get("depends_on", {}).items():
        if other not in services:
            tree.fault(FILE, f"{name}: depends on {other}, which is no service")
            continue
        # The image of Harrier has a check of its own, for the API.
        checked = "test" in services[other].get("healthcheck", {}) or other == "api"
        if how["condition"] == "service_healthy" and not checked:
            tree.fault(FILE, f"{name}: waits for the health of {other}, which has no check")
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("./") and not (tree.path("deploy") / source).is_dir():
            tree.fault(FILE, f"{name}: mounts {source}, which is no folder")


def check_declared(tree, services):
    document = parsed(tree)
    for kind, implied in (("volumes", set()), ("networks", {"default"}), ("secrets", set())):
        declared = set(document.get(kind, {}))
        used = set()
        for service in services.values():
            entries = [source_of(entry) for entry in service.get(kind, [])]
            used |= {entry for entry in entries if not entry.startswith(".")}
        for name in sorted(used - declared - implied):
            tree.fault(FILE, f"{name} is not among the {kind}")
        for name in sorted(declared - used):
            tree.fault(FILE, f"{name} of the {kind} is used by no service")


def source_of(entry):
    """What an entry of a service's volumes, networks or secrets names."""
    return entry["source"] if isinstance(entry, dict) else entry.split(":")[0]


def secret_files(tree, service):
    """The paths of a service's secrets, each with the variable that it is made of."""
    document = parsed(tree)
    secrets = document.get("secrets", {})
    names = [source_of(entry) for entry in document.get("services", {}).get(service, {}).get("secrets", [])]
    return {f"/run/secrets/{name}": secrets[name].get("environment") for name in names if name in secrets}


def check_variables(tree):
    """What has no default must be in the example, and nothing there may be of no use."""
    # The comment at the top names none.
    used = dict(re.findall(r"\$\{(\w+)(:[?-])?", tree.text(FILE)))
    # An empty one makes an empty secret, unless a service complains.
    used |= {name: used.get(name) for name in secret_variables(tree)}
    given = example(tree)
    for name in sorted(set(used) - set(given)):
        tree.fault(EXAMPLE, f"{name}, which deploy/compose.yaml asks for, is missing")
    for name in sorted(set(given) - set(used)):
        tree.fault(EXAMPLE, f"deploy/compose.yaml does not use {name}")
    for name, form in used.items():
        if not form:
            tree.fault(FILE, f"${{{name}}} may be empty: it has neither a default nor a complaint")
        if form == ":?" and given.get(name):
            tree.fault(EXAMPLE, f"{name} is given: a secret that everybody knows")


def secret_variables(tree):
    return [secret["environment"] for secret in parsed(tree).get("secrets", {}).values() if "environment" in secret]


def example(tree):
    lines = [line for line in tree.text(EXAMPLE).splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def parsed(tree):
    documents = tree.documents(FILE)
    return documents[0] if len(documents) == 1 else {}


def filled(value):
    """A text as Compose fills it in: defaults are taken, what must be given is given."""
    value = re.sub(r"\$\{\w+:\?[^}]*\}", SOME_SECRET, str(value))
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value).replace("$$", "$")


def runs(tree):
    for name, service in parsed(tree).get("services", {}).items():
        if service["image"].startswith("harrier:"):
            environment = {key: filled(value) for key, value in service.get("environment", {}).items()}
            grace = re.fullmatch(r"(\d+)s", service.get("stop_grace_period", "10s"))
            yield Run(f"{FILE}: {name}", service.get("command", ["serve"]), environment, int(grace[1]))
