"""Types as a user's type checker sees them, in the package and in a program that uses it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from specloom.emit.python.core import core_files, core_folder

_CORE = tuple(core_files(core_folder()))  # type-checked where it lives
FOLDER = Path(__file__).resolve().parent / "golden"

PROGRAM = """
from PACKAGE import AsyncDemo, Demo, DemoError, NotFoundError, omit
from PACKAGE.types import User, UserCreateParams
from PACKAGE.webhook_events import UnknownEvent

client = Demo()
reveal_type(client.users.list().data)  # list[User]
for user in client.users.list(created_after="2026-01-01"):
    reveal_type(user.date)  # date | None
    reveal_type(user.role)  # str
reveal_type(client.users.create(full_name="Ada"))  # User
reveal_type(client.users.delete("1"))  # None
reveal_type(client.users.with_raw_response.create(full_name="Ada"))  # RawResponse[User]
reveal_type(client.users.with_raw_response.create(full_name="Ada").parse())  # User
params: UserCreateParams = {"full_name": "Ada", "tags": ("a",)}
client.users.create(**params)
client.users.create(full_name="Ada", tags=omit)
reveal_type(User(id="1", full_name="Ada", role="admin").full_name)  # str
client.users.create()  # error: call-arg
client.users.create(full_name=1)  # error: arg-type
client.users.create(full_name="Ada", nickname="A")  # error: call-arg
client.users.delete(user_id="1")  # error: call-arg
client.users.list(created_after=1.5)  # error: arg-type
bad: UserCreateParams = {"tags": []}  # error: typeddict-item


async def main() -> None:
    asynchronous = AsyncDemo()
    reveal_type(await asynchronous.users.create(full_name="Ada"))  # User
    async for user in asynchronous.users.list():
        reveal_type(user)  # User
    reveal_type((await asynchronous.users.list()).data)  # list[User]


def handle(error: DemoError) -> None:
    if isinstance(error, NotFoundError):
        reveal_type(error.status_code)  # int
"""


def test_types_are_what_they_seem(package: Callable[..., Any], tmp_path: Path) -> None:
    """Mypy has nothing to say of the packages, and of a program what its comments say."""
    sdk, *others = [package(path.read_bytes()) for path in sorted(FOLDER.glob("*.yaml"))]
    program = PROGRAM.replace("PACKAGE", sdk.name)
    (tmp_path / "program.py").write_text(program)
    found: dict[int, str] = {}
    for line in mypy(tmp_path, [sdk, *others]):
        match = re.match(r"program\.py:(\d+): (note|error): (.*)$", line)
        assert match is not None, line
        number, kind, text = int(match[1]), match[2], match[3]
        if kind == "error":
            found[number] = "error: " + text.rpartition("[")[2].rstrip("]")
        elif revealed := re.match('Revealed type is "(.*)"$', text):
            found[number] = re.sub(r"[a-z_0-9]+\.(?=[A-Za-z_])", "", revealed[1])
    expected = {
        number: line.rpartition("# ")[2]
        for number, line in enumerate(program.splitlines(), 1)
        if "  # " in line
    }
    assert found == expected


def mypy(folder: Path, packages: list[Any]) -> list[str]:
    """What mypy says of the generated modules and of the program, in one run."""
    modules = ("__init__.py", "client.py", "webhook_events.py", "resources", "types")
    sources = [package.folder / "src" for package in packages]
    done = subprocess.run(
        [
            *[sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty"],
            *["--config-file", os.devnull, "--cache-dir", os.devnull, "program.py"],
            *(str(source / source.parent.name / name) for source in sources for name in modules),
        ],
        cwd=folder,
        env={**os.environ, "MYPYPATH": os.pathsep.join(map(str, sources))},
        check=False,
        capture_output=True,
        text=True,
    )
    own = tuple(f"{source.parent.name}/{path}:" for source in sources for path in _CORE)
    return [
        line
        for line in done.stdout.splitlines()
        if "No [mypy] section" not in line and not any(path in line for path in own)
    ]
