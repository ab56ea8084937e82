"""Time to verify one webhook of 1 KiB, as a share of the HMAC that no receiver can avoid.

    python python-sdk/bench/bench_webhooks.py

Every contender runs in the same process, in turn, several times; the best time of each counts, so
the ratios hold on a busy machine. 100 % is a bare `hmac.digest` of the same bytes. Prints a table,
and the same as JSON in the last line.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import json
import sys
import timeit
from collections.abc import Callable
from datetime import UTC, datetime

from standardwebhooks import Webhook as ReferenceWebhook
from turns import budget

from unistack.webhooks import Webhook

__all__ = ["main", "measure"]

KEY = bytes(range(24))
SECRET = "whsec_" + base64.b64encode(KEY).decode("ascii")
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = json.dumps({"event": "ping", "data": {"text": "x" * 977}}).encode("ascii")
SIX_MORE = {
    "host": "receiver.example",
    "user-agent": "sender/1.0",
    "accept": "*/*",
    "content-type": "application/json",
    "content-length": str(len(BODY)),
    "x-forwarded-for": "192.0.2.1",
}


def measure(rounds: int, calls: int) -> dict[str, float]:
    """Time the contenders.

    Args:
        rounds: How often all of them run; the best of these counts.
        calls: Calls a round.

    Returns:
        Seconds a call, by contender.
    """
    now = datetime.now(UTC)
    receiver = Webhook(SECRET)
    headers = receiver.signed_headers(MESSAGE_ID, now, BODY)
    many = {**SIX_MORE, **headers}
    both = Webhook([base64.b64encode(bytes(24)).decode("ascii"), SECRET])
    reference = ReferenceWebhook(SECRET)
    text = BODY.decode("ascii")
    message = f"{MESSAGE_ID}.{headers['webhook-timestamp']}.".encode("ascii") + BODY
    contenders: dict[str, Callable[[], object]] = {
        "hmac.digest": lambda: hmac.digest(KEY, message, "sha256"),
        "verify": lambda: receiver.verify(BODY, headers),
        "verify, nine headers": lambda: receiver.verify(BODY, many),
        "verify, second of two secrets": lambda: both.verify(BODY, headers),
        "standardwebhooks": lambda: reference.verify(text, headers, json_parse=False),
    }
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(rounds):
        for name, call in contenders.items():
            best[name] = min(best[name], timeit.timeit(call, number=calls) / calls)
    return best


def main(arguments: list[str] | None = None) -> int:
    """Print the table; the exit code says whether the budget is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--min", type=float, default=0.75, help="least share of hmac.digest")
    options = parser.parse_args(arguments)
    best = measure(options.rounds, options.calls)
    floor = best["hmac.digest"]
    for name, seconds in best.items():
        sys.stdout.write(f"{name:32}{seconds * 1e6:8.2f} us{floor / seconds:8.0%}\n")
    share = floor / best["verify"]
    results = {
        "us": {name: round(seconds * 1e6, 2) for name, seconds in best.items()},
        "budgets": [
            budget("webhook of 1 KiB, share of hmac.digest", share, options.min, "", "least")
        ],
    }
    sys.stdout.write(json.dumps({"bench_webhooks": results}) + "\n")
    return 0 if share >= options.min else 1


if __name__ == "__main__":
    sys.exit(main())
