"""One run against one server: sends derived requests, judges answers, keeps what was found."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from specloom.spec import Document
from specloom_contract.document import ApiDocument

from .bodies import encode
from .catalogue import TITLES
from .credentials import Credentials, Dress
from .matrix import Tally
from .model import Check, Derivation, Finding, Outcome
from .plan import Endpoint, Plan
from .probe import Answer, Probe, Stopped
from .sample import Sampler
from .schema import Schemas

__all__ = ["Inquiry", "Settings", "Untested"]

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_THROTTLED: Final = 429
_NO_BODY: Final = object()


class Untested(Exception):
    """A check cannot be made here; the message says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run may do.

    Attributes:
        read_only: Send GET, HEAD and OPTIONS only.
        excluded: Why an operation may not be called, by id.
        values: Path parameters by name (``--param``).
    """

    read_only: bool
    seed: int
    excluded: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


Checking = Callable[[], Iterable[Finding]]


class Inquiry:
    """The state of a run.

    Args:
        progress: Told the subject and kind of each check before it is made.
    """

    def __init__(
        self,
        document: Document,
        plan: Plan,
        probe: Probe,
        credentials: Credentials,
        settings: Settings,
        progress: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.document, self.plan, self.probe = document, plan, probe
        self.credentials, self.settings, self.progress = credentials, settings, progress
        self.schemas = Schemas(document)
        self.judge = ApiDocument(document.root)
        self.rng = random.Random(settings.seed)
        self.sampler = Sampler(self.schemas, self.rng)
        self.tally = Tally(self.schemas, plan.endpoints)
        self.checks: list[Check] = []
        self.listen: Callable[[str, Answer], None] = lambda operation, answer: None
        self._judged = {operation.pointer: operation for operation in self.judge.operations}

    # --- may it be called? -----------------------------------------------------------------------

    def obstacle(self, endpoint: Endpoint | None, *, bare: bool = False) -> str:
        """Why an operation cannot be called; empty when it can.

        Args:
            bare: The call carries no credentials, or wrong ones.
        """
        if endpoint is None:
            return "the document has no operation for it"
        if endpoint.id in self.settings.excluded:
            return self.settings.excluded[endpoint.id]
        if self.settings.read_only and endpoint.method not in _SAFE:
            return "read-only: nothing is changed (--allow-writes)"
        if not bare and not self.credentials.covers(endpoint.operation):
            names = sorted({n for r in endpoint.operation.security for n, _ in r.schemes})
            return f"needs credentials for {' or '.join(names)} (--auth)"
        return ""

    def need(self, endpoint: Endpoint | None, what: str, *, bare: bool = False) -> Endpoint:
        """The endpoint, when it can be called.

        Raises:
            Untested: It cannot; the reason begins with ``what``.
        """
        reason = self.obstacle(endpoint, bare=bare)
        if endpoint is None:
            raise Untested(f"the document has no operation that {what}")
        if reason:
            raise Untested(f"{endpoint.label}: {reason}")
        return endpoint

    # --- calls -----------------------------------------------------------------------------------

    def call(
        self,
        endpoint: Endpoint,
        values: Mapping[str, Any],
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Sequence[tuple[str, str]] = (),
        body: Any = _NO_BODY,
        raw: tuple[str, bytes] | None = None,
        dress: Dress | None = None,
        provoked: bool = False,
    ) -> Answer:
        """Call an operation and judge the answer by the document.

        Args:
            values: Path parameters.
            query: Beyond the required parameters, which are added.
            body: A value for the request body, in the declared media type.
            raw: Content-Type and bytes instead of a value.
            dress: Credentials other than the run's own.
            provoked: The request is wrong on purpose.

        Raises:
            Untested: The body's media type cannot be written, or the quota is used up.
            Stopped: The server is gone or the time is up.
        """
        path = self.path(endpoint, values)
        given = {name for name, _ in query}
        query = [*self._required(endpoint, "query", given), *query]
        named = {name.lower() for name, _ in headers}
        headers = [*self._required(endpoint, "header", named), *headers]
        content = None
        if raw is not None:
            headers, content = [*headers, ("Content-Type", raw[0])], raw[1]
        elif body is not _NO_BODY and endpoint.body is not None:
            encoded = encode(endpoint.body[0], body)
            if encoded is None:
                raise Untested(f"{endpoint.label}: cannot write {endpoint.body[0]}")
            headers, content = [*headers, ("Content-Type", encoded[0])], encoded[1]
        answer = self.probe.send(
            endpoint.method,
            path,
            query=query,
            headers=headers,
            content=content,
            dress=self.credentials.dress(endpoint.operation) if dress is None else dress,
        )
        self._judge(endpoint, answer, provoked=provoked)
        if answer.status == _THROTTLED:
            raise Untested(f"{endpoint.label}: the quota is used up (429)")
        return answer

    def path(self, endpoint: Endpoint, values: Mapping[str, Any]) -> str:
        """The path with its parameters filled in."""
        return "".join(
            quote(str(values[part.text.raw]), safe="") if part.is_parameter else part.text.raw
            for part in endpoint.operation.path
        )

    def _required(
        self, endpoint: Endpoint, place: str, given: set[str]
    ) -> Iterator[tuple[str, str]]:
        for parameter in endpoint.parameters:
            name = parameter["name"]
            if parameter["in"] != place or parameter.get("required") is not True:
                continue
            if name in given or name.lower() in given or name.lower() in {"authorization"}:
                continue
            yield name, self.text_of(parameter)

    def text_of(self, parameter: Mapping[str, Any]) -> str:
        """A value for a parameter: its example, or one made from its schema."""
        examples = parameter.get("examples")
        shown = parameter.get("example")
        if shown is None and isinstance(examples, Mapping):
            shown = next((self.schemas.resolve(e).get("value") for e in examples.values()), None)
        schema = parameter.get("schema") or {}
        if shown is None:
            shown = self.schemas.keyword(schema, "default")
        if shown is None:
            shown = next(iter(self.schemas.keyword(schema, "examples") or ()), None)
        if shown is None:
            shown = self.sampler.value(schema, lambda name: None, optional=False)
        if isinstance(shown, bool):
            return "true" if shown else "false"
        if isinstance(shown, list):
            return ",".join(map(str, shown))
        return str(shown)

    def _judge(self, endpoint: Endpoint, answer: Answer, *, provoked: bool) -> None:
        exchange = answer.exchange
        self.listen(endpoint.id, answer)
        if answer.status is None:
            self.tally.fail(endpoint, answer.failure, exchange)
            return
        operation = self._judged.get(endpoint.pointer)
        problems: list[str] = []
        if operation is not None:
            found = self.judge.problems(operation, answer.status, answer.headers, answer.content)
            problems = list(found)
        if answer.status == 500 or answer.status > 503:
            problems = problems or [f"the server failed: status {answer.status}"]
        media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.tally.note(
            endpoint,
            answer.status,
            media if answer.content else "",
            problems,
            exchange,
            provoked=provoked,
        )

    def request_fits(self, pointer: str, value: Any) -> bool:
        """Whether a value fits the schema at a pointer, as a part of a request."""
        return not any(True for _ in self.judge.request_problems(pointer, value))

    # --- checks ----------------------------------------------------------------------------------

    def check(
        self,
        kind: str,
        subject: str,
        endpoints: Iterable[Endpoint | None],
        why: str,
        checking: Checking,
        *,
        repeat: bool = False,
    ) -> None:
        """Make a check and keep its outcome.

        Args:
            why: What in the document it follows from.
            checking: Gives what is wrong; raises :class:`Untested` where it cannot be made.
            repeat: What is wrong must be so twice: the data of a live server may move meanwhile.
        """
        known = [endpoint for endpoint in endpoints if endpoint is not None]
        self.progress(f"{subject}: {TITLES[kind].lower()}")
        started = time.monotonic()
        outcome, reason = Outcome.OK, ""
        findings: tuple[Finding, ...] = ()
        stopped: Stopped | None = None
        try:
            found = tuple(checking())
            if found and repeat:
                found = tuple(checking())
            findings = found
            outcome = Outcome.VIOLATED if found else Outcome.OK
        except Untested as untested:
            outcome, reason = Outcome.UNTESTED, str(untested)
        except Stopped as error:
            outcome, reason, stopped = Outcome.UNTESTED, f"the run ended: {error}", error
        place = known[0].place if known else self.document.path
        pointer = known[0].pointer if known else ""
        self.checks.append(
            Check(
                kind=kind,
                title=TITLES[kind],
                subject=subject,
                operations=tuple(endpoint.id for endpoint in known),
                derived=Derivation(pointer, place, why),
                outcome=outcome,
                reason=self.credentials.hide(reason),
                findings=findings,
                seconds=time.monotonic() - started,
            )
        )
        if stopped is not None:
            raise stopped
