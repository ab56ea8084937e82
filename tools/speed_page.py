"""docs/results/speed.md and its picture, from what the benchmarks measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bar_chart import Panel, draw

if TYPE_CHECKING:
    from bench import Budget

__all__ = ["machine", "write_page"]

SIZES = ("1", "20", "100")
BASE, OURS = "httpx", "unistack"

# Why a budget can be missed; what is not named here has no excuse.
REASONS = {
    "cold first call, to httpx": (
        "A first call reads typed models, so it imports pydantic and compiles validators. Bare "
        "httpx with the same models written by hand for pydantic takes {floor}x of bare httpx; "
        "nothing that returns pydantic models can be below that. The SDK takes {share}x of that: "
        "its modules, and the types of the one operation that is called, come on top."
    ),
    "list call, 100 items, sync": (
        "At 100 items nearly all the time is pydantic's. Reading the page into models takes about "
        "1.35 times as long as `json.loads` does without any, and takes nearly twice the memory of "
        "its dictionaries. What the SDK saves around it makes up for that on a quiet machine, and "
        "not quite on one whose caches others fill."
    ),
    "mypy on three lines, no cache": (
        "The number is a check without any cache, which follows httpx, pydantic and every module "
        "of the SDK, since a client's type names all resources. Every check after the first takes "
        "the libraries from mypy's cache: {changed}x for a changed program."
    ),
}
REASONS["list call, 100 items, async"] = REASONS["list call, 100 items, sync"]


def _number(value: float, unit: str) -> str:
    return f"{value:.3g}{'' if unit == 'x' or not unit else ' '}{unit}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows)]


def _measured(results: dict[str, Any]) -> list[list[str]]:
    rows = []
    for name, found in results.items():
        stamp = found.get("measured", {})
        if stamp:
            label = name.removeprefix("bench_").replace("_", " ")
            rows.append([label, str(stamp["on"]), str(stamp["machine"])])
    return rows


def machine() -> str:
    """The machine, and how busy it is: its load is the number of programs that want a core."""
    model = ""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = (line for line in info.read_text().splitlines() if line.startswith("model name"))
        model = next(names, "").partition(":")[2].strip()
    cores = os.cpu_count()
    return (
        f"{f'{model}, ' if model else ''}{cores} cores, {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"load {os.getloadavg()[1]:.0f}"
    )


def _budget_rows(budgets: Sequence[Budget]) -> list[list[str]]:
    rows = []
    for item in budgets:
        bound = "at most" if item.kind == "most" else "at least"
        rows.append(
            [
                item.name,
                _number(item.value, item.unit),
                f"{bound} {_number(item.limit, item.unit)}",
                "met" if item.met else "**missed**",
            ]
        )
    return rows


def _peer_rows(peers: dict[str, Any]) -> list[list[str]]:
    rows = []
    for name, row in peers.items():
        calls = [f"{row['list_call'][size]['ratio']:.3g}x" for size in SIZES]
        label = f"**{name}**" if name == OURS else name
        start = f"{max(0.0, row['import_ms']):.0f} ms"
        rows.append([label, row["version"], start, f"{row['cold_ratio']:.3g}x", *calls])
    return rows


def _missed(budgets: Sequence[Budget], results: dict[str, Any]) -> list[str]:
    found = results.get("bench_import", {}).get("budgets", [])
    share = next((b["value"] for b in found if b["name"].endswith("pydantic by hand")), 0)
    facts = {
        "floor": f"{results.get('bench_import', {}).get('cold_of_httpx_and_pydantic', 0):.3g}",
        "share": f"{share:.3g}",
        "changed": f"{results.get('bench_mypy', {}).get('changed program', {}).get('ratio', 0):.3g}",
    }
    lines = []
    for item in budgets:
        if not item.met:
            reason = REASONS.get(item.name, "No reason is known: this is to be mended.")
            over = abs(item.value / item.limit - 1)
            lines.append(f"- {item.name}, {over:.0%} off. {reason.format(**facts)}")
    return lines


def write_page(folder: Path, results: dict[str, Any], budgets: Sequence[Budget]) -> list[Path]:
    """Write the page, and the picture where the peers were measured.

    Args:
        folder: Where to write.
        results: What the scripts printed, by script.
        budgets: All budgets.

    Returns:
        The files.
    """
    folder.mkdir(exist_ok=True)
    written = [folder / "speed.md"]
    lines = [
        "# Speed",
        "",
        "Drawn from [speed.json](speed.json), which `nox -s bench -- --write` renews: all of it, or the",
        "benchmarks that are named after it. Every number is a ratio to something measured in turns with",
        "it by the same script; times are the processor's, so that waiting for others counts for nobody.",
        "A machine that is busy with other work still slows down what needs much memory.",
        "",
    ]
    measured_when = _measured(results)
    if measured_when:
        lines += [*_table(["benchmark", "measured", "machine"], measured_when), ""]
    measured = results.get("bench_peers", {})
    peers = measured.get("peers", {})
    if peers:
        lines += _peers(folder, peers, measured.get("missing", []))
        written.append(folder / "speed.svg")
    lines += ["## Budgets", "", *_table(["what", "measured", "budget", ""], _budget_rows(budgets))]
    missed = _missed(budgets, results)
    if missed:
        lines += ["", "What is missed, by how much and why:", "", *missed]
    written[0].write_text("\n".join(lines) + "\n")
    return written


def _peers(folder: Path, peers: dict[str, Any], missing: Sequence[str]) -> list[str]:
    panels = [
        Panel(
            "Cold first call",
            "import, construct, one call; httpx = 1",
            {name: row["cold_ratio"] for name, row in peers.items()},
        )
    ]
    panels += [
        Panel(
            f"List call, {size} items",
            "CPU, typed models; httpx + json = 1",
            {name: row["list_call"][size]["ratio"] for name, row in peers.items()},
        )
        for size in SIZES[1:]
    ]
    description = "Times that SDKs take for a cold first call and a list call; bare httpx is 1"
    (folder / "speed.svg").write_text(draw(panels, OURS, BASE, description))
    heads = ["package", "version", "import", "cold first call"]
    heads += [f"list of {size}" for size in SIZES]
    lines = [
        "## Beside other SDKs",
        "",
        f"![{description}](speed.svg)",
        "",
        *_table(heads, _peer_rows(peers)),
        "",
        "The same page of users for all, through a mock transport of the HTTP library that each",
        "package uses, in a process of its own; bare httpx calls `client.get(url).json()` in the",
        "same process. OpenAI's, Anthropic's and Cloudflare's clients read the page as models of",
        "their own base class with the same fields (`client.get(path, cast_to=...)`). Stripe and",
        "Svix read only their own lists, untyped in Stripe's case, so the page has the members that",
        "those need as well; neither takes a transport, so the mock is put in place of the httpx",
        "client that they made. Imports are over bare Python.",
    ]
    if missing:
        lines += ["", f"Not installed, so not measured: {', '.join(missing)}."]
    return [*lines, ""]
