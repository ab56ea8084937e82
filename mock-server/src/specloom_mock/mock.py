"""A mock of one document: its engine and its sessions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specloom.diagnostics import Diagnostics
from specloom.ir.build.paging import paginations
from specloom.spec import load
from specloom_mock.derive import derive
from specloom_mock.engine import Engine
from specloom_mock.overlay import Overlay, beside, read_overlay
from specloom_mock.schemas import Schemas
from specloom_mock.session import Options, Session

__all__ = ["DEFAULT_SESSION", "SESSION_NAME", "Mock"]

DEFAULT_SESSION = "default"
SESSION_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(slots=True)
class Addresses:
    """Where the server listens.

    Attributes:
        host: The address as it stands in URLs.
        port: The conformance port.
        chaos_port: The chaos port; None without one.
    """

    host: str = "127.0.0.1"
    port: int = 0
    chaos_port: int | None = None


@dataclass(slots=True)
class Mock:
    """Everything that is served for one document.

    Attributes:
        engine: Answers requests.
        options: How the server was started.
        document: The document's file name.
        sha256: Hash of the document, in hex.
        sessions: The sessions that exist, by name, the oldest first.
        addresses: Where the server listens; set when it does.
    """

    engine: Engine
    options: Options
    document: str
    sha256: str
    sessions: dict[str, Session] = field(default_factory=dict)
    addresses: Addresses = field(default_factory=Addresses)
    _named: int = 0

    @classmethod
    def load(
        cls,
        document: str | Path | bytes,
        options: Options | None = None,
        *,
        overlay: str | Path | Overlay | None = None,
    ) -> Mock:
        """Read a document and plan how to serve it.

        Args:
            document: The file, or the bytes of one.
            options: How to serve it.
            overlay: The overlay, or its file; default: ``NAME.mock.yaml`` beside the document.

        Raises:
            SpecError: The document cannot be read.
            OverlayError: The overlay cannot be used.
        """
        diagnostics = Diagnostics()
        loaded = load(document, diagnostics=diagnostics)
        if overlay is None and not isinstance(document, bytes):
            overlay = beside(Path(document))
        settings = Overlay()
        if isinstance(overlay, Overlay):
            settings = overlay
        elif overlay is not None:
            settings = read_overlay(Path(overlay))
        schemas = Schemas(loaded.root)
        plan = derive(schemas, settings, paginations(loaded))
        name = "document" if isinstance(document, bytes) else Path(document).name
        return cls(Engine(plan, schemas), options or Options(), name, loaded.sha256)

    def session(self, name: str = DEFAULT_SESSION) -> Session:
        """The session of that name, made when it is first asked for."""
        found = self.sessions.get(name)
        if found is None:
            found = Session(name, self.engine.plan, self.engine.schemas, self.options)
            self.sessions[name] = found
        return found

    def new_name(self) -> str:
        """A session name that is not in use."""
        while True:
            self._named += 1
            name = f"s{self._named:04}"
            if name not in self.sessions:
                return name

    def prefix(self, session: Session) -> str:
        """The path prefix that names a session; none for the default one."""
        return "" if session.name == DEFAULT_SESSION else f"/~{session.name}"

    def base_url(self, session: Session, *, chaos: bool = False) -> str | None:
        """A session's base URL on a port: with its prefix and the first server's path."""
        port = self.addresses.chaos_port if chaos else self.addresses.port
        if port is None:
            return None
        base = self.engine.plan.bases[0] if self.engine.plan.bases else ""
        return f"http://{self.addresses.host}:{port}{self.prefix(session)}{base}"

    def describe(self, session: Session) -> dict[str, Any]:
        """A session as the control interface shows it."""
        return {
            "session": session.name,
            "seed": session.seed,
            "now": session.clock.now(),
            "base_url": self.base_url(session),
            "chaos_url": self.base_url(session, chaos=True),
        }
