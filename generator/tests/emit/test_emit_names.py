"""Names: any words become names that Python takes, each once, none with a number."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specloom.emit.python.names import (
    CLIENT_ATTRIBUTES,
    MODEL_ATTRIBUTES,
    OPTION_NAMES,
    RESOURCE_ATTRIBUTES,
    Namespace,
    constant,
    identifier,
    import_key,
    natural,
    pascal,
    singular,
    snake,
    sort_key,
)
from specloom.ir.names import split_words

words = st.text(st.characters(categories=None), min_size=1).map(split_words)


@given(words)
def test_any_name_is_an_identifier(name: tuple[str, ...]) -> None:
    """Whatever a document calls a thing, its names are plain Python names."""
    for made in (identifier(name, "field"), pascal(name), constant(identifier(name, "method"))):
        assert made.isidentifier()
        assert made.isascii()
        assert not keyword.iskeyword(made)


@pytest.mark.parametrize("word", ["a-b", "a b", "A", "é", "a_b", "a.b", "import os", ""])
def test_what_is_no_word_is_refused(word: str) -> None:
    """Names are built from words; anything else would be a way around the encoders."""
    with pytest.raises(ValueError, match="not a word"):
        snake(("good", word), "x")
    with pytest.raises(ValueError, match="not a word"):
        pascal((word, "good"))


def test_keywords_and_reserved_names_take_an_underscore() -> None:
    """``class`` becomes ``class_``, and a reserved ``class_`` one more."""
    assert identifier(("class",), "x") == "class_"
    assert identifier(("class",), "x", {"class_"}) == "class__"


def test_a_leading_digit_is_prefixed() -> None:
    """``3d`` is no name, ``field_3d`` is."""
    assert snake(("3d",), "field") == "field_3d"
    assert pascal(("3d", "secure")) == "Model3dSecure"


def test_a_taken_name_takes_the_next_wish_then_underscores() -> None:
    """Wishes come first; underscores are the last resort."""
    names = Namespace({"a"})
    assert names.take("a", "b") == "b"
    assert names.take("a", "b") == "b_"
    assert Namespace({"A"}, fold=True).take("a") == "a_"


@pytest.mark.parametrize(
    ("plural", "single"),
    [("users", "user"), ("api_keys", "api_key"), ("entities", "entity"), ("status", "status")],
)
def test_names_of_types_are_singular(plural: str, single: str) -> None:
    """``users.create`` takes ``UserCreateParams``."""
    assert "_".join(singular(tuple(plural.split("_")))) == single


def test_names_are_sorted_like_the_linter_sorts_them() -> None:
    """Constants, classes, the rest; numbers by value; imports regardless of case at first."""
    names = ["b", "Va10", "Va2", "A_B", "Ab", "a"]
    assert sorted(names, key=sort_key) == ["A_B", "Ab", "Va2", "Va10", "a", "b"]
    assert sorted(["InvoiceLines", "Invoiceitem"], key=import_key) == [
        "Invoiceitem",
        "InvoiceLines",
    ]
    names = ["x9", "x10", "x0b", "x0075", "x014"]
    assert sorted(names, key=natural) == ["x0b", "x0075", "x014", "x9", "x10"]


def test_names_of_the_core_are_reserved(package: Callable[..., Any]) -> None:
    """What the core's classes have, no name of an API may hide."""
    sdk = package("paths: {}\n")
    models, client = sdk.module("_core.models"), sdk.module("_core.client")
    resource = sdk.module("_core.resource")

    def public(*classes: type) -> set[str]:
        return {name for cls in classes for name in dir(cls) if not name.startswith("_")}

    assert public(models.Model) <= MODEL_ATTRIBUTES
    assert public(client.SyncClient, client.AsyncClient) <= CLIENT_ATTRIBUTES
    assert public(resource.SyncResource, resource.AsyncResource) <= RESOURCE_ATTRIBUTES
    options = sdk.module("_core.options").RequestOptions
    assert set(options.__annotations__) <= OPTION_NAMES
