"""How operations page, without the rest of the representation: a model is read when it is looked at.

A server of a document needs to know this of it and nothing else; most of a large document's models
have no part in any list.
"""

from __future__ import annotations

import gc
from typing import Any

from specloom.config import Config, default_config
from specloom.diagnostics import Diagnostics
from specloom.fidelity import Ledger
from specloom.ir.build.components import component
from specloom.ir.build.composition import Composition
from specloom.ir.build.context import Context
from specloom.ir.build.objects import Objects
from specloom.ir.build.operations import Operations
from specloom.ir.build.types import Types
from specloom.ir.build.unions import Unions
from specloom.ir.lock import NameLock
from specloom.ir.model import AnyType, Model, ModelId, NamedType, Pagination, Source
from specloom.ir.names import Names, split_words
from specloom.spec import Document
from specloom.spec.pointer import child

__all__ = ["paginations"]

_PREFIX = "/components/schemas"


class _Components(dict[ModelId, Model]):
    """Models by id; that of a component is made when it is first asked for."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        super().__init__()
        self._waiting = {child(_PREFIX, name): name for name in schemas}
        self._schemas = schemas
        self.types: Types | None = None

    def __missing__(self, key: ModelId) -> Model:
        name = self._waiting.pop(key)
        assert self.types is not None
        words = split_words(name)
        self[key] = NamedType(key, words, AnyType(), Source(key))  # it may refer to itself
        self[key] = component(self.types.context, self.types, self._schemas[name], key, words)
        return self[key]

    def get(self, key: ModelId, default: Any = None) -> Any:
        """The model, or the default where the document has none of that id."""
        return self[key] if key in self._waiting else super().get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._waiting or super().__contains__(key)


def paginations(document: Document, config: Config | None = None) -> dict[str, Pagination]:
    """Read how each operation that pages does so, by operation id.

    The same as :func:`specloom.ir.build.build` says of them, in a fraction of its time.

    Args:
        document: A document that was loaded.
        config: Its configuration; the defaults without it.
    """
    models = _Components(document.root["components"].get("schemas", {}))
    config = config if config is not None else default_config()
    context = Context(document, config, Diagnostics(), Ledger(), Names(), models, NameLock())
    types = models.types = Types(context)
    types.objects = Objects(types)
    types.composition = Composition(types, types.objects)
    types.unions = Unions(types)
    collecting = gc.isenabled()
    gc.disable()
    try:
        return Operations(context, types).paginations()
    finally:
        if collecting:
            gc.enable()
