"""Pages fetched before they are needed: the same items, in the same order, with the same errors."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from unistack._core.endpoint import Endpoint, Json, Paging
from unistack._core.errors import PermissionDeniedError
from unistack._core.following import foresee

SECONDS = 30.0  # how long a test waits before it is certain that something will not come


def lister(paging: Paging) -> Endpoint:
    return Endpoint("rows.list", "GET", "/rows", result=Json(dict[str, Any]), paging=paging)


STYLES = {
    "page": lister(
        Paging("page", page="page", size="size", total="/total", total_pages="/total_pages")
    ),
    "total": lister(Paging("page", page="page", size="size", total="/total")),
    "blind": lister(Paging("page", page="page", size="size", has_more="/has_more")),
    "offset": lister(Paging("offset", offset="offset", limit="limit", total="/total")),
    "cursor": lister(
        Paging("cursor", cursor="after", next_cursor="/next_cursor", has_more="/has_more")
    ),
    "keyset": lister(Paging("keyset", cursor="after", next_cursor="/id", has_more="/has_more")),
    "next_url": lister(Paging("next_url", next_url="/next")),
}


class Server:
    """Rows in pages of ten, in every style; `before` runs as each request comes in."""

    def __init__(self, total: int = 45) -> None:
        self.rows = [{"id": f"r{i:03}"} for i in range(total)]
        self.requests: list[httpx.Request] = []
        self.status: dict[int, int] = {}
        self.headers: dict[str, str] = {}
        self.before: Callable[[int], Any] = lambda start: None
        self.lock = threading.Lock()

    def answer(self, request: httpx.Request, start: int) -> httpx.Response:
        if start in self.status:
            return httpx.Response(self.status[start], json={})
        end, total = start + 10, len(self.rows)
        part, more = self.rows[start:end], end < total
        body = {
            "data": part,
            "total": total,
            "total_pages": -(-total // 10),
            "has_more": more,
            "next_cursor": f"c{end}" if more else None,
            "next": str(request.url.copy_set_param("after", f"c{end}")) if more else None,
        }
        return httpx.Response(200, json=body, headers=self.headers)

    def start(self, request: httpx.Request) -> int:
        query = request.url.params
        with self.lock:
            self.requests.append(request)
        if "page" in query:
            return (int(query["page"]) - 1) * 10
        mark = query.get("offset") or query.get("after") or "0"
        return int(mark.lstrip("cr")) + (1 if mark.startswith("r") else 0)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        start = self.start(request)
        self.before(start)
        return self.answer(request, start)

    async def serve(self, request: httpx.Request) -> httpx.Response:
        start = self.start(request)
        waiting = self.before(start)
        if waiting is not None:
            await waiting
        return self.answer(request, start)


def listed(kit: Any, server: Server, style: str = "page", **options: Any) -> Any:
    handler: Any = server.serve if kit.asynchronous else server
    client = kit.client(transport=httpx.MockTransport(handler), **options)
    return kit.lister(client, STYLES[style], query={"size": 10})


def ids(items: list[Any]) -> list[str]:
    return [item["id"] for item in items]


HOW = [{"prefetch": 1}, {"prefetch": 3}, {"concurrency": 3}, {"prefetch": 2, "concurrency": 2}]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("style", STYLES)
def test_the_same_rows_in_as_many_requests(kit: Any, style: str, how: dict[str, Any]) -> None:
    """Whatever is fetched ahead, each row comes once, in order, and no page is asked twice."""
    server = Server()
    found = kit.items(listed(kit, server, style).items(**how))
    assert ids(found) == ids(server.rows)
    assert len(server.requests) == 5


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("style", ["page", "offset", "cursor"])
def test_nothing_is_fetched_that_is_not_wanted(kit: Any, style: str, how: dict[str, Any]) -> None:
    """`max_items` bounds what is fetched ahead as well."""
    server = Server()
    found = kit.items(listed(kit, server, style).items(max_items=15, **how))
    assert len(found) == 15
    assert len(server.requests) == 2


def test_numbers_must_make_sense(kit: Any) -> None:
    """A negative number of pages, or none side by side, is a mistake, said at the call."""
    rows = listed(kit, Server())
    with pytest.raises(ValueError, match="prefetch"):
        rows.items(prefetch=-1)
    with pytest.raises(ValueError, match="concurrency"):
        rows.items(concurrency=0)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("style", ["page", "cursor"])
def test_an_error_comes_where_it_belongs(kit: Any, style: str, how: dict[str, Any]) -> None:
    """The rows before a page that fails are handed out first, and its error says where to go on."""
    server = Server()
    server.status = {20: 403}
    iterator = listed(kit, server, style).items(**how)
    found = [kit.next(iterator) for _ in range(20)]
    with pytest.raises(PermissionDeniedError) as caught:
        kit.next(iterator)
    server.status = {}
    token = caught.value.resume_token
    rest = kit.items(listed(kit, server, style).items(resume_token=token, **how))
    assert ids(found + rest) == ids(server.rows)


@pytest.mark.parametrize("how", [{"prefetch": 1}, {"prefetch": 3}])
def test_a_quota_that_is_used_up_ahead_is_no_error_yet(kit: Any, how: dict[str, Any]) -> None:
    """Where the ledger raises, it does so for the page that is wanted, when it is wanted."""
    server = Server()
    server.headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}
    iterator = listed(kit, server, "page", on_limit="raise").items(**how)
    found = []
    for _ in range(45):
        found.append(kit.next(iterator))
        kit.clock.now += 4
    assert ids(found) == ids(server.rows)


@pytest.mark.parametrize("how", HOW)
def test_pages_that_come_and_go_meanwhile(kit: Any, how: dict[str, Any]) -> None:
    """The totals of the first page are a hint: the walk ends where the last page says."""
    for change, left in ((-25, 20), (+25, 70)):
        server = Server()
        iterator = listed(kit, server, "page").items(**how)
        first = kit.next(iterator)
        if change < 0:
            del server.rows[change:]
        else:
            server.rows += [{"id": f"n{i}"} for i in range(change)]
        rest = [first, *kit.items(iterator)]
        # What was fetched before the change is as it was then.
        assert ids(rest)[:left] == ids(server.rows)[: len(rest)]
        assert len(rest) >= left


@pytest.mark.parametrize("how", [{}, *HOW])
@pytest.mark.parametrize("by", ["id", lambda row: row["id"]])
def test_rows_that_come_twice_are_handed_out_once(kit: Any, how: dict[str, Any], by: Any) -> None:
    """Rows that moved to the next page meanwhile are dropped, and do not count."""
    server = Server(40)
    server.rows[10:12] = server.rows[8:10]
    server.rows[33] = server.rows[0]
    found = kit.items(listed(kit, server).items(dedupe_by=by, **how))
    assert len(found) == len({row["id"] for row in server.rows}) == 37
    assert ids(found) == list(dict.fromkeys(ids(server.rows)))
    iterator = listed(kit, server).items(dedupe_by=by, max_items=36, **how)
    part = kit.items(iterator)
    rest = kit.items(listed(kit, server).items(resume_token=iterator.resume_token))
    assert ids(part + rest) == ids(found)


def test_rows_without_the_member_are_kept(kit: Any) -> None:
    """What has no key is like nothing else."""
    server = Server(20)
    assert len(kit.items(listed(kit, server).items(dedupe_by="name"))) == 20


def test_what_can_be_counted_ahead() -> None:
    """The numbers of all later pages, where the totals say them."""
    ten: list[Any] = [{}] * 10
    page, offset = STYLES["page"].paging, STYLES["offset"].paging
    total, cursor = STYLES["total"].paging, STYLES["cursor"].paging
    assert page is not None
    assert offset is not None
    assert total is not None
    assert cursor is not None
    assert foresee(page, query={}, body={"total_pages": 4}, items=ten) == ("page", range(2, 5))
    assert foresee(page, query={"page": "3"}, body={"total_pages": 4}, items=[]) == (
        "page",
        range(4, 5),
    )
    assert foresee(total, query={"page": 2}, body={"total": 31}, items=ten) == (
        "page",
        range(3, 5),
    )
    assert foresee(offset, query={"offset": 5}, body={"total": 31}, items=ten) == (
        "offset",
        range(15, 31, 10),
    )
    assert foresee(page, query={}, body={}, items=ten) is None
    assert foresee(offset, query={}, body={"total": 3}, items=[]) is None
    assert foresee(cursor, query={}, body={"total": 3}, items=ten) is None


@pytest.fixture
def sync_kit(one_kit: Any) -> Iterator[Any]:
    with one_kit("sync-direct") as kit:
        yield kit


@pytest.fixture
def async_kit(one_kit: Any) -> Iterator[Any]:
    with one_kit("async-direct") as kit:
        yield kit


class Crowd:
    """Holds requests back until so many are there, then lets the last page go first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.here = self.most = 0
        self.group: set[int] = set()
        self.changed = threading.Condition()

    def enter(self, start: int) -> None:
        with self.changed:
            self.here += 1
            self.most = max(self.most, self.here)
            group = self.group
            group.add(start)
            if len(group) == self.size:
                self.group = set()
            self.changed.notify_all()
            assert self.changed.wait_for(
                lambda: group is not self.group and start == max(group), SECONDS
            )
            group.remove(start)
            self.here -= 1
            self.changed.notify_all()


def test_threads_side_by_side(sync_kit: Any) -> None:
    """Three pages are on the wire at once and no more, and answers out of order change nothing."""
    server, crowd = Server(70), Crowd(3)
    server.before = lambda start: crowd.enter(start) if start else None
    found = list(listed(sync_kit, server).items(concurrency=3))
    assert ids(found) == ids(server.rows)
    assert crowd.most == 3


def test_tasks_side_by_side(async_kit: Any) -> None:
    """The same with tasks."""
    server = Server(70)
    group: set[int] = set()
    sizes: list[int] = []

    async def wait(start: int) -> None:
        group.add(start)
        sizes.append(len(group))
        while len(sizes) % 3 or start != max(group):
            await asyncio.sleep(0)
        group.remove(start)

    server.before = lambda start: wait(start) if start else None
    found = async_kit.items(listed(async_kit, server).items(concurrency=3))
    assert ids(found) == ids(server.rows)
    assert max(sizes) == 3


def test_threads_are_ahead_before_anything_is_asked(sync_kit: Any) -> None:
    """Two pages are there while the first is read, and no third is asked for."""
    server, third = Server(), threading.Event()
    server.before = lambda start: third.set() if start == 20 else None
    iterator = listed(sync_kit, server, "cursor").items(prefetch=2)
    for _ in range(10):
        next(iterator)
    assert third.wait(SECONDS)
    assert len(server.requests) == 3
    iterator.close()


def _threads_end(before: set[threading.Thread]) -> None:
    for thread in set(threading.enumerate()) - before:
        thread.join(SECONDS)
        assert not thread.is_alive()


@pytest.mark.parametrize("how", [{"prefetch": 3}, {"concurrency": 2}])
def test_a_break_sends_nothing_more(sync_kit: Any, how: dict[str, Any]) -> None:
    """A loop that is left ends the fetching; what is on the wire is let go."""
    before = set(threading.enumerate())
    server, go, there = Server(), threading.Event(), threading.Event()

    def hold(start: int) -> None:
        if start:
            there.set()
            assert go.wait(SECONDS)

    server.before = hold
    for _row in listed(sync_kit, server).items(**how):
        assert there.wait(SECONDS)
        break
    sent = len(server.requests)
    go.set()
    _threads_end(before)
    assert len(server.requests) <= sent + how.get("concurrency", 1) - 1


def test_who_waits_for_the_quota_gives_up_too(sync_kit: Any) -> None:
    """A page ahead that waits for the quota is not sent when nobody wants it any more."""
    before = set(threading.enumerate())
    server, go, asleep = Server(), threading.Event(), threading.Event()
    server.headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}

    def sleep(seconds: float) -> None:
        asleep.set()
        assert go.wait(SECONDS)
        sync_kit.clock.now += seconds

    sync_kit.clock.sleep = sleep
    iterator = listed(sync_kit, server).items(prefetch=1)
    next(iterator)
    assert asleep.wait(SECONDS)
    iterator.close()
    go.set()
    _threads_end(before)
    assert len(server.requests) == 1


def test_a_dropped_iterator_is_gone_at_once(kit: Any) -> None:
    """Nothing waits for the garbage collector."""
    gc.disable()
    try:
        iterator = listed(kit, Server()).items(prefetch=1)
        kit.next(iterator)
        gone = weakref.ref(iterator)
        del iterator
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("how", [{"prefetch": 2}, {"concurrency": 2}])
def test_tasks_are_cancelled(async_kit: Any, backend: str, how: dict[str, Any]) -> None:
    """Closing the iterator cancels what is under way, and waits until that has happened."""
    import anyio

    server = Server()
    cancelled: list[int] = []

    async def scenario() -> int:
        started = anyio.Event()

        async def hang(start: int) -> None:
            started.set()
            try:
                await anyio.sleep_forever()
            finally:
                cancelled.append(start)

        server.before = lambda start: hang(start) if start else None
        iterator = listed(async_kit, server).items(**how)
        row = await anext(iterator)
        await started.wait()
        await iterator.aclose()
        assert row["id"] == "r000"
        return len(cancelled)

    async_kit.runner.close()
    assert anyio.run(scenario, backend=backend) == how.get("concurrency", 1)


@pytest.mark.parametrize("how", HOW)
def test_under_trio(async_kit: Any, how: dict[str, Any]) -> None:
    """Fetching ahead needs no nursery of the caller."""
    import anyio

    server = Server()

    async def scenario() -> list[Any]:
        return [row async for row in listed(async_kit, server).items(**how)]

    async_kit.runner.close()
    assert ids(anyio.run(scenario, backend="trio")) == ids(server.rows)


def test_a_cancelled_consumer_cancels_what_is_ahead(async_kit: Any) -> None:
    """A time limit around the loop leaves no task behind."""
    server = Server()
    server.before = lambda start: asyncio.Event().wait() if start else None

    async def consume(rows: Any) -> None:
        async for _row in rows:
            pass

    async def scenario() -> int:
        rows = listed(async_kit, server).items(concurrency=3)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(consume(rows), 0.01)
        return len(asyncio.all_tasks())

    assert async_kit.runner.run(scenario()) == 1


def test_a_break_in_a_task(async_kit: Any) -> None:
    """The event loop closes an iterator that a `break` has dropped."""
    server = Server()
    server.before = lambda start: asyncio.Event().wait() if start else None

    async def scenario() -> None:
        async for _row in listed(async_kit, server).items(prefetch=1):
            break
        async with asyncio.timeout(SECONDS):
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0)

    async_kit.runner.run(scenario())


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_goes_on_alone(sync_kit: Any) -> None:
    """The threads stay with the parent; the child fetches the pages itself."""
    server = Server()
    iterator = listed(sync_kit, server).items(concurrency=2)
    next(iterator)
    child = os.fork()
    if child == 0:  # pragma: no cover - not seen by coverage
        os._exit(0 if len(list(iterator)) == 44 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(list(iterator)) == 44


def test_a_machine_without_threads(sync_kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started, the pages come one after the other."""

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    for how in HOW:
        server = Server()
        assert ids(list(listed(sync_kit, server).items(**how))) == ids(server.rows)


def test_the_context_is_carried_along(sync_kit: Any) -> None:
    """Context variables, such as those of a tracer, are the consumer's in every thread."""
    from contextvars import ContextVar

    variable: ContextVar[str] = ContextVar("variable", default="nothing")
    seen: list[str] = []
    server = Server()
    server.before = lambda start: seen.append(variable.get())
    variable.set("set")
    list(listed(sync_kit, server).items(prefetch=2))
    assert seen == ["set"] * 5
