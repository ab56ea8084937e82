"""specloom.yaml: read, checked, positions of what is wrong."""

from __future__ import annotations

import dataclasses

import pytest

from specloom import schemas
from specloom.config import Config, ConfigError, default_config, load_config
from specloom.diagnostics import Diagnostics
from specloom.spec import SpecError

FULL = """\
specloom: 1
document: openapi.yaml
brand: {name: Acme, package: acme, project: acme-sdk, env_prefix: ACME, version: 1.2.3, homepage: 'https://acme.example'}
auth:
  token: {scheme: bearer, env: ACME_TOKEN}
  key: {scheme: apiKey}
login: {login: auth.login, refresh: auth.refresh, access_token: /a, refresh_token: /r, refresh_body: {t: '{refresh_token}'}}
unwrap: data
unwrap_siblings: [meta]
errors: {code: [/e/c], message: [/e/m, /m], details: [/d], request_id: [/i], success_flag: /ok}
resources: {listUsers: users.list, skip: [old]}
models: {UserDTO: User}
pagination: {listUsers: {style: link}, listAll: false}
webhooks: {discriminator: event}
dynamic: {entities: {resource: entities, param: entity}}
targets: {python: {out: sdk, extra: 1}}
"""


@pytest.fixture
def config(tmp_path):
    """Read a configuration."""

    def read(text):
        path = tmp_path / "specloom.yaml"
        path.write_text(text)
        found = Diagnostics()
        return load_config(path, found), found

    return read


def test_every_member_arrives(config):
    """Nothing of a full file is lost."""
    made, found = config(FULL)
    assert (made.document, made.brand.project, made.brand.version) == (
        "openapi.yaml",
        "acme-sdk",
        "1.2.3",
    )
    assert [(item.option, item.scheme, item.env) for item in made.auth] == [
        ("token", "bearer", "ACME_TOKEN"),
        ("key", "apiKey", None),
    ]
    assert made.login is not None
    assert (made.login.refresh, made.login.access_token) == ("auth.refresh", "/a")
    assert (made.unwrap, made.unwrap_siblings) == ("data", ("meta",))
    assert (made.errors.message, made.errors.success_flag) == (("/e/m", "/m"), "/ok")
    assert (made.resources, made.skip) == ({"listUsers": "users.list"}, ("old",))
    assert made.models == {"UserDTO": "User"}
    assert made.pagination == {"listUsers": {"style": "link"}, "listAll": False}
    assert made.webhooks.discriminator == "event"
    assert [(item.method, item.param) for item in made.dynamic] == [("entities", "entity")]
    assert (made.targets["python"].out, made.targets["python"].options) == ("sdk", {"extra": 1})
    assert len(made.sha256) == 64
    assert len(found) == 0


def test_an_empty_file_is_the_default(config):
    """Every member has a default."""
    made, _ = config("")
    plain = dataclasses.replace(made, path=None, sha256="")
    assert plain == default_config() == Config()


def test_the_schema_speaks_of_every_member():
    """The JSON Schema and the dataclass list the same members."""
    members = {field.name for field in dataclasses.fields(Config)}
    assert set(schemas.schema("specloom")["properties"]) - {"specloom"} == members - {
        "path",
        "promises",
        "sha256",
        "skip",
    }


@pytest.mark.parametrize(
    ("text", "line", "column", "part"),
    [
        ("specloom: 1\nbrand:\n  nmae: X\n", 3, 3, "'nmae' is unknown"),
        ("foo: 1", 1, 1, "'foo' is unknown"),
        ("specloom: 2", 1, 1, "1 was expected"),
        ("brand: {package: Not-One}", 1, 9, "does not match"),
        ("auth:\n  a: {env: X}", 2, 3, "scheme"),
        ("errors: {code: [nope]}", 1, 17, "does not match"),
        ("pagination: {a: true}", 1, 14, "not valid under any"),
        ("pagination: {a: {page: p}}", 1, 14, '"style" is a required property'),
        ("resources: {a: 'no spaces'}", 1, 13, "does not match"),
        ("a: 1\na: 2", 2, 1, "twice"),
        ("- 1", 1, 1, "object"),
    ],
)
def test_what_is_wrong_has_its_place(config, text, line, column, part):
    """Unknown keys and wrong values are errors with file, line and column."""
    with pytest.raises(ConfigError) as caught:
        config(text)
    item = caught.value.diagnostic
    assert (item.line, item.column) == (line, column)
    assert part in item.message


def test_all_problems_are_reported_at_once(tmp_path):
    """Not only the first one."""
    path = tmp_path / "c.yaml"
    path.write_text("foo: 1\nbar: 2\nunwrap: 3\n")
    found = Diagnostics()
    with pytest.raises(ConfigError):
        load_config(path, found)
    assert sorted(item.line for item in found) == [1, 2, 3]


def test_a_hint_names_the_likely_key(config):
    """A misspelt key is answered with the one that was probably meant."""
    with pytest.raises(ConfigError) as caught:
        config("unwrp: data")
    assert caught.value.diagnostic.hint == "did you mean 'unwrap'?"


def test_an_unreadable_file_is_refused(tmp_path):
    """Like any other input."""
    with pytest.raises(SpecError):
        load_config(tmp_path / "nope.yaml")
