"""Every metric and label that a query names is one that docs/metrics.md has, which a test holds to /metrics."""

import re

from . import files

# Those of Prometheus itself, with their labels.
OF_PROMETHEUS = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity", "store", "executor"}}
# What Prometheus puts on everything that it scrapes.
OF_SCRAPES = {"job", "instance"}
LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
WORDS = LISTS | {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan", "Inf", "NaN"}
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|\[[^\]]*\]|[A-Za-z_:][\w:]*|\d[\w.]*|\S')


def check(tree):
    known = described(tree)
    if not known:
        tree.fault(files.METRICS, "has no table of metrics")
    for query in files.queries(tree):
        if query.record:
            known[query.record] = ("recorded", labels_of_level(query.record, known))
    for query in files.queries(tree):
        check_query(tree, query, known)
    check_use(tree)


def described(tree):
    """Type and labels of each metric of the table."""
    row = re.compile(r"^\| `(\w+)` \| (\w+) \| [^|]* \| ([^|]*) \|", re.MULTILINE)
    found = row.findall(tree.text(files.METRICS))
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in found}


def labels_of_level(record, known):
    """The level is the labels that are left: le_endpoint:..."""
    labels = {label for _, own in known.values() for label in own} | {"le"} | OF_SCRAPES
    return labels & set(record.partition(":")[0].split("_"))


def check_query(tree, query, known):
    named, grouped = parts(query.text)
    if not named:
        tree.fault(query.file, f"{query.place}: asks for no metric: {query.text}")
    every = set(OF_SCRAPES)
    for metric, matched in named:
        labels = labels_of(metric, known)
        if labels is None:
            tree.fault(query.file, f"{query.place}: there is no metric {metric}")
            return
        for label in sorted(matched - labels):
            tree.fault(query.file, f"{query.place}: {metric} has no label {label}")
        every |= labels
    for label in sorted(grouped - every):
        tree.fault(query.file, f"{query.place}: groups by {label}, which none of its metrics has")


def labels_of(metric, known):
    if metric in OF_PROMETHEUS:
        return OF_PROMETHEUS[metric] | OF_SCRAPES
    if metric.startswith("prometheus_"):
        return OF_SCRAPES
    if metric in known:
        kind, labels = known[metric]
        # Of a histogram there are only its parts.
        return None if kind == "histogram" else labels | OF_SCRAPES
    base, _, part = metric.rpartition("_")
    if part in ("bucket", "sum", "count") and known.get(base, ("",))[0] == "histogram":
        return known[base][1] | OF_SCRAPES | ({"le"} if part == "bucket" else set())
    return None


def parts(text):
    """The metrics of a query, each with the labels that it is chosen by; and the labels that are grouped by."""
    tokens = TOKEN.findall(text)
    named, grouped, at = [], set(), 0
    while at < len(tokens):
        token = tokens[at]
        follows = tokens[at + 1] if at + 1 < len(tokens) else ""
        if token in LISTS:
            end = tokens.index(")", at) if follows == "(" else at
            grouped |= {word for word in tokens[at + 2:end] if word != ","}
            at = end
        elif re.match(r"[A-Za-z_:]", token) and token not in WORDS and follows not in ("(", "by", "without"):
            end = tokens.index("}", at) if follows == "{" else at
            inside = tokens[at + 1:end]
            matched = {word for word, after in zip(inside, inside[1:]) if re.match(r"\w", word) and after in "=!"}
            named.append((token, matched))
            at = end
        at += 1
    return named, grouped


def check_use(tree):
    """What is recorded costs at every evaluation: somebody asks for it, or the runbook says what it is for."""
    every = list(files.queries(tree))
    used = {metric for query in every for metric, _ in parts(query.text)[0]}
    explained = tree.text(files.RUNBOOK) if tree.path(files.RUNBOOK).is_file() else ""
    for query in every:
        if query.record and query.record not in used and f"`{query.record}`" not in explained:
            tree.fault(query.file, f"{query.record}: nobody asks for it")
