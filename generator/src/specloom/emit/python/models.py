"""What the modules of ``types`` hold, ready for their templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from specloom.emit.python.arguments import Argument, argument_annotation
from specloom.emit.python.encode import (
    docstring,
    one_line,
    path_text,
    prose,
    string,
    with_sentence,
    wrap,
)
from specloom.emit.python.facts import facts
from specloom.emit.python.graph import components
from specloom.emit.python.layout import (
    COLUMNS,
    Expression,
    Item,
    call,
    flat,
    lay,
    lay_statement,
    subscript,
)
from specloom.emit.python.plan import Node, TypePlan, field_names
from specloom.emit.python.scope import Scope
from specloom.emit.python.types import Annotator, Side, TypeName, alias_statement
from specloom.ir.model import (
    AnyType,
    Docs,
    EnumModel,
    Field,
    Model,
    ModelId,
    NamedType,
    Nullable,
    ObjectModel,
    Operation,
    Ref,
    Type,
    Union,
    references,
)

__all__ = [
    "ClassView",
    "OwnTypes",
    "TypesModule",
    "alias_module",
    "documentation",
    "dots",
    "params_module",
    "types_module",
]

_MARGIN = 4


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class: its head, its docstring, and its members as printed statements."""

    head: str
    docstring: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnTypes:
    """What operations add to a module of named types.

    Attributes:
        params: Operations whose keyword arguments are described in it.
        aliases: Names for types that have none themselves, and the direction of each.
    """

    params: tuple[Operation, ...] = ()
    aliases: tuple[tuple[TypeName, Type, Side], ...] = ()


@dataclass(frozen=True, slots=True)
class TypesModule:
    """One module of ``types``."""

    imports: tuple[str, ...]
    names: tuple[str, ...]
    classes: tuple[ClassView, ...]
    aliases: tuple[str, ...]


def documentation(docs: Docs, indent: int, *, more: str = "", deprecated: bool = False) -> str:
    """A docstring of summary and description, wrapped to the line's length.

    Args:
        docs: What the document says.
        indent: Columns before it.
        more: A further sentence; untrusted.
        deprecated: Whether the document discourages the thing.
    """
    lines = prose(docs.summary)
    description = prose(docs.description)
    if description and description != lines:
        lines = [*lines, "", *description] if lines else description
    lines = with_sentence(lines, more)
    if deprecated:
        lines = with_sentence(lines, "Deprecated.")
    # three quotes stand before the first line; the wrapped text may use what is left of a line
    return docstring(wrap(lines, COLUMNS - indent - 6), indent)


def types_module(
    module: str,
    nodes: list[Node],
    plan: TypePlan,
    models: Mapping[ModelId, Model],
    own: OwnTypes | None = None,
) -> TypesModule:
    """Print the named types of one module.

    Args:
        module: Below ``types``, with dots.
        nodes: The named types that stand in it.
        plan: The types of the package.
        models: Every named type.
        own: What operations add to it.
    """
    own = own or OwnTypes()
    again = plan.again.get(module, {})
    local = {plan.names[node].name for node in nodes}
    local.update(name.name for name, _, _ in own.aliases)
    local.update(params.name for op in own.params if (params := plan.operations[op.id].params))
    folder = module[: module.rfind(".") + 1]
    scope = Scope(dots(module), (*local, *again), folder=folder)
    notes = Annotator(models, plan.names, scope, module)
    classes: list[ClassView] = []
    objects = [node for node in nodes if isinstance(models[node[1]], ObjectModel)]
    for side, id_ in objects:
        model = models[id_]
        assert isinstance(model, ObjectModel)
        name = plan.names[side, id_].name
        classes.append(_class(name, model, side, notes))
        notes.defined.add(name)
    # aliases stand below every class: a class that mentions one quotes it
    classes.extend(_params_class(operation, plan, notes) for operation in own.params)
    aliases = [
        text
        for node, recursive in _alias_order(nodes, models)
        for text in _alias(node, recursive, plan, models, notes)
    ]
    for own_name, type_, side in own.aliases:
        value = notes.expression(type_, side)
        aliases.append(alias_statement(own_name.name, value, scope.standard("typing", "TypeAlias")))
    for local_name, target in again.items():
        scope.sibling_as(target.module, target.name, local_name)
    names = tuple(sorted({*local, *again}))
    return TypesModule(tuple(scope.lines()), names, tuple(classes), tuple(aliases))


def dots(module: str) -> str:
    """What leads from a module of ``types`` to the package's root."""
    return "." * (module.count(".") + 2)


def params_module(
    operations: Sequence[Operation], plan: TypePlan, models: Mapping[ModelId, Model]
) -> TypesModule:
    """Print the TypedDicts of the keyword arguments of one resource's methods."""
    chosen = [(op, plan.operations[op.id].params) for op in operations]
    local = {params.name for _, params in chosen if params is not None}
    scope = Scope("..", local)
    classes = [
        _params_class(operation, plan, Annotator(models, plan.names, scope, params.module))
        for operation, params in chosen
        if params is not None
    ]
    return TypesModule(tuple(scope.lines()), tuple(sorted(local)), tuple(classes), ())


def _params_class(operation: Operation, plan: TypePlan, notes: Annotator) -> ClassView:
    params, given = plan.operations[operation.id].params, plan.arguments[operation.id]
    assert params is not None
    scope = notes.scope
    base = scope.standard("typing", "TypedDict")
    with scope.shadowing(argument.name for argument in given.keywords):
        members = tuple(
            # a path parameter has no key on the wire that it could be an alias of
            _typed_key(
                argument.name, argument.name, argument_annotation(argument, notes), True, notes
            )
            if argument in given.named
            else _argument_key(argument, notes)
            for argument in given.keywords
        )
    path = one_line(path_text(operation.path))
    method = operation.http_method.upper()
    text = docstring([f"Keyword arguments of {method} {path}."], _MARGIN)
    head = lay(call(f"class {params.name}", [base, Item("False", "total=")]), 0, "", ":")
    return ClassView(head, text, members)


def alias_module(
    name: TypeName, type_: Type, side: Side, plan: TypePlan, models: Mapping[ModelId, Model]
) -> TypesModule:
    """Print a name for a result, an event or a body that is no named type itself."""
    scope = Scope("..", {name.name})
    notes = Annotator(models, plan.names, scope, name.module)
    value = notes.expression(type_, side)
    text = alias_statement(name.name, value, scope.standard("typing", "TypeAlias"))
    return TypesModule(tuple(scope.lines()), (name.name,), (), (text,))


def _argument_key(argument: Argument, notes: Annotator) -> str:
    annotation = argument_annotation(argument, notes)
    return _typed_key(argument.name, argument.wire_name.raw, annotation, argument.required, notes)


def _class(name: str, model: ObjectModel, side: Side, notes: Annotator) -> ClassView:
    names = field_names(model, side)
    request = side is Side.REQUEST
    members: list[str] = []
    with notes.scope.shadowing(names.values()):
        for member in model.fields:
            if member.read_only if request else member.write_only:
                continue
            python_name = names[member.wire_name.raw]
            render = _key if request else _attribute
            members.append(render(python_name, member, notes))
            more = facts(member.type, has_default=member.has_default, default=member.default)
            note = documentation(member.docs, _MARGIN, more=more, deprecated=member.deprecated)
            if note:
                members[-1] += "\n" + note
        extra = model.additional
        if not request and extra is not None and not isinstance(extra, AnyType):
            members.append(_extra(extra, notes))
        if request:
            base = notes.scope.standard("typing", "TypedDict")
            bases: list[Expression | Item] = [base, Item("False", "total=")]
        else:
            bases = [notes.scope.core("_core.models", "Model")]
        head = lay(call(f"class {name}", bases), 0, "", ":")
    text = documentation(model.docs, _MARGIN, deprecated=model.deprecated)
    return ClassView(head, text, tuple(members))


def _attribute(name: str, member: Field, notes: Annotator) -> str:
    """A model's field. The wire name stands in the annotation: a constructor takes Python names."""
    annotation = notes.annotation(
        member.type, Side.RESPONSE, *(() if member.required else ("None",))
    )
    trail = "" if member.required else " = None"
    if member.wire_name.raw != name:
        field = notes.scope.standard("pydantic", "Field")
        note = call(field, [Item(string(member.wire_name), "alias=")])
        annotation = subscript(notes.scope.standard("typing", "Annotated"), [annotation, note])
    return lay_statement(annotation, _MARGIN, f"{name}: ", trail)


def _key(name: str, member: Field, notes: Annotator) -> str:
    annotation = notes.annotation(member.type, Side.REQUEST)
    return _typed_key(name, member.wire_name.raw, annotation, member.required, notes)


def _typed_key(
    name: str, wire_name: str, annotation: Expression, required: bool, notes: Annotator
) -> str:
    """A TypedDict's key; its wire name stands beside the type when it is another."""
    if wire_name != name:
        note = call(notes.scope.core("_core.alias", "Alias"), [string(wire_name)])
        annotation = subscript(notes.scope.standard("typing", "Annotated"), [annotation, note])
    if required:
        annotation = subscript(notes.scope.standard("typing", "Required"), [annotation])
    return lay_statement(annotation, _MARGIN, f"{name}: ")


def _extra(extra: Type, notes: Annotator) -> str:
    """The type of properties that the document does not name."""
    annotation = notes.annotation(extra, Side.RESPONSE)
    mapping = subscript(notes.scope.builtin("dict"), [notes.scope.builtin("str"), annotation])
    field = flat(call(notes.scope.standard("pydantic", "Field"), [Item("False", "init=")]))
    return lay_statement(mapping, _MARGIN, "__pydantic_extra__: ", f" = {field}")


def _alias_order(nodes: list[Node], models: Mapping[ModelId, Model]) -> list[tuple[Node, bool]]:
    """Names that are no classes, each after those it mentions, and whether it is recursive."""
    chosen = {node[1]: node for node in nodes if not isinstance(models[node[1]], ObjectModel)}
    graph: dict[ModelId, list[ModelId]] = {}
    for id_ in chosen:
        model = models[id_]
        mentioned = references(model.type) if isinstance(model, NamedType) else iter(())
        graph[id_] = [other for other in dict.fromkeys(mentioned) if other in chosen]
    out: list[tuple[Node, bool]] = []
    for group in components(graph):
        recursive = len(group) > 1 or group[0] in graph[group[0]]
        out.extend((chosen[id_], recursive) for id_ in group)
    return out


def _alias(
    node: Node,
    recursive: bool,
    plan: TypePlan,
    models: Mapping[ModelId, Model],
    notes: Annotator,
) -> list[str]:
    side, id_ = node
    name = plan.names[node].name
    model = models[id_]
    notes.forward = False
    if isinstance(model, EnumModel):
        value = notes.enumeration(model)
    else:
        assert isinstance(model, NamedType)
        value = notes.expression(_without_loops(model.type, id_, models), side)
    notes.defined.add(name)
    if recursive:
        head = notes.scope.standard("typing_extensions", "TypeAliasType")
        text = lay(call(head, [string(name), string(flat(value))]), 0, f"{name} = ")
    else:
        text = alias_statement(name, value, notes.scope.standard("typing", "TypeAlias"))
    note = documentation(model.docs, 0, deprecated=model.deprecated)
    return [text + "\n" + note if note else text]


def _without_loops(type_: Type, id_: ModelId, models: Mapping[ModelId, Model]) -> Type:
    """The type without variants that lead back to ``id_`` through nothing but unions.

    Such a variant adds no value to the union, and a name that only stands for itself has none.
    """

    def leads_back(candidate: Type, seen: frozenset[ModelId]) -> bool:
        if isinstance(candidate, Ref):
            if candidate.model == id_:
                return True
            model = models[candidate.model]
            if candidate.model in seen or not isinstance(model, NamedType):
                return False
            return leads_back(model.type, seen | {candidate.model})
        if isinstance(candidate, Nullable):
            return leads_back(candidate.inner, seen)
        if isinstance(candidate, Union):
            return all(leads_back(variant, seen) for variant in candidate.variants)
        return False

    if isinstance(type_, Union):
        kept = tuple(v for v in type_.variants if not leads_back(v, frozenset()))
        if len(kept) < len(type_.variants):
            if len(kept) > 1:
                return Union(kept)
            return next(iter(kept), AnyType())
        return type_
    return AnyType() if leads_back(type_, frozenset()) else type_
