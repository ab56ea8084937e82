"""For the tests of programs that use this SDK: an API without a network, and a clock of its own.

```python
from unistack import Unistack
from unistack.testing import FakeAPI

api = FakeAPI()
api.reply("users.get", {"id": "user_1", "name": "Ada"}, user_id="user_1")
client = api.client(Unistack)
assert client.users.get("user_1").name == "Ada"
assert api.calls("users.get")[0].request.method == "GET"
```

Operations go by the API document's ids. Routes are respx routes (the `testing` extra), so all that
respx offers works on them.
"""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from ._brand import BRAND
from ._core.clock import Clock, SystemClock
from ._core.endpoint import Endpoint, Json, Nothing, Paging
from ._core.fake_clock import FakeClock
from .webhook_requests import SignedRequest
from .webhooks import WebhookSigner

if TYPE_CHECKING:
    import httpx
    import respx

__all__ = [
    "WEBHOOK_SECRET",
    "Clock",
    "FakeAPI",
    "FakeClock",
    "SystemClock",
    "operations",
    "signed_webhook",
]

ClientT = TypeVar("ClientT")

WEBHOOK_SECRET: Final = "whsec_dGVzdGluZy1zZWNyZXQtb2YtMzItYnl0ZXMtIQ=="
"""The secret of a fake API's clients, and of `signed_webhook`."""
DEFAULT_PAGE_SIZE: Final = 20
_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")


@cache
def operations() -> Mapping[str, Endpoint]:
    """Every operation of the API by its document's id."""
    name = f"{__package__}.resources"
    modules = [import_module(f"{__package__}.client"), import_module(name)]
    modules += [
        import_module(module.name)
        for module in pkgutil.walk_packages(modules[1].__path__, f"{name}.")
    ]
    endpoints = [value for m in modules for value in vars(m).values() if type(value) is Endpoint]
    return {endpoint.id: endpoint for endpoint in sorted(endpoints, key=lambda one: one.id)}


def signed_webhook(
    event: Any,
    *,
    secret: str = WEBHOOK_SECRET,
    id: str = "msg_test",
    timestamp: float | None = None,
) -> SignedRequest:
    """A webhook delivery as the API would send it.

    Args:
        event: The body: bytes, or an object that is written as JSON (a mapping, a model).
        secret: `whsec_...` or `whsk_...`.
        id: The message's id.
        timestamp: Epoch seconds; None is now.

    Returns:
        Body and headers: `client.webhooks.unwrap(*signed_webhook({...}))`.
    """
    body = event if isinstance(event, bytes) else _json(event)
    moment = SystemClock().time() if timestamp is None else timestamp
    return SignedRequest(body, WebhookSigner(secret).signed_headers(id, moment, body))


class FakeAPI:
    """An API that answers what it is told, without a network.

    `client(...)` makes clients that talk to it. In a `with` block it also answers requests of
    clients made elsewhere. A request that no route answers fails the test.

    Args:
        base_url: Where the API stands; by default where the real one does.
        clock: The clock of its clients; a sleep takes no time.
    """

    def __init__(self, *, base_url: str | None = None, clock: FakeClock | None = None) -> None:
        try:
            import respx
        except ImportError as error:
            raise ImportError(
                f"FakeAPI needs the respx package: pip install '{BRAND.package}[testing]'"
            ) from error

        self.base_url = (base_url or BRAND.base_url).rstrip("/")
        self.clock = clock or FakeClock()
        self.router: respx.MockRouter = respx.MockRouter(assert_all_called=False)

    def __enter__(self) -> Self:
        self.router.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.router.stop(clear=False, reset=False, quiet=exc is not None)

    def client(self, kind: Callable[..., ClientT], /, **options: Any) -> ClientT:
        """Make a client of this API.

        Args:
            kind: The client's class, blocking or async.
            options: Its options. Credentials, the webhook secret, the clock and the transport have
                test values where none are given.
        """
        import httpx

        schemes = import_module(f"{__package__}.client").SCHEMES
        given = {scheme.option for scheme in schemes} & set(options)
        for scheme in schemes:
            if scheme.option and not given and not options.get("login"):
                options[scheme.option] = ("test", "test") if scheme.kind == "basic" else "test-key"
        asynchronous = getattr(kind, "_asynchronous", False)
        handler = self.router.async_handler if asynchronous else self.router.handler
        test_values = {
            "base_url": self.base_url,
            "clock": self.clock,
            "webhook_secret": WEBHOOK_SECRET,
        }
        if "http_client" not in options:
            test_values["transport"] = httpx.MockTransport(handler)
        return kind(**{**test_values, **options})

    def route(self, operation: str, /, **path: str) -> respx.Route:
        """The respx route of an operation, to be given a response or a side effect.

        Args:
            operation: The operation's id, such as `users.get`.
            path: Values of path parameters that the route is for, by wire name; without one it is
                for all values.

        Raises:
            KeyError: No operation has that id.
            TypeError: The operation has no such path parameter.
        """
        endpoint = _endpoint(operation)
        unknown = set(path) - set(_PLACEHOLDER.findall(endpoint.path))
        if unknown:
            raise TypeError(f"{operation} has no path parameter {', '.join(sorted(unknown))}")
        pattern = self._url_pattern(endpoint, path)
        return self.router.route(method=endpoint.method, url__regex=pattern)

    def reply(
        self,
        operation: str,
        value: Any = None,
        /,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        **path: str,
    ) -> respx.Route:
        """Let an operation succeed.

        Args:
            operation: The operation's id.
            value: What the SDK's method is to return, as JSON values or a model: it is put into
                the API's envelope. Bytes and text are sent as they are. For a list, the items.
            status: HTTP status; by default 200, or 204 where there is nothing to return.
            headers: Response headers.
            path: As for `route`.
        """
        import httpx

        endpoint = _endpoint(operation)
        if isinstance(endpoint.result, Nothing) and value is None:
            response = httpx.Response(status or 204, headers=headers)
        elif isinstance(value, bytes | str) and not isinstance(endpoint.result, Json):
            response = httpx.Response(status or 200, headers=headers, content=value)
        else:
            if endpoint.paging is not None:
                body = _page(endpoint.paging, list(value), 1, len(value), len(value), None)
            else:
                body = _enveloped(endpoint, value)
            response = httpx.Response(
                status or 200, headers=_json_headers(headers), content=_json(body)
            )
        return self.route(operation, **path).mock(return_value=response)

    def fail(
        self,
        operation: str,
        status: int,
        /,
        *,
        code: str = "ERROR",
        message: str = "it failed",
        details: Any = None,
        headers: Mapping[str, str] | None = None,
        **path: str,
    ) -> respx.Route:
        """Let an operation fail, with the API's error body.

        Args:
            operation: The operation's id.
            status: HTTP status.
            code: The error's code.
            message: The error's message.
            details: The error's details.
            headers: Response headers, such as `{"Retry-After": "5"}`.
            path: As for `route`.
        """
        import httpx

        shape = BRAND.error
        body: dict[str, Any] = {}
        for pointers, part in (
            (shape.code, code),
            (shape.message, message),
            (shape.details, details),
        ):
            if pointers and part is not None:
                _put(body, pointers[0], part)
        if shape.success_flag is not None:
            _put(body, shape.success_flag, False)
        response = httpx.Response(status, headers=_json_headers(headers), content=_json(body))
        return self.route(operation, **path).mock(return_value=response)

    def serve(self, operation: str, items: Sequence[Any], /, **path: str) -> respx.Route:
        """Let a list operation serve items page by page, as its requests ask for them.

        Args:
            operation: The id of an operation that pages by number, offset or cursor.
            items: All items.
            path: As for `route`.

        Raises:
            ValueError: The operation does not page in one of these ways.
        """
        import httpx

        paging = _endpoint(operation).paging
        if paging is None or paging.style not in ("page", "offset", "cursor"):
            raise ValueError(f"{operation} does not page by number, offset or cursor: use route()")

        def answer(request: httpx.Request) -> httpx.Response:
            query = request.url.params
            size = int(query.get(paging.size or paging.limit or "", DEFAULT_PAGE_SIZE))
            if paging.style == "page":
                number = int(query.get(paging.page or "", paging.first))
                start = (number - paging.first) * size
            else:
                start = int(query.get(paging.offset or paging.cursor or "", 0) or 0)
                number = paging.first + start // size
            rest = start + size if start + size < len(items) else None
            page = list(items[start : start + size])
            body = _page(paging, page, number, size, len(items), rest)
            return httpx.Response(200, headers=_json_headers(None), content=_json(body))

        return self.route(operation, **path).mock(side_effect=answer)

    def calls(self, operation: str, /) -> list[respx.models.Call]:
        """The requests of an operation so far, in order, each with its response."""
        endpoint = _endpoint(operation)
        pattern = re.compile(self._url_pattern(endpoint, {}))
        return [
            call
            for call in self.router.calls
            if call.request.method == endpoint.method and pattern.search(str(call.request.url))
        ]

    def _url_pattern(self, endpoint: Endpoint, path: Mapping[str, str]) -> str:
        from ._core.encoding import encode_path

        base = re.escape((endpoint.base_url or self.base_url).rstrip("/"))
        filled = "".join(
            (re.escape(encode_path(part, path[part])) if part in path else "[^/?#]+")
            if index % 2
            else re.escape(part)
            for index, part in enumerate(_PLACEHOLDER.split(endpoint.path))
        )
        # A concrete path wins over a template, as it does at the server.
        others = [
            rf"(?!{base}{re.escape(other.path)}(?:\?|$))"
            for other in operations().values()
            if other.method == endpoint.method and "{" not in other.path
        ]
        concrete = "{" not in endpoint.path
        return rf"^{'' if concrete else ''.join(others)}{base}{filled}(?:\?.*)?$"


def _endpoint(operation: str) -> Endpoint:
    try:
        return operations()[operation]
    except KeyError:
        raise KeyError(f"no operation {operation!r}; there are {', '.join(operations())}") from None


def _json(value: Any) -> bytes:
    from ._core.encoding import wire_default

    return json.dumps(value, default=wire_default, ensure_ascii=False).encode("utf-8")


def _json_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"Content-Type": "application/json", **(headers or {})}


def _put(body: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """Set the value at a JSON pointer, making objects on the way; returns the innermost one."""
    *parents, last = pointer.split("/")[1:]
    for name in parents:
        body = body.setdefault(name, {})
    body[last] = value
    return body


def _enveloped(endpoint: Endpoint, value: Any) -> Any:
    result = endpoint.result
    if not isinstance(result, Json) or result.unwrap is None:
        return value
    body = {result.unwrap: value}
    if BRAND.error.success_flag is not None:
        _put(body, BRAND.error.success_flag, True)
    return body


def _page(
    paging: Paging, items: list[Any], number: int, size: int, total: int, rest: int | None
) -> Any:
    """A page's body: the items, and what the API says about them where it says it."""
    if not paging.items.strip("/"):
        return items
    body: dict[str, Any] = {}
    if BRAND.error.success_flag is not None:
        _put(body, BRAND.error.success_flag, True)
    _put(body, paging.items, items)
    facts = (
        (paging.total, total),
        (paging.total_pages, -(-total // max(size, 1))),
        (paging.has_more, rest is not None),
        (paging.next_cursor, None if rest is None else str(rest)),
    )
    for pointer, value in facts:
        if pointer is not None:
            around = _put(body, pointer, value)
            # Beside the totals APIs repeat the page's number and size, by the parameters' names.
            if pointer == paging.total and around is not body:
                for name, said in ((paging.page, number), (paging.size or paging.limit, size)):
                    if name is not None:
                        around.setdefault(name, said)
    return body
