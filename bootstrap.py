"""Set this repository up and run its two jobs; needs Python 3.11 or newer and nothing else.

    python3 bootstrap.py demo    a tour: mock server, client, 429, webhook, on real sockets
    python3 bootstrap.py test    every check of noxfile.py (arguments after it go to nox)

Everything is installed into ``.venv`` beside this file, never into the system's Python, so it works
where pip refuses system-wide installs (PEP 668).

Exit codes: that of the job; 2 where the machine lacks something (the message says what).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
PACKAGES = ("generator", "python-sdk", "mock-server")
JOBS = {
    "demo": {"requirements": ["rich"], "command": ["examples/tour.py"]},
    "test": {"requirements": ["nox"], "command": ["-m", "nox"]},
}


class MissingError(Exception):
    """The machine lacks something that only its owner can install."""


def run_quietly(command: "list[str]", label: str) -> None:
    """Run a command with a one-line progress display; show its output only if it fails."""
    started = time.monotonic()
    show = sys.stderr.isatty()
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        lines = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if show:
                width = shutil.get_terminal_size().columns - 1
                text = f"{label} {time.monotonic() - started:3.0f} s  {line.strip()}"
                sys.stderr.write("\r\x1b[2K" + text[:width])
                sys.stderr.flush()
    if show:
        sys.stderr.write("\r\x1b[2K")
    if process.returncode:
        sys.stderr.write("".join(lines[-30:]))
        raise MissingError(f"{label} failed: {' '.join(command)}")


def make_venv() -> "list[str]":
    """Create ``.venv`` if it is not there; return the command that is pip for it."""
    inside = [str(PYTHON), "-m", "pip"]
    if (
        PYTHON.exists()
        and subprocess.run([*inside, "--version"], capture_output=True).returncode == 0
    ):
        return inside
    if (
        subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True).returncode
        == 0
    ):
        run_quietly([sys.executable, "-m", "venv", "--clear", str(VENV)], "creating .venv")
        return inside
    # Debian ships venv without ensurepip; a pip of the system can still fill the environment.
    outside = [sys.executable, "-m", "pip"]
    if subprocess.run([*outside, "--version"], capture_output=True).returncode == 0:
        run_quietly(
            [sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)], "creating .venv"
        )
        return [*outside, "--python", str(PYTHON)]
    raise MissingError(
        "this Python has neither ensurepip nor pip, so no environment can be made.\n"
        "On Debian or Ubuntu: apt-get install python3-venv"
    )


def install(job: str) -> None:
    """Install what a job needs, once for each state of the requirements."""
    inputs = [ROOT / "constraints.txt", *(ROOT / name / "pyproject.toml" for name in PACKAGES)]
    state = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    stamp = VENV / f"{job}.stamp"
    if PYTHON.exists() and stamp.is_file() and stamp.read_text() == state:
        return
    print("Setting up .venv (once; about half a minute) ...", file=sys.stderr, flush=True)
    pip = make_venv()
    command = [*pip, "install", "--disable-pip-version-check", "-c", "constraints.txt"]
    command += JOBS[job]["requirements"]
    if job == "demo":
        for name in PACKAGES:
            command += ["-e", f"./{name}"]
    run_quietly(command, "installing")
    stamp.write_text(state)


def main(arguments: "list[str]") -> int:
    """Run one job; see the module's docstring."""
    if sys.version_info < (3, 11):  # noqa: UP036 -- this file is what an older Python is given
        print(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    if not arguments or arguments[0] not in JOBS:
        print(__doc__.strip(), file=sys.stderr)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    job = arguments[0]
    try:
        install(job)
    except MissingError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    # The environment's own programs come first, as if a user had activated it.
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        return subprocess.call(
            [str(PYTHON), *JOBS[job]["command"], *arguments[1:]], cwd=ROOT, env=environment
        )
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
