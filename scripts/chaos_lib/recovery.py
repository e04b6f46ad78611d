"""How long a job is nobody's after kill -9 of its worker."""

import random
import signal
import statistics
import time

from .cases import Result, request_body

# The supervisor starts a worker that dies soon after its start later and later: a fresh API process forgets that.
KILLS_A_START = 5
WORKERS_SECONDS = 40
LIMIT_SECONDS = 60
POLL_SECONDS = 0.02


def measure(server, service, ledger, case, reference, seed, count):
    """Seconds from each kill to the moment when a poll finds that another worker has the job."""
    choices, seconds = random.Random(f"{seed}/recovery"), []
    upload = service.upload(case.pictures).data["upload_id"]
    # A job that ends before its worker is killed is tried again, a bounded number of times.
    for number in range(2 * count):
        if len(seconds) == count:
            break
        if number % KILLS_A_START == KILLS_A_START - 1:
            server.terminate()
            server.start()
        if not server.wait_for_workers(WORKERS_SECONDS):
            raise TimeoutError(f"{server.worker_count} workers do not live after {WORKERS_SECONDS} s")
        job_id = service.ask("POST", "/api/v1/inference/predict", request_body(upload, case),
                             {"Content-Type": "application/json"}).data["job_id"]
        taken = one_kill(server, service, job_id, choices.uniform(0, 2))
        if taken is None:
            continue
        seconds.append(taken)
        print(f"chaos: kill {len(seconds)}: claimed again after {taken:.2f} s", flush=True)
        check(service, ledger, job_id, reference)
    return seconds


def one_kill(server, service, job_id, delay):
    """Kills the job's worker `delay` seconds after it began; None when the job was done before."""
    wait_for(lambda: service.status(job_id).data["status"] != "queued", "the job begins")
    time.sleep(delay)
    attempt = service.status(job_id).data["attempt"]
    for pid in server.workers():
        if server.tables.jobs_in_hand([pid]) == [job_id]:
            server.signal_worker(pid, signal.SIGKILL)
            break
    begin = time.monotonic()
    # Its row says so too when it completed just before the kill.
    if service.status(job_id).data["status"] != "processing":
        return None
    wait_for(lambda: service.status(job_id).data["attempt"] > attempt, f"{job_id} is claimed again")
    return time.monotonic() - begin


def check(service, ledger, job_id, reference):
    wait_for(lambda: service.status(job_id, wait=1).data["status"] not in ("queued", "processing"), f"{job_id} ends")
    data = service.status(job_id).data
    if data["status"] != "completed":
        return ledger.fault("wrong", f"{job_id} {data['status']}: {data.get('error')}")
    if difference := Result.of(service, job_id)[0].difference(reference):
        ledger.fault("wrong", f"{job_id}: {difference}")


def wait_for(condition, what):
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {LIMIT_SECONDS} s: {what}")
        time.sleep(POLL_SECONDS)


def rows(seconds):
    return [("kills of a worker with a job in its hands", len(seconds)),
            ("claimed again after: median", f"{statistics.median(seconds):.1f} s"),
            ("claimed again after: fastest, slowest", f"{min(seconds):.1f} s, {max(seconds):.1f} s")]
