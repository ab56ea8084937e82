"""Makes a valid request for any operation of a document that the mock serves.

From the document's examples where they are valid, else generated from its schemas; with ids of rows
that exist, and credentials by its schemes. Nothing here judges an answer.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from specloom_mock import MockServer
from specloom_mock.fitting import NOTHING, Fitter
from specloom_mock.generate import Generator, rng_for
from specloom_mock.names import words_of
from specloom_mock.plan import CollectionPlan, OperationPlan
from specloom_mock.resources import template_names
from specloom_mock.responses import is_json
from specloom_mock.schemas import Direction

__all__ = ["SECRET", "Caller"]

SECRET = "sk_live_0123456789abcdef01234567"
_NAMING = {"id", "uuid", "key", "name"}


class Caller:
    """Makes a valid request for any operation of one served document."""

    def __init__(self, server: MockServer, document: Any) -> None:
        self.server = server
        self.document = document
        self.session = server.session()
        self.engine = server.mock.engine
        self.schemas = self.engine.schemas
        self.generator = Generator(self.schemas, direction=Direction.REQUEST)
        self.fitter = Fitter(self.schemas, self.generator, Direction.REQUEST)

    def request(self, plan: OperationPlan, judged: Any) -> dict[str, Any]:
        """Arguments of ``httpx.Client.request``."""
        path = plan.bases[0] + plan.path.replace("#", "%23")
        for name, value in self._path(plan, judged).items():
            path = path.replace("{" + name + "}", quote(value, safe=""))
        query: list[tuple[str, str]] = []
        headers: dict[str, str] = {}
        cookies: list[str] = []
        for raw in plan.raw_parameters:
            where, name = raw.get("in"), raw["name"]
            if where == "path" or raw.get("required") is not True:
                continue
            value = self._value(judged, raw)
            if where == "query":
                query.extend(_spread(raw, name, value))
            elif where == "header" and name.lower() not in {
                "accept",
                "content-type",
                "authorization",
            }:
                headers[name] = _simple(value)
            elif where == "cookie":
                cookies.append(f"{name}={_simple(value)}")
        self._credentials(plan, query, headers, cookies)
        if cookies:
            headers["Cookie"] = "; ".join(cookies)
        made: dict[str, Any] = {"method": plan.method, "url": path, "headers": headers}
        if query:
            made["params"] = query
        if plan.body is not None:
            made |= self._body(plan, judged, headers)
        return made

    # -- ids

    def _path(self, plan: OperationPlan, judged: Any) -> dict[str, str]:
        known: dict[str, str] = {}
        collection = plan.collection
        if plan.store_param is not None:
            name = next(iter(plan.stores))
            known[plan.store_param] = name
            collection = plan.stores[name]
        if collection is not None and plan.store_param is None:
            self._chain(collection, known, plan, judged)
        if collection is not None and plan.item_param and plan.item_param not in known:
            parents = tuple(known.get(name, "") for name in collection.parents)
            key = self._key(collection, parents)
            if key is not None:
                known[plan.item_param] = key
        for name in template_names(plan.path):
            if name not in known:
                known[name] = self._free(plan, judged, name)
        return known

    def _chain(
        self, collection: CollectionPlan, known: dict[str, str], plan: OperationPlan, judged: Any
    ) -> None:
        """The ids above a collection: of rows that exist, from the outside in."""
        above: list[CollectionPlan] = []
        node = collection.parent
        while node is not None:
            above.append(node)
            node = node.parent
        for owner in reversed(above):
            for name in owner.parents:
                if name not in known:
                    known[name] = self._free(plan, judged, name)
            param = collection.parents[len(owner.parents)]
            key = self._key(owner, tuple(known[name] for name in owner.parents))
            if key is not None:
                known[param] = key
        for name in collection.parents:
            if name not in known:
                known[name] = self._free(plan, judged, name)

    def _key(self, collection: CollectionPlan, parents: tuple[str, ...]) -> str | None:
        if collection.implied:
            return None
        rows = self.server.call(
            lambda: self.session.store.collection(collection.name, parents).rows
        )
        return rows[0].key if rows else None

    def _free(self, plan: OperationPlan, judged: Any, name: str) -> str:
        """A parameter that names no row above: a row of the path before it, else a valid value."""
        before = plan.path.partition("{" + name + "}")[0].rstrip("/")
        for raw in plan.raw_parameters:
            if raw["name"] == name and raw.get("in") == "path":
                words = "_".join(w for w in words_of(name) if w not in _NAMING)
                for collection in self.engine.plan.collections.values():
                    named = collection.id_param == name and collection.singular == words
                    if (collection.path == before or named) and not collection.parents:
                        key = self._key(collection, ())
                        part = _judged_parameter(judged, raw)
                        if key is None or part is None:
                            continue
                        if _is_valid(part, int(key) if key.isdecimal() else key) or _is_valid(
                            part, key
                        ):
                            return key
                return _simple(self._value(judged, raw))
        return "x"

    # -- values

    def _value(self, judged: Any, raw: Mapping[str, Any]) -> Any:
        """A parameter's value: an example or default that the judge takes, else generated."""
        schema = raw.get("schema")
        if schema is None:
            schema = next((m.get("schema") for m in (raw.get("content") or {}).values()), {})
        part = _judged_parameter(judged, raw)
        node = self.schemas.resolve(schema)
        candidates: list[Any] = [raw[key] for key in ("example",) if key in raw]
        named = raw.get("examples")
        if isinstance(named, dict):
            resolved = (self.schemas.resolve(item) for item in named.values())
            candidates += [item["value"] for item in resolved if "value" in item]
        elif isinstance(named, list):
            candidates += named
        if isinstance(node, dict):
            candidates += node.get("examples") or []
            candidates += [node[key] for key in ("example", "default") if key in node]
        where = raw.get("in")
        candidates += [
            self.generator.value(schema, rng_for(seed, where, raw["name"]), raw["name"])
            for seed in range(4)
        ]
        empty: tuple[Any, ...] = (None, "", [], {})
        for value in candidates:
            if value not in empty and (part is None or _is_valid(part, value)):
                return value
        return next((value for value in candidates if value not in empty), "x")

    def _body(self, plan: OperationPlan, judged: Any, headers: dict[str, str]) -> dict[str, Any]:
        assert plan.body is not None
        contents = plan.body.contents
        media_type = min(contents, key=lambda name: (not is_json(name), "form" not in name))
        schema = contents[media_type]
        sent_as = media_type if "*" not in media_type else "application/octet-stream"
        part = next(
            (b for b in judged.body if str(b.media_type).lower().startswith(media_type)), None
        )
        raw = self.schemas.resolve(plan.raw["requestBody"])["content"]
        media: dict[str, Any] = next(
            (m for n, m in raw.items() if n.lower().startswith(media_type)), {}
        )
        candidates: list[Any] = [media["example"]] if "example" in media else []
        for node in (media.get("examples") or {}).values():
            found = self.schemas.resolve(node)
            if isinstance(found, dict) and "value" in found:
                candidates.append(found["value"])
        candidates += [
            self.generator.value(schema, rng_for(seed, plan.id), optional=optional)
            for optional in (True, False)
            for seed in range(3)
        ]
        fresh = self.fitter.fresh(schema, rng_for(0, plan.id))
        candidates += [] if fresh is NOTHING else [fresh]
        value = next((c for c in candidates if part is None or _is_valid(part, c)), candidates[0])
        if is_json(media_type):
            headers["Content-Type"] = "application/json" if "*" in media_type else media_type
            return {"json": value}
        if media_type == "application/x-www-form-urlencoded" and isinstance(value, dict):
            headers["Content-Type"] = media_type
            return {"content": urlencode(list(_form(value)))}
        if media_type == "multipart/form-data" and isinstance(value, dict):
            return {"files": list(self._parts(schema, value))}
        headers["Content-Type"] = sent_as
        return {"content": value if isinstance(value, str) else b"content"}

    def _parts(self, schema: Any, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        properties = self.schemas.properties(schema)
        for name, item in value.items():
            part = properties.get(name, {})
            inner = self.schemas.items(part) if self.schemas.is_array(part) else part
            binary = self.schemas.keyword(inner, "format") == "binary"
            binary = binary or self.schemas.keyword(inner, "contentMediaType") is not None
            for single in item if isinstance(item, list) else [item]:
                if binary:
                    yield name, ("file.txt", b"content", "application/octet-stream")
                elif isinstance(single, (dict, list)):
                    yield name, (None, httpx.Request("POST", "http://x", json=single).content)
                else:
                    yield name, (None, _simple(single))
        if not value:
            yield "", (None, "")

    def _credentials(
        self,
        plan: OperationPlan,
        query: list[tuple[str, str]],
        headers: dict[str, str],
        cookies: list[str],
    ) -> None:
        if not plan.security or () in plan.security:
            return
        for name, _ in plan.security[0]:
            scheme = self.engine.plan.schemes.get(name)
            if scheme is None:
                continue
            if scheme.kind == "basic":
                pair = base64.b64encode(b"user:password").decode()
                headers["Authorization"] = f"Basic {pair}"
            elif scheme.kind == "key_header":
                headers[scheme.name] = SECRET
            elif scheme.kind == "key_query":
                query.append((scheme.name, SECRET))
            elif scheme.kind == "key_cookie":
                cookies.append(f"{scheme.name}={SECRET}")
            else:
                headers["Authorization"] = f"{scheme.kind.title()} {SECRET}"


def _simple(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(_simple, value))
    if isinstance(value, dict):
        return ",".join(f"{key},{_simple(item)}" for key, item in value.items())
    return str(value)


def _spread(raw: Mapping[str, Any], name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A query parameter as its style writes it."""
    style = raw.get("style", "form")
    explode = raw.get("explode", style in {"form", "deepObject"})
    if raw.get("content"):
        yield name, httpx.Request("POST", "http://x", json=value).content.decode()
    elif isinstance(value, dict) and style == "deepObject":
        yield from _form(value, name)
    elif isinstance(value, dict) and explode:
        yield from ((key, _simple(item)) for key, item in value.items())
    elif isinstance(value, list) and explode and style == "form":
        yield from ((name, _simple(item)) for item in value)
    elif isinstance(value, list):
        separator = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(style, ",")
        yield name, separator.join(map(_simple, value))
    else:
        yield name, _simple(value)


def _form(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """``a[b]=1`` and ``a[0]=1``."""
    for key, item in value.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(item, dict):
            yield from _form(item, name)
        elif isinstance(item, list):
            yield from _form({str(n): part for n, part in enumerate(item)}, name)
        elif item is not None:
            yield name, _simple(item)


def _judged_parameter(judged: Any, raw: Mapping[str, Any]) -> Any:
    groups = {
        "path": judged.path_parameters,
        "query": judged.query,
        "header": judged.headers,
        "cookie": judged.cookies,
    }
    return next((p for p in groups.get(str(raw.get("in")), ()) if p.name == raw["name"]), None)


def _is_valid(part: Any, value: Any) -> bool:
    try:
        return bool(part.is_valid(value))
    except ValueError:  # the judge cannot read its schema
        return True
