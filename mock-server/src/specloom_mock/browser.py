"""What a browser is served: the live console, the reference, and the files that they consist of.

The pages are shells without data: whatever they show they ask for through the control interface,
under its rules. So they need no token, and can ask for one.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from specloom_mock.message import Request, Response

if TYPE_CHECKING:
    from specloom_mock.mock import Mock

__all__ = ["CONSOLE_PATH", "REFERENCE_PATH", "REFERENCE_SHORT", "browse", "page_addresses"]

CONSOLE_PATH = "/__mock/"
REFERENCE_PATH = "/__mock/docs"
REFERENCE_SHORT = "/docs"
"""Where the reference is too, unless the document has a path of that name."""

_STATIC_PREFIX = "/__mock/static/"
_OWN = Path(__file__).with_name("static")
_SWAGGER_UI = "swagger-ui/"
_SWAGGER_UI_PACKAGE = "flask_swagger_ui"

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The console makes no markup of text, so the browser may forbid it altogether; Swagger UI does.
_STRICT_POLICY = _POLICY + "; require-trusted-types-for 'script'; trusted-types 'none'"

_HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def browse(request: Request, prefix: str = "") -> Response | None:
    """A page or a file of one; None when the path names neither.

    Args:
        request: What is asked for; its path without the session's prefix.
        prefix: The session's prefix, for redirects.
    """
    path = request.path
    if path == CONSOLE_PATH.rstrip("/"):
        return Response(308, {**_HEADERS, "Location": prefix + CONSOLE_PATH})
    if path == CONSOLE_PATH:
        name, policy = "console.html", _STRICT_POLICY
    elif path in {REFERENCE_PATH, REFERENCE_SHORT}:
        name, policy = "reference.html", _POLICY
    elif path.startswith(_STATIC_PREFIX):
        name, policy = path.removeprefix(_STATIC_PREFIX), "default-src 'none'"
    else:
        return None
    file = _files().get(name)
    if file is None:
        return None
    if request.method not in {"GET", "HEAD"}:
        return Response(405, {"Allow": "GET, HEAD"})
    body, tag = _content(file)
    headers = {**_HEADERS, "Content-Security-Policy": policy, "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(304, headers)
    return Response(200, headers, body, _MEDIA_TYPES[file.suffix])


def page_addresses(mock: Mock) -> dict[str, str | None]:
    """Where the ``console`` and the reference (``docs``) are; None when there is no ``/__mock``."""
    if not mock.options.admin:
        return {"console": None, "docs": None}
    root = f"http://{mock.addresses.host}:{mock.addresses.port}"
    taken = mock.engine.router.find(REFERENCE_SHORT) is not None
    reference = REFERENCE_PATH if taken else REFERENCE_SHORT
    return {"console": root + CONSOLE_PATH, "docs": root + reference}


@cache
def _files() -> dict[str, Path]:
    """Every file that is served, by its name below the static path; nothing else is looked up."""
    found = {path.relative_to(_OWN).as_posix(): path for path in _OWN.rglob("*")}
    # The package's files are wanted, not its code: it is found, and never imported.
    spec = importlib.util.find_spec(_SWAGGER_UI_PACKAGE)
    for folder in (spec.submodule_search_locations if spec is not None else None) or ():
        for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
            found[_SWAGGER_UI + name] = Path(folder) / "dist" / name
    return {name: path for name, path in found.items() if path.suffix in _MEDIA_TYPES}


def _content(file: Path) -> tuple[bytes, str]:
    """A file's bytes and their entity tag (RFC 9110, section 8.8.3)."""
    body = file.read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'
