"""What Prometheus and Grafana are given: dashboards, rules and their tests, and every query in them."""

import json
import re
from dataclasses import dataclass

DASHBOARDS = "deploy/grafana/dashboards"
DATASOURCES = "deploy/grafana/provisioning/datasources/prometheus.yml"
PROVIDERS = "deploy/grafana/provisioning/dashboards/harrier.yml"
RULES = "deploy/prometheus/rules"
TESTS = "deploy/prometheus/tests"
RUNBOOK = "docs/operations.md"
METRICS = "docs/metrics.md"
# What Grafana itself puts in the place of these; Prometheus scrapes every 15 s.
GRAFANA_VARIABLES = {"__rate_interval": "1m", "__interval": "15s", "__range": "1h"}


@dataclass(frozen=True)
class Query:
    # The file, and what of it asks.
    file: str
    place: str
    # Without Grafana's variables.
    text: str
    # Of a recording rule: the name under which the answer is kept.
    record: str = ""


def dashboards(tree):
    """The name of its file and the content of each dashboard."""
    for path in sorted(tree.path(DASHBOARDS).glob("*.json")):
        name = f"{DASHBOARDS}/{path.name}"
        try:
            yield name, json.loads(path.read_text(), object_pairs_hook=unique_keys)
        except ValueError as error:
            tree.fault(name, f"malformed JSON: {error}")


def unique_keys(pairs):
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"{key} is there twice")
    return dict(pairs)


def panels(dashboard):
    """All panels, those of collapsed rows too."""
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panel.get("panels", [])


def variables(dashboard):
    return dashboard.get("templating", {}).get("list", [])


def rules(tree):
    """The name of its file and each rule."""
    for path in sorted(tree.path(RULES).glob("*.yml")):
        name = f"{RULES}/{path.name}"
        for document in tree.documents(name):
            for group in document.get("groups", []):
                yield from ((name, rule) for rule in group.get("rules", []))


def tests(tree):
    """The name of its file and each unit test."""
    for path in sorted(tree.path(TESTS).glob("*.yml")):
        name = f"{TESTS}/{path.name}"
        for document in tree.documents(name):
            yield from ((name, test) for test in document.get("tests", []))


def panel_queries(tree):
    for name, dashboard in dashboards(tree):
        for panel in panels(dashboard):
            for target in panel.get("targets", []):
                place = f"{panel.get('title')} {target.get('refId')}"
                yield Query(name, place, filled(dashboard, target.get("expr", "")))


def queries(tree):
    """Every query: those of panels, of the variables above them, of the runbook, of rules."""
    yield from panel_queries(tree)
    for name, dashboard in dashboards(tree):
        for variable in variables(dashboard):
            asked = re.fullmatch(r"label_values\((.+), *\w+\)", str(variable.get("query")))
            if variable.get("type") == "query" and not asked:
                tree.fault(name, f"${variable.get('name')} does not ask for label_values(METRIC, LABEL)")
            if asked:
                yield Query(name, f"${variable['name']}", filled(dashboard, asked[1]))
    if tree.path(RUNBOOK).is_file():
        for block in re.findall(r"^ *```promql\n(.*?)^ *```", tree.text(RUNBOOK), re.MULTILINE | re.DOTALL):
            yield from (Query(RUNBOOK, "promql", line.strip()) for line in block.splitlines())
    for name, rule in rules(tree):
        record = rule.get("record", "")
        yield Query(name, record or rule.get("alert", ""), " ".join(rule["expr"].split()), record)


def filled(dashboard, text):
    """A query as Grafana sends it when all values of the variables are chosen."""
    chosen = dict(GRAFANA_VARIABLES)
    for variable in variables(dashboard):
        chosen[variable.get("name")] = variable.get("allValue", ".*")
    return re.sub(r"\$(\w+)", lambda match: chosen.get(match[1], match[0]), text)
