"""Where scenarios, vectors, schemas and drivers are found."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["DRIVERS", "KNOWN_FAILING", "REPOSITORY", "SCENARIOS", "SCHEMAS", "VECTORS"]


def _home() -> Path:
    """The folder that holds the data: contract-tests/, or the package itself when installed."""
    package = Path(__file__).resolve().parent
    checkout = package.parents[1]
    return checkout if (checkout / "scenarios").is_dir() else package / "data"


_HOME: Final = _home()
REPOSITORY: Final = _HOME.parent
SCENARIOS: Final = _HOME / "scenarios"
VECTORS: Final = _HOME / "vectors"
SCHEMAS: Final = _HOME / "schema"
DRIVERS: Final = _HOME / "drivers"
KNOWN_FAILING: Final = _HOME / "known-failing"
