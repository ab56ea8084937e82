"""JSON messages that are no responses: a webhook's body, a line of a console."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from .errors import UnexpectedDataWarning
from .lenient import construct, json_kind, kinds
from .models import from_json

__all__ = ["parse_json", "read_message"]


@cache
def _adapter(type_: Any) -> TypeAdapter[Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(type_)
    adapter.rebuild(raise_errors=True)
    return adapter


def parse_json(text: bytes | str, what: str, invalid: Callable[[str], Exception]) -> Any:
    """Parse JSON that came from outside.

    Args:
        text: The JSON text; bytes are UTF-8.
        what: What the text is, for errors.
        invalid: Makes the error to raise of its message.
    """
    try:
        # Decoded here: `json` alone would guess UTF-16 and UTF-32, which JSON on the wire never is.
        return json.loads(text.decode("utf-8") if isinstance(text, bytes) else text)
    except (ValueError, RecursionError):
        # The cause would carry the text into tracebacks.
        raise invalid(f"{what} is not JSON") from None


def read_message(
    type_: Any,
    text: bytes | str,
    *,
    what: str,
    strict: bool,
    invalid: Callable[[str], Exception],
) -> Any:
    """Read a message as a type, leniently where it does not fit.

    Args:
        type_: The type; anything that pydantic reads.
        text: The JSON text.
        what: What the message is, for errors and warnings.
        strict: Whether a message that does not fit is an error.
        invalid: Makes the error to raise of its message.

    Returns:
        A value of the type. One that does not fit is built of what there is, with a warning.
    """
    try:
        return from_json(_adapter(type_), text)
    except ValidationError as error:
        data = parse_json(text, what, invalid)
        summary = _summary(error)
    expected = kinds(type_)
    if expected is not None and json_kind(data) not in expected:
        wanted = " or ".join(sorted(expected))
        raise invalid(f"{what} is of kind {json_kind(data)}, expected {wanted}")
    if strict:
        raise invalid(f"{what} does not fit its type ({summary})")
    warnings.warn(
        f"{what} does not fit its documented type and was read leniently ({summary});"
        " strict=True makes this an error",
        UnexpectedDataWarning,
        stacklevel=3,
    )
    return construct(type_, data)


def _summary(error: ValidationError) -> str:
    # Without input: what came may be personal.
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    place = ".".join(str(part) for part in errors[0]["loc"]) or "the whole"
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"{place}: {errors[0]['msg']}{more}"
