"""Fixed values: literals where they are used, enumerations where the document names them."""

from __future__ import annotations

from typing import Any

from specloom.ir.build.context import Context, docs_of
from specloom.ir.model import (
    AnyType,
    Docs,
    EnumModel,
    EnumValue,
    LiteralType,
    Nullable,
    Scalar,
    ScalarKind,
    Source,
    Text,
    Type,
    Words,
)
from specloom.ir.names import Names, split_words

__all__ = ["enum_model", "literal", "values_of"]

_PLAIN = (str, int, float, bool)
_NAME_KEYS = ("x-enum-varnames", "x-enumNames", "x-enum-names")
_DESCRIPTION_KEYS = ("x-enum-descriptions", "x-enumDescriptions")


def values_of(schema: dict[str, Any]) -> list[Any] | None:
    """Return the fixed values of a schema, in order; None where it fixes none.

    ``oneOf`` or ``anyOf`` of constants counts: it is an enumeration with a text for each value.
    """
    if "const" in schema:
        return [schema["const"]]
    if isinstance(schema.get("enum"), list):
        return list(schema["enum"])
    for key in ("oneOf", "anyOf"):
        variants = schema.get(key)
        if isinstance(variants, list) and variants:
            found = []
            for variant in variants:
                if not isinstance(variant, dict):
                    return None
                if "const" in variant:
                    found.append(variant["const"])
                elif variant.get("type") == "null":
                    found.append(None)
                else:
                    return None
            return found
    return None


def literal(context: Context, schema: dict[str, Any], pointer: str) -> Type:
    """Return the type of a schema with ``enum``, ``const`` or only constant variants."""
    values = values_of(schema) or []
    plain = [value for value in values if isinstance(value, _PLAIN)]
    if len(plain) + values.count(None) < len(values):
        context.degraded(pointer, "values that are lists or objects are read as any value")
        return AnyType()
    kinds = schema.get("type")
    has_null = None in values and (kinds is None or "null" in kinds)
    if not plain:
        return Scalar(ScalarKind.NULL)
    if set(map(type, plain)) == {bool} and len(set(plain)) == 2:
        made: Type = Scalar(ScalarKind.BOOLEAN)
    else:
        made = LiteralType(_unique(plain))
    return Nullable(made) if has_null else made


def _unique(values: list[Any]) -> tuple[Any, ...]:
    seen: set[tuple[type, Any]] = set()
    unique = []
    for value in values:
        if (type(value), value) not in seen:
            seen.add((type(value), value))
            unique.append(value)
    return tuple(unique)


def enum_model(
    context: Context, schema: dict[str, Any], pointer: str, name: Words
) -> EnumModel | None:
    """Return the enumeration that a component is; None where it is something else."""
    values = values_of(schema)
    if values is None:
        return None
    plain = [value for value in values if isinstance(value, _PLAIN)]
    kinds = {type(value) for value in plain}
    if len(plain) < 2 or len(plain) < len(values) or len(kinds) != 1 or bool in kinds:
        return None
    unique = list(_unique(plain))
    kind = {str: ScalarKind.STRING, int: ScalarKind.INTEGER, float: ScalarKind.NUMBER}[kinds.pop()]
    spelled, texts = _words_and_docs(schema, unique)
    names = Names()
    return EnumModel(
        id=pointer,
        name=name,
        kind=kind,
        values=tuple(
            EnumValue(
                value,
                names.take(_candidates(value, spelled[index]), repr(value)),
                texts[index],
            )
            for index, value in enumerate(unique)
        ),
        source=Source(pointer),
        docs=docs_of(schema),
        deprecated=schema.get("deprecated") is True,
    )


def _candidates(value: Any, spelled: str | None) -> list[Words]:
    candidates = [split_words(spelled)] if spelled else []
    if isinstance(value, str):
        candidates.append(split_words(value))
        if value:
            case = "upper" if value.isupper() else "lower" if value.islower() else "mixed"
            candidates.append((*split_words(value), case))
    else:
        candidates.append(split_words(f"value_{'minus_' if value < 0 else ''}{abs(value)}"))
    return candidates


def _words_and_docs(
    schema: dict[str, Any], values: list[Any]
) -> tuple[list[str | None], list[Docs]]:
    variants = schema.get("oneOf") or schema.get("anyOf")
    if isinstance(variants, list) and "enum" not in schema:
        by_value = {
            repr(variant.get("const")): variant for variant in variants if isinstance(variant, dict)
        }
        found = [by_value.get(repr(value), {}) for value in values]
        names = [
            item.get("title") if isinstance(item.get("title"), str) else None for item in found
        ]
        return names, [
            Docs(description=Text(item["description"]))
            if isinstance(item.get("description"), str)
            else Docs()
            for item in found
        ]
    names = _beside(schema, _NAME_KEYS, values)
    texts = _beside(schema, _DESCRIPTION_KEYS, values)
    return names, [Docs(description=Text(text)) if text else Docs() for text in texts]


def _beside(schema: dict[str, Any], keys: tuple[str, ...], values: list[Any]) -> list[str | None]:
    """Return the texts that an extension lists beside the values, or maps from them."""
    for key in keys:
        found = schema.get(key)
        if isinstance(found, dict):
            texts = [found.get(str(value)) for value in values]
        elif isinstance(found, list) and len(found) == len(values):
            texts = found
        else:
            continue
        return [text if isinstance(text, str) and text else None for text in texts]
    return [None] * len(values)
