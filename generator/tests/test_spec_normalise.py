"""The canonical shape, and what is quarantined on the way to it."""

from __future__ import annotations

import pytest

from specloom.diagnostics import Severity

OLD = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\n"


@pytest.fixture
def schema(read):
    """Normalise one schema of an OpenAPI 3.0 document."""

    def normalise(text, head=OLD):
        made = read(f"{head}components:\n  schemas:\n    S: {text}\n    T: {{type: object}}\n")
        return made.schema(), made

    return normalise


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{type: string, nullable: true}", {"type": ["string", "null"]}),
        ("{type: string, nullable: false}", {"type": "string"}),
        ("{type: string, x-nullable: true}", {"type": ["string", "null"]}),
        (
            "{type: string, nullable: true, enum: [a]}",
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (
            "{nullable: true, $ref: '#/components/schemas/T'}",
            {"anyOf": [{"$ref": "#/components/schemas/T"}, {"type": "null"}]},
        ),
        (
            "{nullable: true, description: d, allOf: [{$ref: '#/components/schemas/T'}]}",
            {
                "description": "d",
                "anyOf": [{"allOf": [{"$ref": "#/components/schemas/T"}]}, {"type": "null"}],
            },
        ),
        (
            "{nullable: true, oneOf: [{type: string}, {type: integer}]}",
            {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        ),
        (
            "{type: integer, minimum: 1, exclusiveMinimum: true}",
            {"type": "integer", "exclusiveMinimum": 1},
        ),
        ("{type: integer, maximum: 9, exclusiveMaximum: false}", {"type": "integer", "maximum": 9}),
        ("{type: string, example: x}", {"type": "string", "examples": ["x"]}),
        (
            "{type: string, examples: {a: {value: x}, b: y}}",
            {"type": "string", "examples": ["x", "y"]},
        ),
        ("{discriminator: kind}", {"discriminator": {"propertyName": "kind"}}),
        (
            "{type: array, items: [{type: string}]}",
            {"type": "array", "prefixItems": [{"type": "string"}]},
        ),
        ("{type: string, minLength: '3'}", {"type": "string", "minLength": 3}),
        ("{type: string, description: 1.50}", {"type": "string", "description": "1.50"}),
        (
            "{type: string, enum: [1.10, yes, true]}",
            {"type": "string", "enum": ["1.10", "yes", "true"]},
        ),
        (
            "{type: object, properties: {a: {type: string, required: true}}}",
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        ),
        ("true", {}),
        ("false", {"not": {}}),
    ],
)
def test_schemas_become_json_schema(schema, before, after):
    """Whatever version, one shape."""
    made, read = schema(before)
    assert made == after
    assert not read.errors


@pytest.mark.parametrize(
    ("before", "after", "severity"),
    [
        ("{type: string, enum: []}", {"type": "string"}, Severity.ERROR),
        ("{type: string, enum: x}", {"type": "string"}, Severity.ERROR),
        (
            "{type: string, enum: [a, b, a]}",
            {"type": "string", "enum": ["a", "b"]},
            Severity.WARNING,
        ),
        ("{type: array, items: false}", {"type": "array"}, Severity.ERROR),
        ("{type: object, properties: []}", {"type": "object"}, Severity.ERROR),
        ("{type: object, properties: null}", {"type": "object"}, Severity.NOTE),
        ("{type: object, required: a}", {"type": "object"}, Severity.ERROR),
        (
            "{type: object, required: [a, a, 1]}",
            {"type": "object", "required": ["a"]},
            Severity.WARNING,
        ),
        ("{type: whatever}", {}, Severity.ERROR),
        ("{type: String}", {"type": "string"}, Severity.WARNING),
        ("{type: int64}", {"type": "integer", "format": "int64"}, Severity.WARNING),
        ("{type: null}", {"type": "null"}, Severity.NOTE),
        ("{type: [string, string, foo]}", {"type": "string"}, Severity.ERROR),
        ("{allOf: []}", {}, Severity.ERROR),
        ("{oneOf: {}}", {}, Severity.ERROR),
        ("{minLength: -1}", {}, Severity.ERROR),
        ("{maximum: true}", {}, Severity.ERROR),
        ("{pattern: 5}", {}, Severity.ERROR),
        ("{readOnly: 'true'}", {"readOnly": True}, None),
        ("{readOnly: 5}", {}, Severity.ERROR),
        ("{additionalProperties: 5}", {}, Severity.ERROR),
        ("{discriminator: {mapping: {}}}", {}, Severity.ERROR),
        (
            "{discriminator: {propertyName: k, mapping: {a: 1}}}",
            {"discriminator": {"propertyName": "k"}},
            Severity.ERROR,
        ),
        ("5", {}, Severity.ERROR),
        ("[]", {}, Severity.ERROR),
        ("{$ref: '#/nope'}", {}, Severity.ERROR),
        ("{$ref: 5}", {}, Severity.ERROR),
        ("{$ref: '#/components/schemas/S'}", {}, Severity.ERROR),
        (
            "{properties: {a: {enum: []}, b: {type: string}}}",
            {"properties": {"a": {}, "b": {"type": "string"}}},
            Severity.ERROR,
        ),
    ],
)
def test_bad_keywords_are_quarantined(schema, before, after, severity):
    """Only the keyword is lost; the finding names its place and consequence."""
    made, read = schema(before)
    assert made == after
    if severity is not None:
        item = read.found[0]
        assert item.severity is severity
        assert (item.file, item.line) == ("doc.yaml", 6)
        assert item.consequence


def test_ref_siblings_count_in_new_documents_only(schema):
    """OpenAPI 3.0 ignores them, but descriptions do no harm; 3.1 means them."""
    text = "{$ref: '#/components/schemas/T', description: d, required: [a]}"
    made, read = schema(text)
    assert made == {"$ref": "#/components/schemas/T", "description": "d"}
    assert read.codes == ["ref-siblings"]
    made, read = schema(text, OLD.replace("3.0.3", "3.1.0"))
    assert made == {"$ref": "#/components/schemas/T", "description": "d", "required": ["a"]}
    assert read.codes == []


def paths(read, text):
    head = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n"
    return read(head + "\n".join(f"  {line}" for line in text.strip("\n").splitlines()))


def test_operations_become_canonical(read):
    """JSON first, statuses upper case, examples in one place, one parameter of a name."""
    made = paths(
        read,
        """
/a:
  GET:
    parameters:
      - {name: q, in: query, schema: {type: string}, example: x}
      - {name: q, in: query, schema: {type: integer}}
    responses:
      4xx: {description: d}
      200:
        content:
          text/plain: {schema: {type: string}}
          application/json: {example: {a: 1}}
""",
    )
    operation = made.root["paths"]["/a"]["get"]
    assert operation["parameters"] == [
        {
            "name": "q",
            "in": "query",
            "schema": {"type": "string"},
            "examples": {"default": {"value": "x"}},
        }
    ]
    assert list(operation["responses"]) == ["4XX", "200"]
    content = operation["responses"]["200"]["content"]
    assert list(content) == ["application/json", "text/plain"]
    assert content["application/json"]["examples"] == {"default": {"value": {"a": 1}}}
    assert sorted(made.codes) == ["duplicate-parameter", "method-case", "unquoted-status"]


def test_path_parameters_and_templates_agree(read):
    """What the template lacks is dropped, what it has and nobody declares is a string."""
    made = paths(
        read,
        """
/a/{x}/{y}:
  parameters: [{name: x, in: path, schema: {type: integer}}]
  get:
    parameters: [{name: z, in: path, required: true, schema: {type: string}}]
""",
    )
    item = made.root["paths"]["/a/{x}/{y}"]
    assert item["parameters"][0]["required"] is True
    assert [parameter["name"] for parameter in item["get"]["parameters"]] == ["y"]
    assert sorted(made.codes) == [
        "optional-path-parameter",
        "undeclared-parameter",
        "unused-parameter",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("/a: 5", "bad-path"),
        ("/a: {get: 5}", "bad-operation"),
        ("/a: {get: {parameters: {}}}", "bad-node"),
        ("/a: {get: {parameters: [{name: x}]}}", "bad-parameter"),
        ("/a: {get: {parameters: [{$ref: '#/x'}]}}", "dangling-ref"),
        ("/a: {get: {requestBody: 5}}", "bad-body"),
        ("/a: {get: {responses: []}}", "bad-node"),
        ("/a: {get: {responses: {OK: {}}}}", "bad-status"),
        ("/a: {get: {responses: {'200': 5}}}", "bad-response"),
        ("/a: {get: {responses: {'200': {headers: {X: 5}}}}}", "bad-header"),
        ("/a: {get: {security: x}}", "bad-security"),
        ("/a: {get: {security: [5]}}", "bad-security"),
        ("/a: {get: {servers: [{}]}}", "bad-server"),
        ("/a: {get: {callbacks: []}}", "bad-node"),
        ("/a: {$ref: '#/nope'}", "dangling-ref"),
    ],
)
def test_bad_parts_of_paths_are_quarantined(read, text, code):
    """Everything beside them survives."""
    made = paths(read, f"{text}\n/good: {{get: {{operationId: good}}}}")
    assert made.errors == [code]
    assert made.root["paths"]["/good"]["get"]["operationId"] == "good"


def test_null_scopes_are_empty(read):
    """Found in real documents: a scheme without its list."""
    made = paths(read, "/a: {get: {security: [{oauth: null}]}}")
    assert made.root["paths"]["/a"]["get"]["security"] == [{"oauth": []}]
    assert made.codes == ["bad-scopes"]


def test_path_item_references_are_resolved(read):
    """The referring node's own members stand beside the target's."""
    made = read(
        """
        openapi: 3.1.0
        info: {title: T, version: '1'}
        paths: {/a: {$ref: '#/components/pathItems/I', post: {operationId: p}}}
        components: {pathItems: {I: {get: {operationId: g}}}}
        """
    )
    assert sorted(made.root["paths"]["/a"]) == ["get", "post"]


def test_x_webhooks_are_webhooks(read):
    """A 3.0 document says in an extension what 3.1 has a place for."""
    made = read(
        """
        openapi: 3.0.3
        info: {title: T, version: '1'}
        x-webhooks:
          ping: {post: {operationId: p, requestBody: {content: {application/json: {schema: {nullable: true, type: string}}}}}}
        """
    )
    body = made.root["webhooks"]["ping"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == {"type": ["string", "null"]}
    assert made.document.position("/webhooks/ping").line == 5


def test_the_walk_is_bounded_in_long_reference_chains(read):
    """Each target is followed once."""
    schemas = "".join(f"    S{n}: {{$ref: '#/components/schemas/S{n + 1}'}}\n" for n in range(3000))
    made = read(f"{OLD}components:\n  schemas:\n{schemas}    S3000: {{type: string}}\n")
    assert made.codes == []
    assert made.document.resolve({"$ref": "#/components/schemas/S0"})[0] == {"type": "string"}


def test_a_path_without_schema_parts_has_a_type_outside(read):
    """A parameter's type outside its schema is moved into it."""
    made = paths(
        read, "/a: {get: {parameters: [{name: q, in: query, type: integer, format: int64}]}}"
    )
    (parameter,) = made.root["paths"]["/a"]["get"]["parameters"]
    assert parameter["schema"] == {"type": "integer", "format": "int64"}
    assert made.codes == ["parameter-without-schema"]
