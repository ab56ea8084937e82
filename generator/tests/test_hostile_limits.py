"""Inputs made to exhaust: each ends within a limit of memory and processor time, with a reason.

Every command runs as a process of its own under those limits; what it may not do is crash, hang
or fill the memory. Documents, overlays, configurations and locks are all tried.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MEMORY = 1 << 30
"""Bytes of address space; a small document takes a tenth."""
SECONDS = 60
"""Of processor time; a small document takes less than one."""
DEPTH = 10_000
HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
GET = "paths: {/a: {get: {operationId: a.get, responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}}}}}\n"
SMALL = f"{HEAD}{GET}components: {{schemas: {{S0: {{type: object, properties: {{a: {{type: string}}}}}}}}}}\n"


def limited() -> None:
    """Set the limits of the process to be."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Write files, run a command among them under the limits, and return what became of it."""

    def start(files: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "specloom", *command],
            cwd=tmp_path,
            preexec_fn=limited,
            check=False,
            capture_output=True,
            text=True,
        )

    return start


def assert_ended(done: subprocess.CompletedProcess[str], *codes: int) -> None:
    """It ended by itself, with one of the exit codes and without a traceback."""
    assert done.returncode in codes, (done.returncode, done.stderr[-2000:])
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    assert "specloom: this is a defect" not in done.stderr


def schemas(*parts: str) -> str:
    return f"{HEAD}{GET}components:\n  schemas:\n" + "".join(f"    {part}\n" for part in parts)


def bomb(template: str, levels: int = 60) -> str:
    """Schemas that each refer to the next one twice: two to the power of the levels paths."""
    parts = [
        f"S{number}: " + template.replace("NEXT", f"{{$ref: '#/components/schemas/S{number + 1}'}}")
        for number in range(levels)
    ]
    return schemas(*parts, f"S{levels}: {{type: object, properties: {{x: {{type: string}}}}}}")


def nested(head: str, tail: str, middle: str, depth: int = DEPTH) -> str:
    return head * depth + middle + tail * depth


DOCUMENTS = {
    "aliases": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{new}: &{new} [{', '.join(f'*{old}' for _ in range(9))}]\n"
        for old, new in zip("abcdefghijklmno", "bcdefghijklmnop", strict=True)
    )
    + HEAD
    + "paths: {}\n",
    "aliases in schemas": HEAD
    + "paths: {}\nx-a: &a {type: object}\n"
    + "".join(
        f"x-{new}: &{new} {{type: object, properties: {{p: *{old}, q: *{old}}}}}\n"
        for old, new in zip("abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz", strict=True)
    )
    + "components: {schemas: {S0: *z}}\n",
    "allOf": bomb("{allOf: [NEXT, NEXT]}"),
    "allOf of two": bomb("{allOf: [NEXT, {type: object, properties: {a: NEXT, b: NEXT}}]}"),
    "oneOf": bomb("{oneOf: [NEXT, {type: array, items: NEXT}]}"),
    "anyOf": bomb("{anyOf: [NEXT, NEXT, {type: object, properties: {a: NEXT}}]}"),
    "properties": bomb(
        "{type: object, properties: {a: NEXT, b: NEXT, c: {type: array, items: NEXT}}}"
    ),
    "maps": bomb("{type: object, additionalProperties: NEXT, properties: {a: NEXT}}"),
    "a circle of references": schemas(
        "S0: {$ref: '#/components/schemas/S1'}", "S1: {$ref: '#/components/schemas/S0'}"
    ),
    "a circle of allOf": schemas(
        "S0: {allOf: [{$ref: '#/components/schemas/S1'}]}",
        "S1: {allOf: [{$ref: '#/components/schemas/S0'}, {$ref: '#/components/schemas/S1'}]}",
    ),
    "a circle of lists": schemas(
        "S0: {type: array, items: {$ref: '#/components/schemas/S1'}}",
        "S1: {type: array, items: {$ref: '#/components/schemas/S0'}}",
    ),
    "a circle of path items": f"{HEAD}paths: {{/a: {{$ref: '#/paths/~1b'}}, /b: {{$ref: '#/paths/~1a'}}}}\n",
    "deep YAML": HEAD + "paths: " + nested("{a: ", "}", "1") + "\n",
    "deep YAML blocks": HEAD
    + "paths:\n"
    + "".join(" " * (number + 1) + "a:\n" for number in range(2_000)),
    "deep JSON": '{"openapi": "3.1.0", "info": ' + nested('{"a":', "}", "1") + "}",
    "deep lists": '{"openapi": "3.1.0", "paths": ' + nested("[", "]", "1") + "}",
    "deep properties": schemas(
        "S0: " + nested("{type: object, properties: {a: ", "}}", "{type: string}", 3_000)
    ),
    "deep items": schemas("S0: " + nested("{type: array, items: ", "}", "{type: string}", 3_000)),
    "deep allOf": schemas("S0: " + nested("{allOf: [", "]}", "{type: string}", 3_000)),
    "a long chain of references": schemas(
        *(f"S{n}: {{$ref: '#/components/schemas/S{n + 1}'}}" for n in range(1_500)),
        "S1500: {type: string}",
    ),
    "a long chain of objects": schemas(
        *(
            f"S{n}: {{type: object, properties: {{a: {{$ref: '#/components/schemas/S{n + 1}'}}}}}}"
            for n in range(1_000)
        ),
        "S1000: {type: string}",
    ),
    "a deep resource": f"{HEAD}paths: {{/a: {{get: {{operationId: {'a.' * 5_000}get, responses: {{}}}}}}}}\n",
    "a deep path": f"{HEAD}paths: {{{'/a' * 1_000}: {{get: {{responses: {{}}}}}}}}\n",
    "a number without end": schemas("S0: {type: integer, maximum: " + "9" * 6_000 + "}"),
    "a float without end": schemas("S0: {type: number, maximum: 1e999999, multipleOf: 1e-999999}"),
    "a pattern that backtracks": schemas(
        "S0: {type: object, required: [a], properties: {a: {type: string, pattern: '^(a+)+$', minLength: 40}}}"
    ),
    "a pattern without end": schemas(
        "S0: {type: object, required: [a], properties: {a: {type: string, pattern: '^(x{900}){900}$'}}}"
    ),
    "a million of one thing": schemas(
        "S0: {type: object, required: [a], properties: {a: {type: array, minItems: 1000000000, items: {type: string, minLength: 1000000000}}}}"
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_made_to_exhaust_ends(run: Callable[..., object], name: str) -> None:
    """A package, or a diagnostic with exit code 2."""
    kind = "json" if DOCUMENTS[name].startswith("{") else "yaml"
    done = run({f"doc.{kind}": DOCUMENTS[name]}, "generate", f"doc.{kind}", "--out", "sdk")
    assert_ended(done, 0, 2)  # type: ignore[arg-type]


OVERLAY = "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n"
OVERLAYS = {
    "every node": OVERLAY + "- {target: '$..*', update: {a: {b: {c: 1}}}}\n" * 7,
    "a filter that backtracks": OVERLAY
    + "- {target: \"$..[?search(@.description, '(a+)+$')]\", remove: true}\n",
    "deep": OVERLAY + "- {target: $, update: " + nested("{a: ", "}", "1") + "}\n",
    "a deep path": OVERLAY + "- {target: '$" + "['a']" * DEPTH + "', remove: true}\n",
    "aliases": "a: &a [x, x]\n"
    + "".join(
        f"{new}: &{new} [{', '.join(f'*{old}' for _ in range(9))}]\n"
        for old, new in zip("abcdefghijklmno", "bcdefghijklmnop", strict=True)
    )
    + OVERLAY
    + "- {target: $, update: {x: *p}}\n",
}


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_made_to_exhaust_ends(run: Callable[..., object], name: str) -> None:
    """It is applied, or refused."""
    text = SMALL.replace("description: d", "description: " + "a" * 40 + "!")
    files = {"doc.yaml": text, "overlay.yaml": OVERLAYS[name]}
    done = run(files, "generate", "doc.yaml", "--overlay", "overlay.yaml", "--out", "sdk")
    assert_ended(done, 0, 2)  # type: ignore[arg-type]


CONFIGURATIONS = {
    "deep": "models: " + nested("{a: ", "}", "1"),
    "aliases": OVERLAYS["aliases"].partition("overlay:")[0] + "skip: *p\n",
    "a stainless.yml that is deep": "organization: {name: a}\nresources: "
    + nested("{a: {subresources: ", "}}", "{}", 3_000),
    "a stainless.yml of aliases": OVERLAYS["aliases"].partition("overlay:")[0]
    + "organization: {name: a}\nresources: {a: {methods: *p}}\n",
    "a deep resource": f"resources: {{a.get: {'a.' * 5_000}get}}\n",
    "no end of names": "models: {" + ", ".join(f"S{n}: N{n}" for n in range(20_000)) + "}\n",
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_made_to_exhaust_ends(run: Callable[..., object], name: str) -> None:
    """Ours or a stainless.yml: it is used, or refused."""
    config = "stainless.yml" if "stainless" in name else "specloom.yaml"
    files = {"doc.yaml": SMALL, config: CONFIGURATIONS[name]}
    done = run(files, "generate", "doc.yaml", "--config", config, "--out", "sdk")
    assert_ended(done, 0, 2)  # type: ignore[arg-type]


LOCKS = {
    "deep": nested("[", "]", "1"),
    "deep objects": nested('{"models":', "}", "1"),
    "a number without end": '{"specloom": ' + "9" * 6_000 + "}",
    "a long name": json.dumps(
        {"specloom": 1, "models": {"/components/schemas/S0": "a_" * 50_000 + "a"}}
    ),
    "a deep resource": json.dumps({"specloom": 1, "operations": {"a.get": "a." * 5_000 + "get"}}),
    "binary": "\x00\ufffd",
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_made_to_exhaust_ends(run: Callable[..., object], name: str) -> None:
    """It is used, or refused."""
    files = {"doc.yaml": SMALL, "sdk/specloom.lock": LOCKS[name]}
    assert_ended(run(files, "generate", "doc.yaml", "--out", "sdk"), 0, 2)  # type: ignore[arg-type]
