"""Empty tasks through Celery and Redis: queued, run, their results stored. Prints one JSON object.

usage: celery_peer.py REDIS_PORT JOBS CLIENTS WORKERS
"""

import json
import os
import subprocess
import sys
import threading
import time

from celery import Celery

PORT = os.environ.get("CELERY_PEER_PORT") or sys.argv[1]
# As Celery's own documentation advises for work that must not be lost: acknowledged when it is done, one at a time.
app = Celery("celery_peer", broker=f"redis://127.0.0.1:{PORT}/0", backend=f"redis://127.0.0.1:{PORT}/1")
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1, worker_hijack_root_logger=False)


# By this name whichever way the module was loaded: as a script, or by the worker.
@app.task(name="celery_peer.empty")
def empty():
    return None


def queue(count, clients):
    results = [[] for _ in range(clients)]

    def client(number):
        results[number] = [empty.delay() for _ in range(number, count, clients)]

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [result for part in results for result in part]


def finish(results):
    for result in results:
        result.get(timeout=600)


def worker(workers):
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "--app", "celery_peer", "worker", "--concurrency", str(workers), "--loglevel",
         "ERROR", "--without-gossip", "--without-mingle"],
        env={**os.environ, "CELERY_PEER_PORT": PORT}, cwd=os.path.dirname(os.path.abspath(__file__)),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    jobs, clients, workers = map(int, sys.argv[2:5])
    begin = time.perf_counter()
    results = queue(jobs, clients)
    queueing = time.perf_counter() - begin
    process = worker(workers)
    try:
        # Its start is not counted: the first task has run.
        results[0].get(timeout=60)
        begin = time.perf_counter()
        finish(results)
        working = time.perf_counter() - begin
        begin = time.perf_counter()
        finish(queue(jobs, clients))
        both = time.perf_counter() - begin
    finally:
        process.terminate()
        process.wait()
    print(json.dumps({"queued_a_second": jobs / queueing, "claimed_and_finished_a_second": jobs / working,
                      "jobs_a_second": jobs / both}))


if __name__ == "__main__":
    main()
