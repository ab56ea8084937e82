"""Prism as a child process, played by a small program: start, failure, end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from specloom_mock.prism import Prism, PrismError, PrismStartError
from specloom_mock.prism import process as prism_process
from specloom_mock.prism.document import copy_document

LISTEN = (
    "import os, signal, sys, time\n"
    "def listen(): print('[1] start  Prism is listening on http://127.0.0.1:4010', flush=True)\n"
)


def _prism(tmp_path: Path, body: str, **options: object) -> Prism:
    entry = tmp_path / "index.py"
    entry.write_text(LISTEN + body, encoding="utf-8")
    return Prism(b"openapi: 3.0.3\n", node=sys.executable, entry=entry, **options)  # type: ignore[arg-type]


def test_it_tells_where_it_listens_and_ends(tmp_path: Path) -> None:
    """The port is read from the line that Prism prints; after the block nothing runs."""
    prism = _prism(tmp_path, "listen(); signal.pause()")
    with prism:
        assert prism.base_url == "http://127.0.0.1:4010"
        process = prism._process
        assert process is not None
        assert os.getpgid(process.pid) == process.pid
    assert process.poll() is not None
    with pytest.raises(PrismError, match="not running"):
        _ = prism.base_url


def test_the_command_line_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy gets mode, address, a copy of the document and the upstream, and no colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    body = "print(sys.argv[1:], os.environ['NO_COLOR'], 'FORCE_COLOR' in os.environ); listen()\n"
    with _prism(tmp_path, body, mode="proxy", upstream="http://127.0.0.1:9/v1") as prism:
        line = prism.log[0]
    assert line.startswith("['proxy', '-h', '127.0.0.1', '-p', '0', ")
    assert line.endswith("openapi.yaml', 'http://127.0.0.1:9/v1'] 1 False")
    assert "--errors" not in line


def test_a_fatal_line_is_the_reason(tmp_path: Path) -> None:
    """What Prism calls fatal on stdout, over several lines, is the error's text."""
    body = "print('[1] fatal     Error opening file\\nENOENT: no such file'); sys.exit(1)"
    with pytest.raises(PrismStartError, match="Error opening file ENOENT: no such file"):
        _prism(tmp_path, body).start()


def test_a_port_in_use_is_the_reason(tmp_path: Path) -> None:
    """A port in use stands on stderr only, behind an empty fatal line and the usage text."""
    body = (
        "print('[1] fatal     ')\n"
        "sys.stderr.write('usage\\n\\nlisten EADDRINUSE: address already in use 127.0.0.1:1\\n')\n"
        "sys.exit(1)"
    )
    with pytest.raises(PrismStartError, match=r"EADDRINUSE: address already in use 127\.0\.0\.1:1"):
        _prism(tmp_path, body).start()


def test_silence_is_an_error(tmp_path: Path) -> None:
    """A Prism that neither listens nor ends is ended, and what it printed is quoted."""
    body = "print('still thinking', flush=True); signal.pause()"
    with pytest.raises(PrismStartError, match="did not listen"):
        _prism(tmp_path, body, start_timeout=0.5).start()


def test_a_group_that_ignores_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL follows for the whole group, a stubborn child of Prism included."""
    monkeypatch.setattr(prism_process, "STOP_TIMEOUT", 0.2)
    body = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nif os.fork():\n    listen()\nsignal.pause()"
    )
    with _prism(tmp_path, body) as prism:
        leader, readers = prism._process, list(prism._readers)
    assert leader is not None
    assert leader.returncode == -signal.SIGKILL
    assert not any(reader.is_alive() for reader in readers)  # nobody holds its output open


def test_sigterm_to_the_waiting_process_ends_prism(tmp_path: Path) -> None:
    """`specloom mock --engine prism` leaves nothing behind when it is told to end."""
    entry = tmp_path / "index.py"
    entry.write_text(LISTEN + "listen(); signal.pause()", encoding="utf-8")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from specloom_mock.prism import Prism\n"
        f"with Prism(b'{{}}', node=sys.executable, entry=Path({str(entry)!r})) as prism:\n"
        "    try:\n"
        "        prism.wait(lambda: print(prism._process.pid, flush=True))\n"
        "    except KeyboardInterrupt:\n"
        "        pass\n"
        "print('ended', prism._process, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as waiting:
        assert waiting.stdout is not None
        pid = int(waiting.stdout.readline())
        waiting.send_signal(signal.SIGTERM)
        assert waiting.stdout.read() == b"ended None\n"
    assert waiting.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_wrong_arguments_are_refused() -> None:
    """An upstream belongs to proxy mode, and proxy mode needs one."""
    with pytest.raises(ValueError, match="needs upstream"):
        Prism(b"{}", mode="proxy")
    with pytest.raises(ValueError, match="proxy"):
        Prism(b"{}", upstream="http://127.0.0.1:1")


def test_the_copy_keeps_files_that_the_document_refers_to(tmp_path: Path) -> None:
    """Referred files keep their relative places, also above the document's own directory."""
    source = tmp_path / "source"
    (source / "api").mkdir(parents=True)
    (source / "shared").mkdir()
    (source / "api" / "openapi.yaml").write_text(
        "a: {$ref: '../shared/user.yaml#/User'}\nb: {$ref: '#/a'}\nc: [{$ref: 'https://x.test/y'}]\n"
    )
    (source / "shared" / "user.yaml").write_text("User: {$ref: more.yaml}\n")
    (source / "shared" / "more.yaml").write_text("type: object\n")
    (source / "shared" / "unrelated.yaml").write_text("{}\n")
    copy = copy_document(source / "api" / "openapi.yaml", tmp_path / "copy")
    found = sorted(
        str(p.relative_to(tmp_path / "copy")) for p in (tmp_path / "copy").rglob("*.yaml")
    )
    assert copy == tmp_path / "copy" / "api" / "openapi.yaml"
    assert found == ["api/openapi.yaml", "shared/more.yaml", "shared/user.yaml"]


def test_a_missing_document_is_named(tmp_path: Path) -> None:
    """A path that is not there is said before Prism starts."""
    with pytest.raises(PrismError, match=r"no document at .*gone\.yaml"):
        copy_document(tmp_path / "gone.yaml", tmp_path)
