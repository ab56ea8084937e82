"""The modules of ``types`` and ``resources``, and what each of their packages offers."""

from __future__ import annotations

from collections.abc import Iterator

from specloom.emit.python.models import (
    OwnTypes,
    TypesModule,
    alias_module,
    params_module,
    types_module,
)
from specloom.emit.python.plan import TypePlan
from specloom.emit.python.resources import Node
from specloom.emit.python.types import OperationTypes, Side, TypeName
from specloom.ir.model import Api, Operation, Type

__all__ = ["resource_packages", "type_modules", "type_packages"]


def type_modules(api: Api, plan: TypePlan) -> dict[str, TypesModule]:
    """Print every module of ``types``, by its name below it, with dots."""
    params: dict[str, list[Operation]] = {}
    aliases: dict[str, list[tuple[TypeName, Type, Side]]] = {}
    for id_, types in plan.operations.items():
        operation = api.operations[id_]
        if types.params is not None:
            params.setdefault(types.params.module, []).append(operation)
        for own in _own_types(operation, types):
            aliases.setdefault(own[0].module, []).append(own)
    if plan.public:  # names share files
        return {
            name: types_module(
                name,
                plan.modules.get(name, []),
                plan,
                api.models,
                OwnTypes(tuple(params.get(name, ())), tuple(aliases.get(name, ()))),
            )
            for name in dict.fromkeys((*plan.modules, *plan.again, *params, *aliases))
        }
    modules = {
        name: types_module(name, nodes, plan, api.models) for name, nodes in plan.modules.items()
    }
    for name, owned in aliases.items():
        modules[name] = alias_module(*owned[0], plan, api.models)
    for name, operations in params.items():
        modules[name] = params_module(operations, plan, api.models)
    return modules


def _own_types(
    operation: Operation, types: OperationTypes
) -> Iterator[tuple[TypeName, Type, Side]]:
    """The types of an operation that are no named types of the document, with their names."""
    if types.result is not None:
        yield types.result, operation.result.type, Side.RESPONSE
    if types.value is not None:
        yield types.value, operation.result.value_type, Side.RESPONSE
    if types.event is not None and operation.stream is not None:
        yield types.event, operation.stream.event, Side.RESPONSE
    if types.message is not None and operation.websocket is not None:
        yield types.message, operation.websocket.receive, Side.RESPONSE
    if types.body is not None and operation.body is not None:
        yield types.body, operation.body.contents[0].type, Side.REQUEST


def type_packages(plan: TypePlan, modules: dict[str, TypesModule]) -> dict[str, dict[str, str]]:
    """What each package below ``types`` offers: file -> name -> relative module."""
    if not plan.public:
        return {
            "types/__init__.py": {
                name: f".{path}" for path, view in modules.items() for name in view.names
            }
        }
    folders = {tuple(path.split(".")[:-1]) for path in modules}
    folders |= {folder[:end] for folder in folders for end in range(len(folder))}
    offered: dict[str, dict[str, str]] = {}
    for folder in sorted(folders):
        prefix = len("".join(f"{part}." for part in folder))
        offered["/".join(("types", *folder, "__init__.py"))] = {
            name: f".{module[prefix:]}" for name, module in plan.public.get(folder, {}).items()
        }
    top = offered["types/__init__.py"]
    for name, module in plan.public.get(("shared",), {}).items():
        top.setdefault(name, f".{module}")
    return offered


def resource_packages(root: Node) -> dict[str, dict[str, str]]:
    """What each package below ``resources`` offers: file -> name -> relative module."""
    nested = any(node.stem for node in root.walk())
    offered: dict[str, dict[str, str]] = {"resources/__init__.py": {}}
    top = offered["resources/__init__.py"]
    for node in root.walk():
        names = (node.class_name, f"Async{node.class_name}")
        if node.path and not (nested and len(node.path) > 1):
            top.update(dict.fromkeys(names, node.module.removeprefix("resources")))
        if node.stem:
            own = offered["/".join(("resources", *node.path, "__init__.py"))] = {}
            own.update(dict.fromkeys(names, f".{node.stem}"))
            for child in node.children:
                below = (child.class_name, f"Async{child.class_name}")
                own.update(dict.fromkeys(below, f".{child.path[-1]}"))
    return offered
