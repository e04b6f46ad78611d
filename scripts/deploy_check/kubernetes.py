"""deploy/kubernetes, by the schemas of Kubernetes and KEDA, and what its objects say of each other."""

import importlib

import kubernetes_validate
import pydantic

from .tree import Run, filled_in, is_pinned, is_placeholder

FOLDER = "deploy/kubernetes"
# The oldest one whose schemas the files must fit, and the newest that the tools know.
VERSIONS = ("1.30", kubernetes_validate.latest_version())
KUSTOMIZATION = f"{FOLDER}/kustomization.yaml"
# Applied by hand.
BY_HAND = {"secret.example.yaml", "autoscaler-postgresql.yaml"}


def check(tree):
    found = list(objects(tree))
    for name, document in found:
        check_schema(tree, name, document)
        if document["kind"] == "Secret":
            check_secret(tree, name, document)
    check_kustomization(tree, {name.rpartition("/")[2] for name, _ in found})
    for name, document in found:
        for pod in [pod_of(document)] if pod_of(document) else []:
            check_pod(tree, name, document, pod, found)
        check_references(tree, name, document, found)


def objects(tree):
    """The name of its file and each object, kustomization.yaml left out."""
    for path in sorted(tree.path(FOLDER).glob("*.yaml")):
        name = f"{FOLDER}/{path.name}"
        if name != KUSTOMIZATION:
            yield from ((name, document) for document in tree.documents(name))


def check_schema(tree, name, document):
    if document["apiVersion"].startswith("keda.sh/"):
        check_keda(tree, name, document)
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            tree.fault(name, f"{document['kind']}, Kubernetes {version}: {error.path} {error.message}")
        except kubernetes_validate.SchemaNotFoundError:
            tree.fault(name, f"Kubernetes {version} has no {document['kind']} of {document['apiVersion']}")


def check_keda(tree, name, document):
    """By the models that were made from KEDA's own definitions (2.16)."""
    models = importlib.import_module("cloudcoil.models.keda.v1alpha1")
    model = getattr(models, document["kind"], None)
    if model is None:
        tree.fault(name, f"KEDA has no {document['kind']}")
        return
    try:
        kept = model.model_validate(document).model_dump(by_alias=True, exclude_unset=True)
    except pydantic.ValidationError as error:
        problems = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        tree.fault(name, f"{document['kind']}: {', '.join(problems)}")
        return
    # They pass over fields that they do not know.
    for field in sorted(set(fields(document)) - set(fields(kept))):
        tree.fault(name, f"{document['kind']} has no field {field}")


def fields(value, path=""):
    """The paths of all fields below a value."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield f"{path}.{key}".lstrip(".")
            yield from fields(below, f"{path}.{key}")
    if isinstance(value, list):
        for below in value:
            yield from fields(below, f"{path}[]")


def check_secret(tree, name, document):
    for key, value in (document.get("data", {}) | document.get("stringData", {})).items():
        if not is_placeholder(str(value)):
            tree.fault(name, f"{key} is given: a secret that everybody knows")


def check_kustomization(tree, names):
    documents = tree.documents(KUSTOMIZATION)
    listed = set(documents[0].get("resources", [])) if documents else set()
    for name in sorted(listed - names):
        tree.fault(KUSTOMIZATION, f"{name} is not there")
    for name in sorted(names - listed - BY_HAND):
        tree.fault(KUSTOMIZATION, f"{name} is left out")
    for name in sorted(listed & BY_HAND):
        tree.fault(KUSTOMIZATION, f"{name} is applied by hand")


def pod_of(document):
    """The template of the pods that an object makes."""
    return document.get("spec", {}).get("template") if document["kind"] in ("Deployment", "Job") else None


def images(tree):
    """What kustomization.yaml puts in the place of each image's name."""
    entries = [entry for document in tree.documents(KUSTOMIZATION) for entry in document.get("images", [])]
    return {entry["name"]: f"{entry.get('newName', entry['name'])}:{entry.get('newTag', '')}" for entry in entries}


def check_pod(tree, name, document, pod, found):
    spec = pod["spec"]
    what = document["metadata"]["name"]
    if spec.get("enableServiceLinks") is not False:
        tree.fault(name, f"{what}: enableServiceLinks must be false, or HARRIER_PORT is overwritten")
    security = spec.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        tree.fault(name, f"{what}: its pods are not what the namespace's pod security asks for")
    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    for container in spec["containers"]:
        image = images(tree).get(container["image"], container["image"])
        if not is_pinned(image):
            tree.fault(name, f"{what}: the image {image} names no version")
        if not container.get("securityContext", {}).get("readOnlyRootFilesystem"):
            tree.fault(name, f"{what}: its root file system can be written")
        resources = container.get("resources", {})
        if "memory" not in resources.get("limits", {}) or "cpu" not in resources.get("requests", {}):
            tree.fault(name, f"{what}: no limit of memory, or no request of processor time")
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in volumes:
                tree.fault(name, f"{what}: mounts {mount['name']}, which is no volume")
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        scraped = pod["metadata"].get("annotations", {}).get("prometheus.io/port")
        if scraped and int(scraped) not in ports.values():
            tree.fault(name, f"{what}: is scraped at the port {scraped}, which is none of the container's")
        given = {entry["name"]: entry["value"] for entry in container.get("env", [])}
        if given.get("HARRIER_METRICS_PORT", scraped) != scraped:
            tree.fault(name, f"{what}: shows its metrics at {given['HARRIER_METRICS_PORT']}, is scraped at {scraped}")
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            port = container.get(kind, {}).get("httpGet", {}).get("port")
            if port is not None and port not in ports:
                tree.fault(name, f"{what}: {kind} asks at the port {port}, which is none of the container's")
        for source in container.get("envFrom", []):
            if not list(variables(source, found)):
                tree.fault(name, f"{what}: takes variables from {source}, which is not there or empty")


def variables(source, found):
    """Names and values of an entry of envFrom."""
    for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        for _, document in found:
            if key in source and document["kind"] == kind and document["metadata"]["name"] == source[key]["name"]:
                yield from (document.get("data", {}) | document.get("stringData", {})).items()


def check_references(tree, name, document, found):
    kind, spec = document["kind"], document.get("spec", {})
    pods = [pod["metadata"]["labels"] for _, other in found if (pod := pod_of(other))]
    selector = spec.get("selector", {})
    selector = selector if kind == "Service" else selector.get("matchLabels", {})
    if selector and sum(selector.items() <= labels.items() for labels in pods) != 1:
        tree.fault(name, f"{kind}: its selector does not fit the pods of exactly one object")
    names = {(other["kind"], other["metadata"]["name"]) for _, other in found}
    wanted = []
    if kind == "ScaledObject":
        wanted.append(("Deployment", spec["scaleTargetRef"]["name"]))
        triggers = [trigger.get("authenticationRef", {}).get("name") for trigger in spec["triggers"]]
        wanted += [("TriggerAuthentication", trigger) for trigger in triggers if trigger]
    if kind == "Ingress":
        paths = [path for rule in spec["rules"] for path in rule["http"]["paths"]]
        wanted += [("Service", path["backend"]["service"]["name"]) for path in paths]
    if kind == "TriggerAuthentication":
        wanted += [("Secret", entry["name"]) for entry in spec["secretTargetRef"]]
    for reference in wanted:
        if reference not in names:
            tree.fault(name, f"{kind}: there is no {reference[0]} {reference[1]}")
    if kind not in ("Namespace",) and document["metadata"].get("namespace") != "harrier":
        tree.fault(name, f"{kind}: is not in the namespace harrier")


def prometheus_queries(tree):
    for name, document in objects(tree):
        for trigger in document.get("spec", {}).get("triggers", []):
            if trigger["type"] == "prometheus":
                yield name, trigger["metadata"]["query"]


def runs(tree):
    found = list(objects(tree))
    for name, document in found:
        if not pod_of(document):
            continue
        spec = pod_of(document)["spec"]
        for container in spec["containers"]:
            pairs = (pair for source in container.get("envFrom", []) for pair in variables(source, found))
            environment = {key: filled_in(value) for key, value in pairs}
            environment |= {entry["name"]: entry["value"] for entry in container.get("env", [])}
            stop = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["sleep", "0"])
            grace = spec.get("terminationGracePeriodSeconds", 30) - int(stop[-1])
            yield Run(f"{name}: {container['name']}", container.get("args", ["serve"]), environment, grace)
