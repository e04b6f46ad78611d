"""The counts of a run as a Markdown table."""

import statistics

from .ledger import ENDED

# The kinds of faults that have a row of their own, also when there are none.
FAULTS = ("lost", "doubled", "wrong", "stuck")


def chaos_rows(mayhem, ledger, log_counts, swept, more):
    """(what, count) of a run of mayhem; `more` are rows of its kind."""
    rows = [(text, mayhem.counts[deed]) for deed, text in mayhem.TEXTS.items() if mayhem.counts[deed]]
    rows += job_rows(ledger) + more + fault_rows(ledger)
    rows += [("late writes refused", log_counts.pop("late writes refused", 0))] + sorted(log_counts.items())
    rows += [("event streams that ended early and were resumed", ledger.counts["event streams resumed"]),
             ("leftovers of killed uploads, swept", swept)]
    return rows + start_rows(mayhem.start_seconds)


def job_rows(ledger):
    states = {state: sum(job.state == state for job in ledger.jobs.values()) for state in ENDED}
    return [
        ("uploads accepted", ledger.counts["uploads accepted"]), ("jobs accepted", len(ledger.jobs)),
        ("completed", states["completed"]), ("cancelled", states["cancelled"]), ("failed", states["failed"]),
        ("failed by three deaths", ledger.counts["failed by three deaths"])]


def fault_rows(ledger):
    kinds = [kind for kind, _ in ledger.faults]
    others = sum(kind not in FAULTS for kind in kinds)
    return [*((kind, kinds.count(kind)) for kind in FAULTS), ("other faults", others)]


def start_rows(seconds):
    if not seconds:
        return []
    return [("start of the API process: median, slowest",
             f"{statistics.median(seconds):.1f} s, {max(seconds):.1f} s")]


def table(command, rows):
    lines = [f"    {command}", "", "| what | count |", "|---|---|"]
    return "\n".join(lines + [f"| {what} | {count} |" for what, count in rows]) + "\n"
