"""What a stainless.yml changes in the document itself, before it is made canonical."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specloom.config.stainless.model import MethodEntry, Stainless
from specloom.config.stainless.reading import Report
from specloom.config.stainless.transform import apply_transformations
from specloom.spec.document import Document
from specloom.spec.pointer import child

__all__ = ["edit_document"]


def edit_document(document: Document, stainless: Stainless, report: Report) -> None:
    """Apply transformations, security, and the parts of operations that methods spell out.

    Args:
        document: The document as it was written.
        stainless: The configuration.
        report: Receives edits that fail.
    """
    apply_transformations(document, stainless.transformations, report)
    root = document.root
    if "swagger" in root:
        for given, key in ((stainless.security_schemes, "security_schemes"),):
            if given:
                report.lost(f"/{key}", "the document is of version 2.0: convert it to 3.1 first")
    else:
        _security(root, stainless)
    for method in stainless.methods:
        if method.request_body is not None or method.response is not None:
            _spell_out(document, method, report)


def _security(root: dict[str, Any], stainless: Stainless) -> None:
    if stainless.security_schemes:
        components = root.setdefault("components", {})
        if isinstance(components, dict):
            components["securitySchemes"] = dict(stainless.security_schemes)
    if stainless.security is not None:
        root["security"] = stainless.security
        paths = root.get("paths")
        for item in paths.values() if isinstance(paths, dict) else ():
            for node in item.values() if isinstance(item, dict) else ():
                if isinstance(node, dict) and stainless.security_schemes:
                    node.pop("security", None)  # the schemes that it names are no more


def _spell_out(document: Document, method: MethodEntry, report: Report) -> None:
    paths = document.root.get("paths")
    item = paths.get(method.path) if isinstance(paths, dict) else None
    node = item.get(method.verb) if isinstance(item, dict) else None
    if not isinstance(node, dict):
        return  # binding says that it is missing
    if "swagger" in document.root:
        report.lost(method.pointer, "the document is of version 2.0", degraded=True)
        return
    here = child("/paths", method.path, method.verb)
    if isinstance(method.request_body, Mapping):
        node["requestBody"] = _body(method.request_body)
        document.moved(f"{here}/requestBody", here)
    if isinstance(method.response, Mapping):
        responses = node.get("responses")
        if not isinstance(responses, dict):
            responses = node["responses"] = {}
        status = next((key for key in responses if str(key).startswith("2")), "200")
        content = {"application/json": {"schema": dict(method.response)}}
        responses[status] = {"description": "Success.", "content": content}
        document.moved(child(here, "responses", str(status)), here)


def _body(said: Mapping[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required = []
    given = said.get("properties")
    for name, schema in given.items() if isinstance(given, dict) else ():
        if isinstance(schema, dict):
            if schema.get("required") is True:
                required.append(name)
            properties[name] = {key: value for key, value in schema.items() if key != "required"}
    schema = {"type": "object", "properties": properties, "required": required}
    content_type = said.get("content_type")
    media_type = content_type if isinstance(content_type, str) else "application/json"
    return {"required": bool(required), "content": {media_type: {"schema": schema}}}
