"""The ledger and the totals: nothing is lost in silence."""

from __future__ import annotations

import pytest

from specloom.fidelity import Ledger, Outcome
from specloom.measure import KINDS, measure

DOCUMENT = """
openapi: 3.1.0
info: {title: T, version: '1'}
paths:
  /a:
    get:
      operationId: a
      parameters: [{name: q, in: query, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {type: object}}, text/plain: {schema: {type: string}}}}
      responses:
        '200': {description: d, headers: {X: {schema: {type: string}}}, content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}
webhooks:
  w: {post: {}}
components:
  securitySchemes: {k: {type: apiKey, in: header, name: X}}
  schemas:
    S:
      type: object
      not: {type: string}
      x-internal: true
      properties: {a: {enum: []}, b: {type: string, minLength: 1}}
"""


@pytest.fixture
def measured(built):
    """Measure a document the way the command does."""

    def run(text, *, extra=()):
        made = built(text)
        made.ledger.add_quarantined(made.diagnostics)
        for pointer in extra:
            made.ledger.degraded(pointer, "an emitter's reason")
        return measure(made.document, made.api, made.ledger)

    return run


def test_everything_is_counted(measured):
    """Each kind of node, extensions not among them."""
    totals = measured(DOCUMENT).totals
    assert totals == {
        "operation": 1,
        "parameter": 1,
        "body": 2,
        "response": 1,
        "header": 1,
        "schema": 8,
        "keyword": 12,
        "security scheme": 1,
        "webhook": 1,
        "callback": 0,
    }
    assert tuple(totals) == KINDS


def test_every_loss_is_named(measured):
    """Quarantined, degraded by the builder, or never checked by an SDK."""
    made = measured(DOCUMENT)
    assert [(item.outcome, item.pointer) for item in made.entries] == [
        (Outcome.DEGRADED, "/paths/~1a/get/requestBody/content/text~1plain"),
        (Outcome.DROPPED, "/components/schemas/S/not"),
        (Outcome.DROPPED, "/components/schemas/S/properties/a/enum"),
    ]
    assert made.emitted("body") == 1
    assert made.emitted("operation") == 1
    assert made.losses["keyword"][Outcome.DROPPED] == 2
    assert made.percent < 100


def test_an_emitter_adds_to_it(measured):
    """Through ``degraded(pointer, reason)``; the nearest node that is counted is charged."""
    made = measured(DOCUMENT, extra=["/components/schemas/S/properties/b/minLength/deeper"])
    assert made.losses["keyword"][Outcome.DEGRADED] == 1


def test_a_whole_document_is_a_hundred(measured):
    """And an empty one too."""
    plain = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {/a: {get: {}}}"
    assert measured(plain).percent == 100.0
    assert measured("paths: {}").percent == 100.0


def test_a_hundred_is_only_said_of_everything(built):
    """One loss among a million is not rounded away."""
    made = built("components: {schemas: {S: {type: object}}}")
    result = measure(made.document, made.api, made.ledger)
    result.totals["keyword"] = 10_000_000
    result.losses = {"keyword": {Outcome.DROPPED: 1}}
    assert result.percent == 99.99


def test_an_operation_that_is_not_in_the_output_is_dropped(built):
    """Whatever the reason."""
    made = built(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {/a: {get: {operationId: a}}}"
    )
    made.api.operations.pop("a")
    result = measure(made.document, made.api, Ledger())
    assert result.emitted("operation") == 0
    assert [item.pointer for item in result.entries] == ["/paths/~1a/get"]


def test_the_ledger_lists_each_reason_once():
    """The first outcome of a pointer and reason stays."""
    ledger = Ledger()
    ledger.degraded("/a", "x")
    ledger.degraded("/a", "x")
    ledger.dropped("/a", "y")
    assert [(item.outcome.value, item.reason) for item in ledger] == [
        ("degraded", "x"),
        ("dropped", "y"),
    ]
    assert len(ledger) == 2


def test_callbacks_are_counted_with_all_that_they_hold(measured):
    """Each request that they describe, its body and its schema; a shared one by its name."""
    made = measured(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
        "paths: {/a: {post: {callbacks: {done: {'{$url}': {post: {requestBody: {content: "
        "{application/json: {schema: {type: object}}}}}}}, "
        "other: {$ref: '#/components/callbacks/other'}}}}}\n"
        "components: {callbacks: {other: {'{$url}': {post: {}}}}}"
    )
    assert (made.totals["callback"], made.emitted("callback")) == (2, 2)
    assert (made.totals["body"], made.totals["schema"]) == (1, 1)
    assert made.entries == []
