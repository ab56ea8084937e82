"""A whole Python package from the description of an API."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

import specloom
from specloom.config.model import Config
from specloom.emit.output import Changes, compare, write
from specloom.emit.python import scaffold
from specloom.emit.python.callbacks import callback_lines, callbacks_module
from specloom.emit.python.calls import calls
from specloom.emit.python.client import client_module, credentials
from specloom.emit.python.core import core_files, core_folder, core_requirements
from specloom.emit.python.encode import docstring, markdown, one_line, string
from specloom.emit.python.events import events_module
from specloom.emit.python.identity import Identity, identity_of
from specloom.emit.python.inspection import check_all
from specloom.emit.python.layout import flat, lay, sequence
from specloom.emit.python.methods import Flavour, MethodPrinter
from specloom.emit.python.names import sort_key
from specloom.emit.python.offered import resource_packages, type_modules, type_packages
from specloom.emit.python.package import api_sections, brand, exports, public_exports
from specloom.emit.python.pages import page_classes, page_names
from specloom.emit.python.plan import TypePlan, type_plan
from specloom.emit.python.resources import Node, resource_module, resource_tree
from specloom.emit.python.scope import Scope
from specloom.emit.python.types import Annotator, Side
from specloom.fidelity import Ledger
from specloom.ir.model import Api, Ref, Text

__all__ = ["emit", "generate", "new_package_files"]


def emit(api: Api, config: Config, ledger: Ledger) -> dict[str, bytes]:
    """Print every generated file of the package.

    Args:
        api: The API.
        config: Its configuration.
        ledger: Takes what Python cannot say.

    Returns:
        Content by path relative to the SDK's folder, sorted.

    Raises:
        UnexpectedSyntaxError: If a printed module is not what a template prints.
        ValueError: If a configured name cannot stand in Python.
    """
    return _Emission.of(api, config, ledger).files()


def generate(
    api: Api, config: Config, ledger: Ledger, out: Path, *, check_only: bool = False
) -> Changes:
    """Write the package, or say how what is on disk differs.

    The core is copied beside the generated code, except where ``out`` is the core's own home. A
    folder without a ``pyproject.toml`` is given one, with a README and a license to fill in.

    Args:
        api: The API.
        config: Its configuration.
        ledger: Takes what Python cannot say.
        out: The SDK's folder.
        check_only: Write nothing.

    Returns:
        What was changed, or would be.

    Raises:
        OutputError: If a file that is not generated stands in the way.
    """
    emission = _Emission.of(api, config, ledger)
    files = emission.files()
    source = core_folder()
    package = out / "src" / identity_of(api, config).package
    if package.resolve() != source.resolve():
        prefix = package.relative_to(out).as_posix()
        core = {f"{prefix}/{name}": data for name, data in core_files(source).items()}
        files = {**core, **files}  # a printed module stands before a copied one
        files.update(emission.tests())
    if check_only:
        return compare(files, out)
    once = {} if (out / "pyproject.toml").exists() else new_package_files(api, config)
    return write(files, out, once=once)


def new_package_files(api: Api, config: Config) -> dict[str, bytes]:
    """What a new package starts with, for its owner to keep: written only where there is none."""
    identity = identity_of(api, config)
    views = scaffold.views(
        api,
        identity,
        _tree(api, config),
        credentials(api, config),
        core_requirements(core_folder()),
    )
    return {path: _render(template, **view).encode() for path, (template, view) in views.items()}


def _tree(api: Api, config: Config) -> Node:
    bound = {dynamic.resource: dynamic.param for dynamic in config.dynamic}
    return resource_tree(api, bound, config.promises)


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("specloom.emit.python", "templates"),
        autoescape=False,  # noqa: S701 - Python is printed, by the encoders of encode.py
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=_refuse_text,
        auto_reload=False,
    )


def _refuse_text(value: Any) -> Any:
    if isinstance(value, Text):
        raise TypeError("document text must pass through an encoder before it is printed")
    return value


@functools.cache
def _template(name: str) -> jinja2.Template:
    return _environment().get_template(name)


def _render(template: str, **view: Any) -> str:
    text: str = _template(template).render(view)
    return text


_GIVEN = "Path parameters are positional, everything else is a keyword."
_GIVEN_ONE = "The last path parameter may be positional, everything else is a keyword."


@dataclass(frozen=True, slots=True)
class _Emission:
    """One run over one API."""

    api: Api
    config: Config
    ledger: Ledger
    identity: Identity
    plan: TypePlan
    root: Node
    header: str
    classes: frozenset[str]

    @classmethod
    def of(cls, api: Api, config: Config, ledger: Ledger) -> _Emission:
        root = _tree(api, config)
        classes = [prefix + node.class_name for node in root.walk() for prefix in ("", "Async")]
        return cls(
            api,
            config,
            ledger,
            identity_of(api, config),
            type_plan(api, config.promises),
            root,
            _header(api, config),
            frozenset((*classes, *(f"{name}WithRawResponse" for name in classes))),
        )

    def files(self) -> dict[str, bytes]:
        texts = {"api.md": self._api_md()}
        package = f"src/{self.identity.package}"
        modules = self._modules()
        check_all(modules, self.classes)
        texts.update((f"{package}/{path}", text) for path, text in modules.items())
        return {path: texts[path].encode("utf-8", "strict") for path in sorted(texts)}

    def tests(self) -> dict[str, bytes]:
        """The package's tests of every operation."""
        view = scaffold.operation_tests(
            self.api, self.identity, credentials(self.api, self.config), self.header
        )
        return {
            "tests/operations.json": calls(self.api, self.root, self.plan),
            "tests/test_operations.py": _render("test_operations.py.jinja", **view).encode(),
        }

    def _modules(self) -> dict[str, str]:
        public = public_exports(self.identity)
        title = one_line(self.api.title) or self.identity.client
        modules = {
            "__init__.py": self._lazy(public, f"The Python client of {title}."),
            "_brand.py": _render(
                "brand.py.jinja",
                header=self.header,
                error=self.identity.error,
                brand=brand(self.api, self.identity, self.config.promises.defaults.timeout),
            ),
            "client.py": self._client(title),
            "webhook_events.py": self._events(),
        }
        callbacks = callbacks_module(self.api, self.plan, self.ledger)
        if callbacks:
            modules["callback_events.py"] = _render(
                "callback_events.py.jinja", header=self.header, **callbacks
            )
        pages = page_classes(self.api, self.plan, self.config.promises)
        if pages:
            modules["pagination.py"] = _render(
                "pagination.py.jinja",
                header=self.header,
                pages=pages,
                untyped=any(": Any = " in field for page in pages for field in page.fields),
                names=_all(page_names(pages)),
            )
        modules.update(self._resources())
        modules.update(self._types())
        return modules

    def _lazy(self, view: Any, text: str) -> str:
        return _render(
            "lazy_package.py.jinja",
            header=self.header,
            docstring=docstring([text], 0),
            imports=view.imports,
            names=view.names,
            modules=view.modules,
        )

    def _client(self, title: str) -> str:
        module = client_module(self.api, self.config, self.identity, self.root, self.plan)
        return _render(
            "client.py.jinja",
            header=self.header,
            docstring=docstring([f"The clients of {title}."], 0),
            module=module,
            names=_all(module.names),
        )

    def _events(self) -> str:
        view = events_module(self.api, self.config, self.plan, self.ledger)
        return _render("webhook_events.py.jinja", header=self.header, **view)

    def _resources(self) -> dict[str, str]:
        out: dict[str, str] = {}
        for node in self.root.walk():
            if not node.path:
                continue
            dots = "." * (len(node.path) + (2 if node.children else 1))
            module = resource_module(node, self.api, self.plan, dots)
            out[node.file] = _render(
                "resource.py.jinja", header=self.header, module=module, names=_all(module.names)
            )
        for path, where in resource_packages(self.root).items():
            out[path] = self._lazy(exports(where), "Resources, by class name.")
        return out

    def _types(self) -> dict[str, str]:
        modules = type_modules(self.api, self.plan)
        out = {
            f"types/{path.replace('.', '/')}.py": _render(
                "types_module.py.jinja", header=self.header, module=view, names=_all(view.names)
            )
            for path, view in modules.items()
        }
        for path, where in type_packages(self.plan, modules).items():
            out[path] = self._lazy(exports(where), "Types, by name.")
        return out

    def _api_md(self) -> str:
        return _render(
            "api.md.jinja",
            header=self.header.replace("\n# ", " ").removeprefix("# "),
            title=markdown(self.api.title) or self.identity.client,
            given=_GIVEN_ONE if self.plan.public else _GIVEN,
            sections=api_sections(self.api, self.root, self._returns()),
            events=[
                f"- `{name.name}`"
                for name in dict.fromkeys(
                    self.plan.names[Side.RESPONSE, webhook.payload.model]
                    for webhook in self.api.webhooks
                    if isinstance(webhook.payload, Ref)
                )
            ],
            callbacks=callback_lines(self.api, self.plan),
            types=[
                (".".join((self.identity.package, "types", *folder)), ", ".join(names))
                for folder, names in self._type_names()
            ],
        )

    def _type_names(self) -> list[tuple[tuple[str, ...], list[str]]]:
        """The types that each folder offers, for people."""
        if self.plan.public:
            return [
                (folder, [f"`{name}`" for name in sorted(names)])
                for folder, names in sorted(self.plan.public.items())
            ]
        named = {name.name for name in self.plan.names.values()}
        for types in self.plan.operations.values():
            own = (types.params, types.result, types.event, types.message, types.body)
            named.update(name.name for name in own if name is not None)
        return [((), [f"`{name}`" for name in sorted(named)])]

    def _returns(self) -> dict[str, str]:
        return {id_: self._returned(id_) for id_ in self.api.operations}

    def _returned(self, id_: str) -> str:
        operation = self.api.operations[id_]
        given = self.plan.arguments[id_]
        notes = Annotator(self.api.models, self.plan.names, Scope("..", renaming=False))
        types = self.plan.operations[id_]
        return flat(MethodPrinter(operation, "", "", given, types, notes).returned(Flavour.SYNC))


def _all(names: tuple[str, ...]) -> str:
    ordered = sorted(names, key=sort_key)
    return lay(sequence([string(name) for name in ordered], "[]"), 0, "__all__ = ")


def _header(api: Api, config: Config) -> str:
    document = one_line(Path(config.document or "the OpenAPI document").name)
    settings = one_line(Path(config.path).name) if config.path else "the configuration"
    return (
        f"# Generated by Specloom {specloom.__version__} from {document}"
        f" (sha256 {api.fingerprint[:12]}).\n"
        f"# Do not edit: change {document} or {settings} and run specloom generate."
    )
