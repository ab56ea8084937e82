"""Unions told by one property, with room for variants that are not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from .models import Model

__all__ = ["Tagged", "UnknownVariant"]


class UnknownVariant(Model):
    """A variant that this version of the SDK does not know. Any property of it can be read."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


class Tagged:
    """Annotates a union whose variant one property tells.

    A value with a known tag is read as that variant and never as another one; a value with any
    other tag, or none, as `UnknownVariant`. Known tags cost one lookup in Rust. The annotated
    union itself does not name `UnknownVariant`, so that type checkers narrow it by the property.

    Args:
        property: Wire name of the property that tells.
        choices: Variant by the property's value.
    """

    __slots__ = ("choices", "property")

    def __init__(self, property: str, choices: Mapping[str, type[Model]]) -> None:
        self.property: Final = property
        self.choices: Final = dict(choices)

    def __repr__(self) -> str:
        return f"Tagged({self.property!r}, {list(self.choices)})"

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        known = core_schema.tagged_union_schema(
            {tag: handler.generate_schema(variant) for tag, variant in self.choices.items()},
            discriminator=self.property,
        )
        unknown = core_schema.no_info_after_validator_function(
            self._refuse_known, handler.generate_schema(UnknownVariant)
        )
        return core_schema.union_schema([known, unknown], mode="left_to_right")

    def _refuse_known(self, value: UnknownVariant) -> UnknownVariant:
        """Let a malformed variant fail, rather than pass as an unknown one."""
        tag = (value.model_extra or {}).get(self.property)
        if isinstance(tag, str) and tag in self.choices:
            raise PydanticCustomError(
                "known_variant", "the value does not fit its variant '{tag}'", {"tag": tag}
            )
        return value
