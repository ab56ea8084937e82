"""The GitHub Action of `specloom verify`: its shape, its inputs, and the command that it runs."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from pathlib import Path

import jsonschema_rs
import yaml

from specloom_contract.verify.command import command

FILE = Path(__file__).resolve().parents[2] / ".github/actions/verify/action.yml"
ACTION = yaml.safe_load(FILE.read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]

SHAPE = {
    "type": "object",
    "required": ["name", "description", "inputs", "runs"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string", "maxLength": 125},
        "inputs": {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z][a-z-]*$"},
            "additionalProperties": {
                "type": "object",
                "required": ["description"],
                "additionalProperties": False,
                "properties": {
                    "description": {"type": "string"},
                    "required": {"type": "boolean"},
                    "default": {"type": "string"},
                },
            },
        },
        "outputs": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["description", "value"],
                "additionalProperties": False,
                "properties": {"description": {"type": "string"}, "value": {"type": "string"}},
            },
        },
        "runs": {
            "type": "object",
            "required": ["using", "steps"],
            "additionalProperties": False,
            "properties": {
                "using": {"const": "composite"},
                "steps": {
                    "type": "array",
                    "items": {
                        "oneOf": [
                            {"required": ["uses"], "not": {"required": ["run"]}},
                            {"required": ["run", "shell"], "not": {"required": ["uses"]}},
                        ],
                        "additionalProperties": False,
                        "properties": {
                            "name": {"type": "string"},
                            "id": {"type": "string"},
                            "if": {"type": "string"},
                            "uses": {"type": "string", "pattern": "^actions/[a-z-]+@v[0-9]+$"},
                            "with": {"type": "object", "additionalProperties": {"type": "string"}},
                            "run": {"type": "string"},
                            "shell": {"const": "bash"},
                            "env": {"type": "object", "additionalProperties": {"type": "string"}},
                        },
                    },
                },
            },
        },
    },
}


def test_shape():
    """The file is a composite action that uses official actions by their major versions."""
    errors = jsonschema_rs.Draft202012Validator(SHAPE).iter_errors(ACTION)
    assert [error.message for error in errors] == []


def test_inputs_are_used_and_known():
    """Every input is used, everything used is an input, and an optional one has a default."""
    used = set(re.findall(r"inputs\.([a-z-]+)", FILE.read_text(encoding="utf-8")))
    assert used == set(ACTION["inputs"])
    for name, given in ACTION["inputs"].items():
        assert given.get("required") is True or "default" in given, name


def test_scripts_hold_no_expressions():
    """Inputs reach scripts as environment variables: text in them is never run."""
    for step in STEPS:
        assert "${{" not in step.get("run", "")


def run(tmp_path, **given):
    """Run the action's own script with a `specloom` that writes its arguments down."""
    (step,) = [step for step in STEPS if step.get("id") == "verify"]
    tools = tmp_path / "bin"
    tools.mkdir()
    fake = tools / "specloom"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$SEEN"\nexit "${ENDS:-0}"\n')
    fake.chmod(0o755)
    inputs = {name: value.get("default", "") for name, value in ACTION["inputs"].items()}
    inputs |= {"document": "api.yaml", "base-url": "https://staging.example"} | given
    environment = {
        name: inputs[re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value)[1]]
        for name, value in step["env"].items()
    }
    environment |= {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "SEEN": str(tmp_path / "seen"),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "ENDS": given.get("ends", "0"),
    }
    done = subprocess.run(["bash", "-c", step["run"]], env=environment, check=False)
    return done.returncode, (tmp_path / "seen").read_text(encoding="utf-8").splitlines()


def test_command_is_one_that_verify_takes(tmp_path):
    """The script's arguments are what the command's own parser reads, line by line."""
    code, seen = run(
        tmp_path,
        **{
            "auth": "bearer=env:STAGING_TOKEN\napi-key=env:KEY\n",
            "include": "/users*\nGET /tasks",
            "exclude": "users.delete",
            "allow-writes": "true",
            "arguments": "--seed\n7",
        },
    )
    assert code == 0
    assert seen.pop(0) == "verify"
    parser = argparse.ArgumentParser()
    command.configure(parser)
    args = parser.parse_args(seen)
    assert args.auth == ["bearer=env:STAGING_TOKEN", "api-key=env:KEY"]
    assert args.include == ["/users*", "GET /tasks"]
    assert args.exclude == ["users.delete"]
    assert (args.allow_writes, args.seed, args.max_time) == (True, 7, 600.0)
    assert args.html.parent == args.junit.parent == args.json.parent
    assert f"report={args.html.parent}" in (tmp_path / "output").read_text(encoding="utf-8")


def test_nothing_in_an_input_is_run(tmp_path):
    """An input with the shell's own characters is an argument like any other."""
    evil = "$(touch pwned); `touch pwned` && \"x\" '*'"
    code, seen = run(tmp_path, document=evil)
    assert code == 0
    assert seen[1] == evil
    assert not (tmp_path / "pwned").exists()


def test_violations_fail_the_step(tmp_path):
    """The command's status is the step's."""
    code, _ = run(tmp_path, ends="1")
    assert code == 1
