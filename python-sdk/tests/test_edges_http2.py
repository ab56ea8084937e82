"""HTTP/2, against Hypercorn over TLS: what is negotiated, on both ways to the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

from unistack import AsyncUnistack, InternalServerError, Unistack

USER = {
    "id": "user_1",
    "name": "Ada",
    "email": "ada@example.com",
    "role": "admin",
    "active": True,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}


@dataclass
class Server:
    """Answers each request with a user; remembers the protocol and the connection of each."""

    protocols: tuple[str, ...]
    certificate: trustme.LeafCert
    folder: Any
    base_url: str = ""
    versions: list[str] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)

    def __enter__(self) -> Server:
        chain, key = self.folder / "chain.pem", self.folder / "key.pem"
        chain.write_bytes(b"".join(blob.bytes() for blob in self.certificate.cert_chain_pems))
        key.write_bytes(self.certificate.private_key_pem.bytes())
        listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"https://127.0.0.1:{listening.getsockname()[1]}/v1"
        config = Config()
        config.bind = [f"fd://{listening.detach()}"]
        config.certfile, config.keyfile = str(chain), str(key)
        config.alpn_protocols = list(self.protocols)
        config.errorlog = None
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        served = serve(self.answer, config, shutdown_trigger=self._stop.wait)  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(served,))
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """An ASGI application."""
        if scope["type"] == "lifespan":
            while True:
                event = (await receive())["type"]
                await send({"type": f"{event}.complete"})
                if event == "lifespan.shutdown":
                    return
        while (await receive()).get("more_body"):
            pass
        self.versions.append(scope["http_version"])
        self.connections.add(scope["client"])
        failed = scope["path"].endswith("/user_broken")
        await send(
            {
                "type": "http.response.start",
                "status": 500 if failed else 200,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        body = {"success": not failed, "data": USER}
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


@pytest.fixture
def authority(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this process trusts, as a company's own is trusted."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


@pytest.fixture
def server(authority: trustme.CA, tmp_path: Any) -> Iterator[Server]:
    """A server that speaks HTTP/2 and HTTP/1.1."""
    with Server(("h2", "http/1.1"), authority.issue_cert("127.0.0.1"), tmp_path) as server:
        yield server


@pytest.fixture(params=["direct", "through httpx"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The two ways to the wire; a proxy in the environment, for other hosts, makes the second."""
    if request.param != "direct":
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
    return str(request.param)


@pytest.mark.parametrize(("http2", "version"), [(True, "HTTP/2"), (False, "HTTP/1.1")])
def test_http2_is_spoken_where_it_is_asked_for(
    server: Server, way: str, http2: bool, version: str
) -> None:
    """The blocking client: HTTP/2 with `http2=True`, HTTP/1.1 without."""
    with Unistack(api_key="sk_live_x", base_url=server.base_url, http2=http2) as client:
        raw = client.users.with_raw_response.get("user_1")
        assert raw.parse().name == "Ada"
        assert client.users.create(name="Ada", email="ada@example.com").id == "user_1"
    assert raw.http_response.http_version == version
    assert {f"HTTP/{seen}" for seen in server.versions} == {version}


def test_tasks_share_one_connection(server: Server, way: str) -> None:
    """The async client: many requests at once over one connection, which is what HTTP/2 is for."""

    async def scenario() -> list[Any]:
        async with AsyncUnistack(
            api_key="sk_live_x", base_url=server.base_url, http2=True
        ) as client:
            await client.users.get("user_1")
            return await asyncio.gather(*(client.users.get(f"user_{i}") for i in range(20)))

    assert [user.name for user in asyncio.run(scenario())] == ["Ada"] * 20
    assert server.versions == ["2"] * 21
    assert len(server.connections) == 1


def test_errors_are_typed_over_http2(server: Server, way: str) -> None:
    """A failure over HTTP/2 is the same error as over HTTP/1.1."""
    with (
        Unistack(api_key="sk_live_x", base_url=server.base_url, http2=True) as client,
        pytest.raises(InternalServerError) as caught,
    ):
        client.with_options(max_retries=0).users.get("user_broken")
    assert caught.value.status_code == 500
    assert caught.value.response is not None
    assert caught.value.response.http_version == "HTTP/2"


def test_a_server_without_http2_gets_http1(authority: trustme.CA, tmp_path: Any) -> None:
    """`http2=True` offers HTTP/2 and does not insist on it."""
    certificate = authority.issue_cert("127.0.0.1")
    with (
        Server(("http/1.1",), certificate, tmp_path) as server,
        Unistack(api_key="sk_live_x", base_url=server.base_url, http2=True) as client,
    ):
        assert client.users.get("user_1").id == "user_1"
    assert server.versions == ["1.1"]


@pytest.mark.parametrize("own", ["http_client", "transport"])
def test_ones_own_client_chooses_for_itself(own: str) -> None:
    """With a client or a transport of one's own, `http2=` would do nothing: it is refused."""
    given: Any = {"http_client": httpx.Client(), "transport": httpx.MockTransport(print)}
    with pytest.raises(TypeError, match="http2="):
        Unistack(api_key="sk_live_x", http2=True, **{own: given[own]})


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the client says at once what to install."""
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(ImportError, match=r'pip install "unistack\[http2\]"'):
        Unistack(api_key="sk_live_x", http2=True)
