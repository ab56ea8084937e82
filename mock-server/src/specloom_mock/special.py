"""Operations that are not plain reading and writing: actions, auth, files, text, descriptions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from specloom_mock.auth import (
    ACCESS_LIFETIME,
    REFRESH_LIFETIME,
    SESSION_LIFETIME,
    Credential,
)
from specloom_mock.call import Call
from specloom_mock.clock import format_timestamp
from specloom_mock.console import hand_out
from specloom_mock.crud import create, remember
from specloom_mock.errors import ApiError, FieldProblem
from specloom_mock.files import file_facts, sample_content
from specloom_mock.generate import Generator, rng_for
from specloom_mock.message import Response
from specloom_mock.names import words_of
from specloom_mock.plan import CollectionPlan
from specloom_mock.responses import is_json
from specloom_mock.routing import join_path
from specloom_mock.schemas import Direction
from specloom_mock.store import Row

__all__ = [
    "act",
    "describe",
    "download",
    "fixed",
    "login",
    "logout",
    "refresh",
    "register",
    "upload",
    "whoami",
]

DEFAULT_PASSWORD = "correct-horse-battery-staple"
"""The password of every seeded user, unless the overlay names another."""


def act(call: Call) -> Response:
    """An action such as ``/servers/{id}/start``: sets what ``x-mock`` says it sets."""
    collection = call.collection_plan()
    rows, row = call.row(collection)
    action = call.plan.mock.get("action") or {}
    allowed = action.get("from")
    if isinstance(allowed, dict):
        for field, values in allowed.items():
            if row.data.get(field) not in values:
                wanted = " or ".join(str(value) for value in values)
                value = row.data.get(field)
                raise ApiError(
                    409,
                    f"The {collection.singular.replace('_', ' ')} is {value}",
                    "conflict",
                    problems=[FieldProblem(field, f"Must be {wanted}", value, has_value=True)],
                )
    changes = action.get("set") or {}
    same = all(row.data.get(name) == value for name, value in changes.items())
    if changes and same and not action.get("repeat"):
        return call.respond(_as_payload(call, row))
    data = {**row.data, **changes}
    data = call.session.rows.touched(collection, data, call.now)
    fresh = rows.replace(row, data)
    call.session.changed(call, collection, fresh, "acted")
    return call.respond(_as_payload(call, fresh))


def _as_payload(call: Call, row: Row) -> Any:
    """The row, when the response shows one; else what the response declares, filled from it."""
    response = call.plan.success
    check = call.schemas.check(response.payload_schema or {}, Direction.RESPONSE)
    view = call.view(response, row)
    if check.is_valid(view):
        return view
    known = {" ".join(words_of(name)): value for name, value in row.data.items()}
    return call.known_payload(response, known)


# --- authentication ------------------------------------------------------------------------------


def _password(call: Call) -> str:
    settings = call.session.plan.mock.get("auth") or {}
    return str(settings.get("password", DEFAULT_PASSWORD))


def _issue(call: Call, user: Row, *, cookie: bool) -> Response:
    """New tokens for a user, in whatever the response calls them."""
    keyring, now = call.session.keyring, call.now
    family = keyring.opaque("login_")
    scopes = call.session.role_scopes(user)
    access = keyring.token(user.key, now, "access")
    keyring.add(
        Credential("bearer", access, scopes, user.key, now + ACCESS_LIFETIME, family=family)
    )
    renew = keyring.opaque("rt_")
    keyring.add(
        Credential("refresh", renew, scopes, user.key, now + REFRESH_LIFETIME, family=family)
    )
    headers: dict[str, str] = {}
    known: dict[str, Any] = {
        "access token": access,
        "token": access,
        "jwt": access,
        "id token": access,
        "refresh token": renew,
        "token type": "Bearer",
        "expires in": int(ACCESS_LIFETIME),
        "expires at": format_timestamp(now + ACCESS_LIFETIME),
        "user": user.data,
    }
    scheme = next((s for s in call.session.plan.schemes.values() if s.kind == "key_cookie"), None)
    if cookie and scheme is not None:
        value = keyring.opaque("ses_")
        expires = now + SESSION_LIFETIME
        keyring.add(Credential("session", value, scopes, user.key, expires, family=family))
        headers["Set-Cookie"] = f"{scheme.name}={value}; Path=/; HttpOnly; SameSite=Lax"
        known |= {"session": value, "session token": value}
    payload = call.known_payload(call.plan.success, known)
    users = call.session.plan.users
    if users is not None:
        for name in call.plan.success.headers:
            if name.lower() == "location":
                headers[name] = f"{join_path(call.base, users.path)}/{user.key}"
    return call.respond(payload, headers=headers)


def login(call: Call) -> Response:
    """Tokens for an address and a password that belong together."""
    body = call.body if isinstance(call.body, dict) else {}
    users = call.session.plan.users
    name = next((body[k] for k in ("email", "username", "login", "user") if k in body), None)
    given = body.get("password")
    if users is not None:
        for row in call.session.store.collection(users.name):
            names = {row.data.get("email"), row.data.get("username")} - {None}
            folded = {str(value).lower() for value in names}
            if str(name).lower() not in folded:
                continue
            known = row.hidden.get("password", _password(call))
            if given == known and row.data.get("active", True) is True:
                return _issue(call, row, cookie=True)
    raise ApiError(
        401,
        "The address or the password is wrong",
        "unauthorized",
        headers={"WWW-Authenticate": "Bearer"},
    )


def register(call: Call) -> Response:
    """A new user, and its tokens."""
    users = call.session.plan.users
    if users is None:
        return fixed(call)
    body = call.body if isinstance(call.body, dict) else {}
    row = remember(call, users, call.session.store.collection(users.name), body)
    return _issue(call, row, cookie=True)


def refresh(call: Call) -> Response:
    """New tokens for a refresh token, which works once."""
    body = call.body if isinstance(call.body, dict) else {}
    value = next((v for k, v in body.items() if "token" in words_of(k)), None)
    credential = call.session.keyring.find("refresh", str(value)) if value else None
    expires = credential.expires_at if credential is not None else None
    if credential is None or (expires is not None and expires <= call.now):
        raise ApiError(
            401,
            "The refresh token is not valid",
            "unauthorized",
            headers={"WWW-Authenticate": "Bearer"},
        )
    keyring = call.session.keyring
    keyring.known.pop(("refresh", credential.value), None)
    keyring.remove_family(credential.family)
    user = call.session.user_row(credential)
    if user is None:
        raise ApiError(401, "The user is gone", "unauthorized")
    return _issue(call, user, cookie=False)


def logout(call: Call) -> Response:
    """The login's tokens stop working."""
    credential, keyring = call.credential, call.session.keyring
    if credential is not None:
        keyring.known.pop((credential.kind, credential.value), None)
        keyring.remove_family(credential.family)
        if credential.family is None and credential.tier == "base":
            keyring.revoked.add(credential.value)
    if call.plan.success.media_type is None:
        return call.respond(None)
    return call.respond(call.known_payload(call.plan.success, {"success": True}))


def whoami(call: Call) -> Response:
    """Who the request is authenticated as."""
    credential = call.credential
    user = call.session.user_row(credential, make=True)
    kinds = {"bearer": "jwt", "api_key": "api_key", "session": "session"}
    kind = kinds.get(credential.kind if credential is not None else "", "session")
    if credential is not None and credential.tier == "api_key":
        kind = "api_key"
    expires = credential.expires_at if credential is not None else None
    known: dict[str, Any] = {
        "user": user.data if user is not None else None,
        "credential": kind,
        "scopes": call.session.scopes_of(credential),
        "expires at": format_timestamp(expires) if expires is not None else None,
    }
    if user is not None:
        known |= {" ".join(words_of(k)): v for k, v in user.data.items() if k not in known}
    return call.respond(call.known_payload(call.plan.success, known))


# --- files ---------------------------------------------------------------------------------------


def upload(call: Call) -> Response:
    """A file, kept with its bytes."""
    filename, media_type, data = next(
        iter(call.files.values()), ("file", "application/octet-stream", b"")
    )
    body = call.body if isinstance(call.body, dict) else {}
    facts = {"name": body.get("name") or filename, **file_facts(filename, media_type, data)}
    collection = call.collection_plan()
    made = {
        name: facts[words]
        for name in call.schemas.properties(collection.row_schema)
        if (words := " ".join(words_of(name))) in facts
    }
    call.body = {name: value for name, value in body.items() if name not in call.files}
    response = create(call, made)
    rows = call.rows(collection)
    newest = rows.rows[-1]
    rows.replace(newest, newest.data, {**newest.hidden, "content": data, "media_type": media_type})
    return response


def download(call: Call) -> Response:
    """The bytes of a file; a seeded file's are made from its id, and its facts agree with them."""
    collection = call.collection_plan()
    _, row = call.row(collection)
    content = row.hidden.get("content")
    if content is None:
        content = sample_content(row.key)
    headers: dict[str, str] = {}
    for name in call.plan.success.headers:
        if name.lower() == "content-disposition":
            text = str(row.data.get("name") or row.data.get("filename") or row.key)
            safe = "".join(
                c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in text
            )
            headers[name] = f'attachment; filename="{safe}"'
    return Response(
        call.plan.success.status, headers, body=content, media_type=call.plan.success.media_type
    )


# --- descriptions --------------------------------------------------------------------------------


def describe(call: Call) -> Response:
    """What a collection is made of, and what the caller may do with it."""
    collection = call.collection_plan()
    schemas, plan = call.schemas, call.plan
    properties = schemas.properties(collection.row_schema)
    relations = call.session.rows.relations(collection)
    inputs = schemas.required(collection.create_schema) if collection.create_schema else frozenset()
    writable = schemas.properties(collection.create_schema) if collection.create_schema else {}
    fields = {
        name: _field(call, part, writable.get(name), required=name in inputs)
        for name, part in properties.items()
        if name not in relations
    }
    by_name = {relation: relations[relation] for relation in relations}
    shown = {
        name: {
            "type": "has_many" if relation.many else "belongs_to",
            "entity": relation.target.name if relation.target is not None else name,
            "foreign_key": relation.key,
        }
        for name, relation in by_name.items()
    }
    methods = call.session.methods_below(plan.path)
    credential = call.credential
    scopes = set(call.session.scopes_of(credential))
    quota = call.session.quota_for(plan, credential)
    rate: dict[str, Any] = {}
    if quota is not None:
        rate = {"policy": quota.policy, "limit": quota.limit, "window": _window(quota.window)}
    known: dict[str, Any] = {
        "entity": call.path.get(plan.store_param or "", collection.name),
        "methods": methods,
        "fields": fields,
        "schema": fields,
        "relations": shown,
        "permissions": {scope: scope in scopes for scope in ("read", "write", "delete")},
        "rate limit": rate,
    }
    return call.respond(call.known_payload(plan.success, known))


def _window(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{int(seconds // length)}{unit}"
    return f"{max(1, int(seconds))}s"


def _field(call: Call, schema: Any, write: Any, *, required: bool) -> dict[str, Any]:
    schemas = call.schemas
    types = schemas.types(schema)
    kind = next(iter(sorted(types - {"null"})), "string")
    made: dict[str, Any] = {"type": kind, "required": required}
    values = schemas.keyword(schema, "enum")
    if schemas.keyword(schema, "format") == "date-time":
        made["type"] = "datetime"
    elif isinstance(values, list):
        made["type"] = "enum"
        made["values"] = [value for value in values if isinstance(value, str)]
    if schemas.excluded(schema, Direction.REQUEST):
        made["generated"] = True
    if "null" in types:
        made["nullable"] = True
    for source in (write, schema):
        default = schemas.keyword(source, "default") if source is not None else None
        if default is not None:
            made["default"] = default
            break
    longest = schemas.keyword(schema, "maxLength")
    if isinstance(longest, int):
        made["max_length"] = longest
    return made


# --- everything else -----------------------------------------------------------------------------


def fixed(call: Call) -> Response:
    """What could not be derived: the document's example, else data from the schema.

    Names that say something are filled from the state all the same: counts of collections, the id
    of the row in the path, the time.
    """
    known = _facts(call)
    socket = call.plan.raw.get("x-websocket")
    if isinstance(socket, dict):
        known |= hand_out(call, socket)
    stream = call.plan.raw.get("x-stream")
    if isinstance(stream, dict):
        _spend(call)
        body = call.body if isinstance(call.body, dict) else {}
        if stream.get("param") is None or body.get(stream["param"]) is True:
            return _stream(call, stream, known)
    response = call.plan.success
    if response.media_type is None:
        return call.respond(None)
    if not is_json(response.media_type):
        return _plain(call)
    prefer = bool(response.examples)
    payload = call.known_payload(response, known, prefer_example=prefer)
    if response.payload is None:
        return Response(
            response.status, {}, media_type=response.media_type, value=_whole(call, known)
        )
    return call.respond(payload)


def _plain(call: Call) -> Response:
    """A body that is no JSON: the example's text, else text or bytes of the declared kind."""
    response = call.plan.success
    example = next((item for item in response.examples if isinstance(item, str)), None)
    if example is None:
        binary = call.schemas.keyword(response.schema, "format") == "binary"
        if binary or not str(response.media_type).startswith("text/"):
            content = sample_content(call.plan.id)
            return Response(response.status, {}, content, response.media_type)
        rng = rng_for(call.session.seed, call.plan.id, *call.path.values())
        example = str(Generator(call.schemas, call.now).value(response.schema, rng, "text"))
    return Response(response.status, {}, example.encode(), response.media_type)


def _whole(call: Call, known: dict[str, Any]) -> Any:
    """A body without a place for a resource: its example, else generated."""
    response = call.plan.success
    for example in response.examples:
        if call.schemas.check(response.schema, Direction.RESPONSE).is_valid(example):
            return example
    rng = rng_for(call.session.seed, call.plan.id, *call.path.values())
    return Generator(call.schemas, call.now).value(response.schema, rng)


def _spend(call: Call) -> None:
    """Take one credit.

    Raises:
        ApiError: 402, when the credential has none left.
    """
    credential = call.credential
    if credential is None or credential.credits is None or "402" not in call.plan.responses:
        return
    if credential.credits <= 0:
        raise ApiError(402, "The credits are used up", "credits")
    credential.credits -= 1


def _facts(call: Call) -> dict[str, Any]:
    """What is known by name: counts, times, the caller, the row that the path names."""
    session = call.session
    now = format_timestamp(call.now)
    known: dict[str, Any] = {
        "timestamp": now,
        "time": now,
        "measured at": now,
        "created at": now,
        "updated at": now,
        "generated at": now,
        "expires at": format_timestamp(call.now + ACCESS_LIFETIME),
        "status": "healthy",
    }
    for collection in session.plan.collections.values():
        if collection.parents:
            continue
        words = " ".join(words_of(collection.name))
        known.setdefault(words, _Count(call, collection).total)
    if call.plan.collection is not None and call.plan.item_param is not None:
        collection = call.collection_plan()
        _, row = call.row(collection)
        known |= {" ".join(words_of(k)): v for k, v in row.data.items() if k != "status"}
    for name, value in call.path.items():
        known[" ".join(words_of(name))] = value
        owner = next(
            (
                c
                for c in session.plan.collections.values()
                if not c.parents and c.id_param == name and c.path != "/" and name != "id"
            ),
            None,
        )
        if owner is not None and session.store.collection(owner.name).get(value) is None:
            raise call.missing(owner, value)
    _status_counts(call, known)
    return known


class _Count:
    """How many rows a collection has, and how many with a status."""

    def __init__(self, call: Call, collection: CollectionPlan) -> None:
        self._rows = call.session.store.collection(collection.name).rows
        self.total = len(self._rows)

    def with_status(self, status: str, match: tuple[str, str] | None) -> int:
        """Rows with that status, and with that value in a field when one is given."""
        return sum(
            (status in ("total", row.data.get("status")))
            and (match is None or row.data.get(match[0]) == match[1])
            for row in self._rows
        )


def _status_counts(call: Call, known: dict[str, Any]) -> None:
    """``servers_running``, ``servers_total``: counts, of the row in the path when they point at it."""
    properties = call.schemas.properties(call.plan.success.payload_schema or {})
    collections = {
        " ".join(words_of(c.name)): c
        for c in call.session.plan.collections.values()
        if not c.parents
    }
    for name in properties:
        words = words_of(name)
        collection = collections.get(" ".join(words[:-1]))
        if collection is None or len(words) < 2:
            continue
        match = None
        fields = call.schemas.properties(collection.row_schema)
        for param, value in call.path.items():
            if param in fields:
                match = (param, value)
        known[" ".join(words)] = _Count(call, collection).with_status(words[-1], match)


def _stream(call: Call, shape: dict[str, Any], known: dict[str, Any]) -> Response:
    """Server-sent events: the text of the answer word by word, then the end mark."""
    response = call.plan.success
    whole = call.known_payload(response, known, prefer_example=True)
    event = shape.get("event") or {}
    text_field, text = "text", ""
    if isinstance(whole, dict):
        for name, value in whole.items():
            if isinstance(value, str) and " " in value:
                text_field, text = name, value
                break
    words = text.split(" ")
    allowed = set(call.schemas.properties(event)) or {text_field}
    last = {k: v for k, v in whole.items() if k in allowed} if isinstance(whole, dict) else {}
    chunks: list[dict[str, Any]] = []
    for index, word in enumerate(words):
        final = index == len(words) - 1
        chunks.append({**(last if final else {}), text_field: word if final else f"{word} "})
    done = shape.get("done")

    async def events() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield b"data: " + orjson.dumps(chunk) + b"\n\n"
        if done is not None:
            yield f"data: {done}\n\n".encode()

    media_type = str(shape.get("media_type") or "text/event-stream")
    return Response(
        response.status, {"Cache-Control": "no-cache"}, media_type=media_type, stream=events
    )
