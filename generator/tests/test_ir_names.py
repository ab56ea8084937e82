"""Names as words, whatever a document spells."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specloom.ir.names import Names, plural, singular, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("createdAt", "created at"),
        ("created_at", "created at"),
        ("Created-At", "created at"),
        ("HTTPServer", "http server"),
        ("userIDs", "user ids"),
        ("URLs", "urls"),
        ("X-Request-ID", "x request id"),
        ("OAuth2Token", "oauth2 token"),
        ("IPv4Address", "ipv4 address"),
        ("GitHubApp", "github app"),
        ("v2Beta", "v2 beta"),
        ("x86_64", "x86 64"),
        ("S3Bucket", "s3 bucket"),
        ("page[size]", "page size"),
        ("@type", "type"),
        ("+1", "plus 1"),
        ("-1", "minus 1"),
        ("-created_at", "created at"),
        ("café", "cafe"),
        ("Straße", "strasse"),
        ("Øre", "ore"),
        ("ﬁle", "file"),
        ("\U0001f680launch", "rocket launch"),
        ("中文", "u4e2du6587"),
        ("日本語Name", "u65e5u672cu8a9e name"),
        ("", "empty"),
        ("_", "underscore"),
        ("$", "dollar"),
        ("<=", "less equals"),
        ("class", "class"),
    ],
)
def test_splitting(text, words):
    """Camel case, acronyms, digits, accents, emoji, signs and nothing at all."""
    assert " ".join(split_words(text)) == words


@given(st.text(max_size=30))
def test_every_text_has_words(text):
    """At least one word, each of lower-case letters and digits, always the same."""
    words = split_words(text)
    assert words
    assert all(re.fullmatch("[a-z0-9]+", word) for word in words)
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("users", "user"),
        ("entries", "entry"),
        ("addresses", "address"),
        ("boxes", "box"),
        ("branches", "branch"),
        ("statuses", "status"),
        ("status", "status"),
        ("ids", "id"),
        ("apis", "api"),
        ("people", "person"),
        ("schemas", "schema"),
        ("repos", "repo"),
        ("alias", "alias"),
        ("aliases", "alias"),
        ("dns", "dns"),
        ("analysis", "analysis"),
        ("data", "data"),
        ("me", "me"),
    ],
)
def test_singulars(many, one):
    """Common English plurals; what is none stays as it is."""
    assert singular(many) == one
    assert singular(one) == one


def test_plurals():
    """A word that has a singular of its own, or has none at all."""
    assert plural("users")
    assert plural("data")
    assert not plural("status")
    assert not plural("me")


def test_names_are_handed_out_once():
    """The next candidate is taken, in the end one with a word made from the identity."""
    names = Names([("user",)])
    assert names.take([("user",), ("user", "schema")], "/a") == ("user", "schema")
    last = names.take([("user",), ("user", "schema")], "/b")
    assert last[0] == "user"
    assert re.fullmatch("x[0-9a-f]{6}", last[1])


def test_names_that_join_to_one_collide():
    """No casing of any language tells ``user list`` from ``userlist`` in lower case."""
    assert not Names([("user", "list")]).free(("userlist",))


def test_locked_names_are_kept_for_their_owner():
    """Whoever asks first does not get a name that is locked to another one."""
    names = Names(locked={"/a": ("user",)})
    assert names.take([("user",), ("user", "schema")], "/b") == ("user", "schema")
    assert names.take([("account",)], "/a") == ("user",)


@given(st.lists(st.text("aB_-1", max_size=4), max_size=12, unique=True))
def test_names_are_always_unique(texts):
    """However many names collide, joined they all differ."""
    names = Names()
    made = ["".join(names.take([split_words(text)], text)) for text in texts]
    assert len(set(made)) == len(texts)
