"""stainless.yml as text: strict about types, and no key of it is lost unsaid."""

from __future__ import annotations

import copy
import textwrap

import pytest
import yaml

from specloom.config import ConfigError, load_config
from specloom.diagnostics import Diagnostics, Severity
from specloom.fidelity import Ledger
from specloom.spec import SpecError

WHOLE = """
organization: {name: acme-ai, docs: 'https://acme.test/docs', contact: a@acme.test}
environments: {production: 'https://api.acme.test'}
edition: 2025-10-08
targets:
  python: {package_name: acme, project_name: acme-sdk, publish: {pypi: true}}
  typescript: {package_name: acme}
client_settings:
  opts:
    api_key: {type: string, read_env: ACME_KEY, auth: {security_scheme: bearerAuth, role: value}}
  idempotency: {header: Acme-Once}
  default_headers: {Acme-Version: '1'}
  default_timeout: 30000
  default_retries: {max_retries: 1}
  default_env_prefix: ACME
settings: {unwrap_response_fields: [data], positional_params: true}
query_settings: {array_format: repeat, nested_format: brackets}
streaming:
  on_event:
    - {data_starts_with: '[DONE]', handle: done}
pagination:
  - name: pages
    type: page_number
    request: {page: {type: integer, x-stainless-pagination-property: {purpose: page_number_param}}}
    response: {data: {type: array}}
custom_casings: {acme: {pascal: ACME}}
openapi:
  transformations:
    - {command: remove, reason: gone, args: {target: $.tags}}
unspecified_endpoints: [get /internal]
resources:
  users:
    models:
      user: User
      person: {type: model, openapi_uri: '#/components/schemas/User'}
    methods:
      list: {type: http, endpoint: get /users, paginated: pages}
      stream: {endpoint: post /users, streaming: {stream_event_model: users.user}}
      again: {type: alias, to: list}
    subresources:
      keys: {methods: {list: get /keys}}
"""
FREE = (
    "/environments",
    "/client_settings/opts",
    "/client_settings/default_headers",
    "/pagination/0/request",
    "/pagination/0/response",
    "/custom_casings",
    "/openapi/transformations/0/args",
    "/resources",
    "/resources/users/models",
    "/resources/users/methods",
    "/resources/users/subresources",
    "/resources/users/subresources/keys/methods",
)
"""Mappings whose keys are names of their author's choice, or JSON Schema's."""
UNHEARD = ("/targets/typescript", "/targets/python/publish")
"""What has no effect as a whole, and is said to have none."""


def read(tmp_path, text):
    """Read a configuration; what was found, and the ledger's reasons by pointer."""
    file = tmp_path / "acme.stainless.yml"
    file.write_text(
        textwrap.dedent(text) if isinstance(text, str) else yaml.safe_dump(text, sort_keys=False)
    )
    diagnostics, ledger = Diagnostics(), Ledger()
    config = load_config(file, diagnostics)
    for entry in config.promises.stainless.report.entries:
        ledger.add(entry)
    return config, list(diagnostics), {e.pointer.partition("#")[2]: e.reason for e in ledger}


def mappings(node, pointer=""):
    """Every mapping of a configuration, by its pointer."""
    if isinstance(node, dict):
        yield pointer, node
        for key, value in node.items():
            yield from mappings(value, f"{pointer}/{key.replace('/', '~1')}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from mappings(value, f"{pointer}/{index}")


def test_the_format_is_known_by_name_and_by_content(tmp_path):
    """A file of any name that has an organization and resources is one; specloom.yaml is not."""
    text = "organization: {name: acme}\nresources: {}\n"
    for name in ("stainless.yml", "acme.stainless.yml", "settings.yaml"):
        (tmp_path / name).write_text(text)
        assert load_config(tmp_path / name).promises.layout == "stainless"
    (tmp_path / "specloom.yaml").write_text("specloom: 1\nresources: {}\n")
    assert load_config(tmp_path / "specloom.yaml").promises.layout == "plain"


def test_what_has_no_effect_is_named(tmp_path):
    """Keys for other languages and services stand in the ledger, with their reason."""
    config, found, lost = read(tmp_path, WHOLE)
    assert set(lost) == {
        "/edition",
        "/organization/contact",
        "/targets/typescript",
        "/targets/python/publish",
    }
    assert (config.brand.name, config.brand.package) == ("ACMEAI", "acme")
    assert (config.brand.project, config.brand.env_prefix) == ("acme-sdk", "ACME")
    assert {item.line for item in found} >= {4, 7}
    assert all(item.consequence and item.file and item.column for item in found)


def test_no_unknown_key_is_lost_unsaid(tmp_path):
    """A key that the format does not have is a finding and an entry, wherever it stands."""
    whole = yaml.safe_load(WHOLE)
    whole["edition"] = "2025-10-08"
    places = [
        pointer
        for pointer, _ in mappings(whole)
        if not any(
            pointer == free or pointer.startswith((f"{free}/data", f"{free}/page")) for free in FREE
        )
        and not pointer.startswith(UNHEARD)
    ]
    assert len(places) > 20
    for place in places:
        changed = copy.deepcopy(whole)
        dict(mappings(changed))[place]["zzz"] = 1
        _, found, lost = read(tmp_path, changed)
        assert lost.get(f"{place}/zzz") == "the key is unknown", place
        finding = next(item for item in found if "'zzz'" in item.message)
        assert finding.severity is Severity.WARNING
        assert finding.hint


@pytest.mark.parametrize("place", [p for p, _ in mappings(yaml.safe_load(WHOLE)) if p])
def test_a_wrong_type_is_an_error_with_its_place(tmp_path, place):
    """A number where a mapping belongs: file, line, column, consequence, hint; nothing is used."""
    if place.startswith(UNHEARD) or place in ("/openapi/transformations/0/args",):
        place = "/resources"
    whole = yaml.safe_load(WHOLE)
    whole["edition"] = "2025-10-08"
    above, _, key = place.rpartition("/")
    holder = next((node for pointer, node in mappings(whole) if pointer == above), None)
    if holder is None:  # a list's item
        listed, _, name = above.rpartition("/")
        next(node for pointer, node in mappings(whole) if pointer == listed)[name][int(key)] = 5
    else:
        holder[key] = 5
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, whole)
    diagnostic = raised.value.diagnostic
    assert diagnostic.severity is Severity.ERROR
    assert diagnostic.line
    assert diagnostic.column
    assert diagnostic.consequence == "the configuration is not used"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("resources: {users: {methods: {list: fetch /users}}}", "is no endpoint", 1),
        ("resources:\n  'a b': {}", "cannot be the name of a resource", 2),
        (
            "resources: {u: {methods: {'x\"; import os': get /u}}}",
            "cannot be the name of a method",
            1,
        ),
        ("resources: {u: {models: {'__import__(1)': U}}}", "cannot be the name of a model", 1),
        ("resources: {$shared: {methods: {list: get /u}}}", "$shared has models only", 1),
        ("resources: {}\nenvironments: {x: 'javascript:1'}", "is no URL", 2),
        ("resources: {}\nclient_settings: {default_env_prefix: 'a b'}", "is no prefix", 2),
        ("resources: {}\nclient_settings: {default_headers: {'a\\n': b}}", "is no header", 2),
        ("resources: {}\nclient_settings: {default_timeout: soon}", "is no duration", 2),
        ("resources: {}\nclient_settings: {opts: {k: {read_env: 'A B', auth: {}}}}", "variable", 2),
        ("resources: {}\ntargets: {python: {package_name: ../evil}}", "is no name of a package", 2),
        ("resources: {}\ncustom_casings: {a: {pascal: 'A()'}}", "is no part of a class name", 2),
        ("resources: {}\npagination: {name: 'a b', type: offset}", "name of a page class", 2),
        ("resources: {}\npagination: {name: a, type: spiral}", "is no pagination", 2),
        ("resources: {u: {methods: {a: {type: alias, to: b}}}}", "leads to no method", 1),
        ("resources: {u: {models: {a: {type: alias}}}}", "has no `to`", 1),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, text, message, line):
    """Names that are code, endpoints that are none: an error at its line, nothing generated."""
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, f"{text}\norganization: {{name: acme}}\n")
    assert message in raised.value.diagnostic.message
    assert raised.value.diagnostic.line == line


def test_an_organization_needs_a_name(tmp_path):
    """Without one there is nothing to call the client."""
    with pytest.raises(ConfigError, match=r"organization\.name"):
        read(tmp_path, "organization: {docs: 'https://acme.test'}\nresources: {}\n")


def bomb(depth=9, width=10):
    """Aliases of aliases: ten times as many values a line."""
    lines = ["a: &a0 [x]"]
    for step in range(1, depth):
        inner = ", ".join([f"*a{step - 1}"] * width)
        lines.append(f"b{step}: &a{step} [{inner}]")
    return "\n".join([*lines, f"organization: {{name: a}}\nresources: *a{depth - 1}\n"])


@pytest.mark.parametrize(
    "text",
    [
        bomb(),
        "organization: {name: a}\nresources: &r\n  x: *r\n",
        "organization: {name: a}\nresources: " + "{a: " * 3000 + "1" + "}" * 3000,
        "organization: {name: a}\nresources: {x: "
        + "{subresources: {y: " * 60
        + "{}"
        + "}}" * 60
        + "}",
    ],
    ids=["bomb", "cycle", "deep", "subresources"],
)
def test_hostile_structure_ends_in_a_finding(tmp_path, text):
    """Bombs, cycles and depth are refused with a place, soon."""
    with pytest.raises((ConfigError, SpecError)) as raised:
        read(tmp_path, text)
    assert raised.value.diagnostic.line


def test_names_of_languages_are_checked(tmp_path):
    """A language that does not exist in skip is said; python in it leaves the method out."""
    config, _, lost = read(
        tmp_path,
        """
        organization: {name: acme}
        resources:
          users:
            methods:
              a: {endpoint: get /a, skip: [pyhton]}
              b: {endpoint: get /b, skip: [python]}
              c: {endpoint: get /c, only: [go]}
              z: {type: alias, to: d}
              d: {endpoint: get /d, only: [python, go]}
              e: {endpoint: get /e, skip: false}
          hidden:
            skip: true
            methods: {f: get /f}
        """,
    )
    stainless = config.promises.stainless
    assert [method.name for method in stainless.methods] == ["a", "d", "e", "z"]
    assert set(stainless.skipped) == {"get /b", "get /c", "get /f"}
    assert lost == {"/resources/users/methods/a/skip/0": "the key is unknown"}
