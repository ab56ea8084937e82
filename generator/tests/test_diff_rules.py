"""Rules of ``specloom diff``: the smallest pair of documents for each kind of change."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest

from specloom.config import default_config
from specloom.config.model import AuthOption, Brand, DynamicResource
from specloom.diff import Edition, Level, bump, compare, next_version
from specloom.ir.build import build
from specloom.ir.lock import lock_of
from specloom.spec import load

BASE = """\
openapi: 3.1.0
info: {title: Pet Shop, version: '1'}
servers: [{url: 'https://pets.example'}]
paths:
  /pets:
    get:
      operationId: pets.list
      summary: List pets.
      parameters:
      - {name: page, in: query, schema: {type: integer}}
      - {name: limit, in: query, schema: {type: integer, default: 10}}
      - {name: sort, in: query, schema: {enum: [name, age]}}
      - {name: color, in: query, schema: {$ref: '#/components/schemas/Color'}}
      responses:
        '200': {description: d, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}}
        '429': {description: slow down}
    post:
      operationId: pets.create
      security: [{token: []}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/NewPet'}}}
      responses:
        '201': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
  /pets/{id}:
    get:
      operationId: pets.get
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
  /pets/{id}/photo:
    get:
      operationId: pets.photo
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        '200': {description: d, content: {text/plain: {schema: {type: string}}}}
  /chat:
    post:
      operationId: chat.ask
      x-stream: {param: stream, event: {$ref: '#/components/schemas/Said'}}
      x-websocket:
        url: 'wss://pets.example/chat'
        messages:
          send: {$ref: '#/components/schemas/Ask'}
          receive: {$ref: '#/components/schemas/Said'}
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, properties: {stream: {type: boolean}}}}}
      responses:
        '200': {description: d, content: {application/json: {schema: {type: integer}}}}
webhooks:
  born:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Said'}}}}
      responses: {'200': {description: d}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
    key: {type: apiKey, in: header, name: X-Key}
  schemas:
    Color: {type: string, enum: [red, blue]}
    Mood: {type: string, enum: [glad, sad]}
    Weight: {type: number}
    Owner: {type: object, required: [name], properties: {name: {type: string}}}
    Ask: {type: object, required: [text], properties: {text: {type: string}, lang: {type: string}}}
    Said: {type: object, required: [text], properties: {text: {type: string}}}
    NewPet:
      type: object
      required: [name]
      properties:
        name: {type: string}
        owner: {$ref: '#/components/schemas/Owner'}
        weight: {$ref: '#/components/schemas/Weight'}
    Pet:
      type: object
      required: [id, name]
      properties:
        id: {type: string, readOnly: true}
        name: {type: string}
        born: {type: string, format: date-time}
        mood: {$ref: '#/components/schemas/Mood'}
        owner: {$ref: '#/components/schemas/Owner'}
        shape: {oneOf: [{type: string}, {type: integer}]}
"""


def edition(text, config=None, lock=None):
    """An edition of an API from the text of its document."""
    config = config or default_config()
    return Edition(build(load(text.encode()), config, lock=lock), config)


def changes(old, new, old_config=None, new_config=None):
    """What changes between two documents."""
    before = edition(old, old_config)
    return compare(before, edition(new, new_config or old_config, lock_of(before.api)))


@dataclass(frozen=True)
class Rule:
    """An edit of the document, what it must be found as, and what undoing it must be found as."""

    name: str
    before: str
    after: str
    found: tuple[str, ...]
    undone: tuple[str, ...]


PETS_GET = re.search(r"  /pets/\{id\}:\n(?:    .*\n)+", BASE)[0]
BORN = re.search(r"webhooks:\n(?: .*\n)+", BASE)[0]
PAGE = "      - {name: page, in: query, schema: {type: integer}}\n"
SORT = "      - {name: sort, in: query, schema: {enum: [name, age]}}\n"
PET_NAME = "        name: {type: string}\n        born"
SOCKET = re.search(r"      x-websocket:\n(?:       .*\n)+", BASE)[0]
STREAM = re.search(r"      x-stream:.*\n", BASE)[0]

RULES = [
    Rule("nothing", "Pet Shop", "Pet Shop", (), ()),
    Rule(
        "client",
        "Pet Shop",
        "Zoo",
        ("breaking client-renamed client", "breaking package-renamed package"),
        ("breaking client-renamed client", "breaking package-renamed package"),
    ),
    Rule(
        "server",
        "https://pets",
        "https://p",
        ("fix server-changed client",),
        ("fix server-changed client",),
    ),
    Rule(
        "option",
        "    key: {type: apiKey, in: header, name: X-Key}\n",
        "",
        ("breaking option-removed client",),
        ("feature option-added client",),
    ),
    Rule(
        "credential",
        "name: X-Key",
        "name: Key",
        ("fix credential-moved client",),
        ("fix credential-moved client",),
    ),
    Rule(
        "basic credential",
        "scheme: bearer",
        "scheme: basic",
        ("breaking option-changed client",),
        ("breaking option-changed client",),
    ),
    Rule(
        "security",
        "security: [{token: []}]",
        "security: [{token: []}, {key: []}]",
        ("feature credential-admitted pets.create",),
        ("breaking credential-required pets.create",),
    ),
    Rule(
        "no security",
        "      security: [{token: []}]\n",
        "",
        ("feature credential-admitted pets.create",),
        ("breaking credential-required pets.create",),
    ),
    Rule(
        "method",
        PETS_GET,
        "",
        ("breaking method-removed pets.get",),
        ("feature method-added pets.get",),
    ),
    Rule(
        "method's name",
        "operationId: pets.get",
        "operationId: pets.read",
        ("breaking method-renamed pets.get",),
        ("breaking method-renamed pets.read",),
    ),
    Rule(
        "address",
        "  /chat:",
        "  /talk:",
        ("fix address-changed chat.ask",),
        ("fix address-changed chat.ask",),
    ),
    Rule(
        "deprecation",
        "operationId: pets.get",
        "deprecated: true\n      operationId: pets.get",
        ("feature method-deprecated pets.get",),
        ("fix method-restored pets.get",),
    ),
    Rule(
        "documentation",
        "List pets.",
        "List the pets.",
        ("fix documentation-changed pets.list",),
        ("fix documentation-changed pets.list",),
    ),
    Rule(
        "error",
        "        '429': {description: slow down}\n",
        "",
        ("fix error-removed pets.list",),
        ("feature error-added pets.list",),
    ),
    Rule(
        "optional argument",
        SORT,
        "",
        ("breaking argument-removed pets.list",),
        ("feature argument-added pets.list",),
    ),
    Rule(
        "required argument",
        SORT,
        SORT + "      - {name: tag, in: query, required: true, schema: {type: string}}\n",
        ("breaking argument-added-required pets.list",),
        ("breaking argument-removed pets.list",),
    ),
    Rule(
        "argument's need",
        "{name: sort, in: query,",
        "{name: sort, in: query, required: true,",
        ("breaking argument-now-required pets.list",),
        ("feature argument-now-optional pets.list",),
    ),
    Rule(
        "argument's type",
        "{name: limit, in: query, schema: {type: integer,",
        "{name: limit, in: query, schema: {type: number,",
        ("feature argument-type-extended pets.list",),
        ("breaking argument-type-changed pets.list",),
    ),
    Rule(
        "argument's values",
        "enum: [name, age]",
        "enum: [name, age, size]",
        ("feature argument-value-added pets.list",),
        ("breaking argument-value-removed pets.list",),
    ),
    Rule(
        "argument's default",
        "default: 10",
        "default: 20",
        ("fix argument-default-changed pets.list",),
        ("fix argument-default-changed pets.list",),
    ),
    Rule(
        "argument's deprecation",
        "{name: sort,",
        "{name: sort, deprecated: true,",
        ("feature argument-deprecated pets.list",),
        (),
    ),
    Rule(
        "argument's way",
        "{name: sort, in: query",
        "{name: sort, in: header",
        ("fix argument-moved pets.list",),
        ("fix argument-moved pets.list",),
    ),
    Rule(
        "positional argument",
        "  /chat:\n    post:\n",
        "  /chat/{room}:\n    post:\n"
        "      parameters: [{name: room, in: path, required: true, schema: {type: string}}]\n",
        ("breaking positional-changed chat.ask", "fix address-changed chat.ask"),
        ("breaking positional-changed chat.ask", "fix address-changed chat.ask"),
    ),
    Rule(
        "positional argument's name",
        PETS_GET,
        PETS_GET.replace("{id}", "{pet}").replace("name: id", "name: pet"),
        ("fix address-changed pets.get",),
        ("fix address-changed pets.get",),
    ),
    Rule(
        "body",
        "schema: {$ref: '#/components/schemas/NewPet'}",
        "schema: {type: array, items: {$ref: '#/components/schemas/NewPet'}}",
        ("breaking body-changed pets.create", "feature type-added new_pet"),
        ("breaking body-changed pets.create", "breaking type-removed new_pet"),
    ),
    Rule(
        "argument from the body",
        "        weight: {$ref: '#/components/schemas/Weight'}\n",
        "",
        ("breaking argument-removed pets.create",),
        ("feature argument-added pets.create",),
    ),
    Rule(
        "result's kind",
        "{text/plain: {schema: {type: string}}}",
        "{application/json: {schema: {type: string}}}",
        ("breaking result-type-changed pets.photo",),
        ("breaking result-type-changed pets.photo",),
    ),
    Rule(
        "result's type",
        "{schema: {type: integer}}}}",
        "{schema: {type: number}}}}",
        ("breaking result-type-changed chat.ask",),
        ("feature result-type-extended chat.ask",),
    ),
    Rule(
        "pagination",
        PAGE,
        PAGE.replace("name: page", "name: start"),
        (
            "breaking argument-removed pets.list",
            "feature argument-added pets.list",
            "fix pagination-changed pets.list",
        ),
        (
            "breaking argument-removed pets.list",
            "feature argument-added pets.list",
            "fix pagination-changed pets.list",
        ),
    ),
    Rule(
        "pages",
        "operationId: pets.list\n",
        "operationId: pets.list\n      x-pagination: false\n",
        ("breaking pagination-removed pets.list",),
        ("breaking pagination-added pets.list",),
    ),
    Rule(
        "item",
        "schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}",
        "schema: {type: array, items: {$ref: '#/components/schemas/Owner'}}",
        ("breaking item-type-changed pets.list",),
        ("breaking item-type-changed pets.list",),
    ),
    Rule(
        "stream",
        STREAM,
        "",
        ("breaking stream-removed chat.ask",),
        ("feature stream-added chat.ask",),
    ),
    Rule(
        "socket",
        SOCKET,
        "",
        # what nothing sends any more is offered as a type of responses, under another name
        ("breaking socket-removed chat.ask", "breaking type-removed ask"),
        ("feature socket-added chat.ask", "breaking type-removed ask"),
    ),
    Rule(
        "event of a stream",
        "event: {$ref: '#/components/schemas/Said'}",
        "event: {$ref: '#/components/schemas/Owner'}",
        ("breaking event-type-changed chat.ask",),
        ("breaking event-type-changed chat.ask",),
    ),
    Rule("webhook", BORN, "", ("breaking event-removed born",), ("feature event-added born",)),
    Rule(
        "callback",
        "operationId: pets.get\n",
        "operationId: pets.get\n      callbacks: {on: {'{$url}': {post: {requestBody: {content: {application/json: "
        "{schema: {$ref: '#/components/schemas/Said'}}}}, responses: {}}}}}\n",
        ("feature event-added pets.get/on",),
        ("breaking event-removed pets.get/on",),
    ),
    Rule(
        "payload of a webhook",
        "requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Said'}}}}",
        "requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Owner'}}}}",
        ("breaking event-payload-changed born",),
        ("breaking event-payload-changed born",),
    ),
    Rule(
        "idempotency",
        "operationId: pets.create\n",
        "operationId: pets.create\n"
        "      parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]\n",
        ("feature retries-changed pets.create",),
        ("fix retries-changed pets.create",),
    ),
    Rule(
        "type",
        "    Weight: {type: number}\n",
        "    Weight: {type: number}\n    Unused: {type: object, properties: {a: {}}}\n",
        ("feature type-added unused",),
        ("breaking type-removed unused",),
    ),
    Rule(
        "type's name",
        "schemas/Mood",
        "schemas/Humour",
        ("breaking type-renamed mood",),
        ("breaking type-renamed humour",),
    ),
    Rule(
        "type's deprecation",
        "Mood: {",
        "Mood: {deprecated: true, ",
        ("feature type-deprecated mood", "feature field-deprecated pet.mood"),
        (),
    ),
    Rule(
        "type's form",
        "Mood: {type: string, enum: [glad, sad]}",
        "Mood: {type: object, properties: {glad: {type: boolean}}}",
        ("breaking type-changed mood",),
        ("breaking type-changed mood",),
    ),
    Rule(
        "null in another name's type, in requests",
        "Weight: {type: number}",
        "Weight: {type: [number, 'null']}",
        ("feature argument-type-extended pets.create",),
        ("breaking argument-type-changed pets.create",),
    ),
    Rule(
        "another name's type, in requests",
        "Weight: {type: number}",
        "Weight: {type: array, items: {type: number}}",
        ("breaking type-type-changed weight",),
        ("breaking type-type-changed weight",),
    ),
    Rule(
        "response field",
        "        born: {type: string, format: date-time}\n",
        "",
        ("breaking field-removed pet.born",),
        ("feature field-added pet.born",),
    ),
    Rule(
        "required response field",
        "required: [id, name]",
        "required: [id]",
        ("breaking field-now-optional pet.name",),
        ("feature field-now-required pet.name",),
    ),
    Rule(
        "required request field",
        "Ask: {type: object, required: [text],",
        "Ask: {type: object, required: [text, lang],",
        ("breaking field-now-required ask.lang",),
        ("feature field-now-optional ask.lang",),
    ),
    Rule(
        "new required request field",
        "lang: {type: string}}",
        "lang: {type: string}, tone: {type: string}}",
        ("feature field-added ask.tone",),
        ("breaking field-removed ask.tone",),
    ),
    Rule(
        "new field that requests must have",
        "required: [text], properties: {text: {type: string}, lang: {type: string}}",
        "required: [text, to], properties: {text: {type: string}, lang: {type: string}, to: {type: string}}",
        ("breaking field-added-required ask.to",),
        ("breaking field-removed ask.to",),
    ),
    Rule(
        "required field in both directions",
        "Owner: {type: object, required: [name],",
        "Owner: {type: object,",
        (
            "breaking field-now-optional owner.name",
            "feature field-now-optional owner.name",
        ),
        (
            "breaking field-now-required owner.name",
            "feature field-now-required owner.name",
        ),
    ),
    Rule(
        "null in a response",
        "name: {type: string}\n        born",
        "name: {type: [string, 'null']}\n        born",
        ("breaking field-type-changed pet.name",),
        ("feature field-type-extended pet.name",),
    ),
    Rule(
        "text that becomes a date in a response",
        "born: {type: string, format: date-time}",
        "born: {type: string}",
        ("breaking field-type-changed pet.born",),
        ("breaking field-type-changed pet.born",),
    ),
    Rule(
        "variant of a union in a response",
        "oneOf: [{type: string}, {type: integer}]",
        "oneOf: [{type: string}, {type: integer}, {type: boolean}]",
        ("breaking field-type-changed pet.shape",),
        ("feature field-type-extended pet.shape",),
    ),
    Rule(
        "field hidden from responses",
        "name: {type: string}\n        born",
        "name: {type: string, writeOnly: true}\n        born",
        ("breaking field-removed pet.name",),
        ("feature field-added pet.name",),
    ),
    Rule(
        "field's deprecation",
        "        born: {type",
        "        born: {deprecated: true, type",
        ("feature field-deprecated pet.born",),
        (),
    ),
    Rule(
        "value in responses",
        "enum: [glad, sad]",
        "enum: [glad, sad, odd]",
        ("feature enumeration-value-added mood",),
        ("fix enumeration-value-removed mood",),
    ),
    Rule(
        "value in requests",
        "enum: [red, blue]",
        "enum: [red, blue, green]",
        ("feature enumeration-value-added color",),
        ("breaking enumeration-value-removed color",),
    ),
    Rule(
        "type of an enumeration's values",
        "Mood: {type: string, enum: [glad, sad]}",
        "Mood: {type: integer, enum: [1, 2]}",
        ("breaking enumeration-type-changed mood",),
        ("breaking enumeration-type-changed mood",),
    ),
    Rule(
        "limits are documentation",
        "{name: limit, in: query, schema: {type: integer,",
        "{name: limit, in: query, schema: {maximum: 50, type: integer,",
        ("fix documentation-changed pets.list",),
        ("fix documentation-changed pets.list",),
    ),
]


def told(found):
    """Changes as short texts."""
    return sorted({f"{item.level.value} {item.kind} {item.subject}" for item in found})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_finds_its_change_and_no_other(rule):
    """The edit is found as what it is, undoing it as its counterpart."""
    assert rule.before in BASE
    edited = BASE.replace(rule.before, rule.after)
    edited = edited.replace("    Mood: {", "    Humour: {") if "Humour" in edited else edited
    assert told(changes(BASE, edited)) == sorted(rule.found)
    assert told(changes(edited, BASE)) == sorted(rule.undone)


def test_the_suggested_version_follows_from_the_gravest_change():
    """Major, minor, patch or none; before 1.0 the second number says what breaks."""
    steps = {
        "0.4.1": {"major": "0.5.0", "minor": "0.5.0", "patch": "0.4.2", "none": "0.4.1"},
        "1.4.1": {"major": "2.0.0", "minor": "1.5.0", "patch": "1.4.2", "none": "1.4.1"},
    }
    for version, parts in steps.items():
        assert {part: next_version(version, part) for part in parts} == parts
    assert next_version("soon", "major") is None
    assert bump([]) == "none"
    assert bump(changes(BASE, BASE.replace("https://pets", "https://p"))) == "patch"
    assert (
        bump(changes(BASE, BASE.replace("Ask: {type", "Ask: {deprecated: true, type"))) == "minor"
    )
    assert bump(changes(BASE, BASE.replace(PETS_GET, ""))) == "major"


def test_the_gravest_changes_come_first():
    """Then features, then fixes."""
    edited = (
        BASE.replace(PAGE, "").replace("default: 10", "default: 11").replace("[red", "[pink, red")
    )
    found = [item.level for item in changes(BASE, edited)]
    assert found == sorted(found, key=list(Level).index)
    assert set(found) == set(Level)


def test_a_configured_name_keeps_a_renamed_schema_and_method():
    """What the hint of a rename says makes the rename disappear."""
    edited = BASE.replace("/Mood", "/Humour").replace("  Mood:", "  Humour:")
    edited = edited.replace("operationId: pets.get", "operationId: pets.read")
    config = replace(
        default_config(), models={"Humour": "Mood"}, resources={"pets.read": "pets.get"}
    )
    assert len(changes(BASE, edited)) == 2
    assert changes(BASE, edited, default_config(), config) == []


def test_a_lock_keeps_names_that_a_new_schema_would_take():
    """A schema that asks for a taken name gets another; the old one is not renamed."""
    edited = BASE.replace(
        "    Color:", "    color: {type: object, properties: {a: {}}}\n    Color:"
    )
    assert told(changes(BASE, edited)) == ["feature type-added color_schema"]


def test_the_configuration_is_part_of_the_surface():
    """Names of the client, its options and its bound resources."""
    before = replace(
        default_config(),
        brand=Brand(name="Pets", package="pets"),
        auth=(AuthOption("token", "token"),),
        dynamic=(DynamicResource("room", "pets", "id"),),
    )
    after = replace(
        before,
        brand=Brand(name="Animals", package="pets"),
        auth=(AuthOption("secret", "token"),),
        dynamic=(DynamicResource("place", "pets", "id"),),
    )
    assert told(changes(BASE, BASE, before, after)) == [
        "breaking client-method-removed client",
        "breaking client-renamed client",
        "breaking option-renamed client",
        "feature client-method-added client",
    ]
