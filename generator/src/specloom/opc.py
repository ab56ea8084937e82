"""openapi-python-client as a library: the version that is known here, its settings, its complaints.

Two parts use it, for opposite reasons: the referee as an independent reading of a document, the
``python-functional`` target as an engine. Neither needs it to be installed before it is used.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from specloom.diagnostics import Diagnostic, Severity, SpecloomError

if TYPE_CHECKING:
    from openapi_python_client.config import Config
    from openapi_python_client.parser.errors import GeneratorError

__all__ = ["INSTALL_COMMAND", "PINNED_VERSION", "UnavailableError", "complaint", "parser_config"]

PINNED_VERSION: Final = "0.29.1"
"""The version whose internals are known here; pinned exactly in the extra ``referee``."""

INSTALL_COMMAND: Final = "pip install 'specloom[referee]'"


class UnavailableError(SpecloomError):
    """openapi-python-client is not installed, or in another version."""

    def __init__(self, message: str) -> None:
        super().__init__(
            Diagnostic(
                Severity.ERROR,
                "openapi-python-client-missing",
                message,
                hint=f"run `{INSTALL_COMMAND}`",
            )
        )


def parser_config(source: Path, **options: Any) -> Config:
    """The parser's settings: its own defaults, and no program run afterwards.

    Args:
        source: The document; the parser uses its name only.
        **options: Settings of its configuration file that differ from the defaults.

    Raises:
        UnavailableError: It is not there in the pinned version; says what to run.
    """
    try:
        found = version("openapi-python-client")
    except PackageNotFoundError:
        found = "none"
    if found != PINNED_VERSION:
        raise UnavailableError(f"openapi-python-client {PINNED_VERSION} is needed, found {found}")
    from openapi_python_client.config import Config, ConfigFile, MetaType

    return Config.from_sources(
        ConfigFile(post_hooks=[], **options),
        MetaType.NONE,
        document_source=source,
        file_encoding="utf-8",
        overwrite=True,
        output_path=None,
    )


def complaint(error: GeneratorError) -> str:
    """One line of what the parser said."""
    text = ": ".join(part.strip(" :\n") for part in (error.header, error.detail) if part)
    return " ".join(text.split())
