"""Serve a document with the mock, call each operation, and let an outside judge look at the answers.

For each operation one valid request is sent: from the document's examples where they are valid,
else generated from its schemas; with ids of rows that exist, and credentials by its schemes. The
judge is Schemathesis, which reads the document file by its own code: status, headers, media type
and body are held to what the document declares.

``python tools/zoo_serving.py [DOCUMENT...]`` prints the shares by document and what failed, for the
documents in ``SPECLOOM_ZOO`` where none are named; ``--failures`` adds where a document contradicts
itself. Exit code 1 where a share is too small.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import schemathesis
import yaml
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.openapi.checks import DiscriminatorMismatch, JsonSchemaError
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from zoo_requests import Caller

from specloom_mock import Mock, MockServer, Options
from specloom_mock.plan import OperationPlan
from specloom_mock.resources import template_names

__all__ = ["Served", "serve_report", "summary"]

ROWS = 3
LEAST_ANSWERED = 100.0
LEAST_VALID = 99.0
_CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True, slots=True)
class Served:
    """What became of one operation.

    Attributes:
        method: HTTP method.
        path: Path template.
        status: Status of the answer; 0 when there was none.
        answered: Whether a valid request got an answer that is no refusal and no failure.
        valid: Whether the judge found nothing wrong with the answer, or nothing that any answer to
            this document could have done better.
        reason: What was wrong; empty when nothing was.
    """

    method: str
    path: str
    status: int
    answered: bool
    valid: bool
    reason: str = ""


class _PlainLoader(yaml.CSafeLoader):
    """YAML as JSON: a date is text."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _read(path: Path) -> Any:
    """The document as it stands, but for what the judge refuses to read: a name required twice."""
    text = path.read_text(encoding="utf-8")
    raw = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_PlainLoader)
    waiting = [raw]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(node.get("required"), list):
                node["required"] = list(dict.fromkeys(map(str, node["required"])))
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return raw


def _judge(judged: Any, answer: httpx.Response) -> tuple[str, bool]:
    """What is wrong with an answer (empty when nothing is), and whether the document is to blame.

    A discriminator whose values none of its own schemas allow cannot be met by any answer; the
    judge is asked about each of them to find out.
    """
    case = judged.Case(path_parameters=dict.fromkeys(template_names(judged.path), "x"))
    found = _findings(case, answer)
    blamed = bool(found) and all(
        isinstance(failure, DiscriminatorMismatch) and _impossible(case, answer, failure)
        for failure in found
    )
    return "; ".join(_said(failure) for failure in found), blamed


def _findings(case: Any, answer: httpx.Response) -> list[Any]:
    try:
        case.validate_response(answer, checks=_CHECKS)
    except (Failure, FailureGroup) as error:
        return list(error.exceptions) if isinstance(error, FailureGroup) else [error]
    return []


def _impossible(case: Any, answer: httpx.Response, failure: Failure) -> bool:
    """Whether the answer would break the schema with any value that the discriminator knows."""
    told = re.match(r".*property '(.*)' with value '(.*)',\s", failure.message)
    if told is None:
        return False
    name, value = told.groups()
    for tag in re.findall(r"'([^']*)'", failure.message.partition("schema values:")[2]):
        content = json.dumps(_retold(answer.json(), name, value, tag)).encode()
        again = httpx.Response(
            answer.status_code,
            headers={"content-type": answer.headers["content-type"], **_plain_headers(answer)},
            content=content,
            request=answer.request,
        )
        again.elapsed = answer.elapsed
        if not any(isinstance(item, JsonSchemaError) for item in _findings(case, again)):
            return False
    return True


def _plain_headers(answer: httpx.Response) -> dict[str, str]:
    return {k: v for k, v in answer.headers.items() if not k.startswith("content-")}


def _retold(node: Any, name: str, value: str, tag: str) -> Any:
    if isinstance(node, dict):
        return {
            key: tag if key == name and item == value else _retold(item, name, value, tag)
            for key, item in node.items()
        }
    return [_retold(item, name, value, tag) for item in node] if isinstance(node, list) else node


def _said(failure: Any) -> str:
    message = str(getattr(failure, "validation_message", "") or failure.message)
    where = "/".join(map(str, getattr(failure, "instance_path", ()) or ()))
    return " ".join(f"{failure.title}: {where}: {message}".split())[:400]


def serve_report(path: Path) -> list[Served]:
    """Serve a document, call each operation once, and say what became of it.

    Args:
        path: The document's file.
    """
    document = schemathesis.openapi.from_dict(_read(path))
    found: list[Served] = []
    with MockServer(path, Options(virtual=True, rows=ROWS, limits=False)) as server:
        caller = Caller(server, document)
        with httpx.Client(base_url=server.url, timeout=60) as client:
            for plan in server.mock.engine.plan.operations.values():
                judged = document[plan.path][plan.method]
                found.append(_called(client, caller, plan, judged))
                if plan.method != "GET":
                    server.call(caller.session.reset)
                    server.call(lambda: setattr(caller.session, "limits_enabled", False))
    return found


def _called(client: httpx.Client, caller: Caller, plan: OperationPlan, judged: Any) -> Served:
    answer = client.request(**caller.request(plan, judged))
    answer.request.read()
    status = answer.status_code
    answered = status < 400 or (
        status == plan.success.status and "x-mock-violation" not in answer.headers
    )
    reason = ""
    if not answered:
        entry = list(caller.session.journal)[-1]
        reason = f"{status} {'; '.join(entry.violations) or answer.text}"[:600]
    wrong, blamed = _judge(judged, answer)
    if blamed:
        wrong = f"the document contradicts itself: {wrong}"
    return Served(plan.method, plan.path, status, answered, blamed or not wrong, reason or wrong)


def summary(rows: list[Served]) -> tuple[int, float, float]:
    """The number of operations, and the shares answered and valid in percent."""
    count = len(rows) or 1
    answered = sum(row.answered for row in rows)
    valid = sum(row.valid for row in rows)
    return len(rows), 100 * answered / count, 100 * valid / count


def main() -> int:
    """Print the shares by document; see the module's docstring."""
    arguments = [name for name in sys.argv[1:] if not name.startswith("-")]
    documents = [Path(name) for name in arguments if Path(name).is_file()]
    if not documents:
        where = os.environ.get("SPECLOOM_ZOO")
        if not where or not Path(where).is_dir():
            print("SPECLOOM_ZOO names no folder of OpenAPI documents, so there is none to serve.")
            return 0
        documents = sorted(p for p in Path(where).iterdir() if p.suffix in {".json", ".yaml"})
        documents = [p for p in documents if not arguments or p.stem in arguments]
    columns = ["operations", "answered %", "valid %", "start CPU s", "seconds"]
    print(f"{'document':24}" + "".join(f"{name:>12}" for name in columns), flush=True)
    failed = False
    for path in documents:
        started, processor = time.perf_counter(), time.process_time()
        Mock.load(path)
        processor = time.process_time() - processor
        rows = serve_report(path)
        count, answered, valid = summary(rows)
        seconds = time.perf_counter() - started
        cells = [
            str(count),
            f"{answered:.2f}",
            f"{valid:.2f}",
            f"{processor:.2f}",
            f"{seconds:.0f}",
        ]
        print(f"{path.name:24}" + "".join(f"{cell:>12}" for cell in cells), flush=True)
        failed |= answered < LEAST_ANSWERED or valid < LEAST_VALID
        for row in rows:
            if row.reason and ("--failures" in sys.argv or not (row.answered and row.valid)):
                print(f"    {row.method} {row.path} {row.status}: {row.reason}"[:300], flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
