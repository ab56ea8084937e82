"""Which tool finds which of the seeded server bugs; prints the table of docs/guides/verify.md.

    python contract-tests/bench/tools_by_mutant.py [--only NAME ...] [--tools verify,prism,...]

Each bug stands in a proxy before the mock server. `suite` are the server scenarios; `verify` is
the semantic pack alone; Schemathesis and Prism run as `specloom verify` runs them, each alone.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from specloom_contract.document import ApiDocument
from specloom_contract.mock import MockServer
from specloom_contract.player import Failure, Player
from specloom_contract.scenario import load_scenarios

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "openapi.yaml"
TOOLS = ("suite", "verify", "schemathesis", "prism")
TOKEN = "sk_live_contract_0123456789abcdef"
# Schemathesis sends hundreds of requests an operation, so it is given the users alone.
PATHS = ("/users*", "/tasks*", "/projects")


def bugs() -> ModuleType:
    """The seeded bugs."""
    file = ROOT / "contract-tests/mutants/servers.py"
    spec = importlib.util.spec_from_file_location("server_bugs", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["server_bugs"] = module
    spec.loader.exec_module(module)
    return module


def by_suite(servers: ModuleType, bug: Any, mock: MockServer) -> bool:
    """Whether a server scenario fails."""
    document = ApiDocument.load(DOCUMENT)
    scenarios = [scenario for scenario in load_scenarios() if scenario.side == "server"]
    upstream = urlsplit(mock.url)
    with servers.broken(bug, f"http://{upstream.netloc}") as front:

        def through(url: str) -> str:
            return str(front + urlsplit(url).path)

        with closing(Player(mock, document, "http://127.0.0.1:9", through)) as player:
            for scenario in scenarios:
                try:
                    player.play(scenario)
                except Failure:
                    return True
    return False


def by_verify(servers: ModuleType, bug: Any, tool: str, *, throttled: bool) -> tuple[bool, str]:
    """Whether `specloom verify` with one engine finds violations, and the first of them."""
    engine = "semantic" if tool == "verify" else tool
    paths = PATHS[:1] if tool == "schemathesis" else PATHS
    # The pack waits for a quota, and so sees a 429; Schemathesis would see little else.
    limit = "100000/1h" if tool == "schemathesis" else "6/1s" if throttled else "30/1s"
    arguments = ["--rows", "30", "--clock", "real", "--limit", limit]
    with MockServer(DOCUMENT, arguments) as mock, tempfile.TemporaryDirectory() as folder:
        base = urlsplit(mock.session("verify", {}).base_url)
        with servers.broken(bug, f"http://{base.netloc}") as front:
            file = Path(folder) / "report.json"
            command = [
                *(str(Path(sys.executable).with_name("specloom")), "verify", str(DOCUMENT)),
                *("--base-url", front + base.path, "--auth", "bearer=env:VERIFY_BENCH_TOKEN"),
                *("--only", engine, "--seed", "1", "--json", str(file), "--quiet"),
                *("--max-examples", "25"),
                *(part for path in paths for part in ("--include", path)),
            ]
            environment = {**os.environ, "VERIFY_BENCH_TOKEN": TOKEN}
            done = subprocess.run(command, env=environment, check=False)
            if done.returncode not in (0, 1):
                return False, f"exit {done.returncode}"
            report = json.loads(file.read_text(encoding="utf-8"))
    found = [c for c in report["checks"] if c["outcome"] == "violated" and _counts(c, engine)]
    return bool(found), found[0]["findings"][0]["message"] if found else ""


def _counts(check: dict[str, Any], engine: str) -> bool:
    return bool(check["engine"] == engine)


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--tools", default=",".join(TOOLS))
    options = parser.parse_args()
    tools = options.tools.split(",")
    servers = bugs()
    names = options.only or ["(none)", *servers.SERVER_BUGS]
    killed = dict.fromkeys(tools, 0)
    print(f"| bug | {' | '.join(tools)} |")
    print(f"|---|{'---|' * len(tools)}")
    with MockServer(DOCUMENT) as mock:
        for name in names:
            bug = servers.SERVER_BUGS.get(name)
            marks = []
            for tool in tools:
                if tool == "suite":
                    found, why = by_suite(servers, bug, mock), ""
                else:
                    throttled = name.startswith("throttled")
                    found, why = by_verify(servers, bug, tool, throttled=throttled)
                killed[tool] += found and name in servers.SERVER_BUGS
                marks.append("yes" if found else "")
                print(f"{name} {tool}: {found} {why[:110]}", file=sys.stderr, flush=True)
            print(f"| `{name}` | {' | '.join(marks)} |", flush=True)
    print(f"| **of {len(servers.SERVER_BUGS)}** | {' | '.join(str(killed[t]) for t in tools)} |")


if __name__ == "__main__":
    main()
