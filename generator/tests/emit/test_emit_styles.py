"""Every style with and without explode, in every place where OpenAPI allows it, as it is sent.

The expected texts are those of OpenAPI 3.1.1, section 4.8.12.4 (and RFC 6570), with the characters
encoded that RFC 3986 does not allow in that place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

VALUES: dict[str, Any] = {
    "text": "blue",
    "list": ["blue", "black", "brown"],
    "object": {"R": 100, "G": 200, "B": 150},
}
SCHEMAS = {
    "text": "{type: string}",
    "list": "{type: array, items: {type: string}}",
    "object": "{type: object, additionalProperties: {type: integer}}",
}
SENT = {
    ("query", "form", True): {
        "text": "color=blue",
        "list": "color=blue&color=black&color=brown",
        "object": "R=100&G=200&B=150",
    },
    ("query", "form", False): {
        "text": "color=blue",
        "list": "color=blue,black,brown",
        "object": "color=R,100,G,200,B,150",
    },
    ("query", "spaceDelimited", True): {"list": "color=blue&color=black&color=brown"},
    ("query", "spaceDelimited", False): {
        "list": "color=blue%20black%20brown",
        "object": "color=R%20100%20G%20200%20B%20150",
    },
    ("query", "pipeDelimited", True): {"list": "color=blue&color=black&color=brown"},
    ("query", "pipeDelimited", False): {
        "list": "color=blue%7Cblack%7Cbrown",
        "object": "color=R%7C100%7CG%7C200%7CB%7C150",
    },
    ("query", "deepObject", True): {"object": "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"},
    ("path", "simple", False): {
        "text": "blue",
        "list": "blue,black,brown",
        "object": "R,100,G,200,B,150",
    },
    ("path", "simple", True): {
        "text": "blue",
        "list": "blue,black,brown",
        "object": "R=100,G=200,B=150",
    },
    ("path", "label", False): {
        "text": ".blue",
        "list": ".blue,black,brown",
        "object": ".R,100,G,200,B,150",
    },
    ("path", "label", True): {
        "text": ".blue",
        "list": ".blue.black.brown",
        "object": ".R=100.G=200.B=150",
    },
    ("path", "matrix", False): {
        "text": ";color=blue",
        "list": ";color=blue,black,brown",
        "object": ";color=R,100,G,200,B,150",
    },
    ("path", "matrix", True): {
        "text": ";color=blue",
        "list": ";color=blue;color=black;color=brown",
        "object": ";R=100;G=200;B=150",
    },
    ("header", "simple", False): {
        "text": "blue",
        "list": "blue,black,brown",
        "object": "R,100,G,200,B,150",
    },
    ("header", "simple", True): {
        "text": "blue",
        "list": "blue,black,brown",
        "object": "R=100,G=200,B=150",
    },
    ("cookie", "form", False): {
        "text": "color=blue",
        "list": "color=blue,black,brown",
        "object": "color=R,100,G,200,B,150",
    },
    # a cookie has one value: OpenAPI's exploded form would need the separator of a query
    ("cookie", "form", True): {
        "text": "color=blue",
        "list": "color=blue,black,brown",
        "object": "color=R,100,G,200,B,150",
    },
}
CASES = [
    (place, style, explode, kind) for (place, style, explode), sent in SENT.items() for kind in sent
]


def name_of(case: tuple[str, str, bool, str]) -> str:
    place, style, explode, kind = case
    return f"{place}_{style}_{'exploded' if explode else 'whole'}_{kind}".lower()


def document() -> str:
    """One operation for each case."""
    lines = ["paths:"]
    for case in CASES:
        place, style, explode, kind = case
        path = f"/{name_of(case)}" + ("/{color}/end" if place == "path" else "")
        lines += [
            f"  {path}:",
            "    get:",
            f"      operationId: colors.{name_of(case)}",
            "      parameters:",
            (
                f"      - {{name: color, in: {place}, required: true, style: {style}, "
                f"explode: {str(explode).lower()}, schema: {SCHEMAS[kind]}}}"
            ),
            "      responses: {'204': {description: d}}",
        ]
    return "\n".join(lines) + "\n"


def test_every_style_is_sent_as_openapi_says(package: Callable[..., Any]) -> None:
    """Text, list and object; in query, path, header and cookie; exploded and not."""
    sdk = package(document())
    client = sdk.client(None)
    sent: dict[tuple[str, str, bool], dict[str, str]] = {}
    for case in CASES:
        place, style, explode, kind = case
        method = getattr(client.colors, name_of(case))
        if place == "path":
            method(VALUES[kind])
        else:
            method(color=VALUES[kind])
        request = sdk.sent
        raw = request.url.raw_path.decode()
        found = {
            "query": lambda raw=raw: raw.partition("?")[2],
            "path": lambda raw=raw: raw.split("/")[2],
            "header": lambda request=request: request.headers["color"],
            "cookie": lambda request=request: request.headers["cookie"],
        }[place]()
        sent.setdefault((place, style, explode), {})[kind] = found
    assert sent == SENT


def test_deep_objects_nest(package: Callable[..., Any]) -> None:
    """Objects in objects and lists in them; what is not given is not sent."""
    sdk = package(
        """
paths:
  /x:
    get:
      operationId: x.find
      parameters:
      - name: filter
        in: query
        style: deepObject
        schema:
          type: object
          properties:
            age: {type: object, properties: {atLeast: {type: integer}, atMost: {type: integer}}}
            tags: {type: array, items: {type: string}}
            owner: {type: [string, 'null']}
      responses: {'204': {description: d}}
"""
    )
    sdk.client(None).x.find(filter={"age": {"at_least": 3}, "tags": ["a", "b&c"], "owner": None})
    assert sdk.sent.url.raw_path.decode().partition("?")[2].split("&") == [
        "filter%5Bage%5D%5BatLeast%5D=3",
        "filter%5Btags%5D=a",
        "filter%5Btags%5D=b%26c",
    ]


def test_json_in_a_parameter(package: Callable[..., Any]) -> None:
    """A parameter with ``content`` is JSON on the wire, in query, header, path and cookie."""
    places = ("query", "header", "path", "cookie")
    parameters = "".join(
        f"      - {{name: {place[0]}, in: {place}, required: true, "
        "content: {application/json: {schema: {type: object, additionalProperties: {}}}}}\n"
        for place in places
    )
    sdk = package(
        "paths:\n  /x/{p}:\n    get:\n      operationId: x.find\n      parameters:\n"
        f"{parameters}      responses: {{'204': {{description: d}}}}\n"
    )
    sdk.client(None).x.find({"a": [1]}, q={"b": "c d"}, h={"e": None}, c={"f": True})
    raw = sdk.sent.url.raw_path.decode()
    assert raw == "/x/%7B%22a%22%3A%5B1%5D%7D?q=%7B%22b%22%3A%22c%20d%22%7D"
    assert sdk.sent.headers["h"] == '{"e":null}'
    assert sdk.sent.headers["cookie"].startswith("c=")
