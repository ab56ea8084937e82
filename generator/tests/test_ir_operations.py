"""Operations: parameters, bodies, responses, results, behaviour."""

from __future__ import annotations

import pytest

from specloom.config import AuthOption, Config, WebhookSettings
from specloom.ir.model import BodyKind, ParameterLocation, ResultKind, SecurityKind, Style


@pytest.fixture
def operation(built):
    """Build a document with one operation, GET /a unless the text says otherwise."""

    def make(text, config=None, *, path="/a", method="get", components=""):
        lines = "\n".join(f"      {line}" for line in text.strip("\n").splitlines())
        return built(
            "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
            f"paths:\n  {path}:\n    {method}:\n      operationId: things.do\n{lines}\n{components}",
            config,
        )

    return make


def response(schema, media_type="application/json", status="200"):
    return f"responses: {{'{status}': {{description: d, content: {{{media_type}: {{schema: {schema}}}}}}}}}"


def test_parameters_have_their_defaults_applied(operation):
    """Style and explode by location; own parameters override those of the path."""
    made = operation(
        """
parameters:
  - {name: id, in: path, required: true, schema: {type: string}}
  - {name: tags, in: query, schema: {type: array, items: {type: string}}}
  - {name: ids, in: query, explode: false, schema: {type: array, items: {type: string}}}
  - {name: filter, in: query, style: deepObject, schema: {type: object}}
  - {name: where, in: query, content: {application/json: {schema: {type: object}}}}
  - {name: X-Trace, in: header, deprecated: true, schema: {type: string, default: t}, example: e}
  - {name: session, in: cookie, schema: {type: string}}
  - {name: Accept, in: header, schema: {type: string}}
  - {name: bad, in: query, style: matrix, schema: {type: string}}
""",
        path="/a/{id}",
    )
    found = {item.wire_name.raw: item for item in made.operation.parameters}
    assert "Accept" not in found
    assert {name: (item.style, item.explode) for name, item in found.items()} == {
        "id": (Style.SIMPLE, False),
        "tags": (Style.FORM, True),
        "ids": (Style.FORM, False),
        "filter": (Style.DEEP_OBJECT, False),
        "where": (Style.JSON, False),
        "X-Trace": (Style.SIMPLE, False),
        "session": (Style.FORM, True),
        "bad": (Style.FORM, True),
    }
    trace = found["X-Trace"]
    assert (trace.deprecated, trace.default, trace.example) == (True, "t", "e")
    assert trace.location is ParameterLocation.HEADER
    assert made.codes == ["bad-style"]
    assert "/paths/~1a~1{id}/get/parameters/7" in made.reasons


def test_parameters_of_the_path_are_shared(built):
    """An operation's own parameter of the same name and location replaces the path's."""
    made = built(
        """
        openapi: 3.1.0
        info: {title: T, version: '1'}
        paths:
          /a/{id}:
            parameters:
              - {name: id, in: path, required: true, schema: {type: string}}
              - {$ref: '#/components/parameters/q'}
            get:
              operationId: a
              parameters: [{name: q, in: query, schema: {type: integer}}, {name: id, in: query, schema: {type: string}}]
            put: {operationId: b}
        components: {parameters: {q: {name: q, in: query, schema: {type: string}}}}
        """
    )
    a, b = made.api.operations["a"], made.api.operations["b"]
    assert [(item.wire_name.raw, made.short(item.type)) for item in a.parameters] == [
        ("id", "string"),
        ("q", "integer"),
        ("id", "string"),
    ]
    assert [item.name for item in a.parameters] == [("id",), ("q",), ("query", "id")]
    assert [item.source.pointer for item in b.parameters][1] == "/components/parameters/q"


def test_path_parts(operation):
    """Literal text and parameters; a fragment is no part of the address."""
    made = operation("", path="/a/{id}/b{ext}#update")
    assert [(part.text.raw, part.is_parameter) for part in made.operation.path] == [
        ("/a/", False),
        ("id", True),
        ("/b", False),
        ("ext", True),
    ]


@pytest.mark.parametrize(
    ("media_type", "schema", "kind"),
    [
        ("application/json", "{type: object}", BodyKind.JSON),
        ("application/vnd.api+json", "{type: object}", BodyKind.JSON),
        ("application/json; charset=utf-8", "{type: object}", BodyKind.JSON),
        ("'*/*'", "{type: object}", BodyKind.JSON),
        ("'*/*'", "{type: string}", BodyKind.TEXT),
        ("multipart/form-data", "{type: object}", BodyKind.MULTIPART),
        ("application/x-www-form-urlencoded", "{type: object}", BodyKind.FORM),
        ("text/event-stream", "{type: string}", BodyKind.EVENTS),
        ("application/x-ndjson", "{type: object}", BodyKind.LINES),
        ("text/csv", "{type: string}", BodyKind.TEXT),
        ("application/xml", "{type: object}", BodyKind.TEXT),
        ("application/pdf", "{type: string}", BodyKind.BINARY),
        ("application/json", "{type: string, format: binary}", BodyKind.BINARY),
        ("text/plain", "{type: string, format: binary}", BodyKind.BINARY),
    ],
)
def test_media_types(operation, media_type, schema, kind):
    """How a content travels follows from its media type and its schema."""
    made = operation(response(schema, media_type))
    (content,) = made.operation.responses[0].contents
    assert content.kind is kind


def test_the_first_content_of_a_body_is_the_one_that_is_sent(operation):
    """JSON, then multipart, then a form; the others are degraded, encodings are kept."""
    made = operation(
        """
requestBody:
  required: true
  content:
    application/x-www-form-urlencoded: {schema: {type: object}}
    multipart/form-data:
      schema: {type: object}
      encoding: {photo: {contentType: image/png}, tags: {style: form, explode: false}}
    application/json: {schema: {type: object}, example: {a: 1}}
""",
        method="post",
    )
    body = made.operation.body
    assert body is not None
    assert body.required
    kinds = [content.kind for content in body.contents]
    assert kinds == [BodyKind.JSON, BodyKind.MULTIPART, BodyKind.FORM]
    assert body.contents[0].example == {"a": 1}
    photo, tags = body.contents[1].encodings
    assert photo.content_type is not None
    assert photo.content_type.raw == "image/png"
    assert tags.explode is False
    assert len(made.reasons) == 2


def test_responses_are_sorted_by_status(operation):
    """Headers, ranges and default included."""
    made = operation(
        """
responses:
  default: {description: d}
  '404': {$ref: '#/components/responses/Gone'}
  5XX: {description: d}
  '200': {description: d, headers: {X-Total: {required: true, schema: {type: integer}}, Content-Type: {schema: {}}}}
""",
        components="components: {responses: {Gone: {description: gone, content: {application/json: {schema: {properties: {a: {}}}}}}}}",
    )
    responses = made.operation.responses
    assert [item.status for item in responses] == ["200", "404", "5XX", "default"]
    (header,) = responses[0].headers
    assert (header.wire_name.raw, header.name, header.required) == ("X-Total", ("x", "total"), True)
    assert made.short(responses[1].contents[0].type) == "@gone_response"
    assert responses[1].source.pointer == "/components/responses/Gone"


@pytest.mark.parametrize(
    ("text", "kind", "short"),
    [
        (response("{type: string}"), ResultKind.JSON, "string"),
        (response("{type: string}", status="201"), ResultKind.JSON, "string"),
        (response("{type: string}", status="2XX"), ResultKind.JSON, "string"),
        (response("{type: string}", status="default"), ResultKind.JSON, "string"),
        (response("{type: string}", status="404"), ResultKind.NONE, "any"),
        (response("{type: string}", "text/plain"), ResultKind.TEXT, "string"),
        (response("{type: string}", "image/png"), ResultKind.BINARY, "string"),
        (response("{type: object}", "text/event-stream"), ResultKind.EVENTS, "{any}"),
        ("responses: {'204': {description: d}}", ResultKind.NONE, "any"),
        ("{}" and "summary: s", ResultKind.NONE, "any"),
    ],
)
def test_results(operation, text, kind, short):
    """What a method returns is the lowest success that has a content."""
    made = operation(text)
    assert made.operation.result.kind is kind
    assert made.short(made.operation.result.value_type) == short


def test_another_success_is_degraded(operation):
    """A second success with another body is in the ledger."""
    made = operation(
        """
responses:
  '200': {description: d, content: {application/json: {schema: {type: string}}}}
  '202': {description: d, content: {application/json: {schema: {type: integer}}}}
"""
    )
    assert made.reasons == {
        "/paths/~1a/get/responses/202": "methods return what the 200 response holds"
    }


@pytest.mark.parametrize(
    ("schema", "unwrapped"),
    [
        ("{properties: {data: {type: string}}}", "string"),
        ("{properties: {success: {type: boolean}, data: {type: string}, meta: {}}}", "string"),
        ("{properties: {data: {type: string}, other: {}}}", None),
        ("{properties: {meta: {}}}", None),
        ("{type: array, items: {}}", None),
    ],
)
def test_envelopes_are_unwrapped(operation, schema, unwrapped):
    """The configured property, where nothing but known siblings stands beside it."""
    result = operation(response(schema), Config(unwrap="data")).operation.result
    if unwrapped is None:
        assert result.unwrap is None
        assert result.value_type == result.type
    else:
        assert result.unwrap is not None
        assert result.unwrap.raw == "data"
        assert result.value_type != result.type


def test_inline_bodies_and_responses_are_named_after_the_operation(operation):
    """The resource's path, the method, and what it is; an error by its reason."""
    made = operation(
        """
requestBody: {content: {application/json: {schema: {properties: {a: {}}}}}}
responses:
  '200': {description: d, content: {application/json: {schema: {properties: {b: {}}}}}}
  '404': {description: d, content: {application/json: {schema: {properties: {c: {}}}}}}
  4XX: {description: d, content: {application/json: {schema: {properties: {d: {}}}}}}
""",
        method="post",
    )
    assert {"_".join(model.name) for model in made.api.models.values()} == {
        "thing_do_request",
        "thing_do_response",
        "thing_do_not_found_response",
        "thing_do_client_error_response",
    }


def test_idempotency_and_limits(operation):
    """A declared header, a quota in seconds, and none at all."""
    made = operation(
        """
parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]
x-rate-limit: {policy: user, limit: 1000, window: 1h}
"""
    )
    assert made.operation.idempotency_header is not None
    limit = made.operation.rate_limit
    assert limit is not None
    assert (limit.policy.raw, limit.limit, limit.window) == ("user", 1000, 3600.0)
    assert made.operation.metered
    free = operation("x-rate-limit: none").operation
    assert (free.rate_limit, free.metered) == (None, False)
    assert operation("x-rate-limit: {policy: x}").codes == ["bad-extension"]


def test_streams_and_web_sockets(operation):
    """Said by extensions; an event stream that is the only answer always streams."""
    made = operation(
        """
x-stream: {param: stream, media_type: text/event-stream, event: {properties: {t: {}}}, done: '[DONE]'}
x-websocket:
  url: /data/url
  token: /data/token
  auth: {type: auth, token: '{token}'}
  messages: {send: {type: string}, receive: {properties: {data: {}}}}
"""
    )
    stream, socket = made.operation.stream, made.operation.websocket
    assert stream is not None
    assert (stream.param.raw, stream.kind, stream.done.raw) == ("stream", BodyKind.EVENTS, "[DONE]")
    assert made.short(stream.event) == "@thing_do_event"
    assert socket is not None
    assert (socket.url, socket.token) == ("/data/url", "/data/token")
    assert made.short(socket.receive) == "@thing_do_receive_message"
    always = operation(response("{type: object}", "text/event-stream")).operation.stream
    assert always is not None
    assert always.param is None


SECURED = """
openapi: 3.1.0
info: {title: My Shop API, version: '1'}
security: [{bearer: []}, {key: [], oauth: [read]}]
servers: [{url: 'https://{region}.example.com', variables: {region: {default: eu, enum: [eu, us]}}}]
paths:
  /a: {get: {operationId: a}}
  /b: {get: {operationId: b, security: []}}
  /c: {get: {operationId: c, security: [{}, {bearer: []}], servers: [{url: /other}]}}
  /d: {get: {operationId: d, security: [{nope: []}]}}
components:
  securitySchemes:
    bearer: {type: http, scheme: Bearer}
    basic: {type: http, scheme: basic}
    key: {type: apiKey, in: header, name: X-Key}
    cookie: {type: apiKey, in: cookie, name: sid}
    query: {type: apiKey, in: query, name: k}
    oauth: {type: oauth2, flows: {}}
    tls: {type: mutualTLS}
"""


def test_security(built):
    """An operation's own security replaces the document's; {} allows anonymous requests."""
    made = built(SECURED)
    security = {
        name: [dict(item.schemes) for item in operation.security]
        for name, operation in made.api.operations.items()
    }
    assert security == {
        "a": [{"bearer": ()}, {"key": (), "oauth": ("read",)}],
        "b": [],
        "c": [{}, {"bearer": ()}],
        "d": [],
    }
    kinds = {scheme.id: scheme.kind for scheme in made.api.security_schemes}
    assert list(kinds.values()) == [
        SecurityKind.BEARER,
        SecurityKind.BASIC,
        SecurityKind.API_KEY_HEADER,
        SecurityKind.API_KEY_COOKIE,
        SecurityKind.API_KEY_QUERY,
        SecurityKind.OAUTH2,
        SecurityKind.OTHER,
    ]
    assert made.api.security_schemes[2].wire_name.raw == "X-Key"
    assert made.api.security_schemes[0].env == "MY_SHOP_BEARER"
    assert made.codes == ["unknown-scheme"]
    assert set(made.reasons) == {"/paths/~1d/get/security/0", "/components/securitySchemes/tls"}


def test_configured_options_come_first(built):
    """In the configuration's order, with its names and variables; a wrong one is reported."""
    config = Config(
        auth=(
            AuthOption("api_key", "key", "SHOP_KEY"),
            AuthOption("token", "bearer"),
            AuthOption("x", "missing"),
        )
    )
    made = built(SECURED, config)
    assert [
        (item.id, "_".join(item.option), item.env) for item in made.api.security_schemes[:2]
    ] == [
        ("key", "api_key", "SHOP_KEY"),
        ("bearer", "token", None),
    ]
    assert "missing" in made.found[-1].message


def test_servers(built):
    """Variables with their values; an operation may have servers of its own."""
    made = built(SECURED)
    (server,) = made.api.servers
    (variable,) = server.variables
    assert (variable.name, variable.default.raw) == ("region", "eu")
    assert [value.raw for value in variable.values] == ["eu", "us"]
    assert made.api.operations["c"].servers[0].url.raw == "/other"


def test_webhooks(built):
    """The tag is the event's name, or the payload's fixed value where one is configured."""
    text = """
        openapi: 3.1.0
        info: {title: T, version: '1'}
        webhooks:
          user.created:
            post:
              summary: A user signed up.
              requestBody:
                content:
                  application/json:
                    schema: {properties: {event: {type: string, enum: [USER_CREATED]}, data: {}}}
          nothing: {post: {}}
    """
    first, second = built(text).api.webhooks
    assert (first.tag.raw, first.name) == ("user.created", ("user", "created"))
    made = built(text, Config(webhooks=WebhookSettings("event")))
    assert made.api.webhooks[0].tag.raw == "USER_CREATED"
    assert made.short(made.api.webhooks[0].payload) == "@user_created_event"
    assert made.short(second.payload) == "any"
    assert made.api.models[
        "/webhooks/user.created/post/requestBody/content/application~1json/schema"
    ].is_response


def test_the_fingerprint_covers_the_configuration(built):
    """Another configuration, another fingerprint; the same input, the same one."""
    text = "paths: {}"
    assert built(text).api.fingerprint == built(text).api.fingerprint
    assert built(text).api.fingerprint != built(text, Config(sha256="x")).api.fingerprint


def test_skipped_operations_are_dropped(operation):
    """``skip`` in specloom.yaml; the ledger says why."""
    made = operation("", Config(skip=("things.do",)))
    assert not made.api.operations
    assert made.reasons == {"/paths/~1a/get": "the configuration skips it"}
