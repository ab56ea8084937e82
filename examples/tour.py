"""A tour on real sockets: pages of users, a 429 and its recovery, an idempotent create, a webhook.

It starts ``specloom mock`` on a free port as a process of its own, with a quota so small that the
client must meet it, and then does what an application would do with the SDK.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from unistack import Unistack
from unistack.testing import SystemClock
from unistack.webhooks import WebhookVerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

ROOT = Path(__file__).resolve().parent.parent
QUOTA = "5/2s"
PAGE_SIZE = 8
console = Console(highlight=False)


@contextmanager
def mock_server() -> Iterator[str]:
    """Start the mock server on a free port; yield its base URL."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "specloom_mock", str(ROOT / "openapi.yaml")]
        command += ["--port", "0", "--port-file", str(port_file), "--limit", QUOTA]
        log = Path(folder) / "log"
        with (
            log.open("wb") as output,
            subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process,
        ):
            try:
                while not (port_file.exists() and port_file.read_text().strip()):
                    if process.poll() is not None:
                        sys.exit(f"The mock server did not start:\n{log.read_text()}")
                    time.sleep(0.02)
                yield f"http://127.0.0.1:{port_file.read_text().strip()}/v1"
            finally:
                process.terminate()


@contextmanager
def webhook_receiver() -> Iterator[tuple[str, queue.Queue[tuple[bytes, dict[str, str]]]]]:
    """Listen for webhooks on a free port; yield the URL and the queue of (body, headers)."""
    received: queue.Queue[tuple[bytes, dict[str, str]]] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put((body, dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Keep the story free of access logs."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hooks", received
        finally:
            server.shutdown()


class PatientClock(SystemClock):
    """The system's clock, which shows a progress bar wherever the SDK waits."""

    waited = 0.0

    def sleep(self, seconds: float) -> None:
        """Sleep for that many seconds, visibly."""
        started = time.monotonic()
        columns = (TextColumn("     waiting"), BarColumn(40), TimeRemainingColumn(compact=True))
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("wait", total=seconds)
            while (elapsed := time.monotonic() - started) < seconds:
                progress.update(task, completed=elapsed)
                time.sleep(min(0.05, seconds - elapsed))
        self.waited += seconds


def say(text: str) -> None:
    """Print one line of the story."""
    console.print(f"  {text}")


def tell_about_429(
    request: httpx.Request, call_next: Callable[[httpx.Request], httpx.Response]
) -> httpx.Response:
    """Middleware: runs once an attempt, and mentions the ones that the server refused."""
    response = call_next(request)
    if response.status_code == 429:
        wait = response.headers["Retry-After"]
        say(
            f"[yellow]429[/] {request.method} {request.url.path}: Retry-After {wait} s, so the SDK waits"
        )
    return response


def main() -> None:
    """Run the tour."""
    with mock_server() as base_url, webhook_receiver() as (hook_url, received):
        clock = PatientClock()
        client = Unistack(
            api_key=os.environ.get("UNISTACK_API_KEY", "sk_live_tour_0123456789abcdef"),
            base_url=base_url,
            clock=clock,
            middleware=[tell_about_429],
            max_retries=5,
            on_limit="off",  # by default the SDK would learn the quota and meet no 429 at all
        )

        console.print("\n[bold]1. A mock of openapi.yaml[/]")
        say(
            f"{base_url}, quota {QUOTA} for each credential; health: {client.health.check().status}"
        )

        console.print("\n[bold]2. Every user, page by page[/]")
        count = 0
        for page in client.users.list(per_page=PAGE_SIZE, sort="name").pages():
            count += len(page.data)
            say(
                f"page {page.meta.page}/{page.meta.total_pages}: {page.data[0].name} ... ({count} of {page.meta.total})"
            )
        say(
            f"[green]{count} users, none missed, {clock.waited:.1f} s spent waiting for the quota[/]"
        )

        console.print("\n[bold]3. A webhook endpoint, and a user created exactly once[/]")
        endpoint = client.webhook_endpoints.create(url=hook_url, events=["user.created"])
        key = "tour-create-ada"
        ada = client.users.create(
            name="Ada Lovelace", email="ada@tour.example", idempotency_key=key
        )
        again = client.users.create(
            name="Ada Lovelace", email="ada@tour.example", idempotency_key=key
        )
        say(f"POST /users twice, one Idempotency-Key: {ada.id}, {again.id}")

        console.print("\n[bold]4. The webhook, over HTTP[/]")
        body, headers = received.get(timeout=30)
        secret = endpoint.secret
        event = client.webhooks.unwrap(body, headers, secret=secret)
        say(f"verified: {type(event).__name__} {event.event} for {event.data.email}")
        try:
            client.webhooks.unwrap(body.replace(b"ada@", b"eve@"), headers, secret=secret)
        except WebhookVerificationError as error:
            say(f"tampered copy refused: {type(error).__name__} ({error.reason})")
        else:
            sys.exit("a tampered webhook was accepted")

        if ada.id != again.id or not clock.waited:
            sys.exit("the tour did not go as told")
        console.print("\n[green]All of it over real sockets.[/] Read on in docs/quickstart.md\n")
        client.close()


if __name__ == "__main__":
    main()
