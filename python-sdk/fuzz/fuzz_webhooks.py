"""Coverage-guided fuzzing of webhook verification with Atheris: one type of error, or none.

``nox -s fuzz`` runs it for a bounded number of inputs; libFuzzer's options go behind ``--``.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from unistack.webhooks import (
        Webhook,
        WebhookVerificationError,
    )

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = 1_700_000_000
WEBHOOK = Webhook([SECRET, "whsec_" + "QUJD" * 10], clock=lambda: NOW)
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "x", "Webhook-Id")
SIGNED = WEBHOOK.signed_headers("msg_1", NOW, b"{}")


def pairs(data: atheris.FuzzedDataProvider) -> list[tuple[str, str]]:
    """Headers: some signed, some of them damaged, some of any text."""
    found = list(SIGNED.items()) if data.ConsumeBool() else []
    for _ in range(data.ConsumeIntInRange(0, 5)):
        name = NAMES[data.ConsumeIntInRange(0, len(NAMES) - 1)]
        found.append((name, data.ConsumeUnicode(data.ConsumeIntInRange(0, 200))))
    return found


def check(raw: bytes) -> None:
    """Verify what the fuzzer made; anything but the one error is a finding."""
    data = atheris.FuzzedDataProvider(raw)
    headers = pairs(data)
    given = headers if data.ConsumeBool() else dict(headers)
    body = data.ConsumeBytes(data.ConsumeIntInRange(0, 300))
    try:
        verified = WEBHOOK.verify(body, given)
    except WebhookVerificationError:
        return
    assert verified == body
    assert body == b"{}", "a signature for another body was accepted"


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
