"""Dashboards as the rest of deploy/ and their readers need them: places, sources of data, variables, words."""

import re

from deploy_check import compose

from . import files

COLUMNS = 24


def check(tree):
    uids = {source.get("uid") for document in tree.documents(files.DATASOURCES) for source in document["datasources"]}
    seen = {}
    for name, dashboard in files.dashboards(tree):
        if not dashboard.get("uid"):
            tree.fault(name, "has no uid: its address would change with each installation")
        elif dashboard["uid"] in seen:
            tree.fault(name, f"has the uid {dashboard['uid']}, as {seen[dashboard['uid']]}")
        seen[dashboard.get("uid")] = name
        check_ids(tree, name, dashboard)
        check_places(tree, name, dashboard)
        check_sources(tree, name, dashboard, uids)
        check_variables(tree, name, dashboard)
        for panel in files.panels(dashboard):
            check_words(tree, name, panel)
        for link in dashboard.get("links", []):
            check_link(tree, name, link)
    if not seen:
        tree.fault(files.DASHBOARDS, "there is no dashboard")
    check_provider(tree)


def check_ids(tree, name, dashboard):
    used = {}
    for panel in files.panels(dashboard):
        number = panel.get("id")
        if number in used:
            tree.fault(name, f"{panel.get('title')}: has the id {number}, as {used[number]}")
        used[number] = panel.get("title")
        letters = [target.get("refId") for target in panel.get("targets", [])]
        for letter in sorted({letter for letter in letters if letters.count(letter) > 1}, key=str):
            tree.fault(name, f"{panel.get('title')}: two queries are {letter}")


def check_places(tree, name, dashboard):
    taken = {}
    for panel in dashboard.get("panels", []):
        place, title = panel.get("gridPos", {}), panel.get("title")
        if not {"x", "y", "w", "h"} <= place.keys():
            tree.fault(name, f"{title}: has no place")
            continue
        if place["x"] + place["w"] > COLUMNS:
            tree.fault(name, f"{title}: reaches beyond column {COLUMNS}")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), title)
                if other != title:
                    tree.fault(name, f"{title}: lies over {other}")
                    break
            else:
                continue
            break


def check_sources(tree, name, dashboard, uids):
    """Everything that asks says whom; Grafana else asks what it holds for the default."""
    asking = [(panel.get("title"), panel) for panel in files.panels(dashboard) if panel.get("targets")]
    for title, panel in list(asking):
        asking += [(f"{title} {target.get('refId')}", target) for target in panel["targets"]]
    asking += [(f"${one.get('name')}", one) for one in files.variables(dashboard) if one.get("type") == "query"]
    for what, entry in asking:
        source = entry.get("datasource") or {}
        if source.get("uid") not in uids or source.get("type") != "prometheus":
            tree.fault(name, f"{what}: asks {source}, which {files.DATASOURCES} has not")


def check_variables(tree, name, dashboard):
    defined = {variable.get("name") for variable in files.variables(dashboard)}
    texts = [target.get("expr", "") for panel in files.panels(dashboard) for target in panel.get("targets", [])]
    texts += [str(variable.get("query")) for variable in files.variables(dashboard)]
    used = set(re.findall(r"\$\{?(\w+)", " ".join(texts)))
    for variable in sorted(used - defined - files.GRAFANA_VARIABLES.keys()):
        tree.fault(name, f"${variable} is no variable of it")
    for variable in sorted(defined - used):
        tree.fault(name, f"${variable} is used by no query")


def check_words(tree, name, panel):
    title = panel.get("title")
    if not title:
        tree.fault(name, f"panel {panel.get('id')} has no title")
    if panel.get("type") in ("row", "text"):
        return
    if not panel.get("description"):
        tree.fault(name, f"{title}: has no description")
    if not panel.get("targets"):
        tree.fault(name, f"{title}: asks nothing")
    if panel.get("type") != "table" and "unit" not in panel.get("fieldConfig", {}).get("defaults", {}):
        tree.fault(name, f"{title}: has no unit")
    for target in panel.get("targets", []):
        if not target.get("expr"):
            tree.fault(name, f"{title} {target.get('refId')}: asks nothing")
        elif panel.get("type") == "timeseries" and not target.get("legendFormat"):
            tree.fault(name, f"{title} {target.get('refId')}: its lines have no names")


def check_link(tree, name, link):
    if link.get("type") == "link" and link.get("url", "").startswith("/d/"):
        uids = [dashboard.get("uid") for _, dashboard in files.dashboards(tree)]
        if link["url"].removeprefix("/d/").split("?")[0] not in uids:
            tree.fault(name, f"{link.get('title')}: {link['url']} is no dashboard")


def check_provider(tree):
    """Grafana looks where deploy/compose.yaml puts the dashboards."""
    mounts = compose.parsed(tree).get("services", {}).get("grafana", {}).get("volumes", [])
    places = {place: source for source, place in (mount.split(":")[:2] for mount in mounts)}
    for document in tree.documents(files.PROVIDERS):
        if document.get("apiVersion") != 1 or not document.get("providers"):
            tree.fault(files.PROVIDERS, "is no list of providers of version 1")
        for provider in document.get("providers", []):
            path = provider.get("options", {}).get("path")
            if provider.get("type") != "file" or places.get(path) != "./grafana/dashboards":
                tree.fault(files.PROVIDERS, f"{path} is not where deploy/compose.yaml puts {files.DASHBOARDS}")
