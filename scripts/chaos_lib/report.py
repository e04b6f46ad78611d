"""The counts of a run as a Markdown table."""

import statistics

from .ledger import ENDED

DEEDS = {
    "worker": "kill -9 of a worker",
    "api": "kill -9 of the API process",
    "both": "kill -9 of both",
    "processes killed": "processes killed by these",
    "jobs hit": "jobs in the hands of a worker that was killed or frozen",
    "stop": "a worker frozen for 11 to 14 s",
    "stops with the write lock": "of these while it held the database's write lock",
    "restart": "SIGTERM and start",
    "disk": "disk full for 2 to 8 s",
    "clock forward": "clock one or two hours forward",
    "clock back": "clock one or two hours back",
}
# The kinds of faults that have a row of their own, also when there are none.
FAULTS = ("lost", "doubled", "wrong", "stuck")


def chaos_rows(mayhem, ledger, log_counts, swept):
    """(what, count) of a run of mayhem."""
    states = {state: sum(job.state == state for job in ledger.jobs.values()) for state in ENDED}
    rows = [(text, mayhem.counts[deed]) for deed, text in DEEDS.items() if mayhem.counts[deed]]
    rows += [
        ("uploads accepted", ledger.counts["uploads accepted"]), ("jobs accepted", len(ledger.jobs)),
        ("completed", states["completed"]), ("cancelled", states["cancelled"]), ("failed", states["failed"]),
        ("failed by three deaths", ledger.counts["failed by three deaths"])]
    if mayhem.disk:
        rows += [("failed for the full disk", ledger.counts["failed for the full disk"]),
                 ("calls refused for the full disk", ledger.counts["refused for the full disk"])]
    if mayhem.clock:
        rows.append(("jobs that waited for the clock", ledger.counts["waited for the clock"]))
    kinds = [kind for kind, _ in ledger.faults]
    rows += [(kind, kinds.count(kind)) for kind in FAULTS]
    rows.append(("other faults", sum(kind not in FAULTS for kind in kinds)))
    rows += [("late writes refused", log_counts.pop("late writes refused", 0))] + sorted(log_counts.items())
    rows += [("event streams that ended early and were resumed", ledger.counts["event streams resumed"]),
             ("leftovers of killed uploads, swept", swept)]
    if mayhem.start_seconds:
        rows.append(("start of the API process: median, slowest",
                     f"{statistics.median(mayhem.start_seconds):.1f} s, {max(mayhem.start_seconds):.1f} s"))
    return rows


def table(command, rows):
    lines = [f"    {command}", "", "| what | count |", "|---|---|"]
    return "\n".join(lines + [f"| {what} | {count} |" for what, count in rows]) + "\n"
