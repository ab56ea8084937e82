"""The base of every response model, and date-times that always have a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias, Union

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

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


if TYPE_CHECKING:
    DateTime: TypeAlias = datetime
else:
    # The first branch runs in Rust alone; only a naive date-time, which is read as UTC, costs a
    # Python call.
    DateTime = Annotated[
        Union[AwareDatetime, Annotated[datetime, AfterValidator(_as_utc)]],  # noqa: UP007
        Field(union_mode="left_to_right"),
    ]
