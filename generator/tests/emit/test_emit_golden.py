"""Golden output: small documents, and to the letter what is printed for them.

After a change of the output that is meant: ``python generator/tests/emit/test_emit_golden.py``
writes the golden files anew; the difference is then reviewed like any other.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from specloom.config.model import Brand, Config
from specloom.emit.python.emitter import emit
from specloom.fidelity import Ledger
from specloom.ir.build import build
from specloom.spec import load

FOLDER = Path(__file__).resolve().parent / "golden"
DOCUMENTS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
UNINTERESTING = {"src/demo/__init__.py", "src/demo/resources/__init__.py"}
CLIENT = "src/demo/client.py"


def printed(name: str) -> dict[str, str]:
    """What is printed for a document, without the headers: they change with every release."""
    config = Config(document=f"{name}.yaml", brand=Brand(name="Demo", package="demo"))
    api = build(load(FOLDER / f"{name}.yaml"), config)
    files = emit(api, config, Ledger())
    return {
        path: content.decode().split("\n", 2)[2]
        for path, content in files.items()
        if path.endswith(".py") and path not in UNINTERESTING and (path != CLIENT or name == "crud")
    }


def as_text(files: dict[str, str]) -> str:
    return "".join(f"##### {path}\n{text}\n" for path, text in files.items())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_output_is_the_golden_one(name: str) -> None:
    """Every module of a small document is printed to the letter as it was reviewed."""
    golden = (FOLDER / f"{name}.golden").read_text(encoding="utf-8")
    assert as_text(printed(name)) == golden


if __name__ == "__main__":
    for document in DOCUMENTS:
        text = as_text(printed(document))
        (FOLDER / f"{document}.golden").write_text(text, encoding="utf-8")
