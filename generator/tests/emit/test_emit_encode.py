"""Encoders: whatever text goes in, what comes out is one inert token that means that text."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from specloom.emit.python.encode import (
    code_span,
    docstring,
    json_literal,
    markdown,
    path_template,
    prose,
    string,
    wrap,
)
from specloom.ir.model import PathPart, Text

HOSTILE = (
    '"""\nimport os\n"""',
    "'''",
    "\\",
    'ends with "',
    "ends with \\",
    "\\N{BULLET} \\x41 \\u0041",
    "line\nbreak\r\ncarriage\rreturn",
    "sep\u2028arator\u2029s\x0b\x0c\x1c\x85",
    "{{ 7 * 7 }} {% for %} {# #}",
    "f'{__import__(\"os\")}' {x!r}",
    "\ud800 lone",
    "right \u202e to left \u2066",
    "nul \x00 bell \x07 escape \x1b[31m",
    "\ufeffbom",
    "${HOME} $(id) `id`",
    "é 漢字 \U0001f600 e\u0301",
    "",
    "   ",
    "\t\ttabs",
)
anything = st.text(st.characters(categories=None))


def examples(test):
    for text in HOSTILE:
        test = example(text)(test)
    return test


@examples
@given(anything)
def test_a_string_literal_means_its_text(text: str) -> None:
    """A string literal is one line, one token, and evaluates to the text."""
    literal = string(text)
    assert "\n" not in literal
    tree = ast.parse(literal, mode="eval")
    assert isinstance(tree.body, ast.Constant)
    assert tree.body.value == text
    literal.encode("utf-8")


@examples
@given(anything)
def test_a_docstring_stays_a_docstring(text: str) -> None:
    """A docstring is one constant statement that holds the words of the text."""
    source = docstring(wrap(prose(text), 80), 4)
    tree = ast.parse(f"class A:\n{source}\n    pass\n")
    (definition,) = tree.body
    assert isinstance(definition, ast.ClassDef)
    words = ast.get_docstring(definition) or ""
    assert len(definition.body) == (2 if source else 1)
    assert words.split() == " ".join(prose(text)).split()
    source.encode("utf-8", "strict")


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | anything,
        lambda inner: st.lists(inner) | st.dictionaries(anything, inner),
    )
)
def test_a_json_value_is_its_python_literal(value: object) -> None:
    """JSON values evaluate to themselves, on one line."""
    literal = json_literal(value)
    assert "\n" not in literal
    assert ast.literal_eval(literal) == value


def test_a_number_that_json_cannot_write_is_null() -> None:
    """Infinity and NaN have no literal, in JSON or Python."""
    assert json_literal([float("inf"), float("nan")]) == "[None, None]"


def test_a_value_that_is_not_json_is_refused() -> None:
    """Only JSON values are printed as literals."""
    with pytest.raises(TypeError, match="not a JSON value: object"):
        json_literal(object())


def test_quotes_are_those_of_the_formatter() -> None:
    """Double quotes, unless single ones save escapes."""
    assert string("it's") == '"it\'s"'
    assert string('say "hi"') == "'say \"hi\"'"
    assert string("both ' and \"") == '"both \' and \\""'


def test_a_literal_brace_in_a_path_is_no_parameter() -> None:
    """Only parameters stand in braces."""
    parts = (PathPart(Text("/a{b}/"), False), PathPart(Text("id"), True))
    assert path_template(parts) == '"/a%7Bb%7D/{id}"'


@examples
@given(anything)
def test_markdown_is_inert(text: str) -> None:
    """Text becomes one line without markup, HTML or an open code span."""
    for encoded in (markdown(text), code_span(text)):
        assert "\n" not in encoded
        assert "\u2028" not in encoded
    assert "<" not in markdown(text)
    assert code_span(text).count("`") == 2


def test_document_text_refuses_to_become_a_string() -> None:
    """A document's text is printed by an encoder or not at all."""
    with pytest.raises(TypeError, match="encoder"):
        str(Text("x"))
    from specloom.emit.python.emitter import _environment

    template = _environment().from_string("{{ text }}")
    with pytest.raises(TypeError, match="encoder"):
        template.render(text=Text("x"))


def test_a_long_line_is_wrapped_at_spaces() -> None:
    """Lines break at spaces, list items keep their indentation, long words stay whole."""
    assert wrap(["- one two three"], 9) == ["- one two", "  three"]
    assert wrap(["x" * 20], 10) == ["x" * 20]
