"""The shared known answers for signatures, which every language's SDK reads."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from unistack.webhooks import GitHubWebhook, Webhook, WebhookSigner, WebhookVerificationError

_FILE = Path(__file__).parents[2] / "contract-tests" / "vectors" / "signatures.json"
CASES: list[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))["cases"]


def of_kind(kind: str, *, ok: bool | None = None) -> list[Any]:
    return [
        pytest.param(case["input"], case["expect"], id=case["name"])
        for case in CASES
        if case["kind"] == kind and ok in (None, case["expect"].get("ok", False))
    ]


def outcome(receiver: Any, given: dict[str, Any], headers: Any) -> dict[str, Any]:
    """What the vectors call the result of a verification."""
    body = base64.b64decode(given["body_base64"])
    try:
        verified = receiver.verify(body, headers)
    except WebhookVerificationError as error:
        return {"reason": error.reason}
    return {"ok": verified == body}


def receiver(given: dict[str, Any]) -> Webhook:
    return Webhook(given["secrets"], tolerance=given["tolerance"], clock=lambda: given["now"])


def test_webhooks_vectors_hold_every_kind() -> None:
    """The file is read whole: no kind of case is passed over."""
    assert {case["kind"] for case in CASES} == {"sign", "verify", "construct", "github"}
    assert len(of_kind("sign")) >= 9
    assert len(of_kind("verify")) >= 80


@pytest.mark.parametrize(("given", "expected"), of_kind("sign"))
def test_webhooks_known_answer_is_made(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """Signing a message makes the published signature."""
    body = base64.b64decode(given["body_base64"])
    signature = WebhookSigner(given["secret"]).sign(given["id"], given["timestamp"], body)
    assert signature == expected["signature"]


@pytest.mark.parametrize(("given", "expected"), of_kind("verify"))
def test_webhooks_vector_is_judged_as_written(
    given: dict[str, Any], expected: dict[str, Any]
) -> None:
    """A delivery verifies, or is refused for the reason in the file; headers come as pairs."""
    headers = [(name, value) for name, value in given["headers"]]
    assert outcome(receiver(given), given, headers) == expected


@pytest.mark.parametrize(("given", "expected"), of_kind("verify"))
def test_webhooks_vector_is_judged_alike_in_a_dict(
    given: dict[str, Any], expected: dict[str, Any]
) -> None:
    """The same delivery with its headers in a dict, a repeated one as a list, is judged alike."""
    headers: dict[str, Any] = {}
    for name, value in given["headers"]:
        headers[name] = [*headers[name], value] if name in headers else [value]
    headers = {name: values[0] if len(values) == 1 else values for name, values in headers.items()}
    assert outcome(receiver(given), given, headers) == expected


@pytest.mark.parametrize(("given", "expected"), of_kind("verify", ok=True))
@pytest.mark.parametrize("place", ["body", "id", "timestamp"])
def test_webhooks_known_answer_covers_every_part(
    given: dict[str, Any], expected: dict[str, Any], place: str
) -> None:
    """Of an accepted delivery no part can be changed."""
    headers = {name.lower(): value for name, value in given["headers"]}
    changed = dict(given)
    if place == "body":
        body = base64.b64decode(given["body_base64"])
        changed["body_base64"] = base64.b64encode(body + b" ").decode()
    elif place == "id":
        headers["webhook-id"] += "x"
    else:
        headers["webhook-timestamp"] = "0" + headers["webhook-timestamp"]
    assert expected == {"ok": True}
    assert outcome(receiver(given), changed, headers) == {"reason": "no_match"}


@pytest.mark.parametrize(("given", "expected"), of_kind("construct"))
def test_webhooks_secret_is_judged_at_construction(
    given: dict[str, Any], expected: dict[str, Any]
) -> None:
    """A good secret makes a receiver, a bad one (or a bad tolerance) a ValueError."""
    options = {name: value for name, value in given.items() if name != "secrets"}
    if expected == {"ok": True}:
        assert Webhook(given["secrets"], **options)
        return
    assert expected == {"error": "usage"}
    with pytest.raises(ValueError):
        Webhook(given["secrets"], **options)


@pytest.mark.parametrize(("given", "expected"), of_kind("github"))
def test_webhooks_github_vector_is_judged_as_written(
    given: dict[str, Any], expected: dict[str, Any]
) -> None:
    """GitHub's own example verifies, and what differs from it does not."""
    headers = [(name, value) for name, value in given["headers"]]
    assert outcome(GitHubWebhook(given["secret"]), given, headers) == expected
