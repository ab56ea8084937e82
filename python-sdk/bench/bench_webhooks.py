"""Time to verify one webhook of 1 KiB, as a share of the HMAC that no receiver can avoid.

    python python-sdk/bench/bench_webhooks.py

Every contender runs in the same process, in short turns, so that the ratios hold on a busy machine.
100 % is a bare `hmac.digest` of the same bytes. Prints a table,
and the same as JSON in the last line.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from standardwebhooks import Webhook as ReferenceWebhook
from turns import Times, budget, of_functions

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


def measure(rounds: int, calls: int) -> Times:
    """Time the contenders.

    Args:
        rounds: Turns of each.
        calls: Calls in a turn.
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
    return of_functions(contenders, rounds=rounds, calls=calls)


def main(arguments: list[str] | None = None) -> int:
    """Print the table; the exit code says whether the budget is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=301)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--min", type=float, default=0.75, help="least share of hmac.digest")
    options = parser.parse_args(arguments)
    times = measure(options.rounds, options.calls)
    rows = {}
    for name in times.turns:
        share = 1 / times.ratio(name, "hmac.digest")
        rows[name] = {"us": round(times.best(name) * 1e6, 2), "share": round(share, 3)}
        sys.stdout.write(f"{name:32}{rows[name]['us']:8.2f} us{share:8.0%}\n")
    share = 1 / times.ratio("verify", "hmac.digest")
    name = "webhook of 1 KiB, share of hmac.digest"
    results = {**rows, "budgets": [budget(name, share, options.min, "", "least")]}
    sys.stdout.write(json.dumps({"bench_webhooks": results}) + "\n")
    return 0 if share >= options.min else 1


if __name__ == "__main__":
    sys.exit(main())
