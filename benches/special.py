"""What no load of equal requests tells: the time to the first answer, and fast requests beside slow ones.

The rows of equal requests are in `rows`.
"""

import asyncio
import random
import time

from measure import first_answer
from rows import Row, WORKLOADS
from servers import running

CLIENTS = 64
WORKERS = 4
# One request in so many sleeps half a second.
SLOW = 20


def start(ground, workload, name):
    """Milliseconds from the start of a server to its first answer."""
    row = Row(workload, "close", 2, 1, ())
    begun = time.monotonic()
    with running(ground, row, name) as server:
        first_answer(server, WORKLOADS[workload], interval=0.001)
        return (time.monotonic() - begun) * 1000


async def client(port, number, end, latencies):
    """Asks over one connection as long as it is kept; notes milliseconds of the fast requests."""
    dice = random.Random(number)
    reader = writer = None
    while time.monotonic() < end:
        path = "/slow" if dice.randrange(SLOW) == 0 else "/"
        begun = time.monotonic()
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            kept = await answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            latencies["failed"].append(number)
            kept = False
        else:
            latencies["slow" if path == "/slow" else "fast"].append((time.monotonic() - begun) * 1000)
        if not kept:
            if writer:
                writer.close()
            writer = None
    if writer:
        writer.close()


async def answer(reader):
    """Reads an answer; whether the connection is kept."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith((b"http/1.1 200", b"http/1.0 200")):
        raise OSError(head.partition(b"\r\n")[0])
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return head.startswith(b"http/1.1") and b"connection: close" not in head


def mixed(ground, path, name, seconds):
    """Latencies of fast requests while one in twenty sleeps, in milliseconds."""
    row = Row("hello", path, WORKERS, 1, ())
    with running(ground, row, name) as server:
        first_answer(server, WORKLOADS["hello"])
        latencies = {"fast": [], "slow": [], "failed": []}

        async def clients():
            end = time.monotonic() + seconds
            await asyncio.gather(*(client(server.port, number, end, latencies) for number in range(CLIENTS)))

        asyncio.run(clients())
    fast = sorted(latencies["fast"])
    if not fast:
        return {"error": "no fast request was answered"}
    return {
        "p50_ms": fast[len(fast) // 2],
        "p99_ms": fast[min(len(fast) - 1, len(fast) * 99 // 100)],
        "fast": len(fast),
        "slow": len(latencies["slow"]),
        "failed": len(latencies["failed"]),
    }
