"""Docstrings say what a type cannot: limits, format, default."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from specloom.emit.python.facts import facts
from specloom.ir.model import Constraints, ListOf, MapOf, Nullable, Scalar, ScalarKind, Text, Type

NUMBER, STRING = ScalarKind.NUMBER, ScalarKind.STRING


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        (Scalar(NUMBER), ""),
        (Scalar(NUMBER, None, Constraints(minimum=1.0, maximum=100.0)), "From 1 to 100."),
        (Scalar(NUMBER, None, Constraints(minimum=0.5)), "At least 0.5."),
        (Scalar(NUMBER, None, Constraints(maximum=7.0)), "At most 7."),
        (
            Scalar(NUMBER, None, Constraints(exclusive_minimum=0.0, exclusive_maximum=1.0)),
            "More than 0. Less than 1.",
        ),
        (Scalar(NUMBER, None, Constraints(multiple_of=5.0)), "A multiple of 5."),
        (Scalar(NUMBER, Text("int64")), ""),
        (Scalar(STRING, Text("email")), "Format: email."),
        (Scalar(ScalarKind.BYTES), "Format: base64."),
        (Scalar(STRING, None, Constraints(min_length=1, max_length=9)), "1 to 9 characters."),
        (Scalar(STRING, None, Constraints(min_length=2, max_length=2)), "2 characters."),
        (Scalar(STRING, None, Constraints(min_length=1)), "At least 1 character."),
        (Scalar(STRING, None, Constraints(pattern=Text("^a$"))), "Pattern: `^a$`."),
        (Scalar(STRING, None, Constraints(pattern=Text("a" * 200))), ""),
        (ListOf(Scalar(STRING), Constraints(max_items=3)), "At most 3 items."),
        (ListOf(Scalar(STRING), Constraints(unique_items=True)), "Items are unique."),
        (MapOf(Scalar(STRING), Constraints(max_properties=3)), "At most 3 entries."),
        (Nullable(Scalar(NUMBER, None, Constraints(minimum=1.0))), "At least 1."),
    ],
)
def test_limits_are_sentences(type_: Type, said: str) -> None:
    """Each assertion of a schema that a type does not carry becomes a sentence."""
    assert facts(type_) == said


@pytest.mark.parametrize(
    ("default", "said"),
    [
        (20, "Default: 20."),
        ("a", "Default: a."),
        (True, "Default: true."),
        (None, ""),
        ("", 'Default: "".'),
    ],
)
def test_defaults_are_told(default: object, said: str) -> None:
    """A default is shown as JSON, a text without its quotes."""
    assert facts(Scalar(STRING), has_default=True, default=default) == said


def test_a_long_default_is_left_out() -> None:
    """What does not fit a line is better looked up."""
    assert facts(Scalar(STRING), has_default=True, default="x" * 100) == ""


def test_arguments_and_fields_tell_their_limits(package: Callable[..., Any]) -> None:
    """The sentence follows what the document says, in methods and in models."""
    sdk = package(
        """
        paths:
          /x:
            get:
              operationId: x.find
              parameters:
                - name: size
                  in: query
                  description: Most items on a page
                  schema: {type: integer, minimum: 1, maximum: 9, default: 5}
              responses:
                '200':
                  description: ok
                  content: {application/json: {schema: {$ref: '#/components/schemas/T'}}}
        components:
          schemas:
            T: {type: object, properties: {name: {type: string, maxLength: 9, deprecated: true}}}
        """
    )
    method = inspect.getdoc(sdk.client({}).x.find) or ""
    assert "    size: Most items on a page. From 1 to 9. Default: 5." in method
    assert '    """At most 9 characters. Deprecated."""' in sdk.text("types/t.py")
