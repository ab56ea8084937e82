"""What the generator's tests share: small documents to documents, representations, short texts."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from specloom.config import Config, default_config
from specloom.diagnostics import Diagnostic, Diagnostics, Severity
from specloom.fidelity import Ledger
from specloom.ir.build import build
from specloom.ir.model import (
    AnyType,
    Api,
    Binary,
    ListOf,
    LiteralType,
    MapOf,
    Model,
    Nullable,
    ObjectModel,
    Operation,
    Ref,
    Scalar,
    Type,
    Union,
)
from specloom.spec import Document, load

HEAD = "openapi: 3.1.0\ninfo: {title: Test, version: '1'}\npaths: {}\n"


@dataclass
class Read:
    """A document that was read, with what was found on the way."""

    document: Document
    diagnostics: Diagnostics

    @property
    def root(self) -> dict[str, Any]:
        return self.document.root

    @property
    def found(self) -> list[Diagnostic]:
        return list(self.diagnostics)

    @property
    def codes(self) -> list[str]:
        return [item.code for item in self.diagnostics]

    @property
    def errors(self) -> list[str]:
        return [item.code for item in self.diagnostics if item.severity is Severity.ERROR]

    def schema(self, name: str = "S") -> Any:
        return self.root["components"]["schemas"][name]


@dataclass
class Built(Read):
    """A document's representation."""

    api: Api
    ledger: Ledger

    def model(self, name: str) -> Model:
        return self.api.models[f"/components/schemas/{name}"]

    def object(self, name: str) -> ObjectModel:
        model = self.model(name)
        assert isinstance(model, ObjectModel), model
        return model

    def fields(self, name: str) -> dict[str, str]:
        return {field.wire_name.raw: self.short(field.type) for field in self.object(name).fields}

    def type_of(self, name: str) -> str:
        model = self.model(name)
        assert not isinstance(model, ObjectModel)
        return self.short(model.type)  # type: ignore[union-attr]

    @property
    def operation(self) -> Operation:
        (only,) = self.api.operations.values()
        return only

    @property
    def reasons(self) -> dict[str, str]:
        return {entry.pointer: entry.reason for entry in self.ledger}

    def short(self, made: Type) -> str:
        """Write a type as a short text: ``[@user | string?]``."""
        if isinstance(made, Ref):
            return "@" + "_".join(self.api.models[made.model].name)
        if isinstance(made, Nullable):
            return f"{self.short(made.inner)}?"
        if isinstance(made, ListOf):
            return f"[{self.short(made.item)}]"
        if isinstance(made, MapOf):
            return f"{{{self.short(made.value)}}}"
        if isinstance(made, Union):
            return "(" + " | ".join(map(self.short, made.variants)) + ")"
        if isinstance(made, LiteralType):
            return "/".join(map(repr, made.values))
        if isinstance(made, AnyType):
            return "any"
        if isinstance(made, Binary):
            return "binary"
        assert isinstance(made, Scalar)
        return made.kind.value + (f":{made.format.raw}" if made.format else "")


def _text(source: str) -> str:
    source = textwrap.dedent(source)
    return source if "openapi:" in source or "swagger:" in source else HEAD + source


@pytest.fixture
def read() -> Callable[..., Read]:
    """Read a YAML document; the head of a 3.1 document is put before a text without one."""

    def read_text(source: str, **options: Any) -> Read:
        diagnostics = Diagnostics()
        data = _text(source).encode()
        return Read(load(data, diagnostics=diagnostics, name="doc.yaml", **options), diagnostics)

    return read_text


@pytest.fixture
def built() -> Callable[..., Built]:
    """Read a YAML document and build its representation."""

    def build_text(source: str, config: Config | None = None) -> Built:
        diagnostics, ledger = Diagnostics(), Ledger()
        document = load(_text(source).encode(), diagnostics=diagnostics, name="doc.yaml")
        api = build(document, config or default_config(), diagnostics, ledger)
        return Built(document, diagnostics, api, ledger)

    return build_text


@pytest.fixture
def schemas(built: Callable[..., Built]) -> Callable[[str], Built]:
    """Build a document that has nothing but the given component schemas."""

    def build_schemas(source: str) -> Built:
        indented = textwrap.indent(textwrap.dedent(source).strip("\n"), "    ")
        return built(f"{HEAD}components:\n  schemas:\n{indented}\n")

    return build_schemas


@pytest.fixture(scope="session")
def zoo() -> dict[str, Path]:
    """Public documents by name, from the folder SPECLOOM_ZOO; empty where there is none."""
    folder = os.environ.get("SPECLOOM_ZOO")
    if not folder or not Path(folder).is_dir():
        return {}
    return {
        path.name: path
        for path in sorted(Path(folder).iterdir())
        if path.suffix in {".json", ".yaml", ".yml"}
    }
