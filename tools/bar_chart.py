"""Bar charts as SVG: panels side by side, a bar for each contender, a line where the measure is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Panel", "draw"]

LABELS = 110  # pixels for the contenders' names
BARS = 190  # pixels for the longest bar of a panel
VALUES = 60  # pixels for the number after it
ROW = 26
TOP = 62
GAP = 28
OURS, THEIRS, BASE = "#0b6e4f", "#9aa5b1", "#c2410c"
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2933}"
    ".title{font-weight:600}.note{font-size:11px;fill:#52606d}.value{font-size:12px}"
)


@dataclass(frozen=True)
class Panel:
    """One measure of all contenders.

    Attributes:
        title: What is measured.
        note: How, in a few words.
        values: By contender, in the order of the bars.
    """

    title: str
    note: str
    values: dict[str, float]


def draw(panels: Sequence[Panel], ours: str, base: str, description: str) -> str:
    """Draw panels that share their contenders.

    Args:
        panels: The measures, left to right.
        ours: The contender to show in another colour.
        base: The contender that is 1 everywhere; a line goes down from the end of its bar.
        description: What the picture shows, for those who cannot see it.

    Returns:
        An SVG document.
    """
    names = list(panels[0].values)
    width = LABELS + len(panels) * (BARS + VALUES + GAP)
    height = TOP + len(names) * ROW + 12
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" aria-labelledby="d">'
        ),
        f'<title id="d">{escape(description)}</title>',
        f'<style>{STYLE}</style><rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for row, name in enumerate(names):
        weight = ' class="title"' if name == ours else ""
        parts.append(
            f'<text x="{LABELS - 10}" y="{TOP + row * ROW + 16}" text-anchor="end"{weight}>'
            f"{escape(name)}</text>"
        )
    for column, panel in enumerate(panels):
        left = LABELS + column * (BARS + VALUES + GAP)
        scale = BARS / max(panel.values.values())
        parts.append(f'<text x="{left}" y="22" class="title">{escape(panel.title)}</text>')
        parts.append(f'<text x="{left}" y="40" class="note">{escape(panel.note)}</text>')
        for row, name in enumerate(names):
            value = panel.values[name]
            top = TOP + row * ROW
            colour = OURS if name == ours else THEIRS
            parts.append(
                f'<rect x="{left}" y="{top + 3}" width="{max(1.0, value * scale):.1f}" '
                f'height="{ROW - 8}" fill="{colour}"/>'
            )
            parts.append(
                f'<text x="{left + value * scale + 6:.1f}" y="{top + 16}" class="value">'
                f"{value:.3g}x</text>"
            )
        line = left + panel.values[base] * scale
        parts.append(
            f'<line x1="{line:.1f}" x2="{line:.1f}" y1="{TOP - 6}" y2="{height - 10}" '
            f'stroke="{BASE}" stroke-dasharray="3 3"/>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
