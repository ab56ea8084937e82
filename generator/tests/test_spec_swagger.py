"""Swagger 2.0 becomes the same shape."""

from __future__ import annotations

SWAGGER = """
swagger: '2.0'
info: {title: T, version: '1'}
host: api.example.com
basePath: /v1/
schemes: [http, https]
consumes: [application/json]
produces: [application/json]
securityDefinitions:
  key: {type: apiKey, in: header, name: X-Key}
  basic: {type: basic}
  oauth: {type: oauth2, flow: accessCode, authorizationUrl: 'https://a', tokenUrl: 'https://t', scopes: {r: read}}
parameters:
  page: {name: page, in: query, type: integer, default: 1}
  body: {name: body, in: body, required: true, schema: {$ref: '#/definitions/Pet'}}
responses:
  gone: {description: gone, schema: {$ref: '#/definitions/Pet'}}
paths:
  /pets:
    get:
      operationId: pets.list
      parameters:
        - $ref: '#/parameters/page'
        - {name: tags, in: query, type: array, items: {type: string}, collectionFormat: multi}
        - {name: ids, in: query, type: array, items: {type: string}}
        - {name: pipes, in: query, type: array, items: {type: string}, collectionFormat: pipes}
      responses:
        200:
          description: ok
          schema: {type: array, items: {$ref: '#/definitions/Pet'}}
          headers: {X-Total: {type: integer, description: all}}
          examples: {application/json: [{name: x}]}
        404: {$ref: '#/responses/gone'}
    post:
      operationId: pets.create
      parameters: [{$ref: '#/parameters/body'}]
      responses: {201: {description: ok}}
  /pets/{id}/photo:
    post:
      operationId: pets.upload
      consumes: [multipart/form-data]
      parameters:
        - {name: id, in: path, type: string, required: true}
        - {name: file, in: formData, type: file, required: true}
        - {name: note, in: formData, type: string}
      responses: {204: {description: none}}
    get:
      operationId: pets.photo
      produces: [image/png]
      parameters: [{name: id, in: path, type: string, required: true}]
      responses: {200: {description: ok, schema: {type: file}}}
definitions:
  Pet:
    type: object
    discriminator: kind
    properties: {name: {type: string, x-nullable: true}, kind: {type: string}}
"""


def test_every_part_finds_its_place(read):
    """Servers, bodies, forms, styles, responses, headers, security, references."""
    made = read(SWAGGER)
    root = made.root
    assert made.document.source_version == "2.0"
    assert [server["url"] for server in root["servers"]] == [
        "https://api.example.com/v1",
        "http://api.example.com/v1",
    ]
    pet = root["components"]["schemas"]["Pet"]
    assert pet["discriminator"] == {"propertyName": "kind"}
    assert pet["properties"]["name"] == {"type": ["string", "null"]}
    listing = root["paths"]["/pets"]["get"]
    styles = [(item.get("style"), item.get("explode")) for item in listing["parameters"][1:]]
    assert styles == [("form", True), ("form", False), ("pipeDelimited", False)]
    assert root["components"]["parameters"]["page"]["schema"] == {"type": "integer", "default": 1}
    ok = listing["responses"]["200"]
    assert ok["content"]["application/json"]["schema"]["items"] == {
        "$ref": "#/components/schemas/Pet"
    }
    assert ok["content"]["application/json"]["examples"]["default"]["value"] == [{"name": "x"}]
    assert ok["headers"]["X-Total"] == {"schema": {"type": "integer"}, "description": "all"}
    assert listing["responses"]["404"] == {"$ref": "#/components/responses/gone"}
    body = root["paths"]["/pets"]["post"]["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Pet"}
    schemes = root["components"]["securitySchemes"]
    assert schemes["basic"]["scheme"] == "basic"
    assert schemes["oauth"]["flows"]["authorizationCode"]["scopes"] == {"r": "read"}
    assert made.errors == []


def test_forms_and_files(read):
    """A file makes a multipart body; a file response is binary."""
    photo = read(SWAGGER).root["paths"]["/pets/{id}/photo"]
    form = photo["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"]["file"] == {"type": "string", "format": "binary"}
    assert form["required"] == ["file"]
    assert [item["name"] for item in photo["post"]["parameters"]] == ["id"]
    assert photo["get"]["responses"]["200"]["content"] == {
        "image/png": {"schema": {"type": "string", "format": "binary"}}
    }


def test_positions_are_those_of_the_swagger_file(read):
    """A canonical pointer leads back to where the author wrote it."""
    document = read(SWAGGER).document
    lines = SWAGGER.splitlines()

    def line_of(pointer):
        return lines[document.position(pointer).line - 1].strip()

    assert line_of("/components/schemas/Pet") == "Pet:"
    assert line_of("/components/responses/gone").startswith("gone:")
    assert line_of("/paths/~1pets/post/requestBody").startswith("parameters: [")
    assert line_of("/paths/~1pets~1{id}~1photo/post/parameters/0").startswith("- {name: id")


def test_the_representation_is_that_of_a_newer_document(built):
    """Nothing later knows which version came in."""
    api = built(SWAGGER).api
    assert list(api.operations) == ["pets.list", "pets.create", "pets.upload", "pets.photo"]
    assert api.operations["pets.photo"].result.kind.value == "binary"
    assert api.operations["pets.upload"].body is not None


def test_bad_sections_do_not_stop_it(read):
    """Sections of the wrong shape are dropped."""
    made = read(
        "swagger: '2.0'\ninfo: {title: T, version: '1'}\ndefinitions: []\nparameters: x\npaths: {/a: {get: 5}}\n"
    )
    assert made.root["components"] == {}
