"""The best-known SDKs, each asked for the same page of users through a mock transport.

    python peers.py call NAME       one call: what a cold start ends with
    python peers.py time NAME SIZE  CPU of a call against bare httpx in the same process, as JSON

OpenAI's, Anthropic's and Cloudflare's clients read the page as a model of their own base class
with the fields of this SDK's `User`, by their documented `client.get(path, cast_to=...)`; that
imports less than one of their own resources does. Stripe and Svix read nothing but their own
lists, so the page has the members that these need, and the fields that they do not know.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import page_of_users

__all__ = ["ADDED", "PEERS"]

Call = Callable[[], Any]
KEY = "sk_live_bench"
URL = page_of_users.URL
HEADERS = page_of_users.HEADERS
# Members that a package's own list type needs beside ours: of the envelope, and of each item.
ADDED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "stripe": (
        {"object": "list", "has_more": False, "url": "/v1/customers"},
        {"object": "customer"},
    ),
    "svix": (
        {"iterator": None, "done": True},
        {
            "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-01-02T12:30:00.250Z",
            "metadata": {},
        },
    ),
}


def _mock(library: Any, content: bytes) -> Any:
    return library.MockTransport(lambda _: library.Response(200, content=content, headers=HEADERS))


def _httpx(content: bytes) -> Call:
    import httpx

    client = httpx.Client(
        transport=_mock(httpx, content), headers={"Authorization": f"Bearer {KEY}"}
    )
    return lambda: client.get(f"{URL}/users?per_page=20").json()


def _unistack(content: bytes) -> Call:
    from unistack import Unistack

    import httpx  # isort: skip  # after the SDK, as a user's program may have it

    client = Unistack(api_key=KEY, base_url=URL, transport=_mock(httpx, content))
    return lambda: client.users.list(per_page=20)


def _page_type(base: Any) -> Any:
    """The page of users, as a model on a package's own base class."""
    from datetime import datetime
    from typing import Literal

    # Not postponed: the models read their annotations from here.
    meta = type(
        "Meta",
        (base,),
        {
            "__module__": __name__,
            "__annotations__": {"page": int, "per_page": int, "total": int, "total_pages": int},
        },
    )
    user = type(
        "User",
        (base,),
        {
            "__module__": __name__,
            "__annotations__": {
                "id": str,
                "name": str,
                "email": str,
                "username": str | None,
                "role": Literal["admin", "member", "viewer"] | str,
                "active": bool,
                "organization_id": str | None,
                "created_at": datetime,
                "updated_at": datetime,
            },
        },
    )
    annotations = {"success": bool, "data": list[user], "meta": meta}  # type: ignore[valid-type]
    return type("Page", (base,), {"__module__": __name__, "__annotations__": annotations})


def _openai(content: bytes) -> Call:
    import httpx2
    import openai

    client = openai.OpenAI(
        api_key=KEY,
        base_url=URL,
        http_client=httpx2.Client(transport=_mock(httpx2, content)),
    )
    page = _page_type(openai.BaseModel)
    return lambda: client.get("/users?per_page=20", cast_to=page)


def _anthropic(content: bytes) -> Call:
    import anthropic
    import httpx2

    client = anthropic.Anthropic(
        api_key=KEY,
        base_url=URL,
        http_client=httpx2.Client(transport=_mock(httpx2, content)),
    )
    page = _page_type(anthropic.BaseModel)
    return lambda: client.get("/users?per_page=20", cast_to=page)


def _cloudflare(content: bytes) -> Call:
    import cloudflare
    import httpx

    client = cloudflare.Cloudflare(
        api_token=KEY,
        base_url=URL,
        http_client=httpx.Client(transport=_mock(httpx, content)),
    )
    page = _page_type(cloudflare.BaseModel)
    return lambda: client.get("/users?per_page=20", cast_to=page)


def _stripe(content: bytes) -> Call:
    import httpx
    import stripe

    http_client = stripe.HTTPXClient(allow_sync_methods=True)
    # It makes its own httpx client and takes none.
    http_client._client = httpx.Client(transport=_mock(httpx, content))
    client = stripe.StripeClient(KEY, http_client=http_client)
    return lambda: client.v1.customers.list({"limit": 20})


def _svix(content: bytes) -> Call:
    import httpx
    import svix

    application = svix.Svix(KEY, svix.SvixOptions(server_url=URL)).application
    # It makes its own httpx client and takes none.
    application._httpx_client = httpx.Client(transport=_mock(httpx, content))
    return lambda: application.list()


PEERS: dict[str, Callable[[bytes], Call]] = {
    "httpx": _httpx,
    "unistack": _unistack,
    "openai": _openai,
    "anthropic": _anthropic,
    "cloudflare": _cloudflare,
    "stripe": _stripe,
    "svix": _svix,
}


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    what, name, *rest = arguments
    envelope, item = ADDED.get(name, ({}, {}))
    content = page_of_users.body(int(rest[0]) if rest else 1, envelope, item)
    call = PEERS[name](content)
    if what == "call":
        call()
        return 0
    from turns import of_functions

    times = of_functions({"peer": call, "httpx": _httpx(content)}, rounds=21, calls=10)
    print(
        json.dumps(
            {
                "ratio": round(times.ratio("peer", "httpx"), 3),
                "us": round(times.median("peer") * 1e6, 1),
                "httpx_us": round(times.median("httpx") * 1e6, 1),
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
