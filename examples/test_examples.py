"""Every example program runs to its end, on real sockets, and tells what it should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(program: str) -> str:
    """Run an example as a user would, and return what it prints."""
    result = subprocess.run(
        [sys.executable, str(HERE / program)], capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_tour_meets_a_429_and_goes_on() -> None:
    """All pages are read, one user is created, the webhook verifies and its copy is refused."""
    story = run("tour.py")
    assert "429 GET /v1/users: Retry-After" in story
    assert "50 users, none missed" in story
    assert "verified: UserCreatedEvent" in story
    assert "refused: WebhookVerificationError (no_match)" in story
