"""Overlays 1.0."""

from __future__ import annotations

import pytest

from specloom.diagnostics import Diagnostics
from specloom.spec import SpecError, load

DOCUMENT = """\
openapi: 3.1.0
info: {title: T, version: '1'}
tags: [{name: a}]
paths:
  /a:
    get: {operationId: a.get, responses: {'200': {description: d}}}
    post: {operationId: a.post}
  /b:
    get: {operationId: b.get}
components:
  schemas:
    S: {type: string, enum: []}
"""


@pytest.fixture
def overlaid(tmp_path):
    """Load the document with overlays."""

    def apply(*overlays):
        (tmp_path / "api.yaml").write_text(DOCUMENT)
        paths = []
        for index, text in enumerate(overlays):
            paths.append(tmp_path / f"overlay{index}.yaml")
            paths[-1].write_text(text)
        found = Diagnostics()
        return load(tmp_path / "api.yaml", overlays=paths, diagnostics=found), list(found)

    return apply


def overlay(*actions):
    return "overlay: 1.0.0\ninfo: {title: O, version: '1'}\nactions:\n" + "".join(
        f"  - {action}\n" for action in actions
    )


def test_updates_merge_and_append(overlaid):
    """Objects merge member by member, arrays grow."""
    document, found = overlaid(
        overlay(
            "{target: $.info, update: {title: New, contact: {name: N}}}",
            "{target: $.tags, update: {name: b}}",
            "{target: \"$.paths['/a'].get\", update: {responses: {'404': {description: no}}}}",
            "{target: '$.paths.*.get', update: {x-mock: {a: 1}}}",
            "{target: '$.components.schemas.S.enum', update: x}",
        )
    )
    assert document.root["info"]["title"] == "New"
    assert document.root["info"]["version"] == "1"
    assert [tag["name"] for tag in document.root["tags"]] == ["a", "b"]
    assert sorted(document.root["paths"]["/a"]["get"]["responses"]) == ["200", "404"]
    assert document.root["paths"]["/b"]["get"]["x-mock"] == {"a": 1}
    assert document.root["components"]["schemas"]["S"]["enum"] == ["x"]
    assert found == []


def test_removals(overlaid):
    """Members and items go; several items of one array keep their meaning."""
    document, found = overlaid(
        overlay(
            "{target: \"$.paths['/a'].post\", remove: true}",
            "{target: '$.components.schemas.S.enum', remove: true}",
            "{target: $.tags, update: {name: b}}",
            "{target: $.tags, update: {name: c}}",
            "{target: \"$.tags[?@.name != 'b']\", remove: true}",
        )
    )
    assert list(document.root["paths"]["/a"]) == ["get"]
    assert [tag["name"] for tag in document.root["tags"]] == ["b"]
    assert found == []


def test_overlays_apply_in_order(overlaid):
    """The later one sees what the former one did."""
    document, _ = overlaid(
        overlay("{target: $.info, update: {title: One}}"),
        overlay("{target: \"$[?@.title == 'One']\", update: {title: Two}}"),
    )
    assert document.root["info"]["title"] == "Two"


@pytest.mark.parametrize(
    ("action", "part"),
    [
        ("{target: $.nope, update: {}}", "selects nothing"),
        ("{target: '$[', update: {}}", "no JSONPath"),
        ("{update: {}}", "has no target"),
        ("{target: $.info.title, update: {}}", "only objects and arrays"),
        ("{target: $, remove: true}", "cannot be removed"),
    ],
)
def test_actions_that_do_nothing_are_reported(overlaid, tmp_path, action, part):
    """The place is the overlay's own file; the document is as it was."""
    document, found = overlaid(overlay(action))
    item = next(item for item in found if item.code == "overlay")
    assert part in item.message
    assert item.file == str(tmp_path / "overlay0.yaml")
    assert item.line == 4
    assert document.root["info"]["title"] == "T"


def test_what_an_overlay_adds_has_its_place_there(overlaid, tmp_path):
    """A finding in an added node names the overlay's file."""
    _, found = overlaid(
        overlay(
            "{target: '$.components.schemas.S', remove: true}",
            "{target: '$.components.schemas', update: {N: {type: string, enum: []}}}",
        )
    )
    (item,) = found
    assert item.code == "bad-keyword"
    assert (item.file, item.line) == (str(tmp_path / "overlay0.yaml"), 5)


@pytest.mark.parametrize("text", ["a: 1", "overlay: 2.0.0", "- 1"])
def test_what_is_no_overlay_is_refused(overlaid, text):
    """The whole run stops: the author asked for corrections."""
    with pytest.raises(SpecError) as caught:
        overlaid(text)
    assert caught.value.diagnostic.code == "not-overlay"


def test_overlays_count_in_the_digest(overlaid):
    """Another overlay, another document."""
    plain, _ = overlaid()
    changed, _ = overlaid(overlay("{target: $.info, update: {title: X}}"))
    assert plain.sha256 != changed.sha256


def test_an_update_is_copied_to_each_target(overlaid):
    """Two targets never share a node."""
    document, _ = overlaid(overlay("{target: '$.paths.*.get', update: {x-a: {b: []}}}"))
    first, second = (document.root["paths"][path]["get"]["x-a"] for path in ("/a", "/b"))
    assert first == second
    assert first is not second
