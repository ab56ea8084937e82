"""The base of every response model, and date-times that always have a zone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

__all__ = ["DateTime", "Model", "from_json", "read_again"]


def from_json(validator: Any, text: bytes | str) -> Any:
    """Validate JSON in one call; date-times without a zone are read as UTC, in a second one.

    Args:
        validator: A compiled validator, or a TypeAdapter.
        text: The JSON.

    Raises:
        pydantic.ValidationError: When the JSON does not fit the type.
    """
    try:
        return validator.validate_json(text)
    except ValidationError as error:
        return read_again(error, validator.validate_python, text)


def read_again(
    error: ValidationError, validate: Callable[[Any], Any], text: bytes | bytearray | str
) -> Any:
    """Read JSON that was refused, if only because date-times in it have no zone.

    Args:
        error: The refusal.
        validate: Validates Python values; date-times without a zone are then read as UTC.
        text: The JSON.

    Raises:
        pydantic.ValidationError: `error`, where anything else is wrong.
    """
    if any(found["type"] != "timezone_aware" for found in error.errors(include_url=False)):
        raise error
    return validate(json.loads(text))


class Model(BaseModel):
    """A response's object: typed fields, unknown ones kept, wire names as aliases."""

    model_config = ConfigDict(
        extra="allow",
        defer_build=True,
        populate_by_name=True,
        protected_namespaces=(),
        arbitrary_types_allowed=False,
        use_attribute_docstrings=False,
    )

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Read an object from JSON; see pydantic. Date-times without a zone are read as UTC."""
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            value: Self = read_again(
                error, lambda found: cls.model_validate(found, **options), json_data
            )
            return value

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """The model's schema, with open enumerations read as the strings that they are."""
        schema = handler(source)
        inner = schema
        while "schema" in inner and inner["type"] != "model-fields":
            inner = inner["schema"]
        for field in inner.get("fields", {}).values() if inner["type"] == "model-fields" else ():
            _open_enumerations(field)
        return schema


def _open_enumerations(holder: dict[str, Any]) -> None:
    """Replace `Literal["a", "b"] | str` by `str`: any string is valid, and a union is slower."""
    schema = holder.get("schema")
    if not isinstance(schema, dict):
        return
    if schema["type"] != "union":
        _open_enumerations(schema)
        return
    plain = [choice for choice in schema["choices"] if choice == {"type": "str"}]
    literal = [
        choice
        for choice in schema["choices"]
        if isinstance(choice, dict)
        and choice["type"] == "literal"
        and all(isinstance(value, str) for value in choice["expected"])
    ]
    if plain and literal and len(plain) + len(literal) == len(schema["choices"]):
        holder["schema"] = plain[0]


def _as_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


class _Aware:
    """Makes a date-time without a zone one in UTC."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        # Imported here, and written without pydantic's own annotations: both would make every
        # program's start slower.
        from pydantic_core import core_schema

        aware = core_schema.datetime_schema(tz_constraint="aware")
        naive = core_schema.no_info_after_validator_function(_as_utc, core_schema.datetime_schema())
        either = core_schema.union_schema([aware, naive], mode="left_to_right")
        # JSON takes the first branch alone, which runs in Rust and costs no union; see `from_json`
        # for the rare text with a naive date-time.
        return core_schema.json_or_python_schema(aware, either)


if TYPE_CHECKING:
    DateTime: TypeAlias = datetime
else:
    DateTime = Annotated[datetime, _Aware]
