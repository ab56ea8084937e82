"""A configuration file to a :class:`Config`: specloom.yaml by its JSON Schema, or a stainless.yml."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from specloom.config.model import (
    AuthOption,
    Brand,
    Config,
    DynamicResource,
    ErrorPointers,
    Login,
    Target,
    WebhookSettings,
)
from specloom.config.stainless import is_stainless
from specloom.diagnostics import Diagnostic, Diagnostics, Severity, SpecloomError
from specloom.schemas import violations
from specloom.spec.source import Source, read_bytes

__all__ = ["ConfigError", "default_config", "load_config"]


class ConfigError(SpecloomError):
    """A configuration that cannot be used. ``diagnostic`` is the first of its problems."""


def default_config() -> Config:
    """Return the configuration of a document that has none."""
    return Config()


def load_config(path: str | Path, diagnostics: Diagnostics | None = None) -> Config:
    """Read a configuration.

    Args:
        path: The file, YAML or JSON.
        diagnostics: Receives every problem, with its position.

    Raises:
        ConfigError: The file does not fit its schema.
        SpecError: The file cannot be read or parsed.
    """
    found = diagnostics if diagnostics is not None else Diagnostics()
    data = read_bytes(Path(path))
    source = Source(str(path), data)
    problems = Diagnostics()
    root = source.parse(problems)
    digest = hashlib.sha256(data).hexdigest()
    if is_stainless(Path(path).name, root):
        config = _stainless(root, source, str(path), digest, problems)
        _refuse_errors(problems, found)
        return config
    for problem in violations("specloom", {} if root is None else root):
        problems.add(
            Severity.ERROR,
            "config",
            problem.message,
            pointer=problem.pointer,
            locate=source.position,
            consequence="the configuration is not used",
            hint=problem.hint,
        )
    _refuse_errors(problems, found)
    return _config(root or {}, str(path), digest)


def _refuse_errors(problems: Diagnostics, found: Diagnostics) -> None:
    first: Diagnostic | None = None
    for item in problems:
        found.append(item)
        if item.severity is Severity.ERROR and first is None:
            first = item
    if first is not None:
        raise ConfigError(first)


def _stainless(
    root: dict[str, Any], source: Source, path: str, digest: str, problems: Diagnostics
) -> Config:
    from specloom.config.stainless.read import read_stainless
    from specloom.config.stainless.reading import Report

    return read_stainless(root, Report(source, problems), path, digest)


def _config(root: dict[str, Any], path: str, digest: str) -> Config:
    login = root.get("login")
    errors: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in root.get("errors", {}).items()
    }
    resources = dict(root.get("resources", {}))
    skip = tuple(resources.pop("skip", ()))
    defaults = Config()
    return Config(
        document=root.get("document"),
        brand=Brand(**root.get("brand", {})),
        auth=tuple(
            AuthOption(option, value["scheme"], value.get("env"))
            for option, value in root.get("auth", {}).items()
        ),
        login=Login(**login) if login else None,
        unwrap=root.get("unwrap"),
        unwrap_siblings=tuple(root.get("unwrap_siblings", defaults.unwrap_siblings)),
        errors=ErrorPointers(**errors),
        resources=resources,
        skip=skip,
        models=dict(root.get("models", {})),
        pagination=dict(root.get("pagination", {})),
        webhooks=WebhookSettings(**root.get("webhooks", {})),
        dynamic=tuple(
            DynamicResource(method, value["resource"], value["param"])
            for method, value in root.get("dynamic", {}).items()
        ),
        targets={
            name: Target(
                name, value.get("out"), {key: item for key, item in value.items() if key != "out"}
            )
            for name, value in root.get("targets", {}).items()
        },
        path=path,
        sha256=digest,
    )
