"""What the emitter's tests share: a small document, generated into a package and imported."""

from __future__ import annotations

import importlib
import itertools
import json
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from specloom.config import default_config
from specloom.config.model import Brand, Config
from specloom.emit.python.emitter import generate
from specloom.fidelity import Ledger
from specloom.ir.build import build
from specloom.ir.model import Api
from specloom.spec import load

_NUMBERS = itertools.count(1)


@dataclass
class Package:
    """A generated package, importable, with clients that talk to a function."""

    name: str
    folder: Path
    api: Api
    ledger: Ledger
    requests: list[httpx.Request] = field(default_factory=list)

    def module(self, name: str = "") -> ModuleType:
        return importlib.import_module(f"{self.name}.{name}" if name else self.name)

    def type(self, name: str) -> Any:
        return getattr(self.module("types"), name)

    def text(self, path: str) -> str:
        return (self.folder / "src" / self.name / path).read_text(encoding="utf-8")

    def client(self, answer: Any = None, **options: Any) -> Any:
        """A client whose requests are noted and answered: a function, JSON or a response."""
        transport = httpx.MockTransport(self._handler(answer))
        return self.module().Demo(base_url="https://demo.test", transport=transport, **options)

    def async_client(self, answer: Any = None, **options: Any) -> Any:
        transport = httpx.MockTransport(self._handler(answer))
        return self.module().AsyncDemo(base_url="https://demo.test", transport=transport, **options)

    def _handler(self, answer: Any) -> Callable[[httpx.Request], httpx.Response]:
        def handle(request: httpx.Request) -> httpx.Response:
            request.read()
            self.requests.append(request)
            if callable(answer):
                found = answer(request)
                return (
                    found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)
                )
            if isinstance(answer, httpx.Response):
                return answer
            return httpx.Response(200, json=answer)

        return handle

    @property
    def sent(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def body(self) -> Any:
        return json.loads(self.sent.content)


def document(source: str) -> bytes:
    """A whole document of what is particular in it."""
    source = textwrap.dedent(source)
    head = "openapi: 3.1.0\ninfo: {title: Demo, version: '1'}\n"
    if "paths:" not in source:
        head += "paths: {}\n"
    return (source if "openapi:" in source else head + source).encode()


@pytest.fixture
def described() -> Callable[..., Api]:
    """The representation of a document."""

    def describe(source: str | bytes, config: Config | None = None) -> Api:
        data = source if isinstance(source, bytes) else document(source)
        return build(load(data, name="demo.yaml"), config or default_config())

    return describe


@pytest.fixture
def package(tmp_path: Path, described: Callable[..., Api]) -> Iterator[Callable[..., Package]]:
    """Generate a package from a document and make it importable while the test runs."""
    made: list[Package] = []

    def make(source: str | bytes, config: Config | None = None) -> Package:
        name = f"demo{next(_NUMBERS)}"
        base = config or default_config()
        brand = Brand(name="Demo", package=name, env_prefix="DEMO", version="1.2.3")
        chosen = replace(base, brand=brand)
        api = described(source, chosen)
        folder, ledger = tmp_path / name, Ledger()
        generate(api, chosen, ledger, folder)
        sys.path.insert(0, str(folder / "src"))
        made.append(Package(name, folder, api, ledger))
        return made[-1]

    yield make
    for one in made:
        sys.path.remove(str(one.folder / "src"))
        for loaded in [n for n in sys.modules if n == one.name or n.startswith(f"{one.name}.")]:
            del sys.modules[loaded]
