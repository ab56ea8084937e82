"""The control interface under ``/__mock``: who may use it, and what reaches which handler.

The interface is itself described by a document, ``admin.openapi.yaml``; paths, parameters and
bodies are read from there, so that it cannot say one thing and do another.
"""

from __future__ import annotations

import hmac
import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import orjson

from specloom.spec import load
from specloom_mock.browser import browse
from specloom_mock.control import HANDLERS, Control, Handler, Refused
from specloom_mock.inspection import INSPECTION
from specloom_mock.message import Request, Response
from specloom_mock.parameters import compile_parameters, read_parameters
from specloom_mock.reading import RawOperation, read_operations
from specloom_mock.routing import Router
from specloom_mock.schemas import Direction, Schemas

if TYPE_CHECKING:
    from specloom_mock.app import App
    from specloom_mock.chaos import Connection

__all__ = ["CONTROLS", "Admin", "admin_document"]

CONTROLS: dict[str, Handler] = {**HANDLERS, **INSPECTION}
"""Every handler by its operation id."""

_JSON = "application/json"
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})


def admin_document() -> Path:
    """The interface's document: in the package, or beside it in a source tree."""
    packaged = Path(__file__).with_name("admin.openapi.yaml")
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "admin.openapi.yaml"


class Admin:
    """Answers control requests for one mock.

    Args:
        app: The server of what is controlled.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._mock = app.mock
        self._schemas: Schemas | None = None
        self._router: Router[RawOperation] = Router()

    def _prepare(self) -> Schemas:
        if self._schemas is None:
            self._schemas = Schemas(load(admin_document()).root)
            for operation in read_operations(self._schemas):
                self._router.add("", operation.path, operation.method, operation)
        return self._schemas

    async def answer(
        self, request: Request, name: str, connection: Connection, prefix: str
    ) -> Response | None:
        """Answer a control request; None when the client went away.

        Args:
            request: The request, its path without the session's prefix.
            name: The session.
            connection: Where to.
            prefix: The session's prefix.
        """
        refused = self._foreign(request)
        page = browse(request, prefix) if refused is None else None
        if page is not None:
            return page
        refused = refused or self._forbidden(request)
        if refused is not None:
            return _problem(refused[0], refused[1])
        schemas = self._prepare()
        found = self._router.find(request.path)
        if found is None:
            return _problem(404, f"there is nothing at {request.path}")
        operation = found.endpoint.methods.get(request.method)
        if operation is None:
            allow = ", ".join(sorted(found.endpoint.methods))
            return _problem(405, f"{request.method} is not possible here", {"Allow": allow})
        origin = f"{connection.scheme}://{request.headers.get('host', '')}"
        control = Control(self._app, name, connection, origin)
        control.path = {key: unquote(value) for key, value in found.parameters.items()}
        try:
            self._read(schemas, operation, request, control)
            reply = await CONTROLS[operation.id](control)
        except Refused as error:
            return _problem(error.status, str(error), pointer=error.pointer)
        except Exception as error:  # shown by name: a caller must not be left without an answer
            name = type(error).__name__
            return _problem(500, f"{operation.id} failed: {name}: {error}")
        self._mock.save()
        return reply

    def _read(
        self, schemas: Schemas, operation: RawOperation, request: Request, control: Control
    ) -> None:
        """Parse and check parameters and body.

        Raises:
            Refused: 400, naming what is wrong and where.
        """
        parameters = compile_parameters(schemas, operation.parameters)
        values = read_parameters(parameters, request, control.path)
        wrong = parameters.check.violations(values)
        if wrong:
            raise Refused(400, f"{'.'.join(map(str, wrong[0].path[1:]))}: {wrong[0].message}")
        control.query = values["query"]
        body = schemas.resolve(operation.raw.get("requestBody"))
        if not isinstance(body, dict):
            return
        if not request.body:
            if body.get("required"):
                raise Refused(400, "a JSON body is required")
            return
        try:
            control.body = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise Refused(400, f"the body is not JSON: {error}") from error
        schema = body["content"][_JSON]["schema"]
        found = schemas.check(schema, Direction.REQUEST).violations(control.body)
        if found and not _is_fault_kind(operation, found[0].path):
            pointer = "".join(f"/{part}" for part in found[0].path)
            raise Refused(400, f"{found[0].field or 'body'}: {found[0].message}", pointer)

    def _forbidden(self, request: Request) -> tuple[int, str] | None:
        """Why a request may not use the interface: the token is missing or wrong."""
        token = self._mock.options.admin_token
        if token is None:
            return None
        given = request.headers.get("authorization", "").encode()
        if hmac.compare_digest(given, f"Bearer {token}".encode()):
            return None
        return 401, "the control interface needs the token of --admin-token"

    def _foreign(self, request: Request) -> tuple[int, str] | None:
        """Why a request must come from the page of another site, which may not even look."""
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
            return 403, f"the Origin {origin!r} is not this server"
        if self._mock.options.admin_token is not None:
            return None
        # A page of another name could be made to resolve to this machine (DNS rebinding).
        host = _host_of(request.headers.get("host", ""))
        if host == self._mock.addresses.host.strip("[]") or _is_loopback(host):
            return None
        return 403, f"the Host {host!r} is not this machine"


def _is_fault_kind(operation: RawOperation, path: tuple[str | int, ...]) -> bool:
    """Wrong fault kinds and parameters are refused by the handler, which says what is known."""
    return operation.id == "faults.add" and len(path) > 2 and path[2] in {"kind", "params"}


def _host_of(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].lower()


def _is_loopback(host: str) -> bool:
    if host in _LOCAL_NAMES or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _problem(
    status: int, message: str, headers: dict[str, str] | None = None, pointer: str | None = None
) -> Response:
    body = {"error": message}
    if pointer:
        body["pointer"] = pointer
    return Response(status, headers or {}, orjson.dumps(body), _JSON)
