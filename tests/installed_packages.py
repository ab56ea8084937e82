"""Use the installed packages from an empty folder: generate an SDK, mock the document, call it.

Run by the build session with the Python into which the sdists were installed; the argument is the
repository's root, of which only ``openapi.yaml`` and ``specloom.yaml`` are used.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specloom_mock import MockServer


def main(root: Path) -> None:
    """Fail loudly at the first thing that an installed package cannot do."""
    import specloom_contract
    import unistack
    from specloom_mock import MockServer

    for module in (unistack, specloom_contract):
        where = Path(str(module.__file__)).resolve()
        assert not where.is_relative_to(root), f"{where} is the source tree, not the package"

    document, config = root / "openapi.yaml", root / "specloom.yaml"
    specloom = [sys.executable, "-m", "specloom", "generate", str(document)]
    for name in ("first", "second"):
        command = [*specloom, "--config", str(config), "--target", "python", "--out", name]
        subprocess.run(command, check=True)
    subprocess.run(
        [*specloom, "--config", str(config), "--target", "python", "--out", "first", "--check"],
        check=True,
    )

    program = (
        "import sys; sys.path.insert(0, 'first/src')\n"
        "import unistack\n"
        "assert 'first' in unistack.__file__, unistack.__file__\n"
        "client = unistack.Unistack(api_key='sk_live_0123456789abcdef01234567', base_url=sys.argv[1])\n"
        "print(sum(1 for user in client.users.list()), 'users through a freshly generated SDK')\n"
    )
    with MockServer(document) as server:
        subprocess.run([sys.executable, "-c", program, server.base_url], check=True)
        client = unistack.Unistack(
            api_key="sk_live_0123456789abcdef01234567", base_url=server.base_url
        )
        created = client.users.create(name="Ada", email="ada@installed.example")
        assert client.users.get(created.id).email == "ada@installed.example"
        _verify(server, document)
        for page, files in (("/__mock/", 4), ("/docs", 5)):
            found = re.findall(r'(?:src|href)="(/__mock/static/[^"]+)"', _text(server.url + page))
            assert len(set(found)) >= files, f"{page} names {found}"
            for file in found:
                assert _text(server.url + file), f"{page} needs {file}"
    print("the installed packages generate, mock and call")


def _verify(server: MockServer, document: Path) -> None:
    """Hold the mock to the document, and read the report that it makes of it."""
    command = [sys.executable, "-m", "specloom", "verify", str(document)]
    command += ["--base-url", server.base_url, "--auth", "bearer=env:VERIFY_TOKEN"]
    command += ["--only", "semantic", "--include", "/users*", "--html", "report.html", "--quiet"]
    environment = {**os.environ, "VERIFY_TOKEN": "sk_live_0123456789abcdef01234567"}
    subprocess.run(command, check=True, env=environment)
    assert "The server keeps what the document promises" in Path("report.html").read_text("utf-8")


def _text(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return str(answer.read(), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
