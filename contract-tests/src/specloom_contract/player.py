"""Plays a scenario: sets the mock up, asks the driver, compares results and the journal."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import httpx

from .document import ApiDocument
from .driver import Driver
from .exchange import Endpoint, exchange
from .journal import request_problems, view
from .matching import Difference, differences
from .mock import MockServer, MockSession
from .scenario import Scenario
from .variables import Variables

__all__ = ["BEARER", "Failure", "Player"]

BEARER: Final = "sk_live_contract_0123456789abcdef"
"""An API token that the mock server accepts without being told."""

CLOCK_CLIENT: Final = "driver"
_OPS: Final = ("call", "iterate", "pages", "stream")
_WEBHOOK_OPS: Final = ("verify_webhook", "unwrap_webhook", "sign_webhook")
_NUMBERS: Final = count(1)


class Failure(AssertionError):
    """A scenario does not hold: the differences, and what was said and sent."""


@dataclass(slots=True)
class _Scene:
    """What a scenario is played with."""

    scenario: Scenario
    session: MockSession
    variables: Variables
    driver: Driver | None
    variant: str
    transcript: list[str]


class Player:
    """Plays scenarios on one mock server.

    Args:
        server: Running; every scenario gets a session of its own.
        document: The document that the server serves.
        refused: A base URL where nobody listens.
        through: Changes the base URLs that clients are given, so that something can stand between
            them and the mock server.
    """

    def __init__(
        self,
        server: MockServer,
        document: ApiDocument,
        refused: str,
        through: Callable[[str], str] = str,
    ) -> None:
        self._server = server
        self._document = document
        self._refused = refused
        self._through = through
        self._http = httpx.Client(timeout=30.0, trust_env=False)

    def close(self) -> None:
        """Close the runner's own connections."""
        self._http.close()

    def play(self, scenario: Scenario, driver: Driver | None = None, variant: str = "") -> None:
        """Play one scenario.

        Args:
            scenario: What to do and to expect.
            driver: Needed for scenarios of the client side.
            variant: One of the driver's variants.

        Raises:
            Failure: Something came out differently.
        """
        options: dict[str, Any] = {"rows": scenario.mock.get("rows", 0), "seed": 1}
        if "now" in scenario.mock:
            options["now"] = scenario.mock["now"]
        name = f"c{os.getpid()}-{next(_NUMBERS)}"
        with self._server.session(name, options) as session:
            variables = Variables(
                conformance=session.base_url,
                chaos=session.chaos_url,
                refused=self._refused,
                bearer=BEARER,
            )
            scene = _Scene(scenario, session, variables, driver, variant, [])
            try:
                self._set_up(scene)
                for number, step in enumerate(scenario.steps, 1):
                    self._step(scene, number, step)
            finally:
                self._close_clients(scene)
            self._compare_journal(scene)

    def _set_up(self, scene: _Scene) -> None:
        mock = scene.scenario.mock
        if "limits" in mock:
            scene.session.limit(mock["limits"])
        if "seed" in mock:
            scene.session.seed(mock["seed"])
        if mock.get("faults"):
            scene.session.add_faults(mock["faults"])
        if scene.driver is None:
            return
        for name, said in scene.scenario.clients.items():
            request = {
                "op": "configure",
                "client": name,
                "variant": scene.variant,
                "base_url": self._base_url(scene, said),
                "options": scene.variables.fill(self._options(said)),
                "clock": {
                    "url": scene.session.control_url,
                    "session": scene.session.name,
                    "client": f"{CLOCK_CLIENT}-{name}" if name != "main" else CLOCK_CLIENT,
                    "random": said.get("random", [0]),
                },
            }
            answer = self._ask(scene, request)
            if "error" in answer:
                self._fail(scene, f"client {name}", [Difference("error", "nothing", answer)])

    def _base_url(self, scene: _Scene, said: Mapping[str, Any]) -> str:
        chaos = scene.scenario.mock.get("port") == "chaos"
        usual = scene.session.chaos_url if chaos else scene.session.base_url
        usual = self._through(usual)
        return str(scene.variables.fill(said.get("base_url", usual)))

    @staticmethod
    def _options(said: Mapping[str, Any]) -> dict[str, Any]:
        options = dict(said.get("options", {}))
        known = ("bearer", "bearer_sequence", "api_key", "session", "login")
        if not any(name in options for name in known):
            options["bearer"] = BEARER
        return options

    def _close_clients(self, scene: _Scene) -> None:
        if scene.driver is not None and scene.driver.alive:
            for name in scene.scenario.clients:
                self._ask(scene, {"op": "close", "client": name})

    def _ask(self, scene: _Scene, request: dict[str, Any]) -> dict[str, Any]:
        assert scene.driver is not None, "a scenario of the client side needs a driver"
        answer = scene.driver.ask(request)
        scene.transcript.append(f"-> {_short(request)}\n<- {_short(answer)}")
        return answer

    def _step(self, scene: _Scene, number: int, step: Mapping[str, Any]) -> None:
        before = scene.session.now()
        answer = self._do(scene, step)
        label = f"step {number} ({', '.join(key for key in step if key in _NAMES)})"
        problems = list(self._answer_problems(scene, step, answer))
        if "elapsed" in step:
            elapsed = scene.session.now() - before
            problems += differences(step["elapsed"], elapsed, scene.variables, "elapsed")
        if problems:
            self._fail(scene, label, problems)
        if "save" in step:
            scene.variables.save(step["save"], answer.get("value", answer))

    def _answer_problems(
        self, scene: _Scene, step: Mapping[str, Any], answer: dict[str, Any]
    ) -> Iterator[Difference | str]:
        expected = step.get("expect", {})
        yield from answer.pop("problems", ())
        for result in (answer, *answer.get("results", ())):
            error = result.get("error")
            if error and error["kind"] == "internal":
                yield Difference("error.kind", "a kind of error that the design knows", error)
        wants_error = isinstance(expected, dict) and "error" in expected
        if "error" in answer and not wants_error:
            yield Difference("error", "nothing", answer["error"])
        yield from differences(expected, answer, scene.variables)

    def _do(self, scene: _Scene, step: Mapping[str, Any]) -> dict[str, Any]:
        if "mock" in step:
            return self._control(scene, scene.variables.fill(step["mock"]))
        if "request" in step:
            chaos = scene.scenario.mock.get("port") == "chaos"
            base_url = scene.session.chaos_url if chaos else scene.session.base_url
            endpoint = Endpoint(self._http, self._through(base_url), BEARER, self._document)
            request = scene.variables.fill(step["request"])
            answer = exchange(endpoint, request)
            scene.transcript.append(f"-> {_short(request)}\n<- {_short(answer)}")
            return answer
        return self._ask(scene, self._request(scene, step))

    def _request(self, scene: _Scene, step: Mapping[str, Any]) -> dict[str, Any]:
        """The driver's request for a step."""
        client = step.get("client", "main")
        fill = scene.variables.fill
        for op in _OPS:
            if op in step:
                request = {"op": op, "client": client, "operation": step[op]}
                request["params"] = fill(step.get("with", {}))
                request["options"] = fill(step.get("options", {}))
                return {**request, **fill(step.get("how", {}))}
        for op in _WEBHOOK_OPS:
            if op in step:
                request = {"op": op, **_message(fill(step[op]))}
                return {**request, "client": client} if op == "unwrap_webhook" else request
        for op in ("send", "walk"):
            if op in step:
                return {"op": op, "client": client, **fill(step[op])}
        if "parallel" in step:
            said = step["parallel"]
            steps = said if isinstance(said, list) else [said["step"]] * said["times"]
            return {"op": "parallel", "requests": [self._request(scene, one) for one in steps]}
        op = "rate_limit" if "rate_limit" in step else "close"
        return {"op": op, "client": client}

    def _control(self, scene: _Scene, order: Mapping[str, Any]) -> dict[str, Any]:
        session = scene.session
        ((name, argument),) = order.items()
        match name:
            case "advance" | "set":
                session.move({name: argument})
            case "faults":
                session.add_faults(argument)
            case "clear_faults":
                session.clear_faults()
            case "seed":
                session.seed(argument)
            case "limits":
                session.limit(argument)
            case "send_webhook":
                return {"value": session.send_webhook(argument)}
        return {}

    def _compare_journal(self, scene: _Scene) -> None:
        scenario = scene.scenario
        entries = scene.session.journal()
        seen = view(entries)
        problems: list[Difference | str] = []
        if scenario.valid_requests:
            problems += request_problems(entries)
        if scenario.journal is not None:
            problems += differences(scenario.journal, seen, scene.variables, "journal")
        for block in scenario.journal_where:
            chosen = [e for e in seen if not any(differences(block["where"], e, scene.variables))]
            path = f"journal where {_short(block['where'])}"
            problems += differences(block["entries"], chosen, scene.variables, path)
        if problems:
            scene.transcript += [f"journal {_brief(entry)}" for entry in seen]
            self._fail(scene, "journal", problems)

    @staticmethod
    def _fail(scene: _Scene, label: str, problems: Sequence[Difference | str]) -> None:
        shown = [str(problem) for problem in problems[:12]]
        if len(problems) > len(shown):
            shown.append(f"... and {len(problems) - len(shown)} more")
        lines = [f"{scene.scenario.name}", f"{label}:", *(f"  {line}" for line in shown)]
        if scene.transcript:
            lines += ["what happened:", *(f"  {line}" for line in scene.transcript[-30:])]
        raise Failure("\n".join(lines))


_NAMES: Final = frozenset(
    {
        *_OPS,
        *_WEBHOOK_OPS,
        "send",
        "walk",
        "parallel",
        "rate_limit",
        "close",
        "mock",
        "request",
        "about",
    }
)


def _message(request: dict[str, Any]) -> dict[str, Any]:
    """A webhook request with the message that the mock made, or a body as text, spelt out."""
    made = dict(request)
    message = made.pop("message", None)
    if message is not None:
        made.setdefault("headers", [[name, text] for name, text in message["headers"].items()])
        made.setdefault("text", message["body"])
    if "text" in made:
        made["body"] = base64.b64encode(made.pop("text").encode()).decode("ascii")
    return made


def _short(value: Any, limit: int = 700) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def _brief(entry: Mapping[str, Any]) -> str:
    query = f"?{entry['raw_query']}" if entry["raw_query"] else ""
    gap = f" after {entry['gap']:g} s" if "gap" in entry else ""
    return (
        f"{entry['method']} {entry['path']}{query} -> {entry['status']}{gap} "
        f"[{entry['operation']}, {entry['port']}]"
    )
