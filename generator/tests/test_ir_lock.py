"""The name lock: what is named once keeps its name."""

from __future__ import annotations

import pytest

from specloom.config import Config
from specloom.ir.build import build
from specloom.ir.lock import LockError, NameLock, lock_of, parse_lock, render_lock

HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
BEFORE = """
paths: {/users: {get: {operationId: listUsers, tags: [users]}}}
components: {schemas: {Order: {properties: {item: {properties: {a: {}}}}}, user_list: {type: string}}}
"""
AFTER = """
paths:
  /users: {get: {operationId: listUsers, tags: [users]}}
  /u: {get: {operationId: listAllUsers, tags: [users]}}
components:
  schemas:
    OrderItem: {properties: {b: {}}}
    UserList: {type: integer}
    Order: {properties: {item: {properties: {a: {}}}}}
    user_list: {type: string}
"""


@pytest.fixture
def rebuilt(read):
    """Build one text, lock its names, and build another one under that lock."""

    def make(before, after, config=None):
        first = build(read(HEAD + before).document)
        lock = parse_lock(render_lock(lock_of(first)))
        return build(read(HEAD + after).document, config, lock=lock)

    return make


def names(api):
    return {key.rpartition("/")[2]: "_".join(model.name) for key, model in api.models.items()}


def test_additions_rename_nothing(rebuilt, read):
    """Not an inline schema, not a component, not a method; without the lock they would."""
    loose = names(build(read(HEAD + AFTER).document))
    assert (loose["item"], loose["user_list"]) == ("order_item_object", "user_list_schema")
    api = rebuilt(BEFORE, AFTER)
    kept = names(api)
    assert (kept["item"], kept["user_list"]) == ("order_item", "user_list")
    assert (kept["OrderItem"], kept["UserList"]) == ("order_item_schema", "user_list_schema")
    assert api.operations["listUsers"].method_name == ("list",)
    assert api.operations["listAllUsers"].method_name == ("list", "all")


def test_the_configuration_overrules_the_lock(rebuilt):
    """A name or a place that the author asks for is given."""
    config = Config(models={"user_list": "Everyone"}, resources={"listUsers": "people.all"})
    api = rebuilt(BEFORE, BEFORE, config)
    assert names(api)["user_list"] == "everyone"
    assert api.operations["listUsers"].resource == (("people",),)


def test_the_lock_is_stable_text(rebuilt, read):
    """Written and read it is the same; building under it changes nothing."""
    api = build(read(HEAD + AFTER).document)
    data = render_lock(lock_of(api))
    assert parse_lock(data) == lock_of(api)
    assert render_lock(lock_of(build(read(HEAD + AFTER).document, lock=parse_lock(data)))) == data
    assert data.decode().startswith(
        '{\n "specloom": 1,\n "models": {\n  "/components/schemas/Order": "order",'
    )


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"{", "not JSON"),
        (b"[]", "no lock"),
        (b'{"specloom": 2}', "no lock of format 1"),
        (b'{"specloom": 1, "models": []}', "not a mapping"),
        (b'{"specloom": 1, "models": {"a": 1}}', "not a mapping"),
        (b'{"specloom": 1, "models": {"a": "import os"}}', "not a name"),
        (b'{"specloom": 1, "operations": {"a": "B.c"}}', "not a name"),
        (b'{"specloom": 1, "models": {"a": "x_y", "b": "xy"}}', "one name"),
    ],
)
def test_a_broken_lock_is_refused(data, part):
    """It is written by hand when merges go wrong: nothing in it is trusted."""
    with pytest.raises(LockError, match=part):
        parse_lock(data)


def test_an_empty_lock_locks_nothing(read):
    """The first generation has none."""
    document = read(HEAD + AFTER).document
    assert build(document, lock=NameLock()) == build(document)
