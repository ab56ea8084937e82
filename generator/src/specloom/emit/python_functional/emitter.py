"""Runs openapi-python-client as a library and hands back the files of one package.

Its parser reads a document that :mod:`.document` has written for it, its templates print, with four
small overrides, and any error that it records is fatal: what it cannot do must not be missed.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from specloom.diagnostics import Diagnostic, Severity, SpecloomError
from specloom.ir.model import Api
from specloom.opc import complaint, parser_config

from .document import WireFacts, write_document
from .schemas import Note
from .wire import QueryStyles, restore_names

if TYPE_CHECKING:
    from openapi_python_client import Project
    from openapi_python_client.config import Config

__all__ = ["FunctionalError", "render"]

_TEMPLATES: Final = Path(__file__).with_name("templates")
_FORMAT: Final = ("--isolated", "--target-version", "py311", "--line-length", "100")
_SHOWN_ERRORS: Final = 10


class FunctionalError(SpecloomError):
    """openapi-python-client could not make a whole client. The text lists what it said."""

    def __init__(self, message: str) -> None:
        super().__init__(
            Diagnostic(
                Severity.ERROR,
                "functional-client-incomplete",
                message,
                consequence="nothing is written: a client that lacks a part in silence is worse",
            )
        )


def render(api: Api, package: str, header: str, note: Note) -> dict[str, bytes]:
    """The files of a one-function-per-operation client, by path below the package.

    Args:
        api: The API.
        package: The package's import name.
        header: First line of each module, a comment.
        note: Told of each loss, with its JSON pointer.

    Raises:
        UnavailableError: openapi-python-client is not installed, or not in the pinned version.
        FunctionalError: It recorded an error.
    """
    config = parser_config(Path("openapi.json"), literal_enums=True)
    from openapi_python_client.parser.properties.schemas import Class
    from openapi_python_client.strings import PythonIdentifier

    def module_of(component: str) -> str:
        return str(Class.from_string(string=component, config=config).module_name)

    def class_of(component: str) -> str:
        return str(Class.from_string(string=component, config=config).name)

    def identifier(name: str) -> str:
        return str(PythonIdentifier(name, config.field_prefix))

    document, facts = write_document(api, module_of, identifier, note)
    with tempfile.TemporaryDirectory(prefix="specloom-functional-") as folder:
        directory = Path(folder, package)
        project = _project(document, facts, config, directory, class_of)
        with contextlib.redirect_stdout(io.StringIO()):  # it prints where it writes
            errors = project.build()
        if errors:
            raise FunctionalError(_listed([complaint(error) for error in errors]))
        (directory / "query.py").write_text(
            project.env.get_template("query.py.jinja").render(), encoding="utf-8"
        )
        (directory / "py.typed").touch()
        _format(directory)
        return _files(directory, header)


def _project(
    document: dict[str, Any],
    facts: WireFacts,
    config: Config,
    directory: Path,
    class_of: Callable[[str], str],
) -> Project:
    from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
    from openapi_python_client import Project
    from openapi_python_client.config import ClassOverride
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.errors import GeneratorError

    config.package_name_override = config.project_name_override = directory.name
    config.output_path = directory
    config.content_type_overrides = facts.media_types
    config.class_overrides = {
        class_of(component): ClassOverride(module_name=module)
        for component, module in facts.modules.items()
    }
    try:
        # By way of JSON, so that it reads what any reader of the written document would.
        data = GeneratorData.from_dict(json.loads(json.dumps(document)), config=config)
    except Exception as error:  # it has no base class for what it fails with
        raise FunctionalError(
            f"openapi-python-client failed with {type(error).__name__}: {error}"
        ) from error
    if isinstance(data, GeneratorError):
        raise FunctionalError(complaint(data))
    found = sum(len(tag.endpoints) for tag in data.endpoint_collections_by_tag.values())
    lost = sum(len(tag.parse_errors) for tag in data.endpoint_collections_by_tag.values())
    if found + lost < len(facts.operations):  # what it complains about is listed in full later
        raise FunctionalError(
            f"openapi-python-client read {found} of {len(facts.operations)} operations"
        )
    project = Project(openapi=data, config=config)
    styles = QueryStyles(data, facts)
    restore_names(data, facts, class_of)
    originals = PackageLoader("openapi_python_client")
    project.env.loader = ChoiceLoader(
        [FileSystemLoader(str(_TEMPLATES)), PrefixLoader({"original": originals}), originals]
    )
    project.env.globals.update(
        query_style=styles.query_style, has_query_style=styles.has_query_style
    )
    return project


def _format(directory: Path) -> None:
    """Sort imports and format with Ruff, which openapi-python-client depends on."""
    for arguments in (
        ("check", "--quiet", "--fix", "--select", "I,F401", *_FORMAT),
        ("format", "--quiet", *_FORMAT),
    ):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "ruff", *arguments, "--no-cache", "."],
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip()
            raise FunctionalError(f"the generated client could not be formatted: {said}")


def _files(directory: Path, header: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for path in sorted(directory.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_text(encoding="utf-8")
        name = path.relative_to(directory).as_posix()
        if path.suffix == ".py":
            ast.parse(content, filename=name)
            content = f"{header}\n{content}" if content else f"{header}\n"
        files[name] = content.encode()
    return files


def _listed(errors: list[str]) -> str:
    shown = errors[:_SHOWN_ERRORS]
    if len(errors) > len(shown):
        shown.append(f"... and {len(errors) - len(shown)} more")
    return f"openapi-python-client could not make a whole client: {'; '.join(shown)}"
