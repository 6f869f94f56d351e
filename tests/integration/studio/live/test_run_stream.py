"""A run followed by its page: the real handler, the real reader, PostgreSQL."""

import asyncio
import threading
from collections.abc import Collection, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client

from studio.feeds.runs import RunFeed, RunPicture
from studio.live.feed import Topic
from studio.live.hub import Hub
from studio.live.reader import Reader
from studio.live.serving import LiveHandler
from tenants import services as tenants
from tenants.domain import Role
from tenants.models import Membership
from tests.cast import Cast, committed
from tests.integration.studio.kit import at
from tests.integration.studio.live.streams import opened
from tests.integration.workflows.approving import Desk
from tests.integration.workflows.kit import open_bench
from tests.integration.workflows.runs import Engine, plan_of
from workflows.domain.plan import Set
from workflows.models import Run

pytestmark = [committed, pytest.mark.timeout(60)]


@dataclass
class Watched(RunFeed):
    """The feed of runs, counting."""

    looks: list[int] = field(default_factory=list)
    pictures: int = 0

    def marks(self, topics: Collection[Topic]) -> Any:
        self.looks.append(len(topics))
        return super().marks(topics)

    def picture(self, topic: Topic) -> RunPicture:
        self.pictures += 1
        return super().picture(topic)


@pytest.fixture
def feed() -> Watched:
    return Watched()


def handler_of(feed: RunFeed, *, most_per_user: int = 50, beat_seconds: float = 5.0) -> LiveHandler:
    reader = Reader({"run": feed}, door_seconds=0.1)
    return LiveHandler(Hub(reader, most=100, most_per_user=most_per_user, tick_seconds=0.03, beat_seconds=beat_seconds))


@pytest.fixture
def handler(feed: Watched) -> LiveHandler:
    return handler_of(feed)


@pytest.fixture
def desk(cast: Cast) -> Iterator[Desk]:
    with Engine.opened(open_bench(cast)) as engine:
        yield Desk(engine)


@pytest.fixture
def waiting(desk: Desk) -> Run:
    """A run that waits for a decision."""
    return desk.ask()[0]


@pytest.fixture
def alice(cast: Cast) -> Client:
    return cast.browser(cast.alice)


def path(run: Run | UUID, after: str = "0.pending") -> str:
    return f"{at('run-stream', run.pk if isinstance(run, Run) else run)}?after={after}"


def decided(desk: Desk, cast: Cast, run: Run) -> None:
    """Somebody approves, and a worker takes the run to its end."""
    desk.decide(desk.of(run), cast.alice)
    desk.engine.work()


async def test_a_page_from_the_beginning_is_told_everything(handler: LiveHandler, alice: Client, waiting: Run) -> None:
    async with opened(handler, alice, path(waiting)) as stream:
        await stream.until(lambda one: "html" in one.events)
        assert stream.messages[0].event == "hello"
        assert stream.messages[-1].id == "3.waiting"
        assert 'hx-target="#rows-0"' in stream.html
        assert "ask" in stream.html


async def test_the_stream_is_kept_by_nobody_and_held_back_by_nobody(
    handler: LiveHandler, alice: Client, waiting: Run
) -> None:
    async with opened(handler, alice, path(waiting), accept_encoding="gzip") as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"
        assert {"content-encoding", "content-length"}.isdisjoint(stream.headers)


async def test_a_page_that_is_up_to_date_is_told_nothing_until_something_happens(
    handler: LiveHandler, alice: Client, waiting: Run, desk: Desk, cast: Cast
) -> None:
    async with opened(handler, alice, path(waiting, "3.waiting")) as stream:
        await asyncio.sleep(0.2)
        assert stream.events == []
        await sync_to_async(decided)(desk, cast, waiting)
        await stream.until(lambda one: one.is_over)
        assert stream.events == ["steps", "head", "html", "end"]
        assert stream.messages[-1].id.endswith(".completed")


async def test_a_page_that_comes_back_goes_on_where_it_was(
    handler: LiveHandler, alice: Client, waiting: Run, desk: Desk, cast: Cast
) -> None:
    await sync_to_async(decided)(desk, cast, waiting)
    async with opened(handler, alice, path(waiting), last_event_id="4.running") as stream:
        await stream.until(lambda one: one.is_over)
        steps = next(one.data for one in stream.messages if one.event == "steps")
        assert steps == "5"


async def test_a_run_that_is_over_ends_the_stream(
    handler: LiveHandler, alice: Client, waiting: Run, desk: Desk, cast: Cast
) -> None:
    await sync_to_async(decided)(desk, cast, waiting)
    final = await sync_to_async(desk.engine.bench.fresh)(waiting)
    async with opened(handler, alice, path(waiting, f"{final.history_count}.completed")) as stream:
        await stream.until(lambda one: one.is_over)
        assert stream.events == ["end"]


async def test_too_much_at_once_makes_the_page_fetch_itself(handler: LiveHandler, alice: Client, desk: Desk) -> None:
    def long_run() -> Run:
        run = desk.engine.start(plan_of(*(Set(name=f"note-{at}", pointer="", value={}) for at in range(130))))
        desk.engine.drive(run)
        return run

    run = await sync_to_async(long_run)()
    async with opened(handler, alice, path(run)) as stream:
        await stream.until(lambda one: one.events)
        assert stream.events[0] == "resync"
        assert stream.html == ""


async def test_everybody_reads_in_their_own_language(handler: LiveHandler, alice: Client, waiting: Run) -> None:
    async with opened(handler, alice, path(waiting), accept_language="vi") as stream:
        await stream.until(lambda one: "html" in one.events)
        assert "Trạng thái" in stream.html


async def test_outsiders_and_strangers_find_no_stream(handler: LiveHandler, cast: Cast, waiting: Run) -> None:
    charlie = await sync_to_async(cast.browser)(cast.charlie)
    for client, status in ((charlie, 404), (Client(), 401)):
        async with opened(handler, client, path(waiting)) as stream:
            assert stream.status == status
    own = path(waiting).replace("bank-a", "bank-b")
    async with opened(handler, charlie, own) as stream:
        assert stream.status == 404


async def test_a_member_who_is_removed_sees_no_more(
    handler: LiveHandler, cast: Cast, alice: Client, waiting: Run
) -> None:
    def remove() -> None:
        with cast.acting():
            member = Membership.objects.get(user=cast.bob)
            tenants.member_change(member.pk, roles=[Role.DEVELOPER], active=False)

    bob = await sync_to_async(cast.browser)(cast.bob)
    async with opened(handler, bob, path(waiting)) as stream, opened(handler, alice, path(waiting)) as other:
        await stream.until(lambda one: "html" in one.events)
        await sync_to_async(remove)()
        await stream.until(lambda one: one.is_over)
        assert not other.is_over


async def test_a_role_that_may_no_longer_look_and_a_sign_out_end_the_stream(
    handler: LiveHandler, cast: Cast, waiting: Run
) -> None:
    def demote() -> None:
        with cast.acting():
            member = Membership.objects.get(user=cast.bob)
            tenants.member_change(member.pk, roles=[Role.APPROVER], active=True)

    bob, alice = await sync_to_async(cast.browser)(cast.bob), await sync_to_async(cast.browser)(cast.alice)
    async with opened(handler, bob, path(waiting)) as stream, opened(handler, alice, path(waiting)) as other:
        await stream.until(lambda one: "html" in one.events)
        await sync_to_async(demote)()
        await stream.until(lambda one: one.is_over)
        await sync_to_async(alice.logout)()
        await other.until(lambda one: one.is_over)


async def test_many_watchers_are_one_reader_and_no_thread_each(
    handler: LiveHandler, feed: Watched, cast: Cast, alice: Client, desk: Desk, waiting: Run
) -> None:
    def of_tenant_b() -> Run:
        with Engine.opened(open_bench(cast, cast.tenant_b)) as engine:
            run = engine.start(plan_of(Set(name="note", pointer="", value={})))
            engine.drive(run)
            return run

    other = await sync_to_async(of_tenant_b)()
    charlie = await sync_to_async(cast.browser)(cast.charlie)
    threads = threading.active_count()
    async with AsyncExitStack() as stack:
        here = [await stack.enter_async_context(opened(handler, alice, path(waiting))) for _ in range(20)]
        there = path(other).replace("bank-a", "bank-b")
        ended = await stack.enter_async_context(opened(handler, charlie, there))
        for stream in here:
            await stream.until(lambda one: "html" in one.events)
        await ended.until(lambda one: one.is_over)
        assert threading.active_count() <= threads + 1
        assert feed.pictures == 2
        assert len(feed.looks) == handler.hub.looks
        assert max(feed.looks) == 2
        assert ">ask<" in here[0].html
        assert ">ask<" not in ended.html


async def test_nobody_reads_when_nobody_watches(
    handler: LiveHandler, feed: Watched, alice: Client, waiting: Run
) -> None:
    async with opened(handler, alice, path(waiting)) as stream:
        await stream.until(lambda one: "html" in one.events)
    assert handler.hub.size == 0
    await asyncio.sleep(0.1)
    looked = len(feed.looks)
    await asyncio.sleep(0.2)
    assert len(feed.looks) == looked


async def test_a_person_opens_only_so_many(feed: Watched, alice: Client, waiting: Run) -> None:
    handler = handler_of(feed, most_per_user=1)
    async with opened(handler, alice, path(waiting)), opened(handler, alice, path(waiting)) as second:
        assert second.status == 503
        assert second.headers["retry-after"] == "10"


async def test_a_quiet_stream_gives_signs_of_life(feed: Watched, alice: Client, waiting: Run) -> None:
    async with opened(handler_of(feed, beat_seconds=0.05), alice, path(waiting, "3.waiting")) as stream:
        await stream.until(lambda one: sum(message.event == "beat" for message in one.messages) > 1)


class Away(RunFeed):
    """The database does not answer."""

    def marks(self, topics: Collection[Topic]) -> Any:
        raise OperationalError("away")


async def test_streams_end_when_the_database_is_away(alice: Client, waiting: Run) -> None:
    async with opened(handler_of(Away()), alice, path(waiting)) as stream:
        await stream.until(lambda one: one.is_over)
        assert stream.events == []


class Faulty(RunFeed):
    """One run that cannot be shown."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def picture(self, topic: Topic) -> RunPicture:
        if topic.object_id == self.run.pk:
            raise ValueError("of a form that nobody knows")
        return super().picture(topic)


async def test_a_run_that_cannot_be_shown_harms_no_other(alice: Client, desk: Desk, waiting: Run) -> None:
    other, _ = await sync_to_async(desk.ask)()
    handler = handler_of(Faulty(other))
    async with opened(handler, alice, path(other)) as broken, opened(handler, alice, path(waiting)) as whole:
        await broken.until(lambda one: one.is_over)
        await whole.until(lambda one: "html" in one.events)
