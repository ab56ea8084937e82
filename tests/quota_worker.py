"""One of several processes that share a quota through Redis, on the mock server's virtual clock.

Run as `quota_worker.py JSON`; writes a line for each call that was served.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from unistack import Unistack
from unistack.rate_limits import RateLimiter, RedisStore


class MockClock:
    """The mock's time, over HTTP; each thread of each process is a client of its own."""

    def __init__(self, control: str, process: str) -> None:
        self.http = httpx.Client(base_url=control, timeout=60)
        self.process = process

    @property
    def client(self) -> str:
        """The name under which this thread is registered."""
        return f"{self.process}-{threading.current_thread().name.rpartition('_')[2]}"

    def time(self) -> float:
        """The mock's time."""
        now: float = self.http.get("/clock").json()["now"]
        return now

    monotonic = time

    def random(self) -> float:
        """No jitter."""
        return 0.5

    def sleep(self, seconds: float) -> None:
        """Sleep in the mock's time."""
        answer = self.http.post("/clock/sleep", json={"client": self.client, "seconds": seconds})
        answer.raise_for_status()

    async def asleep(self, seconds: float) -> None:
        """A sync client has no use for it."""
        raise TypeError("this clock is a sync client's")

    def leave(self) -> None:
        """Let time pass without this thread."""
        self.http.delete(f"/clock/clients/{self.client}").raise_for_status()


def main(job: dict[str, Any]) -> None:
    """Send this process's calls."""
    clock = MockClock(job["control"], job["process"])
    hangs = threading.Event()

    def around(request: Any, call_next: Any) -> Any:
        if job.get("hang"):
            print("under way", flush=True)
            hangs.wait()
        return call_next(request)

    store = RedisStore(
        job["redis"],
        prefix=job["prefix"],
        now=clock.time,
        lease=job.get("lease", 30.0),
        timeout=30,
        retry_after=1e-9,
    )
    client = Unistack(
        base_url=job["base_url"],
        api_key=job["api_key"],
        clock=clock,
        rate_limiter=RateLimiter(store=store),
        middleware=[around],
        max_retries=job["max_retries"],
        max_wait=3600.0,
    )
    left = iter(range(job["calls"]))

    def work() -> None:
        try:
            for _ in left:
                client.users.list(per_page=1)
                print("served", flush=True)
        finally:
            clock.leave()

    with ThreadPoolExecutor(job["threads"]) as pool:
        for done in [pool.submit(work) for _ in range(job["threads"])]:
            done.result()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
