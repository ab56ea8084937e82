"""One logical call: what stays the same however often it is attempted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from .absent import omit
from .pointers import placed, pluck

if TYPE_CHECKING:
    import httpx

    from .body import EncodedBody
    from .endpoint import Endpoint
    from .options import RequestOptions
    from .timeouts import Phases

__all__ = ["AbandonedError", "Call", "Finish"]

# (client, call, response) -> what the caller gets. Pure: the body is read, or it is a stream.
Finish: TypeAlias = "Callable[[Any, Call, httpx.Response], Any]"


class AbandonedError(Exception):
    """The call was given up before it was sent; never seen by a user."""


class Call:
    """The inputs of a call, and what is made of them once.

    Inputs are never changed, so that the next page can be derived from them by `copy`.
    """

    __slots__ = (
        "abandoned",
        "body",
        "cookies",
        "deadline",
        "encoded",
        "endpoint",
        "finish",
        "generation",
        "headers",
        "key",
        "limits",
        "max_retries",
        "options",
        "path",
        "query",
        "raw",
        "stream",
        "target",
        "url",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        finish: Finish,
        *,
        path: Sequence[Any] = (),
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        cookies: Mapping[str, Any] | None = None,
        body: Any = omit,
        options: Mapping[str, Any] | RequestOptions | None = None,
        stream: bool = False,
        raw: bool = False,
        target: str | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.finish = finish
        self.path = path
        self.query = query
        self.headers = headers
        self.cookies = cookies
        self.body = body
        self.options = cast("Mapping[str, Any] | None", options)
        self.stream = stream
        self.raw = raw
        # A URL to use instead of the endpoint's, such as a next link; credentials stay at home.
        self.target = target
        # Made once by the first attempt's preparation.
        self.url = ""
        self.encoded: EncodedBody | None = None
        self.key: str | None = None
        self.deadline: float | None = None
        self.max_retries = 0
        self.limits: Phases | None = None
        # Of the login's token that the last attempt carried; None when it carried none.
        self.generation: int | None = None
        # Set from another thread: nobody wants the answer any more, so nothing more is sent.
        self.abandoned = False

    @property
    def asked(self) -> Mapping[str, Any]:
        """The paging parameters' values: the query, or by pointer what the body has for them."""
        paging = self.endpoint.paging
        if paging is None or not paging.in_body:
            return self.query or {}
        names = (paging.page, paging.size, paging.offset, paging.limit, paging.cursor)
        return {name: pluck(self.body, name) for name in names if name is not None}

    def copy(self, query: Mapping[str, Any] | None = None, target: str | None = None) -> Call:
        """The same call, not prepared yet.

        Args:
            query: Paging parameters to change; the URL is the endpoint's own then.
            target: Absolute URL to use instead; query parameters that it lacks are kept.
        """
        asked, body = self.query, self.body
        paging = self.endpoint.paging
        if query and paging is not None and paging.in_body:
            for pointer, value in query.items():
                body = placed(body, pointer, value)
        elif query:
            asked = {**(asked or {}), **query}
        return Call(
            self.endpoint,
            self.finish,
            path=self.path,
            query=asked,
            headers=self.headers,
            cookies=self.cookies,
            body=body,
            options=self.options,
            stream=self.stream,
            raw=self.raw,
            target=target if target is not None or query else self.target,
        )
