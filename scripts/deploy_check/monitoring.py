"""Prometheus' and Grafana's files: promtool, and the metrics that Harrier has."""

import json
import re
import shutil
import tempfile
from pathlib import Path

from . import compose, kubernetes
from .compose import parsed
from .tree import SOME_SECRET, run

PROMETHEUS = "deploy/prometheus/prometheus.yml"
DATASOURCES = "deploy/grafana/provisioning/datasources/prometheus.yml"


def check(tree):
    services = parsed(tree).get("services", {})
    secrets = compose.secret_files(tree, "prometheus")
    check_configuration(tree, secrets)
    for document in tree.documents(PROMETHEUS):
        for job in document.get("scrape_configs", []):
            for found in job.get("dns_sd_configs", []):
                for name in found["names"]:
                    check_target(tree, name, found.get("port"), services)
                    check_token(tree, job, services.get(name, {}), secrets)
    for document in tree.documents(DATASOURCES):
        if document.get("apiVersion") != 1 or not document.get("datasources"):
            tree.fault(DATASOURCES, "is no list of data sources of version 1")
        for source in document.get("datasources", []):
            for key in ("name", "uid", "type", "access", "url"):
                if key not in source:
                    tree.fault(DATASOURCES, f"{source.get('name')}: no {key}")
            if re.sub(r"^http://(.*):\d+$", r"\1", source.get("url", "")) not in services:
                tree.fault(DATASOURCES, f"{source.get('url')} is no service of deploy/compose.yaml")
    check_queries(tree)


def check_configuration(tree, secrets):
    """promtool looks for the files of tokens, too: a copy names some that are there."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "prometheus"
        shutil.copytree(tree.path(PROMETHEUS).parent, copy)
        token = Path(folder) / "token"
        token.write_text(SOME_SECRET)
        text = tree.text(PROMETHEUS)
        for path in secrets:
            text = re.sub(rf"{re.escape(path)}(?![\w.-])", str(token), text)
        (copy / "prometheus.yml").write_text(text)
        status, said = run("promtool", "check", "config", copy / "prometheus.yml")
        if status != 0:
            tree.fault(PROMETHEUS, " ".join(said.replace(f"{folder}/", "").split()))


def check_token(tree, job, service, secrets):
    """Prometheus is let in by the same variable's value as the process has for its token."""
    name = job["job_name"]
    wanted = re.match(r"\$\{(\w+)", service.get("environment", {}).get("HARRIER_METRICS_TOKEN", ""))
    if not wanted:
        tree.fault(compose.FILE, f"what the job {name} asks has no HARRIER_METRICS_TOKEN")
    elif secrets.get(job.get("authorization", {}).get("credentials_file")) != wanted[1]:
        tree.fault(PROMETHEUS, f"{name} does not send the token that it is asked for: no file of {wanted[1]}")


def check_target(tree, name, port, services):
    """Prometheus reaches the containers of the service, at the port where they show their metrics."""
    if name not in services:
        tree.fault(PROMETHEUS, f"{name} is no service of deploy/compose.yaml")
        return
    shown = services[name].get("environment", {}).get("HARRIER_METRICS_PORT", "8000")
    if str(port) != shown:
        tree.fault(PROMETHEUS, f"{name} shows its metrics at port {shown}, not {port}")
    own, others = (set(services.get(one, {}).get("networks", ["default"])) for one in ("prometheus", name))
    if not own & others:
        tree.fault(PROMETHEUS, f"Prometheus is in no network of {name}")


def check_queries(tree):
    """Every metric that an autoscaler asks for is one that /metrics has: docs/metrics.md, which a test holds to it."""
    known = set(re.findall(r"^\| `(\w+)` \|", tree.text("docs/metrics.md"), re.MULTILINE))
    for name, query in kubernetes.prometheus_queries(tree):
        metrics = re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", re.sub(r"\{[^}]*\}", "", query))
        if not metrics:
            tree.fault(name, f"asks for no metric: {query}")
        for metric in metrics:
            if re.sub(r"_(bucket|sum|count)$", "", metric) not in known:
                tree.fault(name, f"there is no metric {metric}")
        check_syntax(tree, name, query)


def check_as_rules(queries):
    """What promtool says of queries; as rules, since it reads no bare query without a server."""
    rules = [{"record": f"query:answer{number}", "expr": query} for number, query in enumerate(queries)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yml"
        file.write_text(json.dumps({"groups": [{"name": "query", "rules": rules}]}))
        return run("promtool", "check", "rules", file)


def check_syntax(tree, name, query):
    status, said = check_as_rules([query])
    if status != 0:
        tree.fault(name, f"{query}: {' '.join(said.split())}")
