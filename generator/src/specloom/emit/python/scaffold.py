"""What a new package starts with: project file, README and license, for its owner to keep."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from specloom.emit.python.client import Credential
from specloom.emit.python.core import Requirements
from specloom.emit.python.encode import markdown, one_line, string
from specloom.emit.python.endpoints import base_url
from specloom.emit.python.identity import Identity
from specloom.emit.python.resources import Node
from specloom.ir.model import Api

__all__ = ["operation_tests", "views"]

_MOCK = "http://127.0.0.1:8080"
"""Where ``specloom mock`` listens when it is told nothing."""

_SECRETS = {"basic": '("ada", SECRET)'}
"""What stands for a credential of a kind that is no single text."""


def _toml(text: str) -> str:
    """A TOML basic string: JSON's escapes, of printable text, are TOML's."""
    return json.dumps(text, ensure_ascii=False)


def views(
    api: Api,
    identity: Identity,
    root: Node,
    given: list[Credential],
    requirements: Requirements,
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Template and its values by path."""
    title = markdown(api.title) or identity.client
    option = given[0].option if given else ""
    return {
        "pyproject.toml": (
            "pyproject.toml.jinja",
            {
                "project": _toml(identity.project),
                "version": _toml(identity.version),
                "description": _toml(f"Typed Python client of {one_line(api.title)}."),
                "dependencies": [_toml(text) for text in requirements.always],
                "extras": [
                    f"{name} = [{', '.join(_toml(text) for text in texts)}]"
                    for name, texts in requirements.extras
                ],
                "homepage": _toml(identity.homepage) if identity.homepage else "",
                "source": _toml(f"src/{identity.package}"),
            },
        ),
        "README.md": (
            "readme.md.jinja",
            {
                "title": title,
                "identity": identity,
                "argument": f'{option}="..."' if option else "",
                "env": given[0].env if given else "",
                "example": _example(api, root),
            },
        ),
        "CHANGELOG.md": ("changelog.md.jinja", {"title": title}),
        "LICENSE": ("license.jinja", {"title": title}),
        f"tests/test_{identity.package}.py": (
            "test_package.py.jinja",
            {"package": identity.package, "client": identity.client},
        ),
    }


def _example(api: Api, root: Node) -> str:
    """A first call: of a list if there is one, which needs no argument."""
    found: list[tuple[bool, str]] = []
    for node in root.walk():
        for id_, name in () if node.bound else node.methods.items():
            operation = api.operations[id_]
            required = any(parameter.required for parameter in operation.parameters)
            if operation.http_method.upper() == "GET" and not (required or operation.deprecated):
                call = ".".join(("client", *node.path, f"{name}()"))
                found.append((operation.pagination is None, call))
    if not found:
        return ""
    single, call = min(found, key=lambda item: item[0])
    return f"print({call})" if single else f"for item in {call}:\n    print(item)"


def operation_tests(
    api: Api, identity: Identity, given: list[Credential], header: str
) -> dict[str, Any]:
    """The values of the template of the tests that call every operation."""
    documented = base_url(api.servers)
    parts = urlsplit(documented)
    return {
        "header": header,
        "package": identity.package,
        "client": identity.client,
        "env": identity.env_prefix,
        "base_url": string(_MOCK + parts.path.rstrip("/")),
        "documented": string(documented) if parts.scheme and parts.hostname else "str(BASE_URL)",
        "options": [
            f"{string(item.option)}: {_SECRETS.get(item.kind, 'SECRET')}," for item in given
        ],
    }
