"""The WebSocket console."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from specloom_mock.plugin import SessionServer


def token(client: httpx.Client) -> dict[str, Any]:
    return client.get("/servers/srv_000001/console-token").json()["data"]


def receive(socket: ClientConnection) -> dict[str, Any]:
    return json.loads(socket.recv(timeout=10))


def test_the_token_opens_the_console(client: httpx.Client) -> None:
    """After the token, the status comes; commands are echoed, nonsense is an error."""
    ticket = token(client)
    assert ticket["url"].startswith("ws://")
    with connect(ticket["url"]) as socket:
        socket.send(json.dumps({"type": "auth", "token": ticket["token"]}))
        status = client.get("/servers/srv_000001").json()["data"]["status"]
        assert receive(socket) == {"type": "status", "data": status}
        socket.send(json.dumps({"type": "command", "data": "uptime"}))
        assert receive(socket) == {"type": "output", "data": "> uptime"}
        assert receive(socket)["type"] == "status"
        socket.send("nonsense")
        assert receive(socket)["type"] == "error"
        socket.send(json.dumps({"type": "command"}))
        assert receive(socket)["type"] == "error"
        socket.send(json.dumps({"type": "command", "data": "exit"}))
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)


@pytest.mark.parametrize("first", ["nonsense", '{"type": "auth", "token": "strk_console_wrong"}'])
def test_a_wrong_first_message_closes_it(client: httpx.Client, first: str) -> None:
    """Without a good token the console says so and closes."""
    with connect(token(client)["url"]) as socket:
        socket.send(first)
        assert receive(socket)["type"] == "error"
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


def test_a_token_expires(client: httpx.Client, mock_server: SessionServer) -> None:
    """A token is good for an hour of the session's clock."""
    ticket = token(client)
    mock_server.advance(3600)
    with connect(ticket["url"]) as socket:
        socket.send(json.dumps({"type": "auth", "token": ticket["token"]}))
        assert receive(socket)["type"] == "error"


def test_each_token_is_new(client: httpx.Client) -> None:
    """Two requests give two tokens; a missing server gives none."""
    assert token(client)["token"] != token(client)["token"]
    assert client.get("/servers/srv_nope/console-token").status_code == 404
