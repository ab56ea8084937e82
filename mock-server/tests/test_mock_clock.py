"""Virtual time."""

from __future__ import annotations

import asyncio

import pytest

from specloom_mock.clock import (
    EPOCH,
    Clock,
    format_http_date,
    format_timestamp,
    parse_instant,
    parse_timestamp,
)


def test_virtual_time_stands_still_until_it_is_moved() -> None:
    """Only set and advance move virtual time; setting back is possible."""

    async def scenario() -> list[float]:
        clock = Clock(virtual=True)
        seen = [clock.now()]
        await clock.advance(90)
        seen.append(clock.now())
        await clock.set(EPOCH - 10)
        seen.append(clock.now())
        return seen

    assert asyncio.run(scenario()) == [EPOCH, EPOCH + 90, EPOCH - 10]


def test_advancing_backwards_is_refused() -> None:
    """A negative advance is an error and moves nothing."""
    clock = Clock(virtual=True)
    with pytest.raises(ValueError, match="negative"):
        asyncio.run(clock.advance(-1))
    assert clock.now() == EPOCH


def test_timers_run_in_order_at_their_own_time() -> None:
    """Each timer sees the time it was set for, also when an advance passes several."""

    async def scenario() -> list[tuple[str, float]]:
        clock = Clock(virtual=True)
        seen: list[tuple[str, float]] = []
        clock.call_at(EPOCH + 20, lambda: seen.append(("late", clock.now())))
        clock.call_at(EPOCH + 5, lambda: seen.append(("early", clock.now())))
        cancelled = clock.call_at(EPOCH + 6, lambda: seen.append(("never", clock.now())))
        cancelled.cancel()
        await clock.advance(30)
        return seen

    assert asyncio.run(scenario()) == [("early", EPOCH + 5), ("late", EPOCH + 20)]


def test_time_waits_for_what_a_timer_awaits() -> None:
    """While a timer's coroutine runs, virtual time does not pass."""

    async def scenario() -> list[float]:
        clock = Clock(virtual=True)
        seen: list[float] = []

        async def slow() -> None:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            seen.append(clock.now())

        clock.call_at(EPOCH + 5, slow)
        await clock.advance(60)
        seen.append(clock.now())
        return seen

    assert asyncio.run(scenario()) == [EPOCH + 5, EPOCH + 60]


def test_a_lone_sleeper_is_woken_at_once() -> None:
    """An unregistered client counts as registered while it sleeps, so time jumps to its end."""

    async def scenario() -> float:
        clock = Clock(virtual=True)
        await clock.sleep("anybody", 3600)
        return clock.now()

    assert asyncio.run(scenario()) == EPOCH + 3600


def test_time_jumps_to_the_earliest_end_when_all_clients_sleep() -> None:
    """Time moves only when the last registered client sleeps, and only as far as needed."""

    async def scenario() -> list[tuple[str, float]]:
        clock = Clock(virtual=True)
        clock.register("a")
        clock.register("b")
        seen: list[tuple[str, float]] = []

        async def sleep(name: str, seconds: float) -> None:
            await clock.sleep(name, seconds)
            seen.append((name, clock.now()))

        first = asyncio.ensure_future(sleep("a", 10))
        for _ in range(5):
            await asyncio.sleep(0)
        assert seen == []
        second = asyncio.ensure_future(sleep("b", 4))
        await second
        assert seen == [("b", EPOCH + 4)]
        clock.unregister("b")
        await first
        return seen

    assert asyncio.run(scenario()) == [("b", EPOCH + 4), ("a", EPOCH + 10)]


def test_a_request_in_progress_holds_time() -> None:
    """While a request is served nobody's sleep ends."""

    async def scenario() -> tuple[bool, float]:
        clock = Clock(virtual=True)
        clock.enter()
        sleeper = asyncio.ensure_future(clock.sleep("a", 5))
        for _ in range(5):
            await asyncio.sleep(0)
        early = sleeper.done()
        clock.leave()
        await sleeper
        return early, clock.now()

    assert asyncio.run(scenario()) == (False, EPOCH + 5)


def test_unregistering_wakes_a_client() -> None:
    """A client that is announced gone does not sleep on."""

    async def scenario() -> float:
        clock = Clock(virtual=True)
        clock.register("a")
        clock.register("b")
        sleeper = asyncio.ensure_future(clock.sleep("a", 500))
        await asyncio.sleep(0)
        clock.unregister("a")
        await sleeper
        return clock.now()

    assert asyncio.run(scenario()) == EPOCH


def test_idle_clients_are_taken_to_wait() -> None:
    """With `idle_after`, a sleeper wakes although another registered client neither sleeps nor asks."""

    async def scenario() -> float:
        clock = Clock(virtual=True)
        clock.register("a", idle_after=0.01)
        clock.register("b")
        await clock.sleep("a", 7)
        return clock.now()

    assert asyncio.run(scenario()) == EPOCH + 7


def test_formats_of_time() -> None:
    """Timestamps end in Z, with milliseconds only when there are any; HTTP dates are IMF-fixdates."""
    assert format_timestamp(EPOCH) == "2026-01-01T00:00:00Z"
    assert format_timestamp(EPOCH + 0.25) == "2026-01-01T00:00:00.250Z"
    assert format_http_date(EPOCH) == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert parse_timestamp("2026-01-01T01:00:00+01:00") == EPOCH
    assert parse_timestamp("2026-01-01") == EPOCH
    assert parse_instant(12.5) == 12.5
