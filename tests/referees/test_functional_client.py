"""The `python-functional` target of openapi.yaml, imported and called."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import httpx
import pytest

from specloom.config import load_config
from specloom.emit.python_functional import emit
from specloom.fidelity import Ledger
from specloom.ir.build import build
from specloom.spec import load

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "unistack_functional"


@pytest.fixture(scope="module")
def client_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The generated project, its package importable."""
    folder = tmp_path_factory.mktemp("functional")
    config = load_config(ROOT / "specloom.yaml")
    api = build(load(ROOT / "openapi.yaml"), config)
    for name, content in emit(api, config, Ledger()).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    sys.path.insert(0, str(folder / "src"))
    yield folder
    sys.path.remove(str(folder / "src"))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def modules(client_package: Path) -> dict[str, ModuleType]:
    """Every module of an operation, by the operation's function name."""
    package = importlib.import_module(PACKAGE)
    found = {}
    for info in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        module = importlib.import_module(info.name)
        if hasattr(module, "sync_detailed"):
            found[info.name.rpartition(".")[2]] = module
    return found


def make_client(server: Any, transport: Any) -> Any:
    package = importlib.import_module(PACKAGE)
    return package.AuthenticatedClient(
        base_url=server.base_url,
        token="sk_live_0123456789abcdef01234567",
        raise_on_unexpected_status=True,
        httpx_args={"transport": transport},
    )


def arguments(module: ModuleType, step: Any) -> dict[str, Any]:
    """A step's wire values as the function's arguments."""
    given: dict[str, Any] = {**step.path, **step.query}
    if step.body is not None:
        annotation = inspect.signature(module.sync_detailed, eval_str=True).parameters["body"]
        kind = next(
            part
            for part in getattr(annotation.annotation, "__args__", (annotation.annotation,))
            if hasattr(part, "from_dict")
        )
        body = dict(step.body)
        if step.media_type == "multipart/form-data":
            body["file"] = b"content"
        given["body"] = kind.from_dict(body)
    return given


def test_every_operation_has_its_module(modules: dict[str, ModuleType], document: Any) -> None:
    """One function an operation, none is missing, and all modules import."""
    assert set(modules) == {name.replace(".", "_") for name in document.operations}


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_every_operation_of_the_mock_is_called(
    kind: str, modules: dict[str, ModuleType], journey: Any, unlimited: Any
) -> None:
    """All operations succeed through the SDK's retrying transport, and every body is parsed."""
    from unistack.transport import AsyncRetryTransport, RetryTransport

    wanted = {name.replace(".", "_"): name for name in journey.document.operations}

    def check(name: str, answer: Any) -> Any:
        assert 200 <= answer.status_code < 300, (name, answer)
        if not answer.content:
            return None
        assert answer.parsed is not None, name
        if answer.headers["content-type"].startswith("application/json"):
            assert type(answer.parsed).__name__ != "Error", name
            return httpx.Response(200, content=answer.content).json()
        return None

    if kind == "sync":
        with make_client(unlimited, RetryTransport()) as client:

            def call(step: Any) -> Any:
                module = modules[step.operation.replace(".", "_")]
                answer = module.sync_detailed(client=client, **arguments(module, step))
                return check(step.operation, answer)

            taken = journey.travel(call)
    else:
        taken = anyio.run(_travel_async, modules, journey, unlimited, check, AsyncRetryTransport)
    assert sorted(taken) == sorted(wanted.values())


async def _travel_async(
    modules: dict[str, ModuleType], journey: Any, server: Any, check: Any, transport: Any
) -> list[str]:
    async with make_client(server, transport()) as client:

        async def ask(step: Any) -> Any:
            module = modules[step.operation.replace(".", "_")]
            answer = await module.asyncio_detailed(client=client, **arguments(module, step))
            return check(step.operation, answer)

        def call(step: Any) -> Any:
            return anyio.from_thread.run(ask, step)

        return await anyio.to_thread.run_sync(journey.travel, call)
