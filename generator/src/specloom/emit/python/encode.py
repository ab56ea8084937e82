"""Encoders: the only way from document text to Python source.

Each context of the generated code has one encoder, and each encoder's output is inert there
whatever goes in: a string literal cannot end early, a docstring cannot close itself, Markdown text
cannot open another block. Layout follows the formatter's choices (quotes, escapes), so that what is
printed needs no formatting.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable

from specloom.ir.model import Json, PathPart, Text

__all__ = [
    "Prose",
    "code_span",
    "docstring",
    "json_literal",
    "markdown",
    "one_line",
    "path_template",
    "path_text",
    "prose",
    "string",
    "width",
    "with_sentence",
    "wrap",
]

Prose = list[str]
"""Clean lines for a docstring: printable, unindented at the first line, not yet escaped."""

_NAMED_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
_TAB = "    "


def width(text: str) -> int:
    """Columns that ``text`` takes, counted as the formatter counts them."""
    if text.isascii():
        return len(text)
    columns = 0
    for char in text:
        if unicodedata.combining(char):
            continue
        columns += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return columns


def _escape(char: str) -> str:
    named = _NAMED_ESCAPES.get(char)
    if named is not None:
        return named
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def string(text: Text | str) -> str:
    """A Python string literal with the value ``text``, on one line.

    Double quotes, unless single quotes need fewer escapes (the formatter's rule). What is not
    printable (controls, line separators, lone surrogates, direction marks) is escaped.
    """
    raw = text.raw if isinstance(text, Text) else text
    quote = "'" if raw.count('"') > raw.count("'") else '"'
    if raw.isprintable() and "\\" not in raw and quote not in raw:
        return f"{quote}{raw}{quote}"
    out = [quote]
    for char in raw:
        if char == quote:
            out.append("\\" + char)
        elif char == "\\" or not char.isprintable():
            out.append(_escape(char))
        else:
            out.append(char)
    out.append(quote)
    return "".join(out)


def json_literal(value: Json) -> str:
    """A Python expression for a JSON value, on one line."""
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, int):
        return repr(value)
    if isinstance(value, float):
        # inf and nan are no literals, and JSON has neither
        return repr(value) if math.isfinite(value) else "None"
    if isinstance(value, dict):
        pairs = (f"{string(str(key))}: {json_literal(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(json_literal(item) for item in value) + "]"
    raise TypeError(f"not a JSON value: {type(value).__name__}")


def path_text(parts: Iterable[PathPart]) -> str:
    """The path as the document writes it (``/users/{user_id}``); untrusted, for encoders."""
    return "".join(f"{{{part.text.raw}}}" if part.is_parameter else part.text.raw for part in parts)


def path_template(parts: Iterable[PathPart]) -> str:
    """A string literal of the path template, parameters in braces.

    A literal brace of the path is percent-encoded, so a brace always means a parameter.
    """
    out = []
    for part in parts:
        if part.is_parameter:
            out.append("{" + part.text.raw + "}")
        else:
            out.append(part.text.raw.replace("{", "%7B").replace("}", "%7D"))
    return string("".join(out))


def prose(text: Text | str | None) -> Prose:
    """Lines of document prose without trailing blanks, controls, or more than one empty line.

    Line separators of every kind end a line; other unprintable characters become spaces, since a
    docstring is for reading.
    """
    if text is None:
        return []
    raw = text.raw if isinstance(text, Text) else text
    lines: Prose = []
    for line in raw.splitlines():
        clean = line.replace("\t", _TAB)
        if not clean.isprintable():
            clean = "".join(char if char.isprintable() else " " for char in clean)
        clean = clean.rstrip()
        if clean or (lines and lines[-1]):
            lines.append(clean)
    while lines and not lines[-1]:
        lines.pop()
    if lines:
        lines[0] = lines[0].lstrip()
    _dedent(lines)
    return lines


def _dedent(lines: Prose) -> None:
    """Take the indentation that all lines but the first share from them, in place."""
    margins = [len(line) - len(line.lstrip()) for line in lines[1:] if line]
    margin = min(margins, default=0)
    if margin:
        lines[1:] = [line[margin:] for line in lines[1:]]


def with_sentence(lines: Prose, sentence: str) -> Prose:
    """Prose with a further sentence at its end: on the last line, unless that is no sentence."""
    if not sentence:
        return lines
    clean = one_line(sentence)
    if not lines:
        return [clean]
    last = lines[-1]
    if last.startswith((" ", "-", "*", "|", "#", ">")) or last.endswith(("```", "|")):
        return [*lines, "", clean]
    end = "" if last.endswith((".", "!", "?", ":", ";", ")", "`")) else "."
    return [*lines[:-1], f"{last}{end} {clean}"]


def one_line(text: Text | str | None) -> str:
    """Document prose as one line of printable words; untrusted, for encoders."""
    return " ".join(" ".join(prose(text)).split())


def wrap(lines: Prose, columns: int) -> Prose:
    """Break lines longer than ``columns`` at spaces; what has no space stays whole.

    A broken line continues at its own indentation (two more for a list item).
    """
    out: Prose = []
    for line in lines:
        if len(line) <= columns:
            out.append(line)
            continue
        body = line.lstrip()
        indent = line[: len(line) - len(body)]
        rest = indent + "  " if body[:2] in ("- ", "* ") else indent
        current = indent
        empty = True
        for word in body.split():
            if not empty and len(current) + 1 + len(word) > columns:
                out.append(current)
                current, empty = rest, True
            current = current + word if empty else f"{current} {word}"
            empty = False
        out.append(current)
    return out


def docstring(lines: Prose, indent: int, columns: int = 100) -> str:
    """A docstring statement of the given lines, indented; empty for no lines.

    One line for one line (wrapped when it is too long), else the closing quotes stand alone.
    """
    lines = list(lines)
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return ""
    if len(lines) == 1:
        lines = wrap(lines, columns - indent - 6)
    margin = " " * indent
    first = _docstring_line(lines[0])
    if first.startswith('"'):
        first = " " + first
    if len(lines) == 1:
        # a quote before the closing quotes is kept off them by a space
        gap = " " if first.endswith('"') else ""
        return f'{margin}"""{first}{gap}"""'
    out = [f'{margin}"""{first}']
    out.extend(f"{margin}{_docstring_line(line)}" if line else "" for line in lines[1:])
    out.append(f'{margin}"""')
    return "\n".join(out)


def _docstring_line(line: str) -> str:
    if not line.isprintable():
        line = "".join(char if char.isprintable() else " " for char in line).rstrip()
    if "\\" in line:
        line = line.replace("\\", "\\\\")
    if '"""' in line:
        line = line.replace('"""', '\\"\\"\\"')
    return line


def code_span(text: Text | str) -> str:
    """Document text as a Markdown code span, which renders nothing inside it."""
    return f"`{one_line(text).replace('`', chr(39))}`"


def markdown(text: Text | str | None) -> str:
    """Document prose as one inert line of Markdown: no markup, no HTML, no code span."""
    out = []
    for char in one_line(text):
        if char in "\\`*_{}[]<>#|!~&":
            out.append("&#" + str(ord(char)) + ";" if char in "<>&|`" else "\\" + char)
        else:
            out.append(char)
    return "".join(out)
