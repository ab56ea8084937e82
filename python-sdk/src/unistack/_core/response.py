"""From a response to a value: parsed in one call on the bytes, leniently where it must be."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from typing_extensions import is_typeddict

from .absent import omit
from .binary import AsyncBinaryResponse, BinaryResponse
from .endpoint import Json, Nothing, Text
from .errors import UnexpectedDataWarning
from .failures import invalid_response, request_id_of
from .pointers import pluck, tokens
from .references import resolve

if TYPE_CHECKING:
    import httpx

    from .base_client import BaseClient
    from .call import Call

__all__ = [
    "AsyncBinaryResponse",
    "BinaryResponse",
    "Decoder",
    "RawResponse",
    "decoder",
    "finish_value",
]

T = TypeVar("T")

_NO_CONTENT = frozenset({204, 205, 304})


class Decoder:
    """Reads the bodies of one result; made on first use.

    Args:
        result: What a success holds.
        flag: Pointer to a boolean that is false when a success is none.
    """

    __slots__ = ("_drops", "_error_class", "_flag", "_unwrap", "_validator", "type", "validate")

    def __init__(self, result: Json, flag: str | None) -> None:
        # pydantic is imported by the first call rather than by the package.
        from pydantic_core import ValidationError

        self._error_class = ValidationError
        self.type = resolve(result.type) if isinstance(result.type, str) else result.type
        validator = _validator(self.type)
        self.validate = validator.validate_json
        self._validator = validator
        self._drops = is_typeddict(self.type)
        self._flag = _Reader(self.type, flag) if flag is not None else None
        self._unwrap = _Reader(self.type, f"/{result.unwrap}") if result.unwrap else None

    def read(
        self, client: BaseClient, call: Call, response: httpx.Response, content: bytes | str
    ) -> Any:
        """Read a success; the envelope is still around it.

        Args:
            client: For its settings.
            call: For its name in the warning.
            response: For the error.
            content: The JSON text.

        Raises:
            APIResponseValidationError: When the content is not JSON, or of another kind.
        """
        try:
            value = self.validate(content)
        except self._error_class as refusal:
            from .models import read_again

            try:
                value = read_again(refusal, self._validator.validate_python, content)
            except self._error_class as error:
                return self._read_leniently(client, call, response, content, error)
        # A TypedDict's value has lost what the type does not name, the flag perhaps.
        flagged = json.loads(content) if self._drops else value
        if self._flag is not None and self._flag.get(flagged) is False:
            raise _invalid(client, response, "the body says that the request failed")
        return value

    def unwrap(self, client: BaseClient, response: httpx.Response, value: Any) -> Any:
        """Take the value out of its envelope."""
        if self._unwrap is None:
            return value
        inner = self._unwrap.get(value)
        if inner is omit:
            raise _invalid(client, response, f"the body has no {self._unwrap.name}")
        return inner

    def _read_leniently(
        self,
        client: BaseClient,
        call: Call,
        response: httpx.Response,
        content: bytes | str,
        error: Exception,
    ) -> Any:
        from .lenient import construct

        try:
            data = json.loads(content)
        except (ValueError, RecursionError):
            raise _invalid(client, response, _not_json(response, content)) from None
        flag = client._shared.brand.error.success_flag
        if flag is not None and pluck(data, flag) is False:
            raise _invalid(client, response, "the body says that the request failed")
        self._check_kind(client, response, self.type, data, "the body")
        if self._unwrap is not None:
            inner = pluck(data, f"/{self._unwrap.name}")
            if inner is omit:
                raise _invalid(client, response, f"the body has no {self._unwrap.name}")
            self._check_kind(client, response, self._unwrap.annotation, inner, self._unwrap.name)
        if client._settings.strict:
            raise _invalid(client, response, f"the body does not fit its type: {error}") from error
        warnings.warn(
            f"{call.endpoint.id}: the response does not fit its documented type and was read"
            f" leniently ({_summary(error)}); strict=True makes this an error",
            UnexpectedDataWarning,
            stacklevel=2,
        )
        return construct(self.type, data)

    @staticmethod
    def _check_kind(
        client: BaseClient, response: httpx.Response, annotation: Any, data: Any, what: str
    ) -> None:
        from .lenient import json_kind, kinds

        expected = kinds(annotation)
        kind = json_kind(data)
        if expected is not None and kind not in expected:
            wanted = " or ".join(sorted(expected))
            raise _invalid(client, response, f"{what} is of kind {kind}, expected {wanted}")


def _validator(type_: Any) -> Any:
    """The compiled validator of a type."""
    if hasattr(type_, "__pydantic_validator__"):
        type_.model_rebuild()
        return type_.__pydantic_validator__
    from pydantic import TypeAdapter

    adapter = TypeAdapter(type_)
    adapter.rebuild(raise_errors=True)
    return adapter.validator


class _Reader:
    """Reads one property of a type's values, by wire name."""

    __slots__ = ("_attribute", "_pointer", "annotation", "name")

    def __init__(self, type_: Any, pointer: str) -> None:
        self._pointer = pointer
        self.name = "/".join(tokens(pointer))
        self._attribute: str | None = None
        self.annotation: Any = Any
        fields = getattr(type_, "model_fields", None)
        if fields is not None:
            for name, field in fields.items():
                if (field.alias or name) == self.name:
                    self._attribute = name
                    self.annotation = field.annotation

    def get(self, value: Any) -> Any:
        if self._attribute is not None:
            return value.__dict__.get(self._attribute, omit)
        return pluck(value, self._pointer)


def _summary(error: Any) -> str:
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    first = errors[0]
    place = ".".join(str(part) for part in first["loc"]) or "body"
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"{place}: {first['msg']}{more}"


def _not_json(response: httpx.Response, content: bytes | str) -> str:
    media_type = response.headers.get("content-type", "").partition(";")[0] or "no media type"
    return f"the body is not JSON ({media_type}, {len(content)} bytes)"


def _invalid(client: BaseClient, response: httpx.Response, message: str) -> Exception:
    shared = client._shared
    return invalid_response(
        message, response, response.request, shared.brand.error, shared.secret_names
    )


def decoder(client: BaseClient, result: Json) -> Decoder:
    """The decoder of a result, made once."""
    decoders = client._shared.decoders
    found = decoders.get(result)
    if found is None:
        found = decoders[result] = Decoder(result, client._shared.brand.error.success_flag)
    return found


def finish_value(client: BaseClient, call: Call, response: httpx.Response) -> Any:
    """Read a success as the endpoint's result says."""
    result = call.endpoint.result
    if isinstance(result, Json):
        if response.status_code in _NO_CONTENT or call.endpoint.method == "HEAD":
            return None
        reader = decoder(client, result)
        return reader.unwrap(
            client, response, reader.read(client, call, response, response.content)
        )
    if isinstance(result, Text):
        return response.text
    assert isinstance(result, Nothing)
    return None


class RawResponse(Generic[T]):
    """A response as it came, and what it is parsed to."""

    __slots__ = ("_call", "_client", "_parsed", "http_response")

    def __init__(self, client: Any, call: Call, response: httpx.Response) -> None:
        self._client = client
        self._call = call
        self._parsed: Any = omit
        self.http_response = response

    @property
    def status_code(self) -> int:
        """HTTP status."""
        return self.http_response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """Response headers, by case-insensitive name."""
        return self.http_response.headers

    @property
    def request_id(self) -> str | None:
        """The request's id, for the API's support."""
        return request_id_of(self.http_response)

    @property
    def method(self) -> str:
        """HTTP method of the request."""
        return self.http_response.request.method

    @property
    def url(self) -> str:
        """URL that answered, after redirects."""
        return str(self.http_response.request.url)

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        return self.http_response.content

    @property
    def text(self) -> str:
        """The body as text."""
        return self.http_response.text

    def json(self) -> Any:
        """The body as plain JSON values."""
        return self.http_response.json()

    def parse(self) -> T:
        """What the method without `with_raw_response` returns; None for a 304.

        Raises:
            APIResponseValidationError: When the body is not what the API promises.
        """
        if self._parsed is omit:
            if self.http_response.status_code == 304:
                self._parsed = None
            else:
                self._parsed = self._call.finish(self._client, self._call, self.http_response)
        return cast("T", self._parsed)

    def __repr__(self) -> str:
        return f"<RawResponse {self.status_code} {self.method}>"
