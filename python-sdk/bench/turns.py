"""Contenders measured in turns, so that a ratio means something on a busy machine.

What else the machine does falls on all of them alike; the ratio of two is the median of the ratios
of their turns.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["Times", "bench_python", "budget", "of_functions", "of_programs"]


class Times:
    """What each contender took, turn by turn, in seconds."""

    def __init__(self, names: Sequence[str]) -> None:
        self.turns: dict[str, list[float]] = {name: [] for name in names}

    def best(self, name: str) -> float:
        """The least time of a contender: everything else on the machine only adds to it."""
        return min(self.turns[name])

    def median(self, name: str) -> float:
        """The median time of a contender."""
        return statistics.median(self.turns[name])

    def ratio(self, name: str, to: str) -> float:
        """How many times as long one contender takes as another."""
        pairs = zip(self.turns[name], self.turns[to], strict=True)
        return statistics.median(one / other for one, other in pairs)


def bench_python() -> str:
    """The interpreter of the environment that holds nothing but the SDK and its peers.

    `SPECLOOM_BENCH_PYTHON` names it. Without one this interpreter serves; where rich and click
    are installed, httpx imports both, and whatever is compared with it looks better than it is.
    """
    return os.environ.get("SPECLOOM_BENCH_PYTHON") or sys.executable


def of_functions(
    functions: Mapping[str, Callable[[], Any]],
    *,
    rounds: int,
    calls: int,
    clock: Callable[[], float] = time.process_time,
) -> Times:
    """Call functions in turns, in this process.

    Args:
        functions: By contender.
        rounds: Turns of each; one more goes before, and does not count.
        calls: Calls in a turn; the times are of one call.
        clock: Seconds; by default those that the processor worked for this process.
    """
    times = Times(list(functions))
    gc.collect()
    gc.disable()
    for turn in range(rounds + 1):
        for name, function in functions.items():
            start = clock()
            for _ in range(calls):
                function()
            if turn:
                times.turns[name].append((clock() - start) / calls)
    gc.enable()
    return times


def of_programs(programs: Mapping[str, Sequence[str]], *, rounds: int) -> Times:
    """Run programs in turns, each in a new process; the times are the processor's.

    Bytecode is compiled in the turn before, as it is in an installed package.

    Args:
        programs: Command lines by contender.
        rounds: Turns of each; one more goes before, and does not count.

    Raises:
        subprocess.CalledProcessError: When a program fails.
    """
    times = Times(list(programs))
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for turn in range(rounds + 1):
            for name, program in programs.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run(program, check=True, env=environment, stdout=subprocess.DEVNULL)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                if turn:
                    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
                    times.turns[name].append(used)
    return times


def budget(
    name: str, value: float, limit: float, unit: str = "x", kind: str = "most"
) -> dict[str, Any]:
    """One line of a benchmark's budgets, as `tools/bench.py` reads them.

    Args:
        name: What is measured.
        value: What was measured.
        limit: What it may be.
        unit: Of both; "x" for ratios.
        kind: "most" when the value may be at most the limit, "least" when at least.
    """
    return {
        "name": name,
        "value": round(value, 3),
        "limit": limit,
        "unit": unit,
        "kind": kind,
    }
