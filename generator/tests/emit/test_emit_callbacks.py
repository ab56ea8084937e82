"""Callbacks: the types of what an API sends to an address that a call gave it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

SOURCE = """
paths:
  /orders:
    post:
      operationId: orders.create
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {notify_url: {type: string}}}
      callbacks:
        onPaid:
          '{$request.body#/notify_url}/paid':
            post:
              requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Paid'}}}}
              responses: {'204': {description: thanks}}
        onShipped: {$ref: '#/components/callbacks/Shipped'}
        onPing:
          '{$request.body#/notify_url}':
            get: {responses: {'204': {description: thanks}}}
        onList:
          '{$request.body#/notify_url}':
            put:
              requestBody: {content: {application/json: {schema: {type: array, items: {type: string}}}}}
              responses: {'204': {description: thanks}}
      responses: {'204': {description: ok}}
components:
  callbacks:
    Shipped:
      '{$request.body#/notify_url}/shipped':
        post:
          requestBody:
            content: {application/json: {schema: {type: object, required: [carrier], properties: {carrier: {type: string}}}}}
          responses: {'204': {description: thanks}}
  schemas:
    Paid: {type: object, required: [amount], properties: {amount: {type: integer}, at: {type: string, format: date-time}}}
"""


def test_callbacks_are_types(package: Callable[..., Any]) -> None:
    """By call and name, named where the document names them, imported when they are asked for."""
    sdk = package(SOURCE)
    events = sdk.module("callback_events")
    assert list(events.CALLBACKS) == ["orders.create/on_paid", "orders.create/on_shipped"]
    paid = events.CALLBACKS["orders.create/on_paid"].model_validate_json(b'{"amount": 3}')
    assert (type(paid), paid.amount) == (sdk.type("Paid"), 3)
    shipped = sdk.type("OrderCreateOnShippedCallback").model_validate({"carrier": "c"})
    assert shipped.carrier == "c"
    assert events.Paid is sdk.type("Paid")
    assert events.CallbackEvent == events.Paid | events.OrderCreateOnShippedCallback
    with pytest.raises(AttributeError):
        _ = events.Nope


def test_the_list_of_methods_says_where_they_go(package: Callable[..., Any]) -> None:
    """Method, runtime expression and type; those without a body too."""
    text = (package(SOURCE).folder / "api.md").read_text()
    assert text.partition("## Callbacks\n\n")[2].partition("\n\n")[0].splitlines() == [
        "- `orders.create/on_paid`: `POST {$request.body#/notify_url}/paid` -> `Paid`",
        (
            "- `orders.create/on_shipped`: `POST {$request.body#/notify_url}/shipped`"
            " -> `OrderCreateOnShippedCallback`"
        ),
        "- `orders.create/on_ping`: `GET {$request.body#/notify_url}`",
        "- `orders.create/on_list`: `PUT {$request.body#/notify_url}`",
    ]


def test_a_payload_that_is_no_object_is_on_record(package: Callable[..., Any]) -> None:
    """It has no type; nothing else of a callback is lost."""
    sdk = package(SOURCE)
    assert [(entry.pointer.rpartition("callbacks/")[2], entry.reason) for entry in sdk.ledger] == [
        ("onList/{$request.body#~1notify_url}/put", "a callback's payload is no object: untyped")
    ]


def test_an_api_without_callbacks_has_no_module_for_them(package: Callable[..., Any]) -> None:
    """Nor a heading in the list of methods."""
    sdk = package("paths: {/x: {get: {operationId: x.get, responses: {'204': {description: d}}}}}")
    assert not (sdk.folder / "src" / sdk.name / "callback_events.py").exists()
    assert "Callbacks" not in (sdk.folder / "api.md").read_text()


def test_a_program_that_reads_callbacks_type_checks(
    package: Callable[..., Any], tmp_path: Any
) -> None:
    """The module's names are types to a checker, and so is their union."""
    sdk = package(SOURCE)
    program = tmp_path / "program.py"
    program.write_text(
        f"from {sdk.name}.callback_events import CallbackEvent, Paid\n\n"
        "def read(body: bytes) -> int:\n    return Paid.model_validate_json(body).amount\n\n"
        "def handle(event: CallbackEvent) -> str:\n"
        "    return str(event.amount) if isinstance(event, Paid) else event.carrier\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(program)],
        env={"MYPYPATH": str(sdk.folder / "src"), "PATH": ""},
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
