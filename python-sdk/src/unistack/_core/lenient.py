"""Reading data that does not fit its type: as much of it as can be, without raising."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from typing_extensions import TypeAliasType, is_typeddict

__all__ = ["JsonKind", "construct", "json_kind", "kinds"]

JsonKind: TypeAlias = Literal["object", "array", "string", "number", "boolean", "null"]

_SCALARS: Final[dict[Any, frozenset[JsonKind]]] = {
    str: frozenset({"string"}),
    int: frozenset({"number"}),
    float: frozenset({"number"}),
    bool: frozenset({"boolean"}),
    type(None): frozenset({"null"}),
}


def json_kind(value: Any) -> JsonKind:
    """The kind of a decoded JSON value."""
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "array"
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    return "null" if value is None else "number"


def _bare(annotation: Any) -> Any:
    """Without Annotated and named aliases."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        else:
            return annotation


def kinds(annotation: Any) -> frozenset[JsonKind] | None:
    """The JSON kinds that a type can be read from; None when any will do."""
    annotation = _bare(annotation)
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        found: set[JsonKind] = set()
        for member in get_args(annotation):
            inner = kinds(member)
            if inner is None:
                return None
            found |= inner
        return frozenset(found)
    if origin is Literal:
        return frozenset(json_kind(value) for value in get_args(annotation))
    concrete = origin or annotation
    if isinstance(concrete, type):
        if concrete in _SCALARS:
            return _SCALARS[concrete]
        if is_typeddict(concrete) or issubclass(concrete, BaseModel | Mapping):
            return frozenset({"object"})
        if issubclass(concrete, list | tuple | set | frozenset):
            return frozenset({"array"})
    return None


@lru_cache(maxsize=2048)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _validated(annotation: Any, value: Any) -> tuple[bool, Any]:
    try:
        return True, _adapter(annotation).validate_python(value)
    except ValidationError:
        return False, value


def construct(annotation: Any, value: Any) -> Any:
    """Build a value of a type from decoded JSON that may not fit it.

    Fields that fit are validated, others keep what was received; required ones that are missing
    become None. Never raises for the data's sake.
    """
    outer, annotation = annotation, _bare(annotation)
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return _construct_union(outer, annotation, value)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _construct_model(annotation, value) if isinstance(value, dict) else value
    if origin in (list, tuple, set, frozenset) and isinstance(value, list):
        inner = get_args(annotation)[:1] or (Any,)
        return [construct(inner[0], item) for item in value]
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, dict):
        inner = get_args(annotation)[1:] or (Any,)
        return {key: construct(inner[0], item) for key, item in value.items()}
    return _validated(outer, value)[1]


def _construct_union(outer: Any, annotation: Any, value: Any) -> Any:
    fits, validated = _validated(outer, value)
    if fits:
        return validated
    members = [m for m in get_args(annotation) if json_kind(value) in (kinds(m) or ())]
    if not members:
        return value
    return construct(max(members, key=lambda member: _likeness(member, value)), value)


def _likeness(member: Any, value: Any) -> tuple[int, int]:
    """How well a union's member fits: its literals (a discriminator) first, then its fields."""
    member = _bare(member)
    if not (isinstance(member, type) and issubclass(member, BaseModel) and isinstance(value, dict)):
        return (0, 0)
    tags = present = 0
    for name, field in member.model_fields.items():
        wire = field.alias or name
        if wire in value:
            present += 1
            if get_origin(field.annotation) is Literal:
                tags += 1 if value[wire] in get_args(field.annotation) else -1
    return (tags, present)


def _construct_model(model: type[BaseModel], value: dict[str, Any]) -> BaseModel:
    fields: dict[str, Any] = {}
    taken: set[str] = set()
    given: set[str] = set()
    for name, field in model.model_fields.items():
        wire = field.alias or name
        key = wire if wire in value else name
        if key in value:
            taken.add(key)
            given.add(name)
            annotation: Any = field.annotation
            for extra in field.metadata:
                annotation = Annotated[annotation, extra]
            fields[name] = construct(annotation, value[key])
        elif field.is_required():
            fields[name] = None
        else:
            fields[name] = field.get_default(call_default_factory=True, validated_data={})
    extras = {key: item for key, item in value.items() if key not in taken}
    built = model.model_construct(_fields_set=given | set(extras))
    # Set directly: model_construct takes aliases, and warns of what it cannot place.
    object.__setattr__(built, "__dict__", fields)
    if built.__pydantic_extra__ is not None:
        object.__setattr__(built, "__pydantic_extra__", extras)
    return built
