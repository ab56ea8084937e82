"""Vectors recomputed by other means: the standard library, another package, a second reading."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, quote, unquote, urljoin

import pytest
import standardwebhooks
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from specloom_contract.places import VECTORS


def cases(name, kind=None):
    content = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    chosen = [c for c in content["cases"] if kind is None or c.get("kind") == kind]
    return [pytest.param({**c, "file": content}, id=c["name"]) for c in chosen]


@pytest.mark.parametrize("case", cases("signatures", "sign"))
def test_signatures(case):
    """The standard library signs the same."""
    given = case["input"]
    body = base64.b64decode(given["body_base64"])
    message = f"{given['id']}.{given['timestamp']}.".encode() + body
    secret = given["secret"]
    if secret.startswith("whsk_"):
        seed = base64.b64decode(secret.removeprefix("whsk_"))[:32]
        signed = Ed25519PrivateKey.from_private_bytes(seed).sign(message)
        version = "v1a"
    else:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = hmac.new(key, message, hashlib.sha256).digest()
        version = "v1"
    assert case["expect"]["signature"] == f"{version},{base64.b64encode(signed).decode()}"


def plain(case):
    """Whether standardwebhooks can judge the case: text, one secret, v1, and our rules alike."""
    given = case["input"]
    names = [name.lower() for name, _ in given["headers"]]
    stamp = dict(given["headers"]).get("webhook-timestamp", "")
    try:
        base64.b64decode(given["body_base64"]).decode()
    except UnicodeDecodeError:
        return False
    return (
        len(given["secrets"]) == 1
        and not given["secrets"][0].startswith("whpk_")
        and sorted(names) == ["webhook-id", "webhook-signature", "webhook-timestamp"]
        and stamp.isascii()
        and stamp.isdigit()
        and case["expect"].get("reason") in {None, "no_match"}
    )


@pytest.mark.parametrize("case", [c for c in cases("signatures", "verify") if plain(c.values[0])])
def test_verification(case):
    """The standardwebhooks package finds the signature too, or does not."""
    given = case["input"]
    webhook = standardwebhooks.Webhook(given["secrets"][0])
    headers = {name.lower(): value for name, value in given["headers"]}
    body = base64.b64decode(given["body_base64"]).decode()
    stamp = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    expected = {
        token.partition(",")[2]
        for token in webhook.sign(headers["webhook-id"], stamp, body).split(" ")
    }
    sent = {
        token[3:] for token in headers["webhook-signature"].split(" ") if token.startswith("v1,")
    }
    same_stamp = str(int(headers["webhook-timestamp"])) == headers["webhook-timestamp"]
    found = bool(expected & sent) and same_stamp
    assert found == (case["expect"] == {"ok": True}) or not same_stamp


def backoff(given):
    """A second reading of the retry rules, in another order and other words."""
    headers = {name.lower(): value for name, value in given["headers"].items()}
    status, failure = given["status"], given["error_kind"]
    safe = given["method"] not in {"POST", "PATCH"} or given["has_key"]
    word = headers.get("x-should-retry")
    if status is None:
        verdict = {"connect": True, "read": safe, "timeout": safe}.get(failure)
    elif word in {"true", "false"}:
        verdict = True if word == "true" else None
    elif status == 429:
        verdict = True
    elif status in {408, 500, 502, 503, 504} or (
        status == 409 and given["code"] == "IDEMPOTENCY_IN_FLIGHT"
    ):
        verdict = safe
    else:
        verdict = None
    if verdict is not True:
        return {"stop": "not_retryable" if verdict is None else "unkeyed"}
    if given["retry_index"] + 1 > given["max_retries"]:
        return {"stop": "exhausted"}
    asked = floor(headers, given["now"])
    if asked is not None and asked > given["max_wait"]:
        return {"stop": "max_wait", "wait": asked}
    if given["budget"] - (5 if status == 429 else 14) < 0:
        return {"stop": "budget"}
    if asked is None:
        exponential = 0.5 * 2.0 ** min(given["retry_index"], 50)
        wait = min(exponential, 8.0) - min(exponential, 8.0) * 0.25 * given["random"]
    else:
        wait = asked + asked * 0.25 * given["random"]
    if given["deadline"] is not None and given["now"] + wait > given["deadline"]:
        return {"stop": "deadline"}
    return {"wait": wait}


def decimal(text):
    head, _, tail = text.partition(".")
    digits = set("0123456789")
    whole = head and set(head) <= digits and set(tail) <= digits
    return float(text) if whole else None


def floor(headers, now):
    milliseconds = decimal(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = decimal(text)
    if seconds is not None:
        return seconds
    until, sent = http_date(text), http_date(headers.get("date", ""))
    if until is None:
        return None
    left = until - (now if sent is None else sent)
    return left if left >= 0 else None


def http_date(text):
    forms = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
    for form in forms:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


@pytest.mark.parametrize("case", cases("backoff"))
def test_backoff(case):
    """The retry rules, read a second time, decide the same."""
    decision = backoff({**case["file"]["defaults"], **case["input"]})
    expected = case["expect"]
    assert decision.keys() == expected.keys()
    assert decision.get("stop") == expected.get("stop")
    if "wait" in expected:
        assert math.isclose(decision["wait"], expected["wait"], abs_tol=1e-6)


def plain_pairs(params):
    """Name and value of parameters that are strings or lists of strings, exploded."""
    pairs = []
    for param in params:
        value = param["value"]
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(v, str) for v in values) or param.get("allow_reserved"):
            return None
        if isinstance(value, list) and not (param["style"] == "form" and param["explode"]):
            return None
        pairs += [(param["name"], v) for v in values]
    return pairs


@pytest.mark.parametrize(
    "case",
    [c for c in cases("query_encoding") if plain_pairs(c.values[0]["input"]["params"])],
)
def test_query_encoding(case):
    """A standard decoder finds the values again, and what the library quotes is quoted."""
    pairs = plain_pairs(case["input"]["params"])
    query = case["expect"]["query"]
    assert parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)) == pairs
    assert query == "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in pairs)


@pytest.mark.parametrize(
    "case",
    [
        c
        for c in cases("path_encoding")
        if "path" in c.values[0]["expect"]
        and all(isinstance(p["value"], str) for p in c.values[0]["input"]["params"])
    ],
)
def test_path_encoding(case):
    """A path decodes to its values, and no segment of it is a dot segment (RFC 3986)."""
    path = case["expect"]["path"]
    values = {param["name"]: param["value"] for param in case["input"]["params"]}
    expected = case["input"]["template"].format_map(values)
    assert unquote(path) == expected
    assert path.count("/") == case["input"]["template"].count("/")
    assert urljoin("http://host/base", path) == f"http://host{path}"


@pytest.mark.parametrize("case", cases("dates"))
def test_dates(case):
    """Python's own parsers read the same instants."""
    given, expected = case["input"], case["expect"]
    if expected.get("error"):
        parse = parsedate_to_datetime if given["kind"] == "http" else datetime.fromisoformat
        with pytest.raises(ValueError, match=r"\w"):
            parse(given["text"])
    elif given["kind"] == "http":
        assert http_date(given["text"]) * 10**6 == expected["epoch_us"]
    elif given["kind"] == "date-time":
        moment = datetime.fromisoformat(given["text"].upper())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        assert (moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta_us == expected["epoch_us"]
    elif given["kind"] == "format":
        moment = datetime.fromisoformat(given["text"]).astimezone(UTC)
        assert moment.isoformat().replace("+00:00", "Z") == expected["text"]
    else:
        assert datetime.fromisoformat(given["text"]).date().isoformat() == expected["date"]


timedelta_us = datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)


DAY = 86_400  # seconds; whoever asks for more is asked again after one


class Ledger:
    """The ledger's rules as the design states them, in its own letters, for equal round trips."""

    def __init__(self):
        self.sent = self.done = self.n_raise = 0
        self.total = None
        self.reset = self.granted = self.closed = -math.inf
        self.probing = self.unmetered = False
        self.f = self.rtt = self.gap = 0.0
        self.seen_at = None
        self.requests = {}

    def ask(self, now, random):
        if now < self.closed:
            return {"until": self.closed + random * (0.01 + self.gap)}
        if self.unmetered:
            return self.send(now)
        if self.total is None:
            if self.probing:
                return "await"
            self.probing = True
            return self.send(now)
        others = self.f * self.rtt
        if self.total - self.sent >= 1 + (math.ceil(others) if others > 0.2 else 0):
            return self.send(now)
        if self.reset > self.granted:
            if now < self.reset:
                return {"until": self.reset}
            self.granted = self.reset
            return self.send(now)
        # "Nothing may wait for ever": with nothing under way there is no response to wait for.
        return "await" if self.sent > self.done else self.send(now)

    def send(self, now):
        self.sent += 1
        self.requests[len(self.requests) + 1] = (self.sent, self.done + 1, now)
        return "go"

    def answer(self, request, now, remaining, reset_in):
        n, low, sent_at = self.requests[request]
        self.done += 1
        self.rtt = now - sent_at
        if remaining is None:
            self.unmetered = self.total is None
            return
        if self.total is None or remaining + low > self.total:
            self.total, self.n_raise = remaining + low, n
        elif n >= self.n_raise and remaining + self.sent < self.total:
            dt = max(0.001, now - (sent_at if self.seen_at is None else self.seen_at))
            self.f += 0.3 * ((self.total - remaining - self.sent) / dt - self.f)
            self.total = remaining + self.sent
        else:
            self.f *= 0.98
        self.seen_at = now
        self.gap *= 0.9
        if reset_in is not None:
            self.reset = max(self.reset, sent_at + self.rtt / 2 + min(reset_in, DAY))

    def refuse(self, request, now, retry_after):
        n, _, _ = self.requests[request]
        self.done += 1
        self.closed = max(self.closed, now + min(retry_after or 0, DAY))
        self.gap = min(5, max(0.05, 2 * self.gap))
        if self.unmetered:
            return
        self.total, self.n_raise = self.sent, n
        # Retry-After wins over a reset that was known.
        self.reset = max(self.reset, now) if retry_after is None else self.closed

    def lose(self, request):
        self.sent -= 1
        self.probing = False


@pytest.mark.parametrize("case", cases("ledger"))
def test_ledger(case):
    """The ledger's rules, written down once more, take the same decisions."""
    ledger = Ledger()
    decisions = []
    for event in case["input"]["events"]:
        match event["do"]:
            case "ask":
                decisions.append(ledger.ask(event["at"], event.get("random", 0)))
            case "answer":
                ledger.answer(event["request"], event["at"], event["remaining"], event["reset_in"])
            case "refuse":
                ledger.refuse(event["request"], event["at"], event["retry_after"])
            case "lose":
                ledger.lose(event["request"])
    expected = case["expect"]["decisions"]
    assert [isinstance(decision, dict) or decision for decision in decisions] == [
        isinstance(decision, dict) or decision for decision in expected
    ]
    assert [decision["until"] for decision in decisions if isinstance(decision, dict)] == (
        pytest.approx([entry["until"] for entry in expected if isinstance(entry, dict)], abs=1e-6)
    )
