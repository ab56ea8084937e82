"""Swagger 2.0 to the shape of OpenAPI 3.0, in place."""

from __future__ import annotations

from typing import Any

from specloom.diagnostics import Diagnostics
from specloom.spec.document import Document
from specloom.spec.pointer import child, evaluate, from_fragment
from specloom.spec.structure import METHODS
from specloom.spec.walk import Walk

__all__ = ["convert"]

_SECTIONS = (
    ("definitions", "schemas"),
    ("parameters", "parameters"),
    ("responses", "responses"),
    ("securityDefinitions", "securitySchemes"),
)
_REFS = {f"#/{old}/": f"#/components/{new}/" for old, new in _SECTIONS}
_PARAMETER_KEYS = frozenset(
    ("name", "in", "description", "required", "allowEmptyValue", "deprecated", "schema")
)
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}


def convert(document: Document, diagnostics: Diagnostics) -> None:
    """Convert a Swagger 2.0 tree. Positions keep pointing into the file as it is written."""
    root = document.root
    walk = Walk(document, diagnostics)
    bodies: dict[str, Any] = {}
    parameters = root.get("parameters")
    if isinstance(parameters, dict):
        for name, node in parameters.items():
            if isinstance(node, dict) and node.get("in") in ("body", "formData"):
                bodies[f"#/parameters/{name}"] = node
    for old, _ in _SECTIONS:
        if not isinstance(root.get(old, {}), dict):
            del root[old]
    produces = _media_types(root.pop("produces", None)) or ["application/json"]
    consumes = _media_types(root.pop("consumes", None)) or ["application/json"]
    _convert_servers(root)
    paths = root.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        if isinstance(item, dict):
            _path_item(document, path, item, bodies, produces, consumes)
    components: dict[str, Any] = {}
    for old, new in _SECTIONS:
        if old in root:
            components[new] = root.pop(old)
            document.moved(f"/components/{new}", f"/{old}")
    if "parameters" in components:
        components["parameters"] = {
            name: _parameter(node)
            for name, node in components["parameters"].items()
            if f"#/parameters/{name}" not in bodies
        }
    for response in components.get("responses", {}).values():
        _response(response, produces)
    for name, scheme in components.get("securitySchemes", {}).items():
        components["securitySchemes"][name] = _security_scheme(scheme)
    root["components"] = components
    _rewrite(root)
    walk.path.clear()


def _media_types(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _convert_servers(root: dict[str, Any]) -> None:
    host = root.pop("host", None)
    base = root.pop("basePath", None)
    schemes = root.pop("schemes", None)
    path = base.rstrip("/") if isinstance(base, str) else ""
    if not isinstance(host, str) or not host:
        if path:
            root["servers"] = [{"url": path}]
        return
    names = _media_types(schemes) or ["https"]
    names.sort(key=lambda name: name != "https")
    root["servers"] = [{"url": f"{name}://{host}{path}"} for name in names]


def _path_item(
    document: Document,
    path: str,
    item: dict[str, Any],
    bodies: dict[str, Any],
    produces: list[str],
    consumes: list[str],
) -> None:
    shared = item.get("parameters")
    shared_bodies: list[tuple[Any, str]] = []
    if isinstance(shared, list):
        pointer = child("/paths", path, "parameters")
        kept, shared_bodies = _split(document, shared, bodies, pointer)
        item["parameters"] = kept
    for method in METHODS:
        operation = item.get(method)
        if not isinstance(operation, dict):
            continue
        where = child("/paths", path, method)
        own_bodies: list[tuple[Any, str]] = []
        if isinstance(operation.get("parameters"), list):
            kept, own_bodies = _split(
                document, operation["parameters"], bodies, f"{where}/parameters"
            )
            operation["parameters"] = kept
        accepted = _media_types(operation.pop("consumes", None)) or consumes
        made = _request_body([*own_bodies, *shared_bodies], accepted)
        if made is not None:
            body, source = made
            operation["requestBody"] = body
            document.moved(f"{where}/requestBody", source)
        offered = _media_types(operation.pop("produces", None)) or produces
        responses = operation.get("responses")
        for response in responses.values() if isinstance(responses, dict) else ():
            _response(response, offered)


def _split(
    document: Document, parameters: list[Any], bodies: dict[str, Any], pointer: str
) -> tuple[list[Any], list[tuple[Any, str]]]:
    kept: list[Any] = []
    taken: list[tuple[Any, str]] = []
    for index, node in enumerate(parameters):
        here = f"{pointer}/{index}"
        target = node
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            ref = node["$ref"]
            if ref in bodies:
                target = bodies[ref]
            elif ref.startswith("#") and not ref.startswith("#/parameters/"):
                target = evaluate(document.root, from_fragment(ref[1:]))
        if isinstance(target, dict) and target.get("in") in ("body", "formData"):
            taken.append((target, here))
        else:
            if len(kept) != index:
                document.moved(f"{pointer}/{len(kept)}", here)
            kept.append(_parameter(node))
    return kept, taken


def _parameter(node: Any) -> Any:
    """Move a parameter's inline type into ``schema``, ``collectionFormat`` into style."""
    if not isinstance(node, dict) or "$ref" in node or "in" not in node:
        return node
    made = {
        key: value for key, value in node.items() if key in _PARAMETER_KEYS or key.startswith("x-")
    }
    schema = {
        key: value
        for key, value in node.items()
        if key not in made and key not in ("collectionFormat", "example")
    }
    if "x-example" in made and "example" not in node:
        node["example"] = made.pop("x-example")
    if "example" in node:
        made["example"] = node["example"]
    if "schema" not in made:
        made["schema"] = schema
    if isinstance(schema.get("items"), dict):
        schema["items"].pop("collectionFormat", None)
    if schema.get("type") == "array":
        _collection(made, node.get("collectionFormat"))
    return made


def _collection(made: dict[str, Any], collection: Any) -> None:
    location = made.get("in")
    if collection == "multi":
        made.update(style="form", explode=True)
    elif collection == "ssv":
        made.update(style="spaceDelimited", explode=False)
    elif collection == "pipes":
        made.update(style="pipeDelimited", explode=False)
    elif location in ("query", "formData"):  # csv is the default; tsv has no equal
        made.update(style="form", explode=False)


def _request_body(
    taken: list[tuple[Any, str]], accepted: list[str]
) -> tuple[dict[str, Any], str] | None:
    if not taken:
        return None
    for node, source in taken:
        if node["in"] == "body":
            media = {"schema": node.get("schema", {})}
            for key in ("x-example", "example"):
                if key in node:
                    media["example"] = node[key]
            types = [name for name in accepted if name not in (_FORM, _MULTIPART)]
            body: dict[str, Any] = {
                "content": {name: dict(media) for name in types or ["application/json"]},
                "required": node.get("required") is True,
            }
            if isinstance(node.get("description"), str):
                body["description"] = node["description"]
            return body, source
    properties: dict[str, Any] = {}
    required: list[str] = []
    encoding: dict[str, Any] = {}
    has_file = False
    for node, _ in taken:
        name = node.get("name")
        if not isinstance(name, str) or name in properties:
            continue
        parameter = _parameter(node)
        schema = dict(parameter["schema"])
        if schema.get("type") == "file":
            has_file = True
            schema = {**schema, "type": "string", "format": "binary"}
        for key in ("description", "example"):
            if key in parameter:
                schema[key] = parameter[key]
        properties[name] = schema
        if node.get("required") is True:
            required.append(name)
        if "explode" in parameter:
            encoding[name] = {"style": parameter["style"], "explode": parameter["explode"]}
    form: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        form["required"] = required
    types = [name for name in accepted if name in (_FORM, _MULTIPART)]
    if has_file or not types:
        types = [_MULTIPART if has_file else _FORM]
    media = {"schema": form, **({"encoding": encoding} if encoding else {})}
    return {"content": {types[0]: media}, "required": bool(required)}, taken[0][1]


def _response(node: Any, produces: list[str]) -> None:
    if not isinstance(node, dict):
        return
    schema = node.pop("schema", None)
    examples = node.pop("examples", None)
    if schema is not None:
        if isinstance(schema, dict) and schema.get("type") == "file":
            schema = {"type": "string", "format": "binary"}
            types = [name for name in produces if "json" not in name] or [
                "application/octet-stream"
            ]
        else:
            types = produces
        node["content"] = {name: {"schema": schema} for name in types}
        if len(types) > 1:  # each media type needs a tree of its own: the walk edits in place
            node["content"] = {
                name: {"schema": schema if index == 0 else _copy(schema)}
                for index, name in enumerate(types)
            }
    if isinstance(examples, dict):
        for name, value in examples.items():
            if name in node.get("content", {}):
                node["content"][name]["example"] = value
    headers = node.get("headers")
    if isinstance(headers, dict):
        for name, header in headers.items():
            if isinstance(header, dict) and "schema" not in header and "$ref" not in header:
                headers[name] = {
                    "schema": {
                        key: value
                        for key, value in header.items()
                        if key not in ("description", "collectionFormat")
                    },
                    **({"description": header["description"]} if "description" in header else {}),
                }


def _copy(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _copy(value) for key, value in node.items()}
    return [_copy(value) for value in node] if isinstance(node, list) else node


def _security_scheme(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node.get("type") == "basic":
        return {**node, "type": "http", "scheme": "basic"}
    if node.get("type") == "oauth2" and "flows" not in node:
        flow = {key: node[key] for key in ("authorizationUrl", "tokenUrl", "scopes") if key in node}
        made = {key: value for key, value in node.items() if key not in flow and key != "flow"}
        return {**made, "flows": {_FLOWS.get(str(node.get("flow")), "implicit"): flow}}
    return node


def _rewrite(root: Any) -> None:
    """Point every reference at the new sections."""
    queue: list[Any] = [root]
    while queue:
        node = queue.pop()
        if isinstance(node, dict):
            ref = node.get("$ref")
            if isinstance(ref, str):
                for old, new in _REFS.items():
                    if ref.startswith(old):
                        node["$ref"] = new + ref[len(old) :]
                        break
            queue.extend(value for value in node.values() if isinstance(value, (dict, list)))
        else:
            queue.extend(value for value in node if isinstance(value, (dict, list)))
