"""A mock server for each reference document, on virtual time, and the SDK made from it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from specloom_mock import MockServer, Options
from specloom_mock.session import Session

SPECS = Path(__file__).parent.parent.parent / "specs"


@dataclass(frozen=True)
class Served:
    """A running mock server, and a client whose credential may do everything."""

    server: MockServer
    client: httpx.Client

    @property
    def url(self) -> str:
        """The base URL."""
        return self.server.base_url

    @property
    def session(self) -> Session:
        """The server's only world."""
        return self.server.session()

    @property
    def violations(self) -> list[str]:
        """How the server's answers broke the document."""
        found = [violation for entry in self.session.journal for violation in entry.violations]
        return [violation for violation in found if not violation.startswith("request")]

    @property
    def statuses(self) -> list[int]:
        """What was answered, in order."""
        return [entry.answer.status for entry in self.session.journal if entry.answer is not None]

    @property
    def clock(self) -> ServedClock:
        """Virtual time, for an SDK."""
        return ServedClock(self)

    def fail(self, operation: str, status: int) -> None:
        """Answer the next request of an operation with a failure."""
        fault = {"kind": "status", "match": {"operation": operation}, "params": {"status": status}}
        self.server.call(lambda: self.session.faults.add([fault]))

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.server.wait(self.session.clock.advance(seconds))

    def admit(self, **credential: Any) -> None:
        """Make a credential known."""
        self.server.call(lambda: self.session.seed_credential(credential))

    def browser(self, **cookies: str) -> httpx.Client:
        """A client without a credential, or with cookies."""
        return httpx.Client(base_url=self.url, cookies=cookies)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Read something with these headers and no other credential."""
        return httpx.get(f"{self.url}{path}", headers=headers)

    def refusal(self, client: httpx.Client, path: str, limit: int) -> Any:
        """Use a quota up as it is told; the body of the 429, after whose reset all is well."""
        for left in range(limit - 1, -1, -1):
            response = client.get(path)
            assert response.is_success
            assert response.headers["X-RateLimit-Limit"] == str(limit)
            assert response.headers["X-RateLimit-Remaining"] == str(left)
        refused = client.get(path)
        assert refused.status_code == 429
        assert refused.headers["X-RateLimit-Limit"] == str(limit)
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        wait = int(refused.headers["X-RateLimit-Reset"]) - self.session.clock.now()
        assert wait > 0
        self.advance(wait)
        assert client.get(path).is_success
        return refused.json()


@dataclass(frozen=True)
class ServedClock:
    """The server's virtual time as an SDK's clock: whoever sleeps moves it on."""

    served: Served

    def time(self) -> float:
        """Epoch seconds."""
        return self.served.session.clock.now()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self.time()

    def random(self) -> float:
        """No jitter."""
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Move the server's time on."""
        self.served.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        """Move the server's time on."""
        self.sleep(seconds)


Serve = Callable[[str], Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a mock server for a document; in the end, no answer has broken it."""
    started: list[Served] = []

    def start(name: str) -> Served:
        server = MockServer(SPECS / f"{name}.yaml", Options(virtual=True), chaos_port=None).start()
        served = Served(server, httpx.Client(base_url=server.base_url, headers=server.auth))
        started.append(served)
        return served

    yield start
    for served in started:
        served.client.close()
        found = served.violations
        served.server.stop()
        assert found == []


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], ModuleType]]:
    """Generate a document's SDK, once, and import it."""
    folder = tmp_path_factory.mktemp("sdks")
    before = list(sys.path)

    @cache
    def made(name: str) -> ModuleType:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "specloom", "generate", str(SPECS / f"{name}.yaml")),
                *("--config", str(SPECS / f"{name}.specloom.yaml")),
                *("--target", "python", "--out", str(folder / name)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        sys.path.insert(0, str(folder / name / "src"))
        return import_module(name.replace("-", "_"))

    yield made
    sys.path[:] = before
