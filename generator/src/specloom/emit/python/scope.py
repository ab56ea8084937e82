"""The names of one generated module: what it imports, and under which local name.

The names that a module defines, and the API's own names, keep their spelling; a name of the
standard library or the core that clashes with one of them is imported with a leading underscore
(``from typing import Literal as _Literal``). Built-in types that a class shadows (a method
``list``) are written with their module in front (``builtins.list``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from specloom.emit.python.layout import COLUMNS, call, lay
from specloom.emit.python.names import NaturalKey, import_key, natural

__all__ = ["CORE_NAMES", "Scope", "from_import", "module_key"]

_STANDARD = ("__future__", "builtins", "collections.abc", "datetime", "functools", "typing")
_THIRD_PARTY = ("httpx", "pydantic", "typing_extensions")

CORE_NAMES = frozenset(
    {
        "Alias",
        "Annotated",
        "Any",
        "AsyncBinaryResponse",
        "AsyncConsole",
        "AsyncEventStream",
        "AsyncPage",
        "AsyncPaginator",
        "AsyncResource",
        "Binary",
        "BinaryResponse",
        "Body",
        "Brand",
        "Callable",
        "ClientWebhooks",
        "Console",
        "DateTime",
        "Endpoint",
        "EventStream",
        "Events",
        "Field",
        "FileInput",
        "Json",
        "Literal",
        "Login",
        "Mapping",
        "Middleware",
        "Model",
        "Nothing",
        "Omit",
        "Paging",
        "Param",
        "RequestOptions",
        "Required",
        "Scheme",
        "Sequence",
        "Socket",
        "SyncPage",
        "SyncResource",
        "TYPE_CHECKING",
        "Tagged",
        "Text",
        "TypeAlias",
        "TypeAliasType",
        "TypedDict",
        "UnknownVariant",
        "Unpack",
        "WebSocket",
    }
)
"""Capitalised names that generated modules import; an imported model of such a name is renamed."""


class Scope:
    """Collects the imports of one module.

    Args:
        package: Dots that lead from the module to the package's root: ``".."`` in ``types``.
        defined: Names that the module itself defines.
        renaming: Whether clashing names are renamed; not where text is for people only.
        folder: Of a module in a folder of ``types``: the folder, with a dot behind each part.
    """

    def __init__(
        self,
        package: str,
        defined: Iterable[str] = (),
        *,
        renaming: bool = True,
        folder: str = "",
    ) -> None:
        self._folder = folder
        self._reserved = CORE_NAMES if renaming else frozenset()
        self._package = package
        self._defined = frozenset(defined)
        self._imports: dict[bool, dict[str, set[tuple[str, str]]]] = {True: {}, False: {}}
        self._modules: dict[bool, set[str]] = {True: set(), False: set()}
        self._shadowed: frozenset[str] = frozenset()
        self._owners: dict[str, str] = {}
        self._typing_only = False

    @contextmanager
    def shadowing(self, names: Iterable[str]) -> Iterator[None]:
        """Render the annotations of a class that has members of these names."""
        former, self._shadowed = self._shadowed, frozenset(names)
        try:
            yield
        finally:
            self._shadowed = former

    @contextmanager
    def typing_only(self) -> Iterator[None]:
        """Collect imports that only a type checker needs."""
        former, self._typing_only = self._typing_only, True
        try:
            yield
        finally:
            self._typing_only = former

    def module(self, module: str) -> None:
        """Import a module whole."""
        self._modules[self._typing_only].add(module)

    def builtin(self, name: str) -> str:
        """A built-in type's name, as ``builtins.list`` where the class has its own ``list``."""
        if name in self._shadowed or name in self._defined:
            self.module("builtins")
            return f"builtins.{name}"
        return name

    def standard(self, module: str, name: str) -> str:
        """A name of the standard library or a third-party package."""
        return self._add(module, name, self._local(name))

    def core(self, module: str, name: str) -> str:
        """A name of the package outside ``types``: ``core("_core.absent", "Omit")``."""
        return self._add(self._package + module, name, self._local(name))

    def model(self, module: str, name: str) -> str:
        """A name of ``types/<module>.py``."""
        return self._own(f"{self._package}types.{module}", name)

    def sibling(self, module: str, name: str) -> str:
        """As :meth:`model`, from a module inside ``types``."""
        return self._own(self._beside(module), name)

    def sibling_as(self, module: str, name: str, local: str) -> str:
        """As :meth:`sibling`, under a name that the module offers itself."""
        return self._add(self._beside(module), name, local)

    def _beside(self, module: str) -> str:
        """The relative form of a module of ``types``, from another one."""
        leaf = module.removeprefix(self._folder)
        if self._folder and leaf != module and "." not in leaf:
            return f".{leaf}"
        return f"{self._package[1:]}{module}"

    def relative(self, module: str, name: str) -> str:
        """A name by its relative module, spelled as it is."""
        return self._add(module, name, name)

    def local_import(self, module: str, names: Mapping[str, str], indent: int) -> str:
        """The statement that imports core names (name -> local name) inside a function."""
        return from_import(self._package + module, set(names.items()), indent)

    def _own(self, module: str, name: str) -> str:
        """A generated name; two of one spelling from different modules are told apart."""
        local = name
        while (
            local in self._defined
            or local in self._reserved
            or local in self._shadowed
            or self._owners.get(local, module) != module
        ):  # two underscores before a name would make it private to a class
            local = f"{local}_" if local.startswith("_") else f"_{local}"
        self._owners[local] = module
        return self._add(module, name, local)

    def _local(self, name: str) -> str:
        while name in self._defined or name in self._shadowed:
            name = "_" + name
        return name

    def _add(self, module: str, name: str, local: str) -> str:
        self._imports[self._typing_only].setdefault(module, set()).add((name, local))
        return local

    def lines(self, *, typing_only: bool = False, indent: int = 0) -> list[str]:
        """The import statements, sorted as the formatter's import rule wants them.

        Args:
            typing_only: Those for a type checker, without what is imported at run time anyway.
            indent: Columns before each line.
        """
        blocks: list[list[str]] = [[], [], []]
        for module in sorted(self._modules[typing_only]):
            if typing_only and module in self._modules[False]:
                continue
            blocks[_block(module)].append(" " * indent + f"import {module}")
        always = self._imports[False] if typing_only else {}
        for module in sorted(self._imports[typing_only], key=module_key):
            names = self._imports[typing_only][module] - always.get(module, set())
            if names:
                blocks[_block(module)].append(from_import(module, names, indent))
        out: list[str] = []
        for block in blocks:
            if block:
                if out:
                    out.append("")
                out.extend(block)
        return out


def _block(module: str) -> int:
    if module.startswith("."):
        return 2
    return 1 if module in _THIRD_PARTY else 0


def module_key(module: str) -> tuple[int, NaturalKey]:
    """The order of import statements: from the furthest parent to the closest."""
    name = module.lstrip(".")
    return (len(name) - len(module), natural(name))


ImportKey: TypeAlias = tuple[int, NaturalKey, NaturalKey]


def _name_key(pair: tuple[str, str]) -> ImportKey:
    return import_key(pair[0])


def from_import(module: str, names: set[tuple[str, str]], indent: int) -> str:
    """The statements that import ``(name, local name)`` from a module."""
    plain = [pair for pair in sorted(names, key=_name_key) if pair[0] == pair[1]]
    renamed = [pair for pair in sorted(names, key=_name_key) if pair[0] != pair[1]]
    statements: list[tuple[ImportKey, str]] = []
    if plain:
        members = call(f"from {module} import ", [name for name, _ in plain])
        one = " " * indent + f"from {module} import {', '.join(name for name, _ in plain)}"
        text = one if len(one) <= COLUMNS else lay(members, indent)
        statements.append((_name_key(plain[0]), text))
    for name, local in renamed:
        text = " " * indent + f"from {module} import {name} as {local}"
        if len(text) > COLUMNS:
            text = lay(call(f"from {module} import ", [f"{name} as {local}"]), indent)
        statements.append((_name_key((name, local)), text))
    # the sort of statements of one module is by their first names
    return "\n".join(text for _, text in sorted(statements, key=lambda item: item[0]))
