"""``models`` of a stainless.yml: keys that name schemas of the document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from jsonpath_rfc9535 import JSONPathError, find

from specloom.config.promises import Seat
from specloom.config.stainless.model import ModelEntry
from specloom.config.stainless.reading import Report
from specloom.spec.document import Document
from specloom.spec.pointer import MISSING, child, evaluate, from_fragment, split

__all__ = ["Seated", "seat_models"]

_SCHEMAS = "/components/schemas"


@dataclass(slots=True)
class Seated:
    """Where the models stand.

    Attributes:
        seats: Component name -> where its model belongs.
        names: Component name -> a name that no other model has.
        aliases: Dotted path of a model that stands for another -> component name.
        keys: Dotted path of every model -> component name.
    """

    seats: dict[str, Seat] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)


def seat_models(entries: tuple[ModelEntry, ...], document: Document, report: Report) -> Seated:
    """Look every model's schema up; one that is no component becomes one.

    Args:
        entries: The models.
        document: The canonical document.
        report: Receives models whose schema is not there.
    """
    binder = _Models(entries, document, report)
    binder.models()
    return binder.seated


@dataclass(slots=True)
class _Models:
    entries: tuple[ModelEntry, ...]
    document: Document
    report: Report
    seated: Seated = field(default_factory=Seated)

    def models(self) -> None:
        """Seat every model; those of one schema are other names for the first."""
        for entry in self.entries:
            if entry.alias is None:
                self._model(entry)
        for entry in self.entries:
            if entry.alias is not None:
                target = self.seated.keys.get(entry.alias)
                if target is None:
                    self.report.missing(
                        entry.pointer,
                        f"no model is called {entry.alias!r}",
                        "the alias is left out",
                    )
                else:
                    self.seated.aliases[self._dotted(entry)] = target

    def _dotted(self, entry: ModelEntry) -> str:
        return ".".join((*entry.resource, entry.key))

    def _model(self, entry: ModelEntry) -> None:
        found = self._schema(entry.target)
        if found is None:
            self.report.missing(
                entry.pointer,
                f"the model {entry.key!r} names no schema of the document: {entry.target!r}",
                "the model is left out",
                "name a component, or its pointer: '#/components/schemas/...'",
            )
            return
        component = self._component(found, entry)
        dotted = self._dotted(entry)
        self.seated.keys[dotted] = component
        if component in self.seated.seats:
            self.seated.aliases[dotted] = component
            return
        self.seated.seats[component] = Seat(".".join(entry.resource), entry.key, entry.suffix)
        plain = entry.key not in self.seated.names.values()
        self.seated.names[component] = (
            entry.key if plain else dotted.replace(".", "_").replace("$", "")
        )

    def _schema(self, target: str) -> str | None:
        schemas = self.document.root["components"].get("schemas", {})
        if target in schemas:
            return child(_SCHEMAS, target)
        if target.startswith("$"):
            return self._by_path(target)
        pointer = from_fragment(target.lstrip("#"))
        if not pointer.startswith("/"):
            return None
        here = ""
        node: Any = self.document.root
        for key in split(pointer):
            inner = evaluate({"": node}, f"/{child('', key)}") if node is not None else MISSING
            if inner is MISSING:
                node, here = self.document.resolve(node, here)
                inner = evaluate({"": node}, f"/{child('', key)}")
            if inner is MISSING:
                return None
            node, here = inner, child(here, key)
        return here if isinstance(node, dict) else None

    def _by_path(self, path: str) -> str | None:
        try:
            nodes = list(find(path, self.document.root))
        except JSONPathError:
            return None
        if len(nodes) != 1 or not isinstance(nodes[0].value, dict):
            return None
        return child("", *nodes[0].location)

    def _component(self, pointer: str, entry: ModelEntry) -> str:
        """Return the component that a schema is, made one where it is not."""
        schemas = self.document.root["components"].setdefault("schemas", {})
        node = evaluate(self.document.root, pointer)
        if set(node) == {"$ref"}:
            _, pointer = self.document.resolve(node, pointer)
            node = evaluate(self.document.root, pointer)
        keys = split(pointer)
        if keys[:2] == ["components", "schemas"] and len(keys) == 3:
            return keys[2]
        words = re.findall("[A-Za-z0-9]+", " ".join((*entry.resource, entry.key)))
        name = "".join(word[:1].upper() + word[1:] for word in words)
        while name in schemas:
            name += "Model"
        schemas[name] = dict(node)
        self.document.moved(child(_SCHEMAS, name), pointer)
        node.clear()
        node["$ref"] = f"#{child(_SCHEMAS, name)}"
        return name
