"""One file of a document: its bytes as text, parsed, with positions on demand."""

from __future__ import annotations

import codecs
import gc
from pathlib import Path
from typing import Any

from specloom.diagnostics import Diagnostics, Position
from specloom.spec.errors import spec_error
from specloom.spec.limits import MAX_BYTES
from specloom.spec.positions import JsonPositions, Positions, YamlPositions

__all__ = ["Source", "read_bytes"]


def read_bytes(path: Path) -> bytes:
    """Read a file within the size limit.

    Raises:
        SpecError: The file cannot be read or is larger than ``MAX_BYTES``.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise spec_error(
            "unreadable",
            f"cannot read the file: {error.strerror or error}",
            Position(str(path)),
            hint="check the path and its permissions",
        ) from None
    if len(data) > MAX_BYTES:
        raise _too_large(str(path))
    return data


class Source:
    """The text of one file. ``is_json`` is known once :meth:`parse` has run."""

    def __init__(self, name: str, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            raise _too_large(name)
        self.name = name
        self.text = _decode(name, data)
        self.is_json = False
        self._positions: Positions | None = None

    def parse(self, diagnostics: Diagnostics) -> Any:
        """Parse the text as JSON where it looks like JSON, else as YAML.

        Raises:
            SpecError: It is neither.
        """
        from .json_reader import read_json

        collecting = gc.isenabled()
        gc.disable()  # a parse makes no cycles, and collections would double its time
        try:
            start = self.text[:64].lstrip()[:1]
            if start in ("{", "["):
                named_json = self.name.endswith(".json")
                try:
                    root = read_json(self.text, self.name, diagnostics)
                except Exception as error:
                    if named_json or getattr(error, "diagnostic", None) is None:
                        raise
                    if "syntax" not in error.diagnostic.code:  # type: ignore[attr-defined]
                        raise
                else:
                    self.is_json = True
                    return root
            from .yaml_reader import read_yaml

            return read_yaml(self.text, self.name, diagnostics)
        finally:
            if collecting:
                gc.enable()

    def position(self, pointer: str) -> Position:
        """Return the position of a pointer into this file."""
        line, column = self._lookup().find(pointer)
        return Position(self.name, line, column)

    def raw(self, pointer: str) -> str | None:
        """Return a scalar as it is written, None where there is none."""
        return self._lookup().raw(pointer)

    def _lookup(self) -> Positions:
        if self._positions is None:
            self._positions = JsonPositions(self.text) if self.is_json else YamlPositions(self.text)
        return self._positions


def _decode(name: str, data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise spec_error(
            "encoding",
            f"byte {data[error.start]:#04x} is not {encoding.removesuffix('-sig')} text",
            Position(name, line, column),
            hint="save the file as UTF-8",
        ) from None


def _too_large(name: str) -> Exception:
    return spec_error(
        "too-large",
        f"the file is larger than {MAX_BYTES // 2**20} MiB",
        Position(name),
        hint="split it, or remove embedded data",
    )
