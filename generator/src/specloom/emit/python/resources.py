"""Resources: the classes behind ``client.users``, as printed text for the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from specloom.config.casing import class_name as class_name_of
from specloom.config.promises import Promises
from specloom.emit.python.arguments import arguments
from specloom.emit.python.encode import docstring, prose, wrap
from specloom.emit.python.endpoints import endpoint, security
from specloom.emit.python.layout import COLUMNS, Item, call, flat, lay, lay_statement, signature
from specloom.emit.python.methods import Flavour, MethodPrinter
from specloom.emit.python.names import (
    CLIENT_ATTRIBUTES,
    RESOURCE_ATTRIBUTES,
    Namespace,
    constant,
    identifier,
    pascal,
)
from specloom.emit.python.plan import TypePlan
from specloom.emit.python.scope import Scope, from_import
from specloom.emit.python.sockets import SocketPrinter, socket_name, socket_printers
from specloom.emit.python.types import Annotator
from specloom.ir.model import Api, Model, ModelId, Operation, Resource, Words

__all__ = [
    "Node",
    "ResourceClass",
    "ResourceModule",
    "child_property",
    "method_printers",
    "resource_module",
    "resource_tree",
]


_WEBHOOKS = ("webhooks",)
_WEBHOOK_METHODS = ("sign", "unwrap", "verify")
"""A resource called ``webhooks`` has these from the core: it stands in their place."""


@dataclass(frozen=True, slots=True)
class Node:
    """A resource with its Python names.

    Attributes:
        resource: The resource of the description.
        path: Attribute names from the client: ``("admin", "nodes")``.
        class_name: ``AdminNodes``.
        methods: Method names by operation id.
        children: Resources below it.
        bound: Wire names of the path parameters that an instance knows.
        sockets: Names of the methods that open WebSockets, by the id of their operation.
        stem: The file's name where it stands inside the resource's package.
    """

    resource: Resource
    path: tuple[str, ...]
    class_name: str
    methods: Mapping[str, str]
    children: tuple[Node, ...]
    bound: tuple[str, ...] = ()
    sockets: Mapping[str, str] = field(default_factory=dict)
    stem: str = ""

    @property
    def file(self) -> str:
        """The module's file below the package."""
        stem = "/".join(("resources", *self.path))
        if self.stem:
            return f"{stem}/{self.stem}.py"
        return f"{stem}/__init__.py" if self.children else f"{stem}.py"

    @property
    def module(self) -> str:
        """The module below the package, with dots."""
        return ".".join(("resources", *self.path))

    def walk(self) -> Iterator[Node]:
        """This resource and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class ResourceClass:
    """One of the two classes of a resource.

    Attributes:
        head, docstring: Its start.
        children: Properties with the resources below.
        methods: Its methods.
        with_raw: The property with its raw twin; empty without methods.
        raw_class: That twin, whose methods return whole responses.
    """

    head: str
    docstring: str
    children: tuple[str, ...]
    methods: tuple[str, ...]
    with_raw: str
    raw_class: str


@dataclass(frozen=True, slots=True)
class ResourceModule:
    """One module of ``resources``."""

    docstring: str
    imports: tuple[str, ...]
    typing_imports: tuple[str, ...]
    names: tuple[str, ...]
    constants: tuple[str, ...]
    classes: tuple[ResourceClass, ...]


def resource_tree(api: Api, bound: Mapping[str, str], promises: Promises | None = None) -> Node:
    """Name every resource and method.

    Args:
        api: The API.
        bound: Path parameter that a resource binds, by the resource's dotted path of words.
        promises: The layout that is promised; without it, the package's own.
    """
    naming = _Naming(bound, None if promises is None or promises.layout == "plain" else promises)
    classes = Namespace(("ClientOperations",))
    methods = Namespace(CLIENT_ATTRIBUTES)
    root = {
        id_: methods.take(identifier(api.operations[id_].method_name, "method", CLIENT_ATTRIBUTES))
        for id_ in api.root.operations
    }
    children = tuple(
        _node(child, (), (), methods, classes, api, naming) for child in api.root.children
    )
    sockets = _sockets(api.root, api, methods)
    return Node(api.root, (), "ClientOperations", root, children, sockets=sockets)


def _sockets(resource: Resource, api: Api, members: Namespace) -> dict[str, str]:
    return {
        id_: members.take(socket_name(api.operations[id_]))
        for id_ in resource.operations
        if api.operations[id_].websocket is not None
    }


def _node(
    resource: Resource,
    words: tuple[Words, ...],
    path: tuple[str, ...],
    siblings: Namespace,
    classes: Namespace,
    api: Api,
    naming: _Naming,
) -> Node:
    full = (*words, resource.name)
    is_webhooks = not path and resource.name == _WEBHOOKS
    name = "webhooks" if is_webhooks else siblings.take(_attribute(resource.name))
    own = (*path, name)
    joined = tuple(word for part in full for word in part)
    promises = naming.promises
    if promises is None:
        class_name = classes.take(pascal(joined, "Resource"))
    else:  # one name for resources of one name; only those above it are others
        wishes = [f"{class_name_of(w, promises.casings)}Resource" for w in (resource.name, joined)]
        class_name = classes.take(*(w if w[:1].isalpha() else f"Api{w}" for w in wishes))
        classes = Namespace((*naming.above, class_name))
        naming = replace(naming, above=(*naming.above, class_name))
    members = Namespace((*RESOURCE_ATTRIBUTES, *(_WEBHOOK_METHODS if is_webhooks else ())))
    methods = {
        id_: members.take(identifier(api.operations[id_].method_name, "method"))
        for id_ in resource.operations
    }
    children = tuple(
        _node(child, full, own, members, classes, api, naming) for child in resource.children
    )
    parameter = naming.bound.get(".".join("_".join(part) for part in full))
    parts = (part for id_ in resource.operations for part in api.operations[id_].path)
    there = any(part.is_parameter and part.text.raw == parameter for part in parts)
    given = (parameter,) if parameter is not None and there else ()
    sockets = _sockets(resource, api, members)
    stem = ""
    if children and promises is not None:
        stem = Namespace((child.path[-1] for child in children), fold=True).take(name)
    return Node(resource, own, class_name, methods, children, given, sockets, stem)


@dataclass(frozen=True, slots=True)
class _Naming:
    """How the tree is named: what resources bind, what is promised, the classes further up."""

    bound: Mapping[str, str]
    promises: Promises | None = None
    above: tuple[str, ...] = ()


def _attribute(words: Words) -> str:
    return identifier(words, "resource", RESOURCE_ATTRIBUTES)


def resource_module(node: Node, api: Api, plan: TypePlan, package: str) -> ResourceModule:
    """Print one resource.

    Args:
        node: The resource.
        api: The API.
        plan: The types of the package.
        package: Dots that lead from the module to the package's root.
    """
    models: dict[ModelId, Model] = dict(api.models)
    operations = [api.operations[id_] for id_ in node.resource.operations]
    class_names = (node.class_name, f"Async{node.class_name}")
    names = [name + suffix for name in class_names for suffix in ("", "WithRawResponse")]
    children = [child.class_name for child in node.children]
    defined = [*names, *children, *(f"Async{name}" for name in children)]
    scope = Scope(package, defined)
    notes = Annotator(models, plan.names, scope)
    members = {
        *node.methods.values(),
        *node.sockets.values(),
        *(child.path[-1] for child in node.children),
    }
    with scope.shadowing(members):
        printers, constants = method_printers(operations, node, api, plan, notes)
        sockets = socket_printers(printers, node.sockets, plan)
        classes = tuple(_class(node, flavour, printers, sockets, scope) for flavour in Flavour)
    return ResourceModule(
        _docstring(node),
        tuple(_with_type_checking(scope)),
        tuple(scope.lines(typing_only=True, indent=4)),
        tuple(sorted(names if printers else class_names)),
        tuple(constants),
        classes,
    )


def method_printers(
    operations: list[Operation],
    node: Node,
    api: Api,
    plan: TypePlan,
    notes: Annotator,
    owner: str = "self",
) -> tuple[list[MethodPrinter], list[str]]:
    """Printers of the methods of a class, and the constants that they use."""
    constants, shared = _security_constant(operations, api)
    taken = Namespace(("_SECURITY",))
    printers: list[MethodPrinter] = []
    for operation in operations:
        name = node.methods[operation.id]
        given = plan.arguments[operation.id]
        printer = MethodPrinter(
            operation,
            name,
            taken.take(constant(name)),
            given if not node.bound else arguments(operation, api.models, node.bound),
            plan.operations[operation.id],
            notes,
            owner,
        )
        printers.append(printer)
        constants.append(_constant(printer, api, plan, notes.scope, shared))
    return printers, constants


def _class(
    node: Node,
    flavour: Flavour,
    printers: list[MethodPrinter],
    sockets: list[SocketPrinter],
    scope: Scope,
) -> ResourceClass:
    sync = flavour is Flavour.SYNC
    name = flavour.prefix + node.class_name
    bases = [scope.core("_core.resource", "SyncResource" if sync else "AsyncResource")]
    if node.path == _WEBHOOKS:
        bases.append(scope.core("webhooks", "ClientWebhooks"))
    methods = [*(p.methods(flavour) for p in printers), *(s.method(flavour) for s in sockets)]
    raw = ""
    if printers:
        wrapper = scope.core("_core.resource", "as_raw" if sync else "as_async_raw")
        raw = _raw_class(name, wrapper, printers)
    return ResourceClass(
        lay(call(f"class {name}", bases), 0, "", ":"),
        docstring([f"`client.{'.'.join(node.path)}` of the {flavour.value}hronous client."], 4),
        tuple(
            child_property(child, flavour, scope, f".{child.path[-1]}", "self._client")
            for child in node.children
        ),
        tuple(methods),
        _with_raw(name) if printers else "",
        raw,
    )


def _with_raw(name: str) -> str:
    raw = f"{name}WithRawResponse"
    return (
        f"    @property\n{signature('def with_raw_response', [Item('self')], raw, 4)}\n"
        '        """The same methods, returning the whole response."""\n'
        f"{lay(call(raw, ['self']), 8, 'return ')}"
    )


def _raw_class(name: str, wrap_name: str, printers: list[MethodPrinter]) -> str:
    head = signature("def __init__", [Item("self"), Item(name, "resource: ")], "None", 4)
    methods = (
        lay_statement(call(wrap_name, [f"raw.{printer.name}"]), 8, f"self.{printer.name} = ")
        for printer in printers
    )
    text = docstring([f"The methods of `{name}`, returning the whole response."], 4)
    return "\n".join(
        [
            f"class {name}WithRawResponse:",
            f"{text}\n",
            head,
            "        raw = resource._raw()",
            *methods,
        ]
    )


def child_property(child: Node, flavour: Flavour, scope: Scope, module: str, client: str) -> str:
    """The attribute of a client or resource that holds the resource below it.

    Args:
        child: The resource below.
        flavour: Of which client.
        scope: Collects imports.
        module: The child's module, relative.
        client: The expression of the client.
    """
    class_name = flavour.prefix + child.class_name
    # the core's client has a property `webhooks`, and a property can only be overridden by another
    is_webhooks = child.path == _WEBHOOKS
    decorator = "property" if is_webhooks else scope.standard("functools", "cached_property")
    with scope.typing_only():
        scope.relative(module, class_name)
    head = signature(f"def {child.path[-1]}", [Item("self")], class_name, 4)
    statement = from_import(module, {(class_name, class_name)}, 8)
    given = lay(call(class_name, [client]), 8, "return ")
    return f"    @{decorator}\n{head}\n{statement}\n\n{given}"


def _with_type_checking(scope: Scope) -> list[str]:
    if scope.lines(typing_only=True):
        scope.standard("typing", "TYPE_CHECKING")
    return scope.lines()


def _docstring(node: Node) -> str:
    title = " ".join(" ".join(part.split("_")) for part in node.path).strip() or "client"
    lines = prose(node.resource.docs.summary) or prose(node.resource.docs.description)
    if lines:
        lines = [f"{title.capitalize()}: {lines[0]}", *lines[1:]]
    else:
        lines = [f"{title.capitalize()}."]
    return docstring(wrap(lines, COLUMNS - 6), 0)


def _constant(
    printer: MethodPrinter, api: Api, plan: TypePlan, scope: Scope, shared: str | None
) -> str:
    operation = printer.operation
    value = endpoint(
        operation,
        printer.types,
        plan.names,
        api,
        scope,
        security_name="_SECURITY" if shared == flat(security(operation, api)) else None,
        nested_aliases=plan.nested_aliases.get(operation.id),
        parameter_aliases=plan.parameter_aliases.get(operation.id),
    )
    return lay(value, 0, f"{printer.constant} = ")


def _security_constant(operations: list[Operation], api: Api) -> tuple[list[str], str | None]:
    """A constant for the security that several operations share, and its text."""
    texts = [flat(security(operation, api)) for operation in operations if operation.security]
    common = max(dict.fromkeys(texts), key=texts.count, default=None)
    if common is None or texts.count(common) < 2:
        return [], None
    chosen = next(o for o in operations if flat(security(o, api)) == common)
    return [lay(security(chosen, api), 0, "_SECURITY = ")], common
