"""Rules by promtool, with their unit tests; and that each alert can be understood, and was seen to fire."""

import re

from deploy_check.monitoring import check_as_rules, check_syntax
from deploy_check.tree import run

from . import files

SEVERITIES = {"warning", "critical"}


def check(tree):
    promtool(tree, "check", files.RULES)
    promtool(tree, "test", files.TESTS)
    alerts = {rule["alert"]: (name, rule) for name, rule in files.rules(tree) if "alert" in rule}
    if not alerts:
        tree.fault(files.RULES, "there is no alert")
    for alert, (name, rule) in alerts.items():
        check_words(tree, name, alert, rule)
    check_runbook(tree, alerts)
    check_tests(tree, alerts)
    for name, rule in files.rules(tree):
        if "record" in rule and not re.fullmatch(r"[a-z_]+:\w+:\w+", rule["record"]):
            tree.fault(name, f"{rule['record']} is not named level:metric:operations")


def promtool(tree, what, folder):
    paths = sorted(tree.path(folder).glob("*.yml"))
    if not paths:
        tree.fault(folder, "there is no file")
        return
    status, said = run("promtool", what, "rules", *paths)
    if status != 0:
        tree.fault(folder, " ".join(said.replace(f"{tree.root}/", "").split()))


def check_words(tree, name, alert, rule):
    if rule.get("labels", {}).get("severity") not in SEVERITIES:
        tree.fault(name, f"{alert}: its severity is none of {', '.join(sorted(SEVERITIES))}")
    words = rule.get("annotations", {})
    for key in ("summary", "description", "runbook"):
        if not words.get(key):
            tree.fault(name, f"{alert}: has no {key}")
    if words.get("runbook") != f"{files.RUNBOOK}#{alert.lower()}":
        tree.fault(name, f"{alert}: its runbook is not {files.RUNBOOK}#{alert.lower()}")


def check_runbook(tree, alerts):
    if not tree.path(files.RUNBOOK).is_file():
        tree.fault(files.RUNBOOK, "is not there")
        return
    sections = re.findall(r"^#+ (Harrier[A-Z]\w+)$", tree.text(files.RUNBOOK), re.MULTILINE)
    for alert in sorted(set(alerts) - set(sections)):
        tree.fault(files.RUNBOOK, f"has no section {alert}")
    for section in sorted(set(sections) - set(alerts)):
        tree.fault(files.RUNBOOK, f"{section} is no alert")


def check_tests(tree, alerts):
    """Each one once seen to fire, and once not although its numbers are there."""
    fires, silent = set(), set()
    for name, test in files.tests(tree):
        for one in test.get("alert_rule_test", []):
            alert = one.get("alertname")
            if alert not in alerts:
                tree.fault(name, f"{alert} is no alert, so it never fires")
            (fires if one.get("exp_alerts") else silent).add(alert)
    for alert in sorted(set(alerts) - fires):
        tree.fault(files.TESTS, f"{alert} is never seen to fire")
    for alert in sorted(set(alerts) - silent):
        tree.fault(files.TESTS, f"{alert} is never seen to be silent")


def check_queries(tree):
    """All at once, since promtool takes its time to start; one by one when something is wrong."""
    every = list(files.queries(tree))
    status, _ = check_as_rules([query.text for query in every])
    if status != 0:
        for query in every:
            check_syntax(tree, f"{query.file}: {query.place}", query.text)
