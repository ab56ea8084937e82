"""A driver: a small program in an SDK's language that does what it reads, line by line.

``schema/driver.json`` describes both directions.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import yaml

from .places import DRIVERS, REPOSITORY

__all__ = ["Driver", "DriverError", "DriverKind", "find_drivers"]

ANSWER_TIMEOUT: Final = 60.0
"""Real seconds until a driver must answer; nothing in a scenario really waits that long."""


class DriverError(RuntimeError):
    """A driver ended, hung or wrote what is no answer."""


@dataclass(frozen=True, slots=True)
class DriverKind:
    """What ``drivers/<language>/driver.yaml`` says."""

    language: str
    command: Sequence[str]
    variants: Sequence[str]
    needs: Sequence[str]
    vectors: Sequence[str]

    @property
    def missing(self) -> list[str]:
        """Programs it cannot start without that are not here."""
        return [name for name in self.needs if not shutil.which(name)]


def find_drivers(folder: Path = DRIVERS) -> list[DriverKind]:
    """Every driver of the repository, by language."""
    kinds = []
    for file in sorted(folder.glob("*/driver.yaml")):
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
        command = [sys.executable if word == "{python}" else word for word in said["command"]]
        kinds.append(
            DriverKind(
                language=said["language"],
                command=command,
                variants=said["variants"],
                needs=said.get("needs", []),
                vectors=said.get("vectors", []),
            )
        )
    return kinds


class Driver:
    """A running driver.

    Args:
        command: The program and its arguments.
        environment: Variables to set for it.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        neutral = {name: value for name, value in os.environ.items() if _neutral(name)}
        self._process = subprocess.Popen(
            list(command),
            cwd=REPOSITORY,
            env={**neutral, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
        )
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _read(self) -> None:
        output = self._process.stdout
        assert output is not None
        for line in output:
            self._lines.put(line)
        self._lines.put(b"")

    @property
    def alive(self) -> bool:
        """Whether the program runs."""
        return self._process.poll() is None

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its answer, given without its id.

        Raises:
            DriverError: No answer came, or none that can be read.
        """
        self._number += 1
        message = json.dumps({"id": self._number, **request}, ensure_ascii=True)
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write(message.encode("ascii") + b"\n")
            pipe.flush()
            line = self._lines.get(timeout=ANSWER_TIMEOUT)
        except (OSError, queue.Empty) as error:
            said = self._said()
            self._process.kill()
            self.stop()
            raise DriverError(f"no answer to {message}: {error!r}\n{said}") from error
        if not line:
            said = self._said()
            self.stop()
            raise DriverError(f"the driver ended at {message}\n{said}")
        try:
            answer = cast("dict[str, Any]", json.loads(line))
        except ValueError as error:
            raise DriverError(f"no JSON in answer to {message}: {line[:400]!r}") from error
        if answer.pop("id", None) != self._number:
            raise DriverError(f"the answer to {message} has another id: {line[:400]!r}")
        return answer

    def _said(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read()[-4000:].decode(errors="replace")

    def stop(self) -> None:
        """Close the program's input, and end it if it does not end by itself."""
        process = self._process
        if process.stdin and not process.stdin.closed:
            try:
                process.stdin.close()
            except OSError:
                process.kill()
        try:
            process.wait(5.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join()
        if process.stdout:
            process.stdout.close()
        self._stderr.close()


def _neutral(name: str) -> bool:
    """Whether a variable says nothing to an SDK: tests must not find the user's credentials."""
    return not name.startswith("UNISTACK_") and not name.lower().endswith("_proxy")
