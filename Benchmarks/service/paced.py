"""Sends GET requests at a fixed rate, whatever the server does, and times each from when it was due.

    paced.py HOST PORT PATH --rate 1000 --seconds 30

A client that waits for an answer before it sends the next request hides the requests that a slow server kept it from
sending; here a late answer makes the following ones late too, and that counts. One line of JSON on standard output.
"""

import argparse
import asyncio
import json
import time


async def connection(arguments, start, index, latencies, errors):
    """Every `connections`-th request of the schedule."""
    request = (f"GET {arguments.path} HTTP/1.1\r\nHost: {arguments.host}:{arguments.port}\r\n\r\n").encode()
    reader, writer = await asyncio.open_connection(arguments.host, arguments.port)
    total = int(arguments.rate * arguments.seconds)
    for number in range(index, total, arguments.connections):
        due = start + number / arguments.rate
        await asyncio.sleep(max(0, due - time.perf_counter()))
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        latencies.append(time.perf_counter() - due)
        if not head.startswith(b"HTTP/1.1 200 "):
            errors.append(head.split(b"\r\n")[0])
    writer.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--connections", type=int, default=50)
    arguments = parser.parse_args()
    latencies, errors = [], []
    start = time.perf_counter() + 0.5
    await asyncio.gather(
        *(connection(arguments, start, index, latencies, errors) for index in range(arguments.connections)))
    seconds = time.perf_counter() - start
    latencies.sort()

    def percentile(share):
        return round(latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1000, 3)

    print(json.dumps({
        "requests": len(latencies), "seconds": round(seconds, 3), "p50_ms": percentile(0.5), "p95_ms": percentile(0.95),
        "p99_ms": percentile(0.99), "max_ms": round(latencies[-1] * 1000, 3), "errors": len(errors)}))


asyncio.run(main())
