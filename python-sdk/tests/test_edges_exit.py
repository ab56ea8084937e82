"""The end of a program: nothing hangs, nothing is printed, and the exit code is the program's own."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from unistack import AsyncUnistack, Unistack

PATIENCE = 120.0  # seconds until it is certain that a program hangs
USER = {
    "id": "user_1",
    "name": "Ada",
    "email": "ada@example.com",
    "role": "admin",
    "active": True,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}

PRELUDE = """
import asyncio, json, os, sys, threading
import httpx
from unistack import AsyncUnistack, Unistack

url, user = sys.argv[1], json.loads(sys.argv[2])
never, hanging = threading.Event(), threading.Event()

def page(request):
    number = int(request.url.params.get("page", "1"))
    if number > 3:
        hanging.set()
        return None
    meta = {"page": number, "per_page": 1, "total": 50, "total_pages": 50}
    return httpx.Response(200, json={"success": True, "data": [user], "meta": meta})

def serve(request):
    answer = page(request)
    if answer is None:
        never.wait()
    return answer

async def aserve(request):
    answer = page(request)
    if answer is None:
        await asyncio.Event().wait()
    return answer

def daemon(function):
    threading.Thread(target=function, daemon=True).start()
"""

PROGRAMS = {
    "a client that is never closed": """
client = Unistack(base_url=url, api_key="k")
client.get("/x")
""",
    "a client that is never closed, in a reference cycle": """
client = Unistack(base_url=url, api_key="k")
client.get("/x")
cycle = [client]
cycle.append(cycle)
del client, cycle
""",
    "pages that are being fetched ahead": """
client = Unistack(api_key="k", transport=httpx.MockTransport(serve))
rows = iter(client.users.list(per_page=1).items(prefetch=3))
next(rows)
hanging.wait()
""",
    "pages that are being fetched side by side": """
client = Unistack(api_key="k", transport=httpx.MockTransport(serve))
rows = iter(client.users.list(per_page=1).items(concurrency=5))
next(rows)
hanging.wait()
""",
    "daemon threads that wait for a quota, and for its first answer": """
headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "3600"}
answer = httpx.MockTransport(lambda _: httpx.Response(200, json={}, headers=headers))
client = Unistack(api_key="k", transport=answer, max_wait=7200)
client.get("/x")
hung = Unistack(api_key="k", transport=httpx.MockTransport(serve))
for _ in range(3):
    daemon(lambda: client.get("/x"))
    daemon(lambda: hung.get("/x", query={"page": 9}))
hanging.wait()
""",
    "daemon threads that call": """
client = Unistack(base_url=url, api_key="k")
once = threading.Semaphore(0)

def work():
    while True:
        client.get("/x")
        once.release()

for _ in range(3):
    daemon(work)
for _ in range(20):
    once.acquire()
""",
    "an async client that is never closed": """
client = AsyncUnistack(base_url=url, api_key="k")
asyncio.run(client.get("/x"))
""",
    "an async client in two loops, never closed": """
client = AsyncUnistack(base_url=url, api_key="k")
async def main():
    await asyncio.gather(*(client.get("/x") for _ in range(4)))
asyncio.run(main())
asyncio.run(main())
""",
    "an async iteration that is left in the middle": """
client = AsyncUnistack(api_key="k", transport=httpx.MockTransport(aserve))
async def main():
    async for row in client.users.list(per_page=1).items(prefetch=2):
        break
    rows = aiter(client.users.list(per_page=1).items(concurrency=5))
    await anext(rows)
asyncio.run(main())
""",
    "tasks that hang when the loop ends": """
client = AsyncUnistack(api_key="k", transport=httpx.MockTransport(aserve))
async def main():
    tasks = [asyncio.create_task(client.get("/x", query={"page": 9})) for _ in range(3)]
    while not hanging.is_set():
        await asyncio.sleep(0)
asyncio.run(main())
""",
    "a child of a fork that ends like any program": """
client = Unistack(base_url=url, api_key="k")
client.get("/x")
child = os.fork()
client.get("/x")
if child:
    os.waitpid(child, 0)
""",
}


class Handler(BaseHTTPRequestHandler):
    """Answers everything with an empty object, over connections that stay open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Says nothing of connections that programs leave behind."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_interpreter_ends(program: str, url: str) -> None:
    """Whatever is open or under way: no output, no hang, the program's own exit code."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + program + "sys.exit(3)", url, json.dumps(USER)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert done.returncode == 3


@pytest.mark.parametrize("kind", [Unistack, AsyncUnistack])
def test_a_client_is_not_pickled(kind: type[Unistack | AsyncUnistack]) -> None:
    """It holds connections and credentials; the error says what to do instead."""
    client = kind(api_key="sk_live_secret")
    with pytest.raises(TypeError, match="make one in each process") as caught:
        pickle.dumps(client)
    assert "secret" not in str(caught.value)
    with pytest.raises(TypeError, match="make one in each process"):
        copy.deepcopy(client)


@pytest.mark.parametrize("kind", [Unistack, AsyncUnistack])
def test_a_copy_is_one_with_its_client(kind: type[Unistack | AsyncUnistack]) -> None:
    """A shallow copy is what `with_options()` makes: it shares connections and accounts."""
    client = kind(api_key="k")
    twin = copy.copy(client)
    assert twin is not client
    assert twin._shared is client._shared
