"""Credentials of `specloom verify`: read from the environment, sent where they belong, never shown."""

from __future__ import annotations

import base64

import pytest

from specloom.cli import main
from specloom.config import default_config
from specloom.spec import load
from specloom_contract.verify.credentials import AuthError, parse_auth
from specloom_contract.verify.derive import derive
from specloom_contract.verify.masking import masked

DOCUMENT = b"""
openapi: 3.1.0
info: {title: Keys, version: "1"}
paths:
  /bearer: {get: {operationId: bearer, security: [{jwt: []}], responses: {"200": {description: .}}}}
  /basic: {get: {operationId: basic, security: [{login: []}], responses: {"200": {description: .}}}}
  /header: {get: {operationId: header, security: [{key: []}], responses: {"200": {description: .}}}}
  /query: {get: {operationId: query, security: [{param: []}], responses: {"200": {description: .}}}}
  /cookie: {get: {operationId: cookie, security: [{sid: []}], responses: {"200": {description: .}}}}
  /both: {get: {operationId: both, security: [{jwt: [], key: []}], responses: {"200": {description: .}}}}
  /either: {get: {operationId: either, security: [{sid: []}, {key: []}], responses: {"200": {description: .}}}}
  /open: {get: {operationId: open, security: [{}, {key: []}], responses: {"200": {description: .}}}}
  /none: {get: {operationId: none, responses: {"200": {description: .}}}}
components:
  securitySchemes:
    jwt: {type: http, scheme: bearer}
    login: {type: http, scheme: basic}
    key: {type: apiKey, in: header, name: X-Key}
    param: {type: apiKey, in: query, name: api_key}
    sid: {type: apiKey, in: cookie, name: sid}
"""
PLAN, API = derive(load(DOCUMENT), default_config())
SECRET = "s3cret/+value"


def credentials(*names, secret=SECRET):
    return parse_auth([f"{name}=env:V" for name in names], API.security_schemes, {"V": secret})


@pytest.mark.parametrize(
    ("scheme", "operation", "headers", "query"),
    [
        ("bearer", "bearer", (("Authorization", f"Bearer {SECRET}"),), ()),
        ("key", "header", (("X-Key", SECRET),), ()),
        ("param", "query", (), (("api_key", SECRET),)),
        ("cookie", "cookie", (("Cookie", f"sid={SECRET}"),), ()),
    ],
)
def test_credentials_travel_as_declared(scheme, operation, headers, query):
    """Each kind of scheme puts the secret where the document says, and shows a variable's name."""
    dress = credentials(scheme).dress(API.operations[operation])
    assert (dress.headers, dress.query) == (headers, query)
    assert "$V" in str((dress.shown_headers, dress.shown_query))
    assert SECRET not in str((dress.shown_headers, dress.shown_query))


def test_basic_is_encoded():
    """Basic authentication is base64 of user:password, and neither form is shown."""
    known = credentials("basic", secret="ada:pass word")
    coded = base64.b64encode(b"ada:pass word").decode()
    dress = known.dress(API.operations["basic"])
    assert dress.headers == (("Authorization", f"Basic {coded}"),)
    assert known.hide(f"{coded} ada:pass word pass word") == "*** *** ***"


def test_alternatives():
    """An operation is covered by all schemes of one alternative; an open one by none."""
    assert not credentials("jwt").covers(API.operations["both"])
    assert credentials("jwt", "key").covers(API.operations["both"])
    assert credentials("key").covers(API.operations["either"])
    assert not credentials("jwt").covers(API.operations["either"])
    assert credentials().covers(API.operations["open"])
    assert credentials().covers(API.operations["none"])
    assert not credentials().demanded(API.operations["open"])
    assert credentials().demanded(API.operations["either"])


def test_wrong_credentials_are_not_the_true_ones():
    """The secret for a refusal replaces the true one in every place."""
    dress = credentials("jwt", "key").dress(API.operations["both"], wrong="wrong")
    assert SECRET not in str(dress)
    assert dress.headers == (("Authorization", "Bearer wrong"), ("X-Key", "wrong"))


def test_hiding_knows_encoded_forms():
    """A secret is hidden raw, percent-encoded and in base64."""
    known = credentials("key")
    for form in (SECRET, "s3cret/%2Bvalue", "s3cret%2F%2Bvalue", "czNjcmV0Lyt2YWx1ZQ=="):
        assert form not in known.hide(f"a {form} b")
    assert SECRET not in repr(known.known)


@pytest.mark.parametrize(
    ("value", "environ", "told"),
    [
        ("bearer=sk_live_0123456789", {}, "never stands on the command line"),
        ("sk_live_0123456789", {}, "SCHEME=env:VARIABLE"),
        ("bearer=env:", {}, "SCHEME=env:VARIABLE"),
        ("bearer=env:NOT-A-NAME", {}, "SCHEME=env:VARIABLE"),
        ("bearer=env:EMPTY", {"EMPTY": " "}, "EMPTY is not set"),
        ("bearer=env:MISSING", {}, "MISSING is not set"),
        ("bearer=env:LINES", {"LINES": "a\r\nHost: b"}, "line break"),
        ("other=env:V", {"V": "x"}, "no security scheme 'other'; it has jwt, login"),
    ],
)
def test_refusals(value, environ, told):
    """What cannot be used is refused with what to write instead; the value is not repeated."""
    with pytest.raises(AuthError) as caught:
        parse_auth([value], API.security_schemes, environ)
    assert told in str(caught.value)
    assert "sk_live" not in str(caught.value)


def test_command_refuses_a_literal(tmp_path, capsys):
    """A secret on the command line is status 2, and is not printed."""
    file = tmp_path / "d.yaml"
    file.write_bytes(DOCUMENT)
    base = ["verify", str(file), "--base-url", "http://127.0.0.1:9"]
    assert main([*base, "--auth", "bearer=hunter2-hunter2"]) == 2
    printed = capsys.readouterr()
    assert "hunter2" not in printed.out + printed.err


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "aaa.bbb"}',
        '{"a": {"client_secret" : "x\\"y"}}',
        '{"data": {"password":"p"',
        '"sk_live_0123456789abcdef"',
        "Authorization: Bearer eyJhbGciOi.eyJzdWIi.sig",
    ],
)
def test_masking(text):
    """Secrets that a server hands out are replaced, also in JSON that is broken."""
    shown = masked(text)
    assert "***" in shown
    for secret in ("aaa.bbb", 'x\\"y', '"p"', "0123456789abcdef", "eyJhbGciOi"):
        assert secret not in shown


def test_masking_leaves_the_rest():
    """What is no secret stays readable."""
    text = '{"id": "user_1", "total": 3, "next_page": "/x"}'
    assert masked(text) == text
