"""The end of a run: is every promise kept?"""

import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from .cases import Result
from .ledger import ENDED

SETTLE_SECONDS = 180
SWEEP_SECONDS = 20
THREADS = 4
MAX_WORKER_DEATHS = 3
# What the workers write to their log, and what the report calls it; of warnings and errors it counts all.
LOG_MESSAGES = {"Job begins": "attempts", "Job given back": "attempts given back by a worker that was told to stop"}
LOUD = ("warning", "error", "critical")
LATE_WRITE = "Job cancelled, or another worker has it"
# libpq prints it itself where the server is killed in the moment in which a connection is ready, before it can be told
# to be silent.
POSTMASTER_GONE = "FATAL:  terminating connection due to unexpected postmaster exit"
# Of a process that is told to end before it serves, such as one that waits for its database.
INTERRUPTED = "harrier: interrupted"
WORKER_ENDED = "A worker has ended; it is started again"


def settle(service, ledger, seconds=SETTLE_SECONDS):
    """Waits until every accepted job has ended; returns those that have not."""
    deadline = time.monotonic() + seconds
    while True:
        open_jobs = [job for job in ledger.jobs.values() if not job.has_ended]
        for job in open_jobs:
            answer = service.status(job.id)
            if answer.status == 200:
                ledger.seen(job, answer.data, "settling")
        if time.monotonic() > deadline or all(job.has_ended for job in open_jobs):
            return [job for job in open_jobs if not job.has_ended]
        time.sleep(0.5)


def check_jobs(service, ledger, references, hits, may_fail_on_storage):
    """Every accepted job, over HTTP."""
    listed = service.jobs()
    for job_id in listed.keys() - ledger.jobs.keys():
        ledger.fault("doubled", f"{job_id} is in the list of jobs, but no key has started it")
    with ThreadPoolExecutor(THREADS) as pool:
        for job in ledger.jobs.values():
            pool.submit(faulty, ledger, job.id, check_job, service, ledger, job, listed.get(job.id), references)
        for file_id, picture in ledger.originals:
            pool.submit(faulty, ledger, file_id, check_original, service, ledger, file_id, picture)
    for job in ledger.jobs.values():
        if job.state == "failed":
            check_failure(ledger, job, hits[job.id], may_fail_on_storage)


def faulty(ledger, what, check, *arguments):
    """Runs a check; one that breaks off has found a fault, and the others go on."""
    try:
        check(*arguments)
    except Exception:
        ledger.fault("unexpected answer", f"{what}: {traceback.format_exc()}")


def check_job(service, ledger, job, listed, references):
    """In one ended state wherever one looks, and with the right result."""
    answer = service.status(job.id)
    if answer.status != 200 or listed is None:
        return ledger.fault("lost", f"{job.id}: status {answer}, in the list: {listed}")
    ledger.seen(job, answer.data, "status at the end")
    if not job.has_ended:
        return ledger.fault("stuck", f"{job.id} is {job.state}: {answer}")
    events = list(service.events(job.id))
    states = {"list": listed, "event stream": [(name, data["status"]) for name, _, data in events]}
    if states != {"list": job.state, "event stream": [("end", job.state)]}:
        ledger.fault("not one state", f"{job.id} is {job.state} in its status, elsewhere {states}")
    if job.is_cancelled and job.state != "cancelled":
        ledger.fault("changed after its end", f"{job.id} was cancelled and is {job.state}")
    if job.state == "completed":
        result, file_ids = Result.of(service, job.id)
        if file_ids != job.file_ids:
            ledger.fault("wrong", f"{job.id} has results of {file_ids} instead of {job.file_ids}")
        if difference := result.difference(references[job.case.name]):
            ledger.fault("wrong", f"{job.id} ({job.case.name}): {difference}")


def check_original(service, ledger, file_id, picture):
    answer = service.ask("GET", f"/api/v1/files/{file_id}/original")
    if answer.status != 200 or answer.body != picture.read_bytes():
        ledger.fault("lost", f"the picture {file_id} ({picture.name}): {answer.status}, {len(answer.body)} bytes")


def check_failure(ledger, job, hits, may_fail_on_storage):
    """A job may fail only for what was done to it."""
    code = job.failure.get("code")
    if code == "WORKER_CRASHED":
        ledger.count("failed by three deaths")
        # On a full disk a lease cannot be renewed either.
        if hits < MAX_WORKER_DEATHS and not may_fail_on_storage:
            ledger.fault("wrong", f"{job.id} failed with {code}, but its workers were killed or frozen {hits} times")
    elif may_fail_on_storage and code in ("STORAGE_ERROR", "MAX_RETRIES"):
        ledger.count("failed for the full disk")
    else:
        ledger.fault("wrong", f"{job.id} failed with {job.failure}")


def check_log(target, ledger, may_refuse):
    """Counts what the processes wrote; what no one of them may write is a fault.

    `may_refuse`: workers may end by themselves, since they cannot start on a full disk.
    """
    counts, others = Counter(), Counter()
    for line in target.log_lines():
        if isinstance(line, str):
            if line == INTERRUPTED:
                counts["starts that SIGTERM has ended"] += 1
            elif line == POSTMASTER_GONE:
                counts["connections that ended while libpq made them"] += 1
            elif may_refuse and line.startswith("harrier: "):
                counts["starts that the full disk refused"] += 1
            else:
                others[line[:200]] += 1
            continue
        message = line.get("message")
        if message in LOG_MESSAGES:
            counts[LOG_MESSAGES[message]] += 1
        elif message == LATE_WRITE:
            job = ledger.jobs.get(line.get("job_id"))
            counts["attempts ended by a cancellation" if job and job.state == "cancelled"
                   else "late writes refused"] += 1
        elif line.get("level") in LOUD:
            counts[f"log, {line['level']}: {message}"] += 1
            if message == WORKER_ENDED and "(9)" not in line.get("end", "") and not may_refuse:
                ledger.fault("died by itself", f"a worker: {line}")
    for line, number in others.items():
        ledger.fault("log", f"{number} lines that are no events: {line}")
    return counts


def check_files(target, ledger):
    """The database and the files of a service that is stopped; returns the uploads and jobs whose files belong to
    nobody."""
    tables, blobs = target.tables, target.blobs
    for text in tables.faults():
        ledger.fault("database", text)
    states = tables.job_states()
    for job in ledger.jobs.values():
        if states.get(job.id) not in ENDED:
            ledger.fault("lost", f"{job.id} is {states.get(job.id)} in the database")
    for key in blobs.missing(tables.blob_keys()):
        ledger.fault("lost", f"the file {key}, which the database knows")
    known = {f"uploads/{upload}" for upload in tables.upload_ids()} | {f"jobs/{job}" for job in states}
    return blobs.prefixes() - known


def check_sweeping(target, ledger, found):
    """What killed uploads have left is removed by the next start, once it is old enough; returns how many were."""
    if not found or not target.blobs.make_old(found):
        return 0
    target.start()
    deadline = time.monotonic() + SWEEP_SECONDS
    while found & target.blobs.prefixes() and time.monotonic() < deadline:
        time.sleep(0.1)
    stop(target, ledger)
    for prefix in found & target.blobs.prefixes():
        ledger.fault("not swept", f"{prefix} belongs to nobody and is still there")
    return len(found)


def stop(target, ledger):
    """Stops the service; nothing of it may be left."""
    for text in target.stop():
        ledger.fault("did not stop", text)
