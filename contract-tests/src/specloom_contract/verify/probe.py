"""Requests to a server that may do anything: hang, flood, reset, send what is not HTTP.

Every request ends: in an answer, or in a :class:`Failure` that says what the server did.
"""

from __future__ import annotations

import json
import queue
import shlex
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from .credentials import Credentials, Dress
from .masking import masked
from .model import Exchange

__all__ = ["Answer", "Limits", "Probe", "Stopped", "query_text"]

SHOWN_BODY: Final = 2_000
"""Characters of a body that a report shows."""

_INDENTED: Final = 20_000
"""Characters up to which a JSON body is indented to be read."""

_QUOTA_WAITS: Final = 3
_QUOTA_LONGEST: Final = 65.0
"""Seconds that a run waits for a quota at a time: windows of a minute are common, of an hour too."""

_FAILURES_IN_A_ROW: Final = 3
"""After so many requests without an answer the server is given up."""


class Stopped(Exception):
    """The run cannot go on: the server is gone, or the time is up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a run may take.

    Attributes:
        timeout: Seconds for one request, whatever the server does.
        max_time: Seconds for the whole run.
        max_body: Bytes of a body, after which it is a flood.
    """

    timeout: float = 10.0
    max_time: float = 600.0
    max_body: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a response, or a failure (``status`` is None and ``failure`` says why).

    Attributes:
        headers: Names in lower case; several values are joined by commas.
        body: The decoded JSON; None where it is none.
        refused: Whether nobody listened at the address.
    """

    status: int | None
    headers: Mapping[str, str]
    content: bytes
    exchange: Exchange
    failure: str = ""
    refused: bool = False
    body: Any = field(default=None)

    @property
    def ok(self) -> bool:
        """Whether the request was served (2xx)."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text, as it came: for comparisons, never for reports."""
        return self.content.decode("utf-8", "replace")


def query_text(query: Sequence[tuple[str, str]]) -> str:
    """A query string; every reserved character is encoded (RFC 3986)."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)


class Probe:
    """Sends requests to one server and counts them.

    Args:
        base_url: The server's URL with its path, such as ``http://127.0.0.1:8080/v1``.
        credentials: What no exchange may show.
        limits: How much a request, and all of them, may take.
        sleep, now: Replaced in tests.
        waiting: Told before a wait for a quota, with its seconds.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        limits: Limits,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        waiting: Callable[[float], None] | None = None,
        verify: bool = True,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.limits = limits
        self.requests = 0
        self.broken = ""  # the first failure, if any: other tools may hang on such a server
        self._credentials = credentials
        self._sleep, self._now = sleep, now
        self._waiting = waiting or (lambda seconds: None)
        self._verify = verify
        self._client = self._connect()
        self._failures = 0
        self._end = now() + limits.max_time

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def left(self) -> float:
        """Seconds of the run that remain."""
        return max(0.0, self._end - self._now())

    def grant(self, seconds: float) -> None:
        """Let the run go on for so long at least: to undo what it did."""
        self._end = max(self._end, self._now() + seconds)
        self._failures = 0

    def _connect(self) -> httpx.Client:
        return httpx.Client(
            timeout=httpx.Timeout(self.limits.timeout),
            follow_redirects=False,
            verify=self._verify,
            trust_env=not _local(self.base_url),
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Sequence[tuple[str, str]] = (),
        content: bytes | None = None,
        dress: Dress | None = None,
    ) -> Answer:
        """Send one request; wait and repeat where a quota is used up (429 with Retry-After).

        Raises:
            Stopped: The time is up, or the server has stopped answering.
        """
        dress = dress or Dress()
        for attempt in range(_QUOTA_WAITS + 1):
            answer = self._once(method, path, query, headers, content, dress)
            wait = _retry_after(answer)
            if wait is None or attempt == _QUOTA_WAITS or wait > min(_QUOTA_LONGEST, self.left):
                return answer
            self._waiting(wait)
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _once(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: Sequence[tuple[str, str]],
        content: bytes | None,
        dress: Dress,
    ) -> Answer:
        if self.left <= 0:
            raise Stopped(f"the time is up ({self.limits.max_time:g} s, see --max-time)")
        self.requests += 1
        sent = [("Accept", "application/json, */*;q=0.5"), *headers]
        names = {name.lower() for name, _ in headers}
        sent = [pair for i, pair in enumerate(sent) if i or "accept" not in names]
        request = httpx.Request(
            method,
            _url(self.base_url + path, (*query, *dress.query)),
            headers=[*sent, *dress.headers],
            content=content,
        )
        started = time.monotonic()
        raw = self._guarded(request)
        shown = _url(self.base_url + path, (*query, *dress.shown_query))
        pairs = (*sent, *dress.shown_headers)
        answer = self._answer(raw, method, shown, pairs, content, time.monotonic() - started)
        self._failures = self._failures + 1 if answer.failure else 0
        self.broken = self.broken or answer.failure
        if self._failures >= _FAILURES_IN_A_ROW or answer.refused:
            raise Stopped(f"{method} {shown}: {answer.failure}")
        return answer

    def _guarded(self, request: httpx.Request) -> _Raw:
        """Send in a thread of its own: nothing that a server (or a resolver) does outlasts it."""
        box: queue.SimpleQueue[_Raw] = queue.SimpleQueue()
        stop = threading.Event()
        client = self._client
        threading.Thread(
            target=lambda: box.put(_exchange(client, request, self.limits, stop)), daemon=True
        ).start()
        longest = min(self.limits.timeout * 1.25, max(self.left, 0.1))
        try:
            return box.get(timeout=longest)
        except queue.Empty:
            stop.set()
            self._client = self._connect()
            threading.Thread(target=client.close, daemon=True).start()
            return _Raw(failure=f"the answer did not end within {longest:g} s")

    def _answer(
        self,
        raw: _Raw,
        method: str,
        url: str,
        sent: tuple[tuple[str, str], ...],
        content: bytes | None,
        seconds: float,
    ) -> Answer:
        hide = self._credentials.hide
        body: Any = None
        if raw.content:
            try:
                body = json.loads(raw.content)
            except (ValueError, RecursionError):
                body = None
        whole = raw.content.decode("utf-8", "replace")
        if isinstance(body, (dict, list)) and len(whole) <= _INDENTED:
            whole = json.dumps(body, ensure_ascii=False, indent=2)
        text = hide(masked(whole))
        sent_text = hide(masked(_text(content)))
        headers = {name.lower(): value for name, value in raw.headers}
        exchange = Exchange(
            method=method,
            url=hide(url),
            request_headers=tuple((name, hide(value)) for name, value in sent),
            request_body=sent_text[:SHOWN_BODY],
            curl=hide(_curl(method, url, sent, sent_text)),
            status=raw.status,
            headers=tuple(
                (name, "***" if name.lower() == "set-cookie" else hide(value))
                for name, value in raw.headers
            ),
            body=text if len(text) <= SHOWN_BODY else f"{text[:SHOWN_BODY]}…",
            error=hide(raw.failure),
            seconds=seconds,
        )
        return Answer(raw.status, headers, raw.content, exchange, exchange.error, raw.refused, body)


@dataclass(frozen=True, slots=True)
class _Raw:
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    failure: str = ""
    refused: bool = False


def _exchange(
    client: httpx.Client, request: httpx.Request, limits: Limits, stop: threading.Event
) -> _Raw:
    try:
        response = client.send(request, stream=True)
        content = bytearray()
        try:
            for chunk in response.iter_bytes():
                content += chunk
                if stop.is_set() or len(content) > limits.max_body:
                    most = f"{limits.max_body / 1024 / 1024:g} MiB"
                    return _Raw(failure=f"the body does not end: more than {most} came")
        finally:
            response.close()
        headers: dict[str, str] = dict(response.headers.items())
        return _Raw(response.status_code, tuple(headers.items()), bytes(content))
    except httpx.ConnectError as error:
        return _Raw(failure=f"cannot connect: {_reason(error)}", refused=True)
    except httpx.ConnectTimeout:
        return _Raw(failure=f"no connection within {limits.timeout:g} s", refused=True)
    except httpx.TimeoutException:
        return _Raw(failure=f"no answer within {limits.timeout:g} s")
    except httpx.RemoteProtocolError as error:
        return _Raw(failure=f"the answer is not HTTP, or ends in the middle: {_reason(error)}")
    except httpx.DecodingError as error:
        return _Raw(failure=f"the body cannot be decoded: {_reason(error)}")
    except httpx.TransportError as error:
        return _Raw(failure=f"the connection broke: {_reason(error)}")
    except Exception as error:  # whatever a server makes the client do ends here, and is told
        return _Raw(failure=f"the answer cannot be read: {type(error).__name__}: {error}")


def _reason(error: Exception) -> str:
    return str(error).strip() or type(error).__name__


def _retry_after(answer: Answer) -> float | None:
    value = answer.headers.get("retry-after", "")
    if answer.status == 429 and value.isascii() and value.isdigit():
        return float(value)
    return None


def _local(url: str) -> bool:
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


def _url(url: str, query: Sequence[tuple[str, str]]) -> str:
    text = query_text(query)
    if not text:
        return url
    return f"{url}{'&' if '?' in url else '?'}{text}"


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")


def _curl(method: str, url: str, headers: Sequence[tuple[str, str]], body: str) -> str:
    """The request as a command; ``$NAME`` stands in double quotes, so that a shell fills it in."""
    parts = ["curl", "-i", "-X", method]
    for name, value in headers:
        if name.lower() == "accept":
            continue
        line = f"{name}: {value}"
        parts += ["-H", f'"{line}"' if "$" in value else shlex.quote(line)]
    if body:
        parts += ["--data-binary", shlex.quote(body)]
    parts.append(f'"{url}"' if "$" in url else shlex.quote(url))
    return " ".join(parts)
