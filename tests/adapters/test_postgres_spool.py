"""PostgreSQL is away, slow or back, processes are killed, disks are full: what was put is in it at
the end, each once, a call's facts in their order."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from ccgateway.calls.gap import Gap
from ccgateway.outbound.attempt import Stage
from ccgateway.postgres import writer as writing
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.attempts import new_attempt
from ccgateway.postgres.batch import Batch
from ccgateway.postgres.calls import load_call
from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.postgres.gap_file import GapFile
from ccgateway.postgres.losses import Losses
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.spool import Spool
from ccgateway.postgres.standing import standing
from ccgateway.postgres.writer import Writer
from ccgateway.rig.waiting import until
from tests.adapters.conftest import Start
from tests.adapters.postgres_samples import (
    T0,
    at,
    attempt,
    created,
    ended,
    live_call,
    uniqueid,
    whole_call,
)
from tests.adapters.spool_process import LIMIT
from tests.adapters.test_spool import fill, spooling
from tests.adapters.tiny_disk import tiny_disk

MB = 1 << 20
LATER = at(9999)
"""When a writer starts."""
GAPS = "SELECT node, began_at, ended_at, cause FROM gaps ORDER BY began_at"


@asynccontextmanager
async def running(pool: Pool, folder: Path, limit: int = LIMIT) -> AsyncIterator[Writer]:
    """A writer with the spool in ``folder``, stopped at the end as the gateway stops it."""
    spool, losses = Spool(folder, limit), Losses(GapFile(folder))
    await spool.load()
    await losses.load(LATER)
    writer = Writer(pool, spool, losses)
    task = asyncio.create_task(writer.run())
    yield writer
    if not task.done():
        await writer.stop(within=1)
    assert task.done()


async def flushed(writer: Writer) -> None:
    async with asyncio.timeout(60):
        await writer.flush()
    assert (writer.backlog, writer.refused, writer.lost) == (0, 0, 0)


async def counted(pool: Pool) -> tuple[int, int]:
    """Facts, and calls."""
    facts: int = await pool.fetchval("SELECT count(*) FROM facts")
    calls: int = await pool.fetchval("SELECT count(*) FROM calls")
    return facts, calls


def on_disk(folder: Path) -> bool:
    return (folder / "spool.sqlite").exists()


def put_seconds(writer: Writer, serials: range) -> None:
    """A fact each second."""
    for serial in serials:
        writer.put_facts([replace(created(serial), at=at(serial))], live_call(serial))


def put_calls(writer: Writer, serials: range) -> None:
    """Calls of two facts each."""
    for serial in serials:
        writer.put_facts([created(serial)], live_call(serial))
        writer.put_facts([ended(serial)], replace(live_call(serial), ended_at=at(60), facts=2))


async def test_an_outage_goes_to_disk_and_from_there_into_postgresql(
    server: EmbeddedServer, own_pool: Pool, start: Start, tmp_path: Path
) -> None:
    async with running(own_pool, tmp_path) as writer:
        put_calls(writer, range(100))
        await flushed(writer)
        assert not on_disk(tmp_path)
        await server.stop()
        put_calls(writer, range(100, 4000))
        await until(lambda: writer.in_memory == 0, "all is on disk")
        assert writer.backlog == 2 * 3900
        assert on_disk(tmp_path)
        await start()
        await flushed(writer)
        assert await counted(own_pool) == (8000, 4000)
        assert await load_call(own_pool, live_call(3999).call_id) == replace(
            live_call(3999), ended_at=at(60), facts=2
        )
        assert not on_disk(tmp_path)


async def test_a_calls_facts_keep_their_order_while_its_new_ones_come(
    server: EmbeddedServer, own_pool: Pool, start: Start, tmp_path: Path
) -> None:
    """Fifty calls go on before, while and after PostgreSQL is away."""
    order = iter(range(100_000))

    def tell(writer: Writer) -> None:
        for serial in range(50):
            number = next(order)
            fact = replace(created(serial), ordinal=number)
            writer.put_facts([fact], replace(live_call(serial), facts=number))

    async with running(own_pool, tmp_path) as writer:
        for turn in range(120):
            if turn == 20:
                await server.stop()
            if turn == 60:
                await start()
            tell(writer)
            await asyncio.sleep(0.02)
        await flushed(writer)
    # Batches are transactions: a later fact of a call is never in an earlier one (xmin grows).
    rows = await own_pool.fetch(
        "SELECT subject, array_agg(ordinal ORDER BY xmin::text::bigint, ordinal) AS told "
        "FROM facts GROUP BY subject"
    )
    assert len(rows) == 50
    for row in rows:
        assert row["told"] == sorted(row["told"])
        assert len(row["told"]) == 120
    newest = await own_pool.fetch("SELECT facts FROM calls ORDER BY facts")
    assert [row["facts"] for row in newest] == list(range(119 * 50, 120 * 50))


async def test_what_is_new_is_written_between_what_is_drained(
    own_pool: Pool, tmp_path: Path
) -> None:
    """While 30,000 facts drain, each new call's fact waits for two batches at most."""
    spool = Spool(tmp_path, LIMIT)
    for some in range(60):
        serials = range(some * 500, (some + 1) * 500)
        await spool.append(Batch(facts=[(created(serial), None) for serial in serials]))
    await spool.close()
    old = "SELECT count(DISTINCT xmin::text) FROM facts WHERE ordinal = 0"
    before: list[int] = []
    async with running(own_pool, tmp_path) as writer:
        for number in range(10):
            serial = 100_000 + number
            before.append(await own_pool.fetchval(old))
            writer.put_facts([replace(created(serial), ordinal=1)], live_call(serial))
            wanted = "SELECT count(*) = $1 FROM facts WHERE ordinal = 1"
            await until(lambda: own_pool.fetchval(wanted, number + 1), "the new one is there")  # noqa: B023 - asked at once
        assert writer.backlog > 500  # the old ones are far from done
        await flushed(writer)
    rows = await own_pool.fetch(
        "SELECT (SELECT count(DISTINCT old.xmin::text) FROM facts old WHERE old.ordinal = 0 "
        "AND old.xmin::text::bigint < new.xmin::text::bigint) AS drained "
        "FROM facts new WHERE ordinal = 1 ORDER BY xmin::text::bigint"
    )
    waited = [row["drained"] - seen for row, seen in zip(rows, before, strict=True)]
    assert max(waited) <= 2, waited
    assert await counted(own_pool) == (30_010, 10)


async def test_a_postgresql_that_hangs_keeps_nothing_in_memory(
    server: EmbeddedServer, own_pool: Pool, tmp_path: Path
) -> None:
    async with running(own_pool, tmp_path) as writer:
        put_calls(writer, range(10))
        await flushed(writer)
        try:
            _freeze(server, signal.SIGSTOP)
            put_calls(writer, range(10, 1000))
            await until(lambda: writer.in_memory == 0, "all is on disk", seconds=10)
            put_calls(writer, range(1000, 1100))
            await until(lambda: writer.in_memory == 0, "what came later, too", seconds=10)
        finally:
            _freeze(server, signal.SIGCONT)
        await flushed(writer)
        assert await counted(own_pool) == (2200, 1100)


def _freeze(server: EmbeddedServer, number: signal.Signals) -> None:
    """The server with its children, which serve the connections."""
    postmaster = psutil.Process(server.pid)
    for process in [postmaster, *postmaster.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


async def test_a_postgresql_too_slow_for_what_comes_fills_no_memory(
    own_pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MEMORY_LIMIT", 1000)
    async with running(own_pool, tmp_path) as writer:
        put_calls(writer, range(5000))
        await until(lambda: writer.in_memory < 1000, "memory is small")
        assert writer.backlog > 1000
        await flushed(writer)
        assert await counted(own_pool) == (10_000, 5000)


async def test_stop_leaves_on_disk_what_the_next_start_writes(
    server: EmbeddedServer, own_pool: Pool, start: Start, tmp_path: Path
) -> None:
    await server.stop()
    async with running(own_pool, tmp_path) as writer:
        put_calls(writer, range(700))
        began = time.monotonic()
        assert await writer.stop() == 0
        assert time.monotonic() - began < 5
    await start()
    async with running(own_pool, tmp_path) as writer:
        put_calls(writer, range(700, 710))
        await flushed(writer)
    assert await counted(own_pool) == (1420, 710)


async def test_a_writer_that_is_killed_while_postgresql_is_away_loses_nothing_from_disk(
    server: EmbeddedServer, own_pool: Pool, start: Start, tmp_path: Path
) -> None:
    await server.stop()
    with spooling("write", str(tmp_path), server.dsn, "3000") as process:
        assert process.stdout is not None
        said = 0
        while said < 6000:
            said = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait()
    await start()
    async with running(own_pool, tmp_path) as writer:
        await flushed(writer)
    assert await counted(own_pool) == (6000, 3000)


async def test_a_drain_that_is_killed_again_and_again_writes_each_fact_once(
    server: EmbeddedServer, own_pool: Pool, tmp_path: Path
) -> None:
    spool = Spool(tmp_path, LIMIT)
    for serial in range(6000):
        call = live_call(serial)
        facts = [(created(serial), call.call_id), (ended(serial), call.call_id)]
        await spool.append(Batch(facts=facts, calls=[call]))
    await spool.close()
    kills = 0
    while on_disk(tmp_path):
        with spooling("write", str(tmp_path), server.dsn, "0") as process:
            assert process.stdout is not None
            left = first = int(process.stdout.readline())
            while left and left > first - 2500:
                left = int(process.stdout.readline())
            if not left:  # the last calls, and the file itself, take a moment more
                await until(lambda: not on_disk(tmp_path), "nothing is left")
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    assert kills >= 4
    assert await counted(own_pool) == (12_000, 6000)


async def test_a_full_disk_leaves_it_in_memory_until_there_is_room(
    server: EmbeddedServer, own_pool: Pool, start: Start, tmp_path: Path
) -> None:
    with tiny_disk(tmp_path / "disk", 12 * MB) as folder:
        await server.stop()
        with capture_logs() as lines:
            async with running(own_pool, folder) as writer:
                put_calls(writer, range(500))
                await until(lambda: writer.in_memory == 0, "the first are on disk")
                fill(folder / "others")
                put_calls(writer, range(500, 6000))
                await until(lambda: writer.is_alarming, "it is told")
                assert writer.in_memory > 5000
                await start()
                await flushed(writer)
                assert not writer.is_alarming
        assert [line["event"] for line in lines].count("spool_full") == 1
        assert await counted(own_pool) == (12_000, 6000)


async def test_what_has_room_nowhere_is_a_gap_of_the_record(
    server: EmbeddedServer,
    own_pool: Pool,
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the first fact that was refused to the first that was not."""
    monkeypatch.setattr(writing, "BACKLOG_LIMIT", 1000)
    with tiny_disk(tmp_path / "disk", 12 * MB) as folder:
        await server.stop()
        fill(folder / "others")
        async with running(own_pool, folder) as writer:
            put_seconds(writer, range(1200))
            await start()
            await until(lambda: writer.in_memory == 0, "what had room is written")
            (row,) = await until(lambda: own_pool.fetch(GAPS), "the gap is known")
            assert tuple(row) == ("pbx1", at(1000), None, "spool full")
            told: list[Gap] = []
            writer.tell_gaps(told.extend)
            put_seconds(writer, range(1200, 1300))
            await until(lambda: told, "its end is known")
            (row,) = await own_pool.fetch(GAPS)
            assert tuple(row) == ("pbx1", at(1000), at(1200), "spool full")
            assert [(one.began_at, one.ended_at) for one in told] == [(at(1000), at(1200))]
            assert (writer.lost, writer.is_alarming) == (200, False)
    assert await counted(own_pool) == (1100, 1100)


async def test_a_gap_that_postgresql_never_heard_of_is_told_by_the_next_start(
    server: EmbeddedServer,
    own_pool: Pool,
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The disk is full, and yet it is kept there; with what was in memory alone at the end."""
    monkeypatch.setattr(writing, "BACKLOG_LIMIT", 1000)
    with tiny_disk(tmp_path / "disk", 12 * MB) as folder:
        await server.stop()
        async with running(own_pool, folder) as writer:
            fill(folder / "others")
            put_seconds(writer, range(1200))

            def kept() -> list[tuple[object, ...]]:
                return [(one.began_at, one.ended_at) for one in GapFile(folder).load()]

            await until(kept, "a kill from here on does not lose it")
            assert kept() == [(at(1000), None)]
        await start()
        async with running(own_pool, folder):
            rows = await until(lambda: own_pool.fetch(GAPS), "the next start tells it")
        assert list(map(tuple, rows)) == [
            ("pbx1", at(0), at(999), "spool full"),
            ("pbx1", at(1000), LATER, "spool full"),
        ]
        assert GapFile(folder).load() == []


def test_room_that_comes_and_goes_makes_one_gap() -> None:
    losses = Losses()
    for second in range(0, 500, 5):
        losses.refuse([replace(created(1), at=at(second))])
        losses.accept([replace(created(1), at=at(second + 1))])
    assert [(one.began_at, one.ended_at) for one in losses.latest()] == [(at(0), at(496))]


async def test_what_has_room_nowhere_is_refused_loudly_and_counted(
    server: EmbeddedServer, own_pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BACKLOG_LIMIT", 1000)
    with tiny_disk(tmp_path / "disk", 12 * MB) as folder:
        await server.stop()
        fill(folder / "others")
        with capture_logs() as lines:
            async with running(own_pool, folder) as writer:
                for serial in range(1500):
                    writer.put_facts([created(serial)], live_call(serial))
                assert (writer.lost, writer.in_memory, writer.is_alarming) == (500, 1000, True)
                assert await writer.stop(within=0.2) == 1000
        told = [line for line in lines if line["event"] == "facts_refused"]
        assert told[-1]["facts"] == 100
        assert [line["facts"] for line in lines if line["event"] == "database_left_behind"]


async def test_a_start_takes_up_what_only_the_disk_knows(own_pool: Pool, tmp_path: Path) -> None:
    going, over, apart = live_call(1), live_call(20), live_call(40)
    async with running(own_pool, tmp_path) as writer:
        for serial, call in ((1, going), (20, over), (40, apart)):
            writer.put_facts([created(serial)], call)
        writer.put_agent(StoredAgent("101", "ready", T0))
        writer.put_agent(StoredAgent("102", "ready", T0))
        await flushed(writer)
    for number in (1, 2):
        await new_attempt(own_pool, attempt(number))
    answered = replace(ended(1), kind=created(1).kind, subject=uniqueid(2))
    spool = Spool(tmp_path, LIMIT)
    await spool.append(
        Batch(
            facts=[(answered, going.call_id), (ended(20), over.call_id), (created(60), None)],
            calls=[going, whole_call(20)],
            agents=[StoredAgent("101", "paused", at(9), "lunch")],
            attempts=[
                replace(attempt(1), stage=Stage.RINGING),
                replace(attempt(2), stage=Stage.ENDED, ended_at=at(9)),
            ],
        )
    )
    found = await standing(own_pool, spool)
    assert {(fact.kind, fact.subject) for fact in found.facts} == {
        (created(1).kind, uniqueid(1)),
        (created(1).kind, uniqueid(2)),
        (created(1).kind, uniqueid(40)),
    }
    assert {agent: state.state for agent, state in found.states.items()} == {
        "101": "paused",
        "102": "ready",
    }
    assert [(placed.id, placed.stage) for placed in found.attempts] == [
        (attempt(1).id, Stage.RINGING)
    ]
    await spool.close()
