"""Every check of the repository; plain ``nox`` runs the default ones and passes on a fresh clone.

Sessions share one environment (``.nox/dev``), so that the packages are installed once. Where a
session needs another toolchain (Node), it says what is missing and how to get it, and checks what
it can; with ``CI`` set a missing toolchain is a failure.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
CONSTRAINTS = ROOT / "constraints.txt"
PACKAGES = ("generator", "python-sdk", "mock-server", "contract-tests")
EXTRAS = {
    "generator": "[referee]",
    "python-sdk": "[ed25519,console,http2,opentelemetry,redis,testing]",
    "mock-server": "",
    "contract-tests": "",
}
REFERENCES = "tests/references"
SOURCES = [f"{name}/src" for name in PACKAGES]
TOOLS = [
    "aiohttp",
    "aiolimiter",
    "axe-playwright-python",
    "build",
    "django",
    "fastapi",
    "flask",
    "httpx2",
    "hypercorn",
    "hypothesis",
    "import-linter",
    "limits",
    "mypy",
    "openapi-spec-validator",
    "opentelemetry-sdk",
    "playwright",
    "pyright[nodejs]",
    "pytest",
    "pytest-xdist",
    "python-multipart",
    "rich",
    "ruff",
    "schemathesis",
    "standardwebhooks",
    "starlette",
    "sybil",
    "trio",
    "trustme",
    "types-PyYAML",
    "types-jsonschema",
]
# What the SDK is measured beside, in an environment of its own, without what httpx imports only
# where it finds it (rich, click) and users mostly do not have.
PEERS = [
    "anthropic>=2.12,<3",
    "cloudflare>=5.9,<6",
    "openai>=3.54,<4",
    "stripe>=16.1,<17",
    "svix>=2.9,<3",
]
IN_CI = bool(os.environ.get("CI"))
NODE_PROJECTS = {
    "spec": ROOT / "tools/spec-lint",
    "prism": ROOT / "mock-server/prism",
    "webhooks": ROOT / "mock-server/webhooks-js",
    "scalar": ROOT / "mock-server/bench/scalar",
}

nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = [
    "lint",
    "typing",
    "boundaries",
    "generate",
    "spec",
    "tests",
    "contract",
    "prism",
    "browser",
    "examples",
    "docs",
    "build",
    "minimums",
    "zoo",
]

# Nox gives each session an environment of its own; these share one, so they bring it themselves.
SHARED = {"venv_backend": "none"}
DEV = ROOT / ".nox" / "dev"
BIN = DEV / ("Scripts" if os.name == "nt" else "bin")
BENCH = ROOT / ".nox" / "bench"


def prepare(session: nox.Session) -> None:
    """Make the shared environment: the four packages, editable, and the tools; once per state."""
    session.env["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    session.env["VIRTUAL_ENV"] = str(DEV)
    inputs = [CONSTRAINTS, ROOT / "noxfile.py", *(ROOT / p / "pyproject.toml" for p in PACKAGES)]
    state = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    stamp = DEV / "prepared.stamp"
    if stamp.is_file() and stamp.read_text() == state:
        return
    session.run(sys.executable, "-m", "virtualenv", "--quiet", str(DEV), external=True)
    editable = [arg for name in PACKAGES for arg in ("-e", f"./{name}{EXTRAS[name]}")]
    pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    session.run(*pip, "-c", str(CONSTRAINTS), *TOOLS, *editable, external=True)
    stamp.write_text(state)


def tool(name: str) -> str:
    """A program of the shared environment."""
    return str(BIN / name)


def node_modules(session: nox.Session, project: str) -> Path | None:
    """Install a Node project's locked packages; None, with the remedy said, without Node."""
    folder = NODE_PROJECTS[project]
    if not shutil.which("npm"):
        remedy = (
            f"Node 20 or newer is missing, so the checks that need {folder.name} did not run. "
            "Install it (Debian: apt-get install nodejs npm) and run this session again."
        )
        if IN_CI:
            session.error(remedy)
        session.warn(remedy)
        return None
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".installed"
    if not (stamp.is_file() and stamp.read_text() == lock):
        session.run("npm", "ci", "--no-audit", "--no-fund", "--prefix", str(folder), external=True)
        stamp.write_text(lock)
    return folder / "node_modules" / ".bin"


def redis_markers(session: nox.Session) -> str:
    """What leaves out the tests that need Redis where there is none, with the remedy said."""
    if shutil.which("redis-server"):
        return ""
    remedy = (
        "redis-server is missing, so the tests that need it did not run. "
        "Install it (Debian: apt-get install redis-server) and run this session again."
    )
    if IN_CI:
        session.error(remedy)
    session.warn(remedy)
    return " and not redis"


@nox.session(**SHARED)
def lint(session: nox.Session) -> None:
    """Ruff: rules and formatting of every hand-written and generated Python file."""
    prepare(session)
    session.run(tool("ruff"), "check", ".")
    session.run(tool("ruff"), "format", "--check", ".")


@nox.session(**SHARED)
def typing(session: nox.Session) -> None:
    """Mypy --strict and pyright over every package."""
    prepare(session)
    for source in SOURCES:
        session.run(tool("mypy"), source)
    session.run(tool("pyright"), "--pythonpath", tool("python"), *SOURCES)


@nox.session(**SHARED)
def boundaries(session: nox.Session) -> None:
    """Import-linter: which module may import which (``.importlinter``)."""
    prepare(session)
    session.run(tool("lint-imports"), "--no-cache")


@nox.session(**SHARED)
def generate(session: nox.Session) -> None:
    """The committed SDKs are what Specloom makes of openapi.yaml; ``-- --write`` renews them."""
    prepare(session)
    mode = [] if "--write" in session.posargs else ["--check"]
    session.run(
        *[tool("specloom"), "generate", "openapi.yaml", "--config", "specloom.yaml"],
        *["--target", "python", "--out", "python-sdk", *mode],
    )
    session.run(
        *[tool("specloom"), "fidelity", "openapi.yaml", "--config", "specloom.yaml"],
        *["--min-fidelity", "100"],
    )


@nox.session(**SHARED)
def spec(session: nox.Session) -> None:
    """The documents' referees: openapi-spec-validator, openapi-python-client, Redocly, Spectral."""
    prepare(session)
    references = [path.name.split(".")[0] for path in sorted(ROOT.glob("specs/*.specloom.yaml"))]
    configurations = {"openapi.yaml": "specloom.yaml"}
    configurations |= {f"specs/{name}.yaml": f"specs/{name}.specloom.yaml" for name in references}
    session.run(tool("openapi-spec-validator"), "mock-server/admin.openapi.yaml")
    for document, configuration in configurations.items():
        session.run(tool("specloom"), "lint", document)
        session.run(tool("openapi-spec-validator"), document)
        session.run(tool("specloom"), "referee", document, "--config", configuration)
    tools = node_modules(session, "spec")
    if tools:
        session.run(str(tools / "redocly"), "lint", *configurations, external=True)
        session.run(
            *[str(tools / "spectral"), "lint", *configurations],
            *["--ruleset", ".spectral.yaml", "--fail-severity", "error"],
            external=True,
        )


@nox.session(**SHARED)
def tests(session: nox.Session) -> None:
    """Unit and integration tests of every package (pytest arguments after ``--``)."""
    prepare(session)
    where = session.posargs or ["generator/tests", "python-sdk/tests", "mock-server/tests", "tests"]
    markers = "not prism and not schemathesis and not browser" + redis_markers(session)
    # The reference APIs' SDKs are the contract session's.
    apart = f"--ignore={REFERENCES}"
    session.run(tool("pytest"), "-n", "2", "-m", markers, apart, *where)


@nox.session(**SHARED)
def contract(session: nox.Session) -> None:
    """Every scenario against the mock server, through every SDK, and the reference APIs' SDKs."""
    prepare(session)
    where = session.posargs or ["contract-tests", REFERENCES]
    session.run(tool("pytest"), "-n", "2", "-m", "not prism", *where)


@nox.session(**SHARED)
def prism(session: nox.Session) -> None:
    """The mock server's referees: Prism before it in a whole SDK run, Schemathesis, webhooks."""
    prepare(session)
    installed = [node_modules(session, project) for project in ("prism", "webhooks")]
    markers = "prism or schemathesis" if all(installed) else "schemathesis"
    where = ["mock-server/tests", "tests", "contract-tests/tests"]
    session.run(tool("pytest"), "-m", markers, *where, *session.posargs)


@nox.session(**SHARED)
def browser(session: nox.Session) -> None:
    """The mock server's console and reference in a headless Chromium."""
    prepare(session)
    if not (os.environ.get("CHROMIUM") or shutil.which("chromium")):
        remedy = (
            "Chromium is missing, so the tests of the pages did not run. Install it (Debian: "
            "apt-get install chromium), or name one in CHROMIUM, and run this session again."
        )
        if IN_CI:
            session.error(remedy)
        session.warn(remedy)
        return
    session.run(tool("pytest"), "-m", "browser", "mock-server/tests", *session.posargs)


@nox.session(**SHARED)
def examples(session: nox.Session) -> None:
    """Every example program runs, on real sockets."""
    prepare(session)
    session.run(tool("pytest"), "examples", *session.posargs)


@nox.session(**SHARED)
def docs(session: nox.Session) -> None:
    """Every snippet of README.md and docs/ runs against a mock server."""
    prepare(session)
    session.run(tool("pytest"), "README.md", "docs", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build each sdist, a wheel from it, and use both from an empty folder."""
    session.install("-c", str(CONSTRAINTS), "build", "virtualenv")
    with tempfile.TemporaryDirectory() as folder:
        dist = Path(folder) / "dist"
        for name in PACKAGES:
            session.run("python", "-m", "build", "--outdir", str(dist), name)
        sdists = sorted(str(path) for path in dist.glob("*.tar.gz"))
        session.run("python", "-m", "virtualenv", "-q", f"{folder}/venv")
        python = f"{folder}/venv/bin/python"
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        session.run(*pip, "-c", str(CONSTRAINTS), *sdists, external=True)
        session.chdir(folder)
        session.run(python, str(ROOT / "tests/installed_packages.py"), str(ROOT), external=True)


@nox.session
def minimums(session: nox.Session) -> None:
    """The SDK's own tests on the oldest versions of its dependencies that it admits."""
    sdk = f"./python-sdk{EXTRAS['python-sdk']}"
    session.install("-c", "constraints-minimum.txt", "-e", sdk, "opentelemetry-sdk")
    session.install(
        "-c", str(CONSTRAINTS), "pytest", "pytest-xdist", "hypothesis", "httpx2", "pyyaml", "trio"
    )
    core = sorted(str(path) for path in ROOT.glob("python-sdk/tests/test_core_*.py"))
    session.run("pytest", "-n", "2", "-q", "--confcutdir", "python-sdk/tests", *core)


@nox.session(**SHARED)
def zoo(session: nox.Session) -> None:
    """Generate from the public documents in ``SPECLOOM_ZOO`` and print what was made of them."""
    prepare(session)
    session.run(tool("python"), "tools/zoo.py", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Coverage-guided fuzzing of webhook verification (libFuzzer's options after ``--``)."""
    session.install("-c", str(CONSTRAINTS), "./python-sdk")
    session.install("atheris>=3,<4")  # wheels for Linux only, so in no other session
    bounds = session.posargs or ["-runs=500000", "-max_len=4096"]
    session.run("python", "python-sdk/fuzz/fuzz_webhooks.py", *bounds)


@nox.session(**SHARED)
def soak(session: nox.Session) -> None:
    """20,000 calls of the SDK against the mock server's chaos profiles."""
    prepare(session)
    calls = {"SPECLOOM_SOAK": "20000"}
    session.run(tool("pytest"), "tests/test_chaos_soak.py", *session.posargs, env=calls)


@nox.session(**SHARED)
def bench(session: nox.Session) -> None:
    """Speed and memory, as ratios to a named peer in the same run; ``-- --write`` renews the page."""
    prepare(session)
    node_modules(session, "prism")
    node_modules(session, "scalar")
    python = BENCH / BIN.name / "python"
    session.run(sys.executable, "-m", "virtualenv", "--quiet", str(BENCH), external=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    session.run(*pip, "-c", str(CONSTRAINTS), "./python-sdk", "mypy", *PEERS, external=True)
    session.env["SPECLOOM_BENCH_PYTHON"] = str(python)
    session.run(tool("python"), "tools/bench.py", *session.posargs)


if __name__ == "__main__":
    sys.exit("run this file with nox: python3 bootstrap.py test")
