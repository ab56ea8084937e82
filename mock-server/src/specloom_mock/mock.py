"""A mock of one document: its engine and its sessions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specloom.diagnostics import Diagnostics, Severity, render_text
from specloom.ir.build.paging import paginations
from specloom.spec import load
from specloom_mock.adoption import Adoption
from specloom_mock.derive import derive
from specloom_mock.engine import Engine
from specloom_mock.overlay import Overlay, beside, overlay_path, read_overlay
from specloom_mock.schemas import Schemas
from specloom_mock.session import Options, Session
from specloom_mock.statefile import StateFile

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
        files: The files that the document and its overlay were read from.
        errors: What in the document is wrong and was left out.
        trouble: Why the newest document is not the one that is served; None when it is.
        state: Where state is written down; None for memory alone.
    """

    engine: Engine
    options: Options
    document: str
    sha256: str
    sessions: dict[str, Session] = field(default_factory=dict)
    addresses: Addresses = field(default_factory=Addresses)
    files: tuple[Path, ...] = ()
    errors: tuple[str, ...] = ()
    trouble: str | None = None
    state: StateFile | None = None
    _source: tuple[str | Path | bytes, str | Path | Overlay | None] = (b"", None)
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
        source = (document, overlay)
        diagnostics = Diagnostics()
        loaded = load(document, diagnostics=diagnostics)
        files = [] if isinstance(document, bytes) else [Path(name) for name in loaded.files]
        if overlay is None and not isinstance(document, bytes):
            overlay = beside(Path(document))
            files.append(overlay_path(Path(document)))
        elif isinstance(overlay, str | Path):
            files.append(Path(overlay))
        settings = Overlay()
        if isinstance(overlay, Overlay):
            settings = overlay
        elif overlay is not None:
            settings = read_overlay(Path(overlay))
        schemas = Schemas(loaded.root)
        plan = derive(schemas, settings, paginations(loaded))
        name = "document" if isinstance(document, bytes) else Path(document).name
        return cls(
            Engine(plan, schemas),
            options or Options(),
            name,
            loaded.sha256,
            files=tuple(files),
            errors=tuple(
                render_text([found]) for found in diagnostics if found.severity is Severity.ERROR
            ),
            _source=source,
        )

    def again(self) -> Mock:
        """The same document, read anew.

        Raises:
            SpecError: The document cannot be read.
            OverlayError: The overlay cannot be used.
        """
        document, overlay = self._source
        return Mock.load(document, self.options, overlay=overlay)

    def adopt(self, fresh: Mock) -> Adoption:
        """Go on with another version of the document; sessions keep what still fits of them."""
        told = Adoption()
        for session in self.sessions.values():
            told.add(session.adopt(fresh.engine.plan, fresh.engine.schemas))
        self.engine, self.sha256, self.document = fresh.engine, fresh.sha256, fresh.document
        self.files, self.errors, self.trouble = fresh.files, fresh.errors, None
        self.save()
        if self.state is not None:
            self.state.set_fact("document", self.sha256)
        return told

    def keep_in(self, state: StateFile) -> str | None:
        """Write state down from now on, and go on with what is written there.

        Returns:
            What became of it, when it was written for another version of the document.

        Raises:
            StateError: The file is damaged.
        """
        former = state.fact("document")
        self.state = state
        told = Adoption()
        for name in state.names():
            session = self.session(name)
            told.add(session.bring_back(state.load(session)))
        self.save()
        state.set_fact("document", self.sha256)
        if former in {None, self.sha256}:
            return None
        return f"{state.path} was written for another version of {self.document}: {told}"

    def save(self, only: Session | None = None, method: str = "POST") -> None:
        """Write down what has changed, where state is written down.

        Args:
            only: The session that a request was for; None for all of them.
            method: The request's method.
        """
        if self.state is not None:
            for session in [only] if only is not None else list(self.sessions.values()):
                self.state.save(session, method)

    def forget(self, name: str) -> None:
        """End a session; asked for again, it begins anew."""
        session = self.sessions.pop(name, None)
        if session is None:
            return
        session.deliveries.clear()
        session.clock.wake_all()
        if self.state is not None:
            self.state.forget(name)

    def session(self, name: str = DEFAULT_SESSION) -> Session:
        """The session of that name, made when it is first asked for."""
        found = self.sessions.get(name)
        if found is None:
            found = Session(
                name,
                self.engine.plan,
                self.engine.schemas,
                self.options,
                recorded=self.state is not None,
            )
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
