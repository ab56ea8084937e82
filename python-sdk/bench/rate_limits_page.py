"""Writes docs/results/rate-limits: a page, its plot, and the figures as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

__all__ = ["write_page"]

Row = dict[str, Any]

_COLOURS = {
    "ledger": "#1a7f37",
    "ledger, Redis": "#0969da",
    "retries": "#cf222e",
    "aiolimiter": "#bf8700",
}
_NAMES = {
    "ledger": "the ledger, one process of 8 workers",
    "ledger, Redis": "the ledger in Redis, 4 processes of 2 workers",
    "retries": "retries alone",
    "aiolimiter": "aiolimiter(100, 60), then retries",
}
_WIDTH, _LEFT, _RIGHT = 860, 130, 70
_BAR, _GAP, _TOP = 12, 14, 96

_TEXT = """\
# Rate limits: 429s met, and time over the least possible

<!-- Written by python-sdk/bench/bench_ledger.py (`nox -s bench`). Do not edit. -->

950 requests by 8 workers against a quota of 100 a minute, under seven kinds of server window. The last three are those of
the package [limits](https://limits.readthedocs.io/), which we did not write. Time is simulated, so the figures are the
same on every machine; Redis is a real server. The *floor* is what a client needs that tries all the time and for which
a try is free.

![429s and failed calls by window and policy](rate-limits.svg)

{worst}

## {exact}

{exact_table}

## {whole}

{whole_table}

Here the server hides a part of the truth: a reset in whole seconds is up to one second later than the real one where it
is rounded up, or up to one second earlier where it is cut, and nothing in a response tells which. The ledger
puts one second on top, because a request that comes too early is a 429. Where windows begin with their first request,
both seconds are lost in each window: up to 2 in 60, or 1.034. It is a matter of seconds a window, not of its share:
for a quota by the hour it is 1.0006. [Why nothing better is safe](../decisions/0016-one-second-on-top-of-whole-seconds.md).

## How the policies compare

- **ledger**: `Unistack()` as it is. **ledger, Redis**: four clients, each as if in a process of its own, that share
  their account through `RateLimiter(store=RedisStore(...))`.
- **retries**: `on_limit="off"`: a 429 is repeated after its `Retry-After`, twice at most; then the call fails.
- **aiolimiter**: the same behind an [aiolimiter](https://aiolimiter.readthedocs.io/) that was told the quota
  beforehand. It lets a burst through and then the refill as well, which is more than most windows admit, and it knows
  nothing of other processes.

The figures as data: [rate-limits.json](rate-limits.json).
"""


def _table(rows: list[Row]) -> str:
    lines = ["| window | policy | 429s | calls failed | seconds | floor | times the floor |"]
    lines.append("|---|---|--:|--:|--:|--:|--:|")
    for row in rows:
        lines.append(
            f"| {row['window']} | {row['policy']} | {row['refused']} | {row['failed']} "
            f"| {row['seconds']:.1f} | {row['floor']:.1f} | {row['ratio']:.3f} |"
        )
    return "\n".join(lines)


def _worst(rows: list[Row]) -> str:
    ours = [row for row in rows if row["policy"].startswith("ledger")]
    refused, failed = (sum(row[name] for row in ours) for name in ("refused", "failed"))
    exact, whole = (
        max(row["ratio"] for row in ours if row["resets"] == resets)
        for resets in ("exact", "whole")
    )
    return (
        f"The ledger met **{refused}** 429s and lost {failed} calls, in one process and in four. "
        f"It took at most **{exact:.3f}** times the\nfloor where resets are exact, and {whole:.3f} "
        "where they come in whole seconds of a minute's window."
    )


def _plot(rows: list[Row]) -> str:
    """Bars: 429s on the left of each, calls that failed for good behind them."""
    windows = list(dict.fromkeys(row["window"] for row in rows))
    policies = list(_COLOURS)
    block = len(policies) * _BAR + _GAP
    height = _TOP + len(windows) * block + 10
    most = max(row["refused"] for row in rows)
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
            'font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        (
            '<text x="16" y="24" font-size="15" font-weight="bold">429s in 950 calls, '
            "100 a minute (exact resets)</text>"
        ),
    ]
    for number, policy in enumerate(policies):
        x, y = 16 + (number % 2) * 400, 46 + (number // 2) * 20
        parts.append(
            f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{_COLOURS[policy]}"/>'
            f'<text x="{x + 18}" y="{y}">{escape(_NAMES[policy])}</text>'
        )
    for number, window in enumerate(windows):
        top = _TOP + number * block
        parts.append(
            f'<text x="{_LEFT - 8}" y="{top + block / 2}" text-anchor="end">{escape(window)}</text>'
        )
        for line, policy in enumerate(policies):
            row = next(r for r in rows if (r["window"], r["policy"]) == (window, policy))
            y = top + line * _BAR
            width = row["refused"] * scale
            said = str(row["refused"])
            if row["failed"]:
                said += f" ({row['failed']} calls failed)"
            inside = width > 560
            parts.append(
                f'<rect x="{_LEFT}" y="{y}" width="{max(1.0, width):.1f}" height="{_BAR - 2}" '
                f'fill="{_COLOURS[policy]}"/>'
                f'<text x="{_LEFT + (width - 6 if inside else width + 6):.1f}" y="{y + 9}" '
                f'font-size="10" text-anchor="{"end" if inside else "start"}" '
                f'fill="{"#ffffff" if inside else "#24292f"}">{said}</text>'
            )
    return "\n".join([*parts, "</svg>", ""])


def write_page(folder: Path, rows: list[Row]) -> None:
    """Write the page, the plot and the data.

    Args:
        folder: Where they go.
        rows: The figures, in the order of the tables.
    """
    exact = [row for row in rows if row["resets"] == "exact"]
    whole = [row for row in rows if row["resets"] == "whole"]
    folder.mkdir(parents=True, exist_ok=True)
    page = _TEXT.format(
        worst=_worst(rows),
        exact="Resets to the microsecond",
        exact_table=_table(exact),
        whole="Resets in whole seconds",
        whole_table=_table(whole),
    )
    (folder / "rate-limits.md").write_text(page, encoding="utf-8")
    (folder / "rate-limits.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (folder / "rate-limits.svg").write_text(_plot(exact), encoding="utf-8")
