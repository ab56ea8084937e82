"""Parameters on the wire: every style and type of OpenAPI, percent-encoded per RFC 3986."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from .absent import Omit
from .endpoint import Param

__all__ = [
    "encode_cookie",
    "encode_header",
    "encode_path",
    "encode_query",
    "fill_path",
    "instant",
    "scalar",
    "wire_default",
]

# RFC 3986 section 2.2, which `allowReserved` leaves as they are.
_RESERVED: Final = ":/?#[]@!$&'()*+,;="
_TRIPLET: Final = r"(%[0-9A-Fa-f]{2})"
_DOTS: Final = {".": "%2E", "..": "%2E%2E"}  # dot segments, RFC 3986 section 5.2.4
_SEPARATORS: Final = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}
_DEFAULT_QUERY: Final = Param("", "form", True)


def instant(value: datetime) -> str:
    """Write a date-time in UTC, ending in Z (RFC 3339); one without a zone is taken as UTC."""
    value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value.isoformat().replace("+00:00", "Z")


def scalar(value: Any) -> str:
    """Write one value without percent-encoding.

    Raises:
        ValueError: For a number that JSON does not have (NaN, infinity).
        TypeError: For a value that is no scalar.
    """
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return scalar(value.value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"a parameter cannot be {value}")
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if value is None:
        return "null"
    raise TypeError(f"a parameter cannot be a {type(value).__name__}")


def wire_default(value: Any) -> Any:
    """The `default` of `json.dumps`: date-times, enums, UUIDs, models and the like."""
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return list(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return scalar(value)


@lru_cache(maxsize=1024)
def _quoted_name(name: str) -> str:
    """Parameter names are few, and the same in every call."""
    return quote(name, safe="")


def _json(value: Any) -> str:
    return json.dumps(
        value, default=wire_default, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _quoted(value: Any, reserved: bool = False) -> str:
    text = scalar(value)
    if not reserved:
        return quote(text, safe="")
    # A triplet that the caller wrote stays one (RFC 6570 section 3.2.3); a bare "%" is encoded.
    pieces = re.split(_TRIPLET, text)
    return "".join(p if i % 2 else quote(p, safe=_RESERVED) for i, p in enumerate(pieces))


def _properties(value: Any) -> list[tuple[str, Any]] | None:
    """The properties of an object value, absent ones left out; None when it is not an object."""
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        value = dump(by_alias=True, exclude_unset=True)
    if not isinstance(value, Mapping):
        return None
    return [(str(k), v) for k, v in value.items() if v is not None and not isinstance(v, Omit)]


def _items(value: Any) -> list[Any] | None:
    """The items of a list value, absent ones left out; None when it is not a list."""
    if isinstance(value, str | bytes | bytearray | Mapping) or not isinstance(value, Iterable):
        return None
    if hasattr(value, "model_dump"):
        return None
    return [v for v in value if v is not None and not isinstance(v, Omit)]


def _deep(name: str, value: Any, reserved: bool) -> list[str]:
    properties = _properties(value)
    if properties is not None:
        pairs: list[str] = []
        for key, item in properties:
            pairs += _deep(f"{name}%5B{quote(key, safe='')}%5D", item, reserved)
        return pairs
    items = _items(value)
    if items is None:
        return [f"{name}={_quoted(value, reserved)}"]
    if any(_properties(item) is not None or _items(item) is not None for item in items):
        # OpenAPI leaves this open; servers that read brackets tell objects apart by their index.
        places = [(f"{name}%5B{index}%5D", item) for index, item in enumerate(items)]
        return [pair for place, item in places for pair in _deep(place, item, reserved)]
    return [f"{name}={_quoted(item, reserved)}" for item in items]


def encode_query(
    values: Mapping[str, Any], params: Mapping[str, Param], pairs: list[str] | None = None
) -> str:
    """Write a query string, without the question mark.

    Args:
        values: Values by wire name. Absent and None values are left out, and so are empty lists.
        params: Parameters that are not in the default style (form, exploded), by wire name.
        pairs: Pairs already encoded, to go first.
    """
    out = [] if pairs is None else pairs
    for name, value in values.items():
        if value is None or isinstance(value, Omit):
            continue
        param = params.get(name, _DEFAULT_QUERY)
        if param is not _DEFAULT_QUERY:
            out += _query_pairs(_quoted_name(name), value, param)
        elif type(value) is str:
            out.append(f"{_quoted_name(name)}={quote(value, safe='')}")
        elif type(value) is int:
            out.append(f"{_quoted_name(name)}={value}")
        else:
            out += _query_pairs(_quoted_name(name), value, param)
    return "&".join(out)


def _query_pairs(name: str, value: Any, param: Param) -> list[str]:
    style = param.style or "form"
    explode = param.explode if param.explode is not None else style in ("form", "deepObject")
    reserved = param.allow_reserved
    if style == "json":
        return [f"{name}={quote(_json(value), safe='')}"]
    if style == "deepObject":
        return _deep(name, value, reserved)
    separator = _SEPARATORS.get(style, ",")
    properties = _properties(value)
    if properties is not None:
        if explode:
            return [
                pair
                for key, item in properties
                for pair in _query_pairs(quote(key, safe=""), item, _DEFAULT_QUERY)
            ]
        flat = [part for pair in properties for part in pair]
        return [f"{name}={separator.join(_quoted(v, reserved) for v in flat)}"] if flat else []
    items = _items(value)
    if items is None:
        return [f"{name}={_quoted(value, reserved)}"]
    if explode:
        return [f"{name}={_quoted(item, reserved)}" for item in items]
    return [f"{name}={separator.join(_quoted(item, reserved) for item in items)}"] if items else []


def fill_path(parts: Sequence[str], values: Sequence[Any], params: Mapping[str, Param]) -> str:
    """Fill a path template; slashes and dot segments in a value cannot change the path.

    Args:
        parts: The template split at its placeholders: text, name, text, name, ... text.
        values: The values in the template's order.
        params: Parameters that are not in the default style (simple), by wire name.

    Raises:
        TypeError: When the number of values is another one.
        ValueError: For an empty value, which would name another resource.
    """
    filled = list(parts)
    names = parts[1::2]
    if len(names) != len(values):
        raise TypeError(f"expected {len(names)} path values, received {len(values)}")
    dots = False
    for i, name in enumerate(names):
        text = filled[2 * i + 1] = encode_path(name, values[i], params.get(name))
        dots = dots or text in _DOTS
    path = "".join(filled)
    if not dots:
        return path
    return "/".join(_DOTS.get(segment, segment) for segment in path.split("/"))


def encode_path(name: str, value: Any, param: Param | None = None) -> str:
    """Write one path parameter; `fill_path` sees to dot segments.

    Raises:
        ValueError: For an empty value, which would name another resource.
    """
    if value is None or isinstance(value, Omit) or value == "":
        raise ValueError(f"Expected a non-empty value for `{name}` but received {value!r}")
    if type(value) is str and param is None:
        return quote(value, safe="")
    style = (param.style if param else None) or "simple"
    explode = bool(param.explode) if param else False
    if style == "json":
        return quote(_json(value), safe="")
    properties, items = _properties(value), _items(value)
    quoted_name = quote(name, safe="")
    if properties is not None:
        joint = "=" if explode else ","
        parts = [f"{quote(k, safe='')}{joint}{_quoted(v)}" for k, v in properties]
    else:
        parts = [_quoted(v) for v in (items if items is not None else [value])]
    if not parts or parts == [""]:
        raise ValueError(f"Expected a non-empty value for `{name}` but received {value!r}")
    if style == "label":
        return "." + ("." if explode else ",").join(parts)
    if style == "matrix":
        if explode and properties is not None:
            return "".join(f";{part}" for part in parts)
        if explode:
            return "".join(f";{quoted_name}={part}" for part in parts)
        return f";{quoted_name}=" + ",".join(parts)
    return ",".join(parts)


def encode_header(name: str, value: Any, param: Param | None = None) -> str:
    """Write one header's value (style simple: commas, no percent-encoding).

    Raises:
        ValueError: For a value with a line break, which would start another header.
    """
    if param is not None and param.style == "json":
        text = _json(value)
    else:
        properties, items = _properties(value), _items(value)
        if properties is not None:
            joint = "=" if param is not None and param.explode else ","
            text = ",".join(f"{k}{joint}{scalar(v)}" for k, v in properties)
        elif items is not None:
            text = ",".join(scalar(v) for v in items)
        else:
            text = scalar(value)
    if "\r" in text or "\n" in text or "\0" in text:
        raise ValueError(f"the header {name} cannot hold a line break")
    return text


def encode_cookie(name: str, value: Any, param: Param | None = None) -> list[str]:
    """Write one cookie parameter as `name=value` pairs (style form)."""
    return _query_pairs(quote(name, safe=""), value, param or Param(name, "form", explode=False))
