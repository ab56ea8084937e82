"""Everything that is derived, on one document of a style that is not ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from specloom_mock import MockServer, Options
from specloom_mock.derived import derivation, derivation_lines

DOCUMENT = """
openapi: 3.0.3
info: {title: Orchards, version: '1'}
servers: [{url: /orchard-api}]
paths:
  /Orchards:
    get:
      operationId: ListOrchards
      parameters:
        - {name: pageNumber, in: query, schema: {type: integer, minimum: 1}}
        - {name: pageSize, in: query, schema: {type: integer, default: 4, maximum: 100}}
        - {name: orderBy, in: query, schema: {type: string}}
        - {name: direction, in: query, schema: {type: string, enum: [asc, desc]}}
        - {name: q, in: query, schema: {type: string}}
        - {name: season, in: query, schema: {type: string}}
        - {name: hectaresMin, in: query, schema: {type: number}}
        - {name: createdBefore, in: query, schema: {type: string, format: date-time}}
        - {name: select, in: query, schema: {type: string}}
        - {name: expand, in: query, schema: {type: string}}
        - {name: where, in: query, schema: {type: string}}
        - {name: verbose, in: query, schema: {type: boolean}}
      responses:
        '200':
          description: A page.
          headers:
            Link: {schema: {type: string}}
            X-Total-Count: {schema: {type: integer}}
          content:
            application/json:
              schema:
                type: object
                required: [orchards, paging]
                properties:
                  orchards: {type: array, items: {$ref: '#/components/schemas/Orchard'}}
                  paging:
                    type: object
                    required: [pageNumber, totalCount, totalPages, hasNextPage]
                    properties:
                      pageNumber: {type: integer}
                      pageSize: {type: integer}
                      totalCount: {type: integer}
                      totalPages: {type: integer}
                      hasNextPage: {type: boolean}
                      nextPageUrl: {type: string, nullable: true}
        '400': {$ref: '#/components/responses/Wrong'}
    post:
      operationId: PlantOrchard
      requestBody: {$ref: '#/components/requestBodies/Orchard'}
      responses:
        '201':
          description: Planted.
          headers: {Location: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Orchard'}}}
        '400': {$ref: '#/components/responses/Wrong'}
    options:
      operationId: DescribeOrchards
      responses:
        '200':
          description: What an orchard is.
          content:
            application/json:
              schema:
                type: object
                required: [fields, methods]
                properties:
                  fields: {type: object, additionalProperties: true}
                  methods: {type: array, items: {type: string}}
  /Orchards/{orchardId}:
    parameters: [{$ref: '#/components/parameters/orchardId'}]
    get:
      operationId: GetOrchard
      responses:
        '200': {$ref: '#/components/responses/Orchard'}
        '404': {$ref: '#/components/responses/Wrong'}
    put:
      operationId: ReplaceOrchard
      requestBody: {$ref: '#/components/requestBodies/Orchard'}
      responses: {'200': {$ref: '#/components/responses/Orchard'}}
    delete:
      operationId: FellOrchard
      responses: {'204': {description: Felled.}, '404': {$ref: '#/components/responses/Wrong'}}
  /Orchards/{orchardId}/close:
    parameters: [{$ref: '#/components/parameters/orchardId'}]
    post:
      operationId: CloseOrchard
      responses: {'200': {$ref: '#/components/responses/Orchard'}}
  /Orchards/{orchardId}/bless:
    parameters: [{$ref: '#/components/parameters/orchardId'}]
    post:
      operationId: BlessOrchard
      x-mock: {action: {set: {blessed: true}}}
      responses: {'200': {$ref: '#/components/responses/Orchard'}}
  /Orchards/{orchardId}/trees:
    parameters: [{$ref: '#/components/parameters/orchardId'}]
    get:
      operationId: ListTrees
      parameters:
        - {name: offset, in: query, schema: {type: integer, minimum: 0}}
        - {name: limit, in: query, schema: {type: integer, default: 2}}
      responses:
        '200':
          description: Trees.
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Tree'}}
    post:
      operationId: PlantTree
      requestBody:
        content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}
      responses:
        '200':
          description: Planted.
          content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}
  /Orchards/{orchardId}/trees/{treeId}:
    parameters:
      - {$ref: '#/components/parameters/orchardId'}
      - {name: treeId, in: path, required: true, schema: {type: integer}}
    get:
      operationId: GetTree
      responses:
        '200':
          description: A tree.
          content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}
        '404': {$ref: '#/components/responses/Wrong'}
  /harvests:
    get:
      operationId: ListHarvests
      parameters:
        - {name: cursor, in: query, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer, default: 20}}
      responses:
        '200':
          description: Harvests.
          content:
            application/json:
              schema:
                type: object
                required: [data, nextCursor, hasMore]
                properties:
                  data: {type: array, items: {$ref: '#/components/schemas/Harvest'}}
                  nextCursor: {type: string, nullable: true}
                  hasMore: {type: boolean}
  /weather:
    get:
      operationId: Weather
      responses:
        '200':
          description: Weather.
          content: {application/json: {schema: {type: object}, example: {sky: blue}}}
components:
  parameters:
    orchardId: {name: orchardId, in: path, required: true, schema: {type: string}}
  requestBodies:
    Orchard:
      required: true
      content: {application/json: {schema: {$ref: '#/components/schemas/Orchard'}}}
  responses:
    Orchard:
      description: An orchard.
      content: {application/json: {schema: {$ref: '#/components/schemas/Orchard'}}}
    Wrong:
      description: Wrong.
      content:
        application/json:
          schema:
            type: object
            required: [errorCode, errorMessage]
            properties: {errorCode: {type: integer}, errorMessage: {type: string}}
  schemas:
    Orchard:
      type: object
      required: [orchardId, name, state]
      properties:
        orchardId: {type: string, readOnly: true, example: orch_1}
        name: {type: string, minLength: 1, maxLength: 40}
        season: {type: string, enum: [spring, autumn], default: autumn}
        state: {type: string, enum: [open, closed], readOnly: true}
        hectares: {type: number, minimum: 1, maximum: 90}
        blessed: {type: boolean, readOnly: true, default: false}
        ownerId: {type: string, readOnly: true}
        gateCode: {type: string, writeOnly: true}
        createdAt: {type: string, format: date-time, readOnly: true}
        updatedAt: {type: string, format: date-time, readOnly: true}
        trees:
          type: array
          readOnly: true
          items: {type: object, properties: {id: {type: integer}, kind: {type: string}}}
    Tree:
      type: object
      required: [id, kind]
      properties:
        id: {type: integer, readOnly: true}
        kind: {type: string}
        orchardId: {type: string, readOnly: true}
    Harvest:
      type: object
      required: [id, weight]
      properties: {id: {type: string, format: uuid}, weight: {type: integer}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """The orchards, on virtual time."""
    with MockServer(DOCUMENT.encode(), Options(virtual=True, rows=10)) as found:
        yield found


@pytest.fixture
def api(server: MockServer) -> Iterator[httpx.Client]:
    """A client of a world that begins anew."""
    server.call(server.session().reset)
    with httpx.Client(base_url=server.base_url) as found:
        yield found


def names(answer: httpx.Response, key: str = "orchardId") -> list[Any]:
    body = answer.json()
    rows = body if isinstance(body, list) else body.get("orchards", body.get("data"))
    return [row[key] for row in rows]


def test_a_relative_server_is_served_under_its_path(server: MockServer) -> None:
    """The base path of a server without a host."""
    assert server.base_url == f"{server.url}/orchard-api"


def test_a_collection_and_its_items_are_one(api: httpx.Client) -> None:
    """What is created is read, listed last, replaced and deleted under the id that it got."""
    made = api.post("/Orchards", json={"name": "Old Mill", "gateCode": "1234", "state": "closed"})
    body = made.json()
    assert made.status_code == 201
    assert body["orchardId"].startswith("orch_")
    assert body["state"] == "open"  # generated: it is read-only, so what was sent is not taken
    assert (body["season"], body["blessed"]) == ("autumn", False)
    assert "gateCode" not in body
    assert body["createdAt"] == body["updatedAt"] == "2026-01-01T00:00:00Z"
    assert made.headers["location"] == f"/orchard-api/Orchards/{body['orchardId']}"
    item = f"/Orchards/{body['orchardId']}"
    assert api.get(item).json() == body
    assert names(api.get("/Orchards", params={"pageSize": 50}))[-1] == body["orchardId"]
    changed = api.put(item, json={"name": "New Mill"}).json()
    assert (changed["name"], changed["orchardId"]) == ("New Mill", body["orchardId"])
    assert api.delete(item).status_code == 204
    gone = api.get(item)
    assert (gone.status_code, set(gone.json())) == (404, {"errorCode", "errorMessage"})


def test_pages_have_their_envelope_their_headers_and_links(api: httpx.Client) -> None:
    """Number, size, totals and the URL of the next page; Link and X-Total-Count beside them."""
    first = api.get("/Orchards")
    paging = first.json()["paging"]
    assert {k: paging[k] for k in ("pageNumber", "totalCount", "totalPages", "hasNextPage")} == {
        "pageNumber": 1,
        "totalCount": 10,
        "totalPages": 3,
        "hasNextPage": True,
    }
    assert paging["nextPageUrl"].endswith("/orchard-api/Orchards?pageNumber=2")
    assert first.headers["x-total-count"] == "10"
    seen = names(first)
    following: str | None = first.links["next"]["url"]
    while following is not None:
        page = api.get(following)
        seen += names(page)
        following = page.links.get("next", {}).get("url")
    assert len(seen) == len(set(seen)) == 10
    last = api.get("/Orchards", params={"pageNumber": 3}).json()
    assert (len(last["orchards"]), last["paging"]["nextPageUrl"]) == (2, None)


def test_offset_and_cursor_pages(api: httpx.Client) -> None:
    """A bare array is cut by offset and limit; a cursor is followed to the end."""
    orchard = names(api.get("/Orchards"))[0]
    trees = f"/Orchards/{orchard}/trees"
    whole = names(api.get(trees, params={"limit": 50}), "id")
    assert names(api.get(trees, params={"offset": 1}), "id") == whole[1:3]
    seen: list[Any] = []
    cursor: dict[str, Any] = {"limit": 4}
    while True:
        page = api.get("/harvests", params=cursor).json()
        seen += [row["id"] for row in page["data"]]
        if not page["hasMore"]:
            break
        cursor["cursor"] = page["nextCursor"]
    assert page["nextCursor"] is None
    assert len(seen) == len(set(seen)) == 10


def test_lists_are_sorted_filtered_and_searched(api: httpx.Client) -> None:
    """By a field and a direction, by equality, bounds, time, a filter object and text."""
    every = api.get("/Orchards", params={"pageSize": 100}).json()["orchards"]
    falling = api.get(
        "/Orchards", params={"pageSize": 100, "orderBy": "hectares", "direction": "desc"}
    ).json()["orchards"]
    sizes = [row["hectares"] for row in falling]
    assert sizes == sorted(sizes, reverse=True)
    assert api.get("/Orchards", params={"orderBy": "moon"}).status_code == 400

    def found(**params: Any) -> list[str]:
        return names(api.get("/Orchards", params={"pageSize": 100, **params}))

    autumn = [row["orchardId"] for row in every if row["season"] == "autumn"]
    assert found(season="autumn") == autumn
    big = [row["orchardId"] for row in every if row["hectares"] >= 40]
    assert found(hectaresMin=40) == big
    early = [row["orchardId"] for row in every if row["createdAt"] < every[3]["createdAt"]]
    assert found(createdBefore=every[3]["createdAt"]) == early
    assert found(where=json.dumps({"season": "autumn", "hectares": {"gte": 40}})) == [
        key for key in autumn if key in big
    ]
    assert every[2]["orchardId"] in found(q=every[2]["name"][:4].upper())
    assert found(q="no such text") == []


def test_fields_are_selected_and_relations_included(api: httpx.Client) -> None:
    """`select` leaves what was asked for and what has to be there; `expand` brings rows in."""
    rows = api.get("/Orchards", params={"select": "season"}).json()["orchards"]
    assert {name for row in rows for name in row} <= {"orchardId", "name", "state", "season"}
    assert all("trees" not in row for row in api.get("/Orchards").json()["orchards"])
    expanded = api.get("/Orchards", params={"expand": "trees"}).json()["orchards"]
    assert all(isinstance(row["trees"], list) for row in expanded)


def test_nested_collections_belong_to_their_row(api: httpx.Client) -> None:
    """Trees of one orchard are not those of another, and none without their orchard."""
    one, other = names(api.get("/Orchards"))[:2]
    made = api.post(f"/Orchards/{one}/trees", json={"kind": "plum"}).json()
    assert made["orchardId"] == one
    assert api.get(f"/Orchards/{one}/trees/{made['id']}").json() == made
    assert api.get(f"/Orchards/{other}/trees/{made['id']}").status_code == 404
    assert api.get("/Orchards/nowhere/trees").status_code == 404


def test_actions_move_the_state(api: httpx.Client) -> None:
    """A verb that names a state sets it; another does what x-mock says."""
    key = api.post("/Orchards", json={"name": "A"}).json()["orchardId"]
    assert api.post(f"/Orchards/{key}/close").json()["state"] == "closed"
    assert api.get(f"/Orchards/{key}").json()["state"] == "closed"
    assert api.post(f"/Orchards/{key}/bless").json()["blessed"] is True
    assert api.post("/Orchards/nowhere/close").status_code == 404


def test_options_tell_what_a_collection_is_made_of(api: httpx.Client) -> None:
    """Fields with their types, what is required and generated; the methods that there are."""
    told = api.options("/Orchards").json()
    assert set(told["methods"]) == {"GET", "POST", "OPTIONS", "PUT", "DELETE"}
    assert told["fields"]["name"] == {"type": "string", "required": True, "max_length": 40}
    assert told["fields"]["season"]["values"] == ["spring", "autumn"]
    assert told["fields"]["orchardId"]["generated"] is True


def test_requests_are_held_to_the_document(api: httpx.Client) -> None:
    """Wrong bodies and parameters are refused in the document's own error shape."""
    for answer in (
        api.post("/Orchards", json={"name": ""}),
        api.post("/Orchards", json={"name": "A", "season": "winter"}),
        api.get("/Orchards", params={"pageSize": "many"}),
    ):
        assert answer.status_code == 400
        assert set(answer.json()) == {"errorCode", "errorMessage"}


def test_the_derivation_is_told(server: MockServer) -> None:
    """What was derived, by operation and by collection; what was not, in the notes."""
    plan = server.mock.engine.plan
    rows = {row["operation"]: row for row in derivation(plan)}
    listing = rows["ListOrchards"]
    assert listing["collection"] == "/Orchards"
    assert listing["pages"] == {"style": "page", "page": "pageNumber", "size": "pageSize"}
    assert (listing["sort"], listing["search"], listing["fields"]) == ("orderBy", "q", "select")
    assert listing["filters"] == {
        "season": "season",
        "hectaresMin": "hectares gte",
        "createdBefore": "createdAt lt",
    }
    assert rows["CloseOrchard"]["sets"] == {"state": "closed"}
    assert rows["Weather"]["does"] == "fixed"
    lines = derivation_lines(plan)
    assert "/harvests: list (cursor pages)" in lines
    assert "not derived: 1 of 13 operations" in lines
    assert any("/weather" in note for note in plan.notes)
    assert any("verbose" in note for note in plan.notes)


@pytest.mark.parametrize("as_json", [False, True])
def test_the_derivation_is_printed_at_start(tmp_path: Path, as_json: bool) -> None:
    """As lines for people, or in the JSON line that says that it is ready; overlay included."""
    document = tmp_path / "orchards.yaml"
    document.write_text(DOCUMENT)
    action = {"action": {"set": {"state": "closed", "blessed": False}}}
    overlay = {"specloom_mock": 1, "operations": {"CloseOrchard": action}}
    (tmp_path / "orchards.mock.yaml").write_text(yaml.safe_dump(overlay))
    command = [sys.executable, "-m", "specloom_mock", str(document), "--port", "0"]
    command += ["--json"] if as_json else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        assert process.stdout is not None
        if as_json:
            told = json.loads(process.stdout.readline())
            found = {row["operation"]: row for row in told["derived"]}
            assert found["CloseOrchard"]["sets"] == action["action"]["set"]
            assert found["ListHarvests"]["pages"]["cursor"] == "cursor"
        else:
            lines = iter(process.stdout.readline, "")
            assert any(line.startswith("  /harvests: list (cursor pages)") for line in lines)
    finally:
        process.terminate()
        process.communicate(timeout=20)
