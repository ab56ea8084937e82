"""What importing the webhooks module costs, and what it does not load."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_PROGRAM = """
import json, sys
before = set(sys.modules)
{statements}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(statements: str) -> set[str]:
    """The modules that a fresh interpreter loads for these statements."""
    result = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(statements=statements)],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(result.stdout))


@pytest.mark.parametrize(
    "statements",
    [
        "from unistack.webhooks import Webhook, WebhookVerificationError",
        "import unistack.webhooks as w; w.Webhook('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw').sign('a', 1, b'')",
        "from unistack.webhooks import GitHubWebhook, MemoryReplayStore, RedisReplayStore",
        "from unistack.webhook_requests import flask_request, starlette_request",
    ],
)
def test_webhooks_import_loads_no_http_library_and_no_models(statements: str) -> None:
    """Verifying needs the standard library alone, so that it suits a small function in the cloud."""
    loaded = loaded_by(statements)
    packages = {name.partition(".")[0] for name in loaded}
    assert "unistack.webhooks" in loaded or "unistack.webhook_requests" in loaded
    foreign = {
        "httpx",
        "httpcore",
        "pydantic",
        "pydantic_core",
        "anyio",
        "tenacity",
        "cryptography",
        "redis",
        "flask",
        "starlette",
        "ssl",
        "asyncio",
    }
    assert packages & foreign == set()


def test_webhooks_refusal_loads_nothing_more() -> None:
    """Refusing a delivery, and pickling the error, does not load an HTTP library either."""
    loaded = loaded_by(
        "import pickle\n"
        "from unistack.webhooks import Webhook, WebhookVerificationError\n"
        "try: Webhook('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw').verify(b'', {})\n"
        "except WebhookVerificationError as error: pickle.loads(pickle.dumps(error))\n"
    )
    assert {"httpx", "pydantic"} & loaded == set()
