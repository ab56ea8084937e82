"""The pure policies agree with the vectors that every language's SDK reads."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from unistack._core.auth import secret_names
from unistack._core.brand import Brand, ErrorShape
from unistack._core.client import SyncClient
from unistack._core.encoding import encode_query, fill_path, instant
from unistack._core.endpoint import Endpoint, Json, Nothing, Paging, Param
from unistack._core.errors import APIError, PaginationError
from unistack._core.following import follow, identity, page_items
from unistack._core.ledger import Bucket, Go, Ticket, WaitUntil
from unistack._core.link import next_link
from unistack._core.models import DateTime, from_json
from unistack._core.ratelimit import read_rate_limit
from unistack._core.request import PLACEHOLDER, origin
from unistack._core.resource import SyncResource
from unistack._core.retry import Wait, decide, http_date, server_wait

VECTORS = Path(__file__).parents[2] / "contract-tests" / "vectors"


def cases(name: str) -> list[Any]:
    document = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return [pytest.param(case, document, id=case["name"]) for case in document["cases"]]


def value(encoded: Any) -> Any:
    """Build the Python value of a vector's value."""
    if isinstance(encoded, dict) and "$datetime" in encoded:
        return datetime.fromisoformat(encoded["$datetime"])
    if isinstance(encoded, dict) and "$date" in encoded:
        return date.fromisoformat(encoded["$date"])
    if isinstance(encoded, dict):
        return {key: value(item) for key, item in encoded.items()}
    if isinstance(encoded, list):
        return [value(item) for item in encoded]
    return encoded


def param(spec: dict[str, Any]) -> Param:
    return Param(spec["name"], spec["style"], spec["explode"], spec.get("allow_reserved", False))


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): text for name, text in headers.items()}


@pytest.mark.parametrize(("case", "document"), cases("backoff"))
def test_retry_decision(case: dict[str, Any], document: dict[str, Any]) -> None:
    """A failure is repeated after the vector's wait, or stops for its reason."""
    given = {**document["defaults"], **case["input"]}
    given["headers"] = lower(given["headers"])
    decision = decide(given.pop("retry_index"), wall=given["now"], **given)
    expected = case["expect"]
    if isinstance(decision, Wait):
        assert decision.seconds == pytest.approx(expected["wait"], abs=1e-6)
        assert "stop" not in expected
    else:
        assert decision.reason == expected["stop"]
        assert "wait" not in expected or decision.wait == pytest.approx(expected["wait"])


@pytest.mark.parametrize(("case", "document"), cases("query_encoding"))
def test_query(case: dict[str, Any], document: dict[str, Any]) -> None:
    """A query string is written as the vector has it."""
    specs = case["input"]["params"]
    values = {spec["name"]: value(spec["value"]) for spec in specs}
    params = {spec["name"]: param(spec) for spec in specs}
    assert encode_query(values, params) == case["expect"]["query"]


@pytest.mark.parametrize(("case", "document"), cases("path_encoding"))
def test_path(case: dict[str, Any], document: dict[str, Any]) -> None:
    """A path is filled as the vector has it, or refused as the caller's mistake."""
    specs = case["input"]["params"]
    parts = PLACEHOLDER.split(case["input"]["template"])
    values = [value(spec["value"]) for spec in specs]
    params = {spec["name"]: param(spec) for spec in specs}
    if case["expect"].get("error") == "usage":
        with pytest.raises(ValueError, match="non-empty"):
            fill_path(parts, values, params)
    else:
        path = fill_path(parts, values, params)
        assert path == case["expect"]["path"]
        assert httpx.URL(f"https://x{path}").raw_path.decode() == path


@pytest.mark.parametrize(("case", "document"), cases("link_header"))
def test_link(case: dict[str, Any], document: dict[str, Any]) -> None:
    """The next page's link is found, or its absence."""
    given = case["input"]
    assert next_link(given["headers"], given["url"]) == case["expect"]["next"]


@pytest.mark.parametrize(("case", "document"), cases("rate_limit_headers"))
def test_rate_limit_headers(case: dict[str, Any], document: dict[str, Any]) -> None:
    """Rate-limit headers of every dialect are read."""
    given, expected = case["input"], case["expect"]
    headers = lower(given["headers"])
    reading = read_rate_limit(headers, given["now"])
    assert (reading.limit, reading.remaining) == (expected["limit"], expected["remaining"])
    for found, wanted in (
        (reading.reset_in, expected["reset_in"]),
        (server_wait(headers, given["now"]), expected["retry_after"]),
    ):
        assert found == (None if wanted is None else pytest.approx(wanted, abs=1e-6))


@pytest.mark.parametrize(("case", "document"), cases("dates"))
def test_dates(case: dict[str, Any], document: dict[str, Any]) -> None:
    """Texts mean the instants that the vector says, and are written back in UTC."""
    from pydantic import TypeAdapter, ValidationError

    kind, text, expected = case["input"]["kind"], case["input"]["text"], case["expect"]
    if kind == "http":
        found = http_date(text)
        wanted = expected.get("epoch_us")
        assert (None if found is None else round(found * 1e6)) == wanted
        return
    adapter: TypeAdapter[Any] = TypeAdapter(date if kind == "date" else DateTime)
    if expected.get("error"):
        with pytest.raises(ValidationError):
            from_json(adapter, json.dumps(text))
        return
    parsed = from_json(adapter, json.dumps(text))
    if kind == "date":
        assert parsed.isoformat() == expected["date"]
    elif kind == "format":
        assert instant(parsed) == expected["text"]
    else:
        epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        delta = parsed - epoch
        assert (
            delta.days * 86_400_000_000 + delta.seconds * 1_000_000 + delta.microseconds
            == (expected["epoch_us"])
        )


@pytest.mark.parametrize(("case", "document"), cases("pagination"))
def test_pagination(case: dict[str, Any], document: dict[str, Any]) -> None:
    """After a page comes what the vector says."""
    given, expected = case["input"], case["expect"]
    paging = Paging(**given["paging"])
    items = page_items(paging, given["body"])
    assert items is not None
    previous = given["previous_items"]

    def decision() -> Any:
        return follow(
            paging,
            url=given["url"],
            query=given["query"],
            headers=lower(given["headers"]),
            body=given["body"],
            items=items,
            seen=set(given["seen"]),
            previous=None if previous is None else identity(previous),
        )

    if "error" in expected:
        with pytest.raises(PaginationError) as caught:
            decision()
        assert "token" not in expected or caught.value.token == expected["token"]
    elif expected.get("end"):
        assert decision() is None
    elif "query" in expected["next"]:
        following = decision()
        assert {**given["query"], **following.query} == expected["next"]["query"]
        assert following.url is None
    else:
        following = decision()
        assert following.url == expected["next"]["url"]
        trusted = expected["next"].get("credentials")
        assert trusted is None or (origin(following.url) == origin(given["url"])) == trusted


@pytest.mark.parametrize(("case", "document"), cases("ledger"))
def test_ledger(case: dict[str, Any], document: dict[str, Any]) -> None:
    """A trace of requests and answers gets the vector's decisions."""
    bucket = Bucket()
    tickets: list[Ticket] = []
    decisions: list[Any] = []
    for event in case["input"]["events"]:
        now = event["at"]
        if event["do"] == "ask":
            decision = bucket.ask(now, event.get("random", 0.0))
            if isinstance(decision, Go):
                tickets.append(bucket.take(now))
            decisions.append(decision)
        elif event["do"] == "answer":
            ticket = tickets[event["request"] - 1]
            bucket.answered(ticket, now, event["remaining"], event["reset_in"])
        elif event["do"] == "refuse":
            bucket.refused(tickets[event["request"] - 1], now, event["retry_after"])
        else:
            bucket.lost(tickets[event["request"] - 1])
    for decision, expected in zip(decisions, case["expect"]["decisions"], strict=True):
        if isinstance(decision, WaitUntil):
            assert pytest.approx(expected["until"], abs=1e-6) == decision.time
        else:
            assert expected == ("go" if isinstance(decision, Go) else "await")


KINDS = {
    "not_modified": "NotModifiedError",
    "bad_request": "BadRequestError",
    "authentication": "AuthenticationError",
    "payment_required": "PaymentRequiredError",
    "permission": "PermissionDeniedError",
    "permission_denied": "PermissionDeniedError",
    "not_found": "NotFoundError",
    "conflict": "ConflictError",
    "unprocessable": "UnprocessableEntityError",
    "rate_limited": "RateLimitError",
    "server": "InternalServerError",
    "status": "APIStatusError",
    "response_invalid": "APIResponseValidationError",
}
RESULTS: dict[str, Any] = {
    "object": Json(dict[str, Any]),
    "array": Json(list[Any]),
    "nothing": Nothing(),
}


@pytest.mark.parametrize(("case", "document"), cases("error_mapping"))
def test_error(case: dict[str, Any], document: dict[str, Any]) -> None:
    """A response becomes the vector's error, with what its body says."""
    given, expected = case["input"], case["expect"]
    shape = document["shapes"][given["shape"]]
    pointers: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in shape.items()}
    brand = Brand("Api", "api", "API", "1", "https://api.test", error=ErrorShape(**pointers))
    answer = httpx.Response(given["status"], headers=given["headers"], content=given["body"])
    client = SyncClient(brand, transport=httpx.MockTransport(lambda _: answer), max_retries=0)
    endpoint = Endpoint("x.get", "GET", "/x", result=RESULTS[given["result"]])
    resource = SyncResource(client)
    if expected["kind"] is None:
        resource._call(endpoint)
        return
    with pytest.raises(APIError) as caught:
        resource._call(endpoint)
    assert type(caught.value).__name__ == KINDS[expected["kind"]]
    for name in ("code", "message", "details", "request_id"):
        assert name not in expected or getattr(caught.value, name) == expected[name]


def test_secret_names_hold_the_headers() -> None:
    """The credentials of every scheme are known by name, in lower case."""
    assert "authorization" in secret_names(())
