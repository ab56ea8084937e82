"""From a canonical document and a configuration to the intermediate representation."""

from __future__ import annotations

import gc
import hashlib

from specloom.config import Config, ErrorPointers, default_config
from specloom.diagnostics import Diagnostics
from specloom.fidelity import Ledger
from specloom.ir.build.components import build_components
from specloom.ir.build.composition import Composition
from specloom.ir.build.configured import check_bound, check_names
from specloom.ir.build.context import Context, docs_of
from specloom.ir.build.cycles import cut_cycles
from specloom.ir.build.objects import Objects
from specloom.ir.build.operations import Operations
from specloom.ir.build.reach import with_examples, with_reach
from specloom.ir.build.resources import resource_tree
from specloom.ir.build.security import schemes, servers
from specloom.ir.build.types import Types
from specloom.ir.build.unions import Unions
from specloom.ir.build.webhooks import webhooks
from specloom.ir.lock import NameLock
from specloom.ir.model import Api, ErrorShape, Text
from specloom.ir.names import Names, split_words
from specloom.spec import Document
from specloom.spec.pointer import child

__all__ = ["build"]


def build(
    document: Document,
    config: Config | None = None,
    diagnostics: Diagnostics | None = None,
    ledger: Ledger | None = None,
    lock: NameLock | None = None,
) -> Api:
    """Build the representation of a document.

    Args:
        document: A document that was loaded.
        config: How its SDKs are named and grouped; the defaults without it.
        diagnostics: Receives findings about the document's meaning.
        ledger: Receives what the representation cannot say.
        lock: Names that are taken already.
    """
    config = config if config is not None else default_config()
    lock = lock if lock is not None else NameLock()
    renamed = {child("/components/schemas", name) for name in config.models}
    given = {split_words(name) for name in config.models.values()}
    locked = {
        key: words
        for key, words in lock.models.items()
        if key not in renamed and words not in given
    }
    context = Context(
        document,
        config,
        diagnostics if diagnostics is not None else Diagnostics(),
        ledger if ledger is not None else Ledger(),
        Names(locked=locked),
        {},
        lock,
    )
    collecting = gc.isenabled()
    gc.disable()  # the representation grows and nothing dies until it is whole
    try:
        return _build(context)
    finally:
        if collecting:
            gc.enable()


def _build(context: Context) -> Api:
    types = Types(context)
    types.objects = Objects(types)
    types.composition = Composition(types, types.objects)
    types.unions = Unions(types)
    build_components(context, types)
    reader = Operations(context, types)
    operations = reader.all()
    check_names(context, reader.standings, reader.skipped)
    check_bound(context, operations.values())
    hooks = webhooks(context, types)
    cut_cycles(context)
    info = context.document.root["info"]
    digest = hashlib.sha256(
        f"{context.document.sha256} {context.config.sha256}".encode()
    ).hexdigest()
    return Api(
        title=Text(info["title"]),
        version=Text(info["version"]),
        operations=operations,
        models=with_reach(
            with_examples(context.models, context.examples),
            operations.values(),
            (*hooks, *reader.callbacks),
        ),
        root=resource_tree(context, reader.standings),
        servers=servers(context.document.root),
        security_schemes=schemes(context),
        webhooks=hooks,
        errors=_errors(context.config.errors),
        fingerprint=digest,
        docs=docs_of({key: value for key, value in info.items() if key != "title"}),
        callbacks=tuple(reader.callbacks),
    )


def _errors(pointers: ErrorPointers) -> ErrorShape:
    default = ErrorShape()
    return ErrorShape(
        code=pointers.code or default.code,
        message=pointers.message or default.message,
        details=pointers.details or default.details,
        request_id=pointers.request_id or default.request_id,
        success_flag=pointers.success_flag,
    )
