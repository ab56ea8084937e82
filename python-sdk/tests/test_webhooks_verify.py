"""Verifying Standard Webhooks: secrets, headers, replays, duplicates."""

from __future__ import annotations

import base64
import builtins
import pickle
import sys
from datetime import UTC, datetime
from email.message import Message
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers as StarletteHeaders
from werkzeug.datastructures import Headers as WerkzeugHeaders

from unistack.webhooks import (
    Webhook,
    WebhookError,
    WebhookPayloadError,
    WebhookSigner,
    WebhookVerificationError,
)

NOW = 1_700_000_000
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
SIGNING_KEY = (
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
)
VERIFY_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
BODY = b'{"event":"ping","data":{}}'


def make(secret: Any = SECRET, **options: Any) -> Webhook:
    return Webhook(secret, clock=options.pop("clock", lambda: NOW), **options)


def signed(body: bytes = BODY, *, id: str = "msg_1", at: int = NOW) -> dict[str, str]:
    return WebhookSigner(SECRET).signed_headers(id, at, body)


def reason_of(webhook: Webhook, headers: Any, body: Any = BODY) -> str:
    with pytest.raises(WebhookVerificationError) as caught:
        webhook.verify(body, headers)
    return caught.value.reason


# --- secrets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [24, 32, 64])
def test_webhooks_secret_of_a_legal_length_is_accepted(size: int) -> None:
    """Keys hold 24 to 64 bytes, with or without the prefix."""
    text = base64.b64encode(b"k" * size).decode()
    for secret in (text, f"whsec_{text}"):
        webhook = make(secret)
        assert webhook.verify(BODY, webhook.signed_headers("msg_1", NOW, BODY)) == BODY


@pytest.mark.parametrize(
    "secret",
    [
        None,
        [],
        (),
        b"bytes are not text, and base64 or not is unclear",
        base64.b64encode(b"k" * 23).decode(),
        base64.b64encode(b"k" * 65).decode(),
        base64.b64encode(b"k" * 25).decode().rstrip("="),
        base64.urlsafe_b64encode(b"\xff" * 24).decode(),
        base64.b64encode(b"k" * 24).decode() + "\n",
        " " + base64.b64encode(b"k" * 24).decode(),
        base64.b64encode(b"k" * 25).decode()[:-3] + "x==",
        "whsec_" + base64.b64encode(b"k" * 24).decode() + "é",
        SIGNING_KEY,
        "whpk_" + base64.b64encode(b"k" * 31).decode(),
        "whpk_",
        [SECRET, None],
    ],
)
def test_webhooks_bad_secret_is_refused_at_construction(secret: Any) -> None:
    """A bad secret is a ValueError that does not repeat the secret."""
    with pytest.raises(ValueError) as caught:
        make(secret)
    assert caught.value.__cause__ is None
    if isinstance(secret, str):
        assert secret.strip() not in str(caught.value)


def test_webhooks_short_secret_needs_the_opt_out() -> None:
    """A short secret is accepted when the caller says so, an empty one never."""
    short = base64.b64encode(b"short").decode()
    with pytest.raises(ValueError, match="allow_short_secret"):
        make(short)
    webhook = make(short, allow_short_secret=True)
    assert webhook.verify(BODY, webhook.signed_headers("msg_1", NOW, BODY)) == BODY
    with pytest.raises(ValueError, match="empty"):
        make("", allow_short_secret=True)


def test_webhooks_raw_keys_have_a_constructor() -> None:
    """The same key as bytes and as base64 verifies the same delivery."""
    assert Webhook.from_bytes(KEY, clock=lambda: NOW).verify(BODY, signed()) == BODY
    rotating = Webhook.from_bytes([b"o" * 24, KEY], clock=lambda: NOW)
    assert rotating.verify(BODY, signed()) == BODY
    for bad in (b"", [], b"k" * 23, "text", [KEY, ""]):
        with pytest.raises(ValueError):
            Webhook.from_bytes(bad)  # type: ignore[arg-type]


def test_webhooks_key_in_the_wrong_role_is_refused() -> None:
    """A signing key does not verify, a verify key does not sign."""
    with pytest.raises(ValueError, match="whpk_"):
        make(SIGNING_KEY)
    with pytest.raises(ValueError, match="whsk_"):
        WebhookSigner(VERIFY_KEY)
    with pytest.raises(ValueError, match="whsk_"):
        make(VERIFY_KEY).sign("msg_1", NOW, BODY)


def test_webhooks_halves_of_different_signing_keys_are_refused() -> None:
    """A signing key whose public half is another key's is a ValueError."""
    raw = bytearray(base64.b64decode(SIGNING_KEY[5:]))
    raw[-1] ^= 1
    with pytest.raises(ValueError, match="belong together"):
        WebhookSigner("whsk_" + base64.b64encode(raw).decode())
    with pytest.raises(ValueError, match="seed"):
        WebhookSigner("whsk_" + base64.b64encode(raw[:40]).decode())
    assert WebhookSigner("whsk_" + base64.b64encode(raw[:32]).decode()).sign("m", 1, b"")


def test_webhooks_both_schemes_verify_side_by_side() -> None:
    """A list may mix v1 and v1a; a token of one scheme is nothing to the other."""
    both = make([VERIFY_KEY, SECRET])
    v1a = WebhookSigner(SIGNING_KEY).signed_headers("msg_1", NOW, BODY)
    assert both.verify(BODY, v1a) == BODY
    assert both.verify(BODY, signed()) == BODY
    assert reason_of(make(SECRET), v1a) == "no_match"
    assert reason_of(make(VERIFY_KEY), signed()) == "no_match"
    broken = v1a | {"webhook-signature": "v1a,!!! v1a v1a, v1a,AAAA"}
    assert reason_of(both, broken) == "no_match"


def test_webhooks_ed25519_without_cryptography_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the extra, a whpk_ key is an ImportError with the command that helps."""
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    for module in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(ImportError, match=r"pip install 'unistack\[ed25519\]'"):
        make(VERIFY_KEY)


@pytest.mark.parametrize("tolerance", [0, -1, float("nan"), float("inf")])
def test_webhooks_tolerance_must_be_positive(tolerance: float) -> None:
    """No tolerance, or an endless one, is a ValueError."""
    with pytest.raises(ValueError, match="tolerance"):
        make(tolerance=tolerance)


def test_webhooks_tolerance_is_configurable() -> None:
    """The tolerance holds to the second, a fraction beyond it is refused."""
    webhook = make(tolerance=10, clock=lambda: NOW + 10)
    assert webhook.verify(BODY, signed()) == BODY
    assert reason_of(make(tolerance=10, clock=lambda: NOW + 10.001), signed()) == "too_old"
    assert reason_of(make(tolerance=10, clock=lambda: NOW - 10.001), signed()) == "too_new"


def test_webhooks_secret_shows_nowhere() -> None:
    """Neither repr nor an error holds the key or the payload."""
    webhook = make()
    with pytest.raises(WebhookVerificationError) as caught:
        webhook.verify(b"secret payload", signed())
    for text in (repr(webhook), str(caught.value), repr(caught.value)):
        assert SECRET[6:] not in text
        assert "payload" not in text


# --- body and headers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [BODY, bytearray(BODY), memoryview(BODY), BODY.decode()], ids=lambda b: type(b).__name__
)
def test_webhooks_body_may_be_any_bytes_or_text(body: Any) -> None:
    """Bytes of every kind and text are verified, and come back as bytes."""
    result = make().verify(body, signed())
    assert result == BODY
    assert type(result) is bytes


@pytest.mark.parametrize("body", [{"event": "ping"}, None, 1, [1]])
def test_webhooks_parsed_body_is_a_type_error(body: Any) -> None:
    """Parsed JSON cannot be verified any more, and the message says so."""
    with pytest.raises(TypeError, match="raw request body"):
        make().verify(body, signed())


def spellings(headers: dict[str, str]) -> dict[str, Any]:
    message = Message()
    for name, value in headers.items():
        message[name.title()] = value
    return {
        "dict": headers,
        "titled": {name.title(): value for name, value in headers.items()},
        "upper": {name.upper(): value for name, value in headers.items()},
        "beside others": {"host": "x", **headers, "Accept": "*/*"},
        "pairs": list(headers.items()),
        "asgi": [(k.encode(), v.encode()) for k, v in headers.items()],
        "bytes dict": {k.encode(): v.encode() for k, v in headers.items()},
        "lists": {k: [v] for k, v in headers.items()},
        "httpx": httpx.Headers(headers),
        "starlette": StarletteHeaders(headers),
        "werkzeug": WerkzeugHeaders(list(headers.items())),
        "http.server": message,
        "generator": (pair for pair in headers.items()),
    }


@pytest.mark.parametrize("kind", list(spellings({})))
def test_webhooks_headers_may_come_from_anywhere(kind: str) -> None:
    """Mappings, multi-dicts and pairs are read, whatever the case of the names."""
    assert make().verify(BODY, spellings(signed())[kind]) == BODY


@pytest.mark.parametrize("headers", [None, 5, "text", [1, 2], [("a",)], object()])
def test_webhooks_headers_that_are_none_are_a_type_error(headers: Any) -> None:
    """What is neither a mapping nor pairs is the caller's mistake."""
    with pytest.raises(TypeError, match="headers"):
        make().verify(BODY, headers)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_webhooks_missing_header_is_named_as_such(name: str) -> None:
    """Each of the three headers is needed, and has to be text."""
    without = {k: v for k, v in signed().items() if k != name}
    assert reason_of(make(), without) == "missing_header"
    assert reason_of(make(), without | {name: 5}) == "missing_header"


@pytest.mark.parametrize(
    ("name", "reason"), [("webhook-id", "bad_id"), ("webhook-timestamp", "bad_timestamp")]
)
def test_webhooks_header_that_stands_twice_is_refused(name: str, reason: str) -> None:
    """An id or a timestamp that stands twice is refused, however the framework holds it."""
    headers = signed()
    again = (name.title(), headers[name])
    pairs = [*headers.items(), again]
    assert reason_of(make(), pairs) == reason
    assert reason_of(make(), dict(pairs)) == reason
    assert reason_of(make(), {"x": "y", **dict(pairs)}) == reason
    assert reason_of(make(), httpx.Headers(pairs)) == reason
    assert reason_of(make(), WerkzeugHeaders(pairs)) == reason
    assert reason_of(make(), headers | {name: [headers[name], headers[name]]}) == reason
    assert reason_of(make(), headers | {name: f"{headers[name]}, {headers[name]}"}) == reason


def test_webhooks_several_signature_headers_are_one_list() -> None:
    """A signature header that stands twice holds one list of tokens."""
    headers = list(signed().items())
    assert make().verify(BODY, [("webhook-signature", "v1,AAAA"), *headers]) == BODY
    flood = [("webhook-signature", "v1,AAAA")] * 16
    assert reason_of(make(), [*flood, *headers]) == "too_many_signatures"


@pytest.mark.parametrize("id", ["", "a.b", "a b", "a,b", "é", "a\nb", "a\0", "\udc80"])
def test_webhooks_id_that_cannot_be_signed_is_refused(id: str) -> None:
    """An id is visible ASCII without dot, comma or space."""
    assert reason_of(make(), signed() | {"webhook-id": id}) == "bad_id"
    with pytest.raises(ValueError, match="id"):
        make().sign(id, NOW, BODY)


@pytest.mark.parametrize("id", ["msg_1", "0", "5f6d-77aa", "a/b:c~d", "_"])
def test_webhooks_id_of_any_usual_form_is_accepted(id: str) -> None:
    """Prefixed ids, numbers and UUIDs are ids."""
    assert make().verify(BODY, signed(id=id)) == BODY


@pytest.mark.parametrize("timestamp", ["9" * 21, "9" * 400, "9" * 5000, "²", "-5"])
def test_webhooks_absurd_timestamp_is_refused(timestamp: str) -> None:
    """Numbers too long for a date are no timestamps."""
    assert reason_of(make(), signed() | {"webhook-timestamp": timestamp}) == "bad_timestamp"


def test_webhooks_timestamp_is_signed_as_received() -> None:
    """Leading zeros are digits, and they are part of what is signed."""
    zeros = f"000{NOW}"
    assert reason_of(make(), signed() | {"webhook-timestamp": zeros}) == "no_match"


def test_webhooks_signing_takes_seconds_and_aware_datetimes() -> None:
    """A datetime and its epoch seconds sign the same; a naive one is refused."""
    moment = datetime.fromtimestamp(NOW, UTC)
    webhook = make()
    assert webhook.sign("m", moment, BODY) == webhook.sign("m", NOW, BODY)
    assert webhook.sign("m", NOW + 0.9, BODY) == webhook.sign("m", NOW, BODY)
    with pytest.raises(ValueError, match="zone"):
        webhook.sign("m", moment.replace(tzinfo=None), BODY)
    with pytest.raises(ValueError, match="negative"):
        webhook.sign("m", -1, BODY)


def test_webhooks_refusals_come_before_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood, a bad id and an old timestamp cost no hash."""
    webhook = make()
    refused = [
        signed() | {"webhook-signature": "v1,AAAA " * 17},
        signed() | {"webhook-id": "a.b"},
        signed(at=NOW - 301),
    ]
    worthless = signed() | {"webhook-signature": "v1,AAAA"}
    hashed: list[bytes] = []
    key = webhook._keys[0]
    monkeypatch.setattr(
        type(key), "digest", lambda self, message: hashed.append(message) or b"\0" * 32
    )
    for headers in refused:
        reason_of(webhook, headers)
    assert hashed == []
    assert reason_of(webhook, worthless) == "no_match"
    assert len(hashed) == 1


# --- errors ------------------------------------------------------------------------------------


def test_webhooks_errors_have_one_base_and_survive_pickling() -> None:
    """Both errors are WebhookErrors of the SDK, and round-trip through pickle."""
    from unistack.errors import SDKError

    error = WebhookVerificationError("too_old", "too_old: late")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.reason, str(again)) == (type(error), "too_old", "too_old: late")
    assert issubclass(WebhookVerificationError, WebhookError)
    assert issubclass(WebhookPayloadError, WebhookError)
    assert issubclass(WebhookError, SDKError)
