"""What each query of a dashboard is answered by a Prometheus that scrapes a running Harrier."""

import json
import math
import time
import urllib.error
import urllib.parse
import urllib.request

from . import files

# A part of a query, and why a service that is well may have no answer to it.
MAY_BE_EMPTY = {
    "ALERTS": "nothing is wrong",
    "harrier_store_errors": "no call of a store has failed",
    "job_retries": "no attempt had to be made again",
    'status=~"5.."': "no request has failed",
    "harrier:api_requests_5xx": "nobody has called in the last five minutes",
    "harrier:inference_jobs_failed": "no job has ended in the last ten minutes",
    "harrier:webhook_deliveries_failed": "no job had a callback_url",
    "harrier:job_retries": "no attempt had to be made again",
    'cache="shared_status"': "there is no Redis",
}
# Five minutes, as a range that a panel shows.
RANGE_SECONDS = 300
STEP_SECONDS = 15


class Prometheus:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def ask(self, path, **parameters):
        """The data of an answer; raises ValueError with what was said."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.loads(error.read() or "{}").get("error", str(error))) from error
        except (OSError, KeyError) as error:
            raise ValueError(str(error)) from error


def check(tree, url, show):
    """Prints a table of queries and answers when `show` is set."""
    prometheus = Prometheus(url)
    asked = {}
    for query in files.panel_queries(tree):
        asked.setdefault(query.text, []).append(query)
    for text, askers in asked.items():
        places = f"{askers[0].file}: {askers[0].place}"
        try:
            now, range_answer = answers(prometheus, text)
        except ValueError as error:
            tree.fault(places, f"{text}: {error}")
            continue
        numbers = [number for series in (*now, *range_answer) for number in values(series) if not math.isnan(number)]
        reason = next((reason for part, reason in MAY_BE_EMPTY.items() if part in text), None)
        if not numbers and reason is None:
            tree.fault(places, f"{text}: is answered by no number")
        if show:
            print(f"{askers[0].place}\n  {text}\n  = {summary(now, range_answer, numbers, reason)}")
    check_rules(tree, prometheus)


def answers(prometheus, text):
    now = time.time()
    instant = prometheus.ask("query", query=text, time=now)
    if instant["resultType"] != "vector":
        raise ValueError(f"is answered by a {instant['resultType']}, not a vector")
    wide = prometheus.ask("query_range", query=text, start=now - RANGE_SECONDS, end=now, step=STEP_SECONDS)
    return instant["result"], wide["result"]


def values(series):
    points = series["values"] if "values" in series else [series["value"]]
    return [float(value) for _, value in points]


def summary(now, wide, numbers, reason):
    if not numbers:
        return f"nothing: {reason}" if reason else "NOTHING"
    shown = []
    for series in now[:3]:
        labels = ", ".join(f"{key}={value}" for key, value in series["metric"].items() if key != "__name__")
        shown.append(f"{{{labels}}} {values(series)[0]:.4g}")
    more = f" and {len(now) - 3} more" if len(now) > 3 else ""
    points = sum(len(values(series)) for series in wide)
    return f"{'; '.join(shown) or 'nothing now'}{more}; range: {len(wide)} series, {points} points"


def check_rules(tree, prometheus):
    """The rules are loaded, and each could be evaluated."""
    try:
        groups = prometheus.ask("rules")["groups"]
    except ValueError as error:
        tree.fault(prometheus.url, f"rules: {error}")
        return
    loaded = {rule["name"]: rule for group in groups for rule in group["rules"]}
    for name, rule in files.rules(tree):
        what = rule.get("record") or rule.get("alert")
        if what not in loaded:
            tree.fault(name, f"{what} is not among the rules of {prometheus.url}")
        elif loaded[what].get("lastError"):
            tree.fault(name, f"{what}: {loaded[what]['lastError']}")
