"""A real stainless.yml with its document, from SPECLOOM_ZOO: every promise of it is kept."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from specloom.cli import main

Pair = tuple[Path, Path]


def pairs() -> list[Pair]:
    """Documents and their configurations; none without the zoo."""
    folder = Path(os.environ.get("SPECLOOM_ZOO", "")) / "stainless"
    if "SPECLOOM_ZOO" not in os.environ or not folder.is_dir():
        return []
    return [
        (settings.with_name(settings.name.replace(".stainless.yml", ".openapi.json")), settings)
        for settings in sorted(folder.glob("*.stainless.yml"))
    ]


@pytest.fixture
def generated(tmp_path: Path) -> Iterator[list[tuple[Path, str, dict[str, Any]]]]:
    """The folder of each package, its name, and what its configuration says."""
    made = []
    for document, settings in pairs():
        out = tmp_path / settings.name.partition(".")[0]
        arguments = ["--config", str(settings), "--target", "python", "--out", str(out)]
        assert main(["generate", str(document), *arguments]) == 0
        (package,) = [path.name for path in (out / "src").iterdir()]
        sys.path.insert(0, str(out / "src"))
        made.append((out, package, yaml.safe_load(settings.read_text())))
    yield made
    for out, package, _ in made:
        sys.path.remove(str(out / "src"))
        for name in [n for n in sys.modules if n == package or n.startswith(f"{package}.")]:
            del sys.modules[name]


def promised(
    resources: dict[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Every method that is not skipped: its resource, its name, its endpoint."""
    for name, resource in resources.items():
        if resource.get("skip") is True:
            continue
        path = () if name == "$client" else (*above, name)
        for method, said in resource.get("methods", {}).items():
            yield path, method, said if isinstance(said, str) else said["endpoint"]
        yield from promised(resource.get("subresources", {}), path)


def models(
    resources: dict[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every model's folder and key."""
    for name, resource in resources.items():
        folder = ("shared",) if name == "$shared" else above
        for key in resource.get("models", {}):
            yield folder, key
        yield from models(resource.get("subresources", {}), (*above, name))


def test_every_method_is_where_it_is_promised(generated: Any) -> None:
    """``client.a.b.method`` calls its endpoint, sync and async; api.md lists it."""
    for out, package, said in generated:
        module = importlib.import_module(f"{package}.client")
        sync, asynchronous = (
            module.__all__ if not module.__all__[0].startswith("Async") else module.__all__[::-1]
        )
        listed = (out / "api.md").read_text()
        count = 0
        for path, method, endpoint in promised(said["resources"]):
            for name in (sync, asynchronous):
                target = getattr(module, name)(api_key="k")
                for part in path:
                    target = getattr(target, part)
                assert callable(getattr(target, method)), (path, method)
            shape = re.sub(r"\{[^}]*\}", "{}", endpoint).partition(" ")[2]
            line = next(
                line
                for line in listed.splitlines()
                if f"`{'.'.join(('client', *path, method))}(...)`" in line
            )
            assert f" {shape}`" in re.sub(r"\{[^}]*\}", "{}", line)
            count += 1
        assert count == listed.count("- `client.")


def test_every_model_is_where_it_is_promised(generated: Any) -> None:
    """``types.<folder>.<key>`` has a class of the key's name, and its folder offers it."""
    for _, package, said in generated:
        for folder, key in models(said["resources"]):
            module = importlib.import_module(".".join((package, "types", *folder, key)))
            (name,) = [n for n in module.__all__ if n.lower() == key.replace("_", "")]
            offered = importlib.import_module(".".join((package, "types", *folder)))
            assert getattr(offered, name) is getattr(module, name)


def test_every_module_imports_and_type_checks(
    generated: Any, tmp_path: Path, mypy: Callable[..., Any]
) -> None:
    """Mypy --strict has nothing to say."""
    for out, package, said in generated:
        source = out / "src"
        for path in sorted((source / package / "types").rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            module = importlib.import_module(".".join(part for part in parts if part != "__init__"))
            for name in module.__all__:
                getattr(module, name)
        schemes = said.get("pagination", [])
        pagination = importlib.import_module(f"{package}.pagination")
        for scheme in schemes:
            name = "".join(word.capitalize() for word in scheme["name"].split("_"))
            assert getattr(pagination, f"Sync{name}")
            assert getattr(pagination, f"Async{name}")
        assert mypy(tmp_path, source, package) == []


def test_the_ledger_names_what_has_no_effect(capsys: pytest.CaptureFixture[str]) -> None:
    """Every section of the file is honoured, or an entry begins with it."""
    for document, settings in pairs():
        main(["fidelity", str(document), "--config", str(settings)])
        text = capsys.readouterr().out
        said = yaml.safe_load(settings.read_text())
        honoured = {"client_settings", "environments", "organization", "pagination", "resources"}
        for key in said.keys() - honoured - {"settings", "targets"}:
            assert f"{settings.name}#/{key}" in text
        for language in said["targets"].keys() - {"python"}:
            assert f"{settings.name}#/targets/{language}" in text
