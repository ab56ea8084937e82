"""What these tests share: a document and a stainless.yml, generated into a package and imported."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import pkgutil
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from specloom.config import Config, load_config
from specloom.config.binding import bound, edits_of
from specloom.diagnostics import Diagnostics
from specloom.emit.python.core import core_files, core_folder
from specloom.emit.python.emitter import generate
from specloom.fidelity import Ledger
from specloom.ir.build import build
from specloom.ir.model import Api
from specloom.spec import Document, load

HEAD = """\
organization: {name: acme}
environments: {production: 'https://api.acme.test'}
"""
DOCUMENT = "openapi: 3.1.0\ninfo: {title: Acme, version: '1'}\n"
_NUMBERS = itertools.count(1)
_CORE = tuple(core_files(core_folder()))  # type-checked where it lives


@dataclass
class Reading:
    """A document read under a configuration."""

    document: Document
    config: Config
    api: Api
    diagnostics: Diagnostics
    ledger: Ledger

    @property
    def lost(self) -> dict[str, str]:
        """Reasons by pointer, of keys of the configuration."""
        return {
            entry.pointer.partition("#")[2]: entry.reason
            for entry in self.ledger
            if "#" in entry.pointer
        }

    @property
    def methods(self) -> dict[str, str]:
        """Operation ids by the place of their methods."""
        return {
            ".".join("_".join(part) for part in (*item.resource, item.method_name)): item.id
            for item in self.api.operations.values()
        }


@dataclass
class Sdk(Reading):
    """Its package, importable, with clients that talk to a function."""

    name: str = ""
    folder: Path = Path()
    requests: list[httpx.Request] = field(default_factory=list)

    def module(self, name: str = "") -> ModuleType:
        return importlib.import_module(f"{self.name}.{name}" if name else self.name)

    def text(self, path: str) -> str:
        return (self.folder / "src" / self.name / path).read_text(encoding="utf-8")

    def files(self) -> set[str]:
        """Generated files below the package, those of the core left out."""
        root = self.folder / "src" / self.name
        found = {path.relative_to(root).as_posix() for path in root.rglob("*.py")}
        return found - {name for name in _CORE if name != "pagination.py"}

    def import_everything(self) -> list[str]:
        """Import every generated module, and every name that one offers."""
        names = [self.name]
        for found in pkgutil.walk_packages(self.module().__path__, f"{self.name}."):
            path = found.name.removeprefix(f"{self.name}.").replace(".", "/")
            if f"{path}.py" in self.files() or f"{path}/__init__.py" in self.files():
                names.append(found.name)
        for name in names:
            module = importlib.import_module(name)
            for offered in getattr(module, "__all__", ()):
                getattr(module, offered)
        return names

    def client(self, answer: Any = None, **options: Any) -> Any:
        """A client whose requests are noted and answered: a function, JSON or a response."""
        kind = getattr(self.module(), next(n for n in self.module().__all__ if n == "Acme"))
        return kind(transport=httpx.MockTransport(self._handler(answer)), **options)

    def async_client(self, answer: Any = None, **options: Any) -> Any:
        return self.module().AsyncAcme(
            transport=httpx.MockTransport(self._handler(answer)), **options
        )

    def _handler(self, answer: Any) -> Callable[[httpx.Request], httpx.Response]:
        def handle(request: httpx.Request) -> httpx.Response:
            request.read()
            self.requests.append(request)
            found = answer(request) if callable(answer) else answer
            return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

        return handle

    @property
    def sent(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def body(self) -> Any:
        return json.loads(self.sent.content)


@pytest.fixture
def reading(tmp_path: Path) -> Callable[..., Reading]:
    """Read a document under a configuration, both written as text."""

    def read(document: str, settings: str, path: Path | None = None) -> Reading:
        file = tmp_path / "acme.stainless.yml"
        settings = textwrap.dedent(settings)
        file.write_text(settings if "organization" in settings else HEAD + settings)
        diagnostics, ledger = Diagnostics(), Ledger()
        config = load_config(path or file, diagnostics)
        document = textwrap.dedent(document)
        whole = re.search(r"openapi\"?:|swagger:", document)
        text = document if whole else DOCUMENT + document
        made = load(
            text.encode(),
            name="acme.yaml",
            diagnostics=diagnostics,
            edit=edits_of(config, diagnostics),
        )
        ledger.add_quarantined(diagnostics)
        config = bound(config, made, diagnostics, ledger)
        api = build(made, config, diagnostics, ledger)
        return Reading(made, config, api, diagnostics, ledger)

    return read


@pytest.fixture
def sdk(tmp_path: Path, reading: Callable[..., Reading]) -> Iterator[Callable[..., Sdk]]:
    """Generate a package and make it importable while the test runs."""
    made: list[Sdk] = []

    def make(document: str, settings: str) -> Sdk:
        read = reading(document, settings)
        name = f"acme{next(_NUMBERS)}"
        config = replace(read.config, brand=replace(read.config.brand, package=name))
        folder = tmp_path / name
        generate(read.api, config, read.ledger, folder)
        sys.path.insert(0, str(folder / "src"))
        package = Sdk(read.document, config, read.api, read.diagnostics, read.ledger, name, folder)
        made.append(package)
        return package

    yield make
    for one in made:
        sys.path.remove(str(one.folder / "src"))
        for loaded in [n for n in sys.modules if n == one.name or n.startswith(f"{one.name}.")]:
            del sys.modules[loaded]


@pytest.fixture
def mypy() -> Callable[..., list[str]]:
    """Type-check a package, and a program that uses it."""
    return _mypy


def _mypy(folder: Path, source: Path, package: str, program: str = "") -> list[str]:
    """What mypy --strict says of the generated modules, and of a program that uses them."""
    (folder / "program.py").write_text(program)
    modules = ("__init__.py", "client.py", "webhook_events.py", "resources", "types")
    paths = [str(source / package / name) for name in (*modules, "pagination.py")]
    done = subprocess.run(
        [
            *[sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty"],
            *["--config-file", os.devnull, "--cache-dir", os.devnull, "program.py", *paths],
        ],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(source)},
        check=False,
        capture_output=True,
        text=True,
    )
    core = tuple(f"{package}/{name}:" for name in _CORE if name != "pagination.py")
    return [
        line
        for line in done.stdout.splitlines()
        if "No [mypy] section" not in line and not any(path in line for path in core)
    ]
