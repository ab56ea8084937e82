"""The base of every response model, and date-times that always have a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict

__all__ = ["DateTime", "Model"]


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
        # The first branch runs in Rust alone; only a naive date-time costs a Python call.
        return core_schema.union_schema([aware, naive], mode="left_to_right")


if TYPE_CHECKING:
    DateTime: TypeAlias = datetime
else:
    DateTime = Annotated[datetime, _Aware]
