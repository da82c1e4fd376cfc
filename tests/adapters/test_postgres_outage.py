"""PostgreSQL goes away and comes back: nothing that was put is lost, nothing is there twice."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable

import asyncpg
import psutil
import pytest

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres import calls, customers, writer
from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.postgres.migrate import migrate
from ccgateway.postgres.pool import Pool, open_pool, reaching
from ccgateway.postgres.writer import Writer
from ccgateway.rig.waiting import until
from tests.adapters.conftest import Start
from tests.adapters.postgres_samples import created, live_call

CALLS = 4000
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


async def test_a_crash_in_the_middle_of_writing_loses_nothing(
    server: EmbeddedServer, own_pool: Pool, start: Start
) -> None:
    writer = Writer(own_pool)
    running = asyncio.create_task(writer.run())
    for serial in range(CALLS):
        writer.put_facts([created(serial, caller_number=str(serial))], live_call(serial))
    await _until(lambda: writer.backlog < CALLS)  # some batches are in
    holder = await asyncpg.connect(server.dsn)
    await holder.execute("BEGIN; LOCK TABLE facts")  # and one now stays in the middle
    await until(lambda: own_pool.fetchval(WAITING), "a batch waits for the table")
    os.kill(server.pid, signal.SIGQUIT)  # pg_ctl stop -m immediate
    await server.stop()
    holder.terminate()
    assert writer.backlog > 0
    for serial in range(CALLS, CALLS + 100):
        writer.put_facts([created(serial)], live_call(serial))

    again = await start()
    assert again.dsn == server.dsn
    async with asyncio.timeout(30):
        await writer.flush()
    assert await own_pool.fetchval("SELECT count(*) FROM facts") == CALLS + 100
    assert await own_pool.fetchval("SELECT count(*) FROM calls") == CALLS + 100
    assert await own_pool.fetchval("SELECT count(DISTINCT subject) FROM facts") == CALLS + 100
    assert (writer.backlog, writer.refused) == (0, 0)
    running.cancel()


async def test_facts_put_during_an_outage_keep_their_order(
    server: EmbeddedServer, own_pool: Pool, start: Start
) -> None:
    await server.stop()
    writer = Writer(own_pool)
    running = asyncio.create_task(writer.run())
    for serial in range(1500):
        writer.put_facts([created(serial)], live_call(serial))
    await start()
    async with asyncio.timeout(30):
        await writer.flush()
    # Batches are transactions: a later fact is never in an earlier one (xmin grows).
    rows = await own_pool.fetch(
        "SELECT split_part(subject, '.', 2)::int AS serial FROM facts "
        "ORDER BY xmin::text::bigint, serial"
    )
    assert [row["serial"] for row in rows] == list(range(1500))
    running.cancel()


async def test_a_server_that_was_killed_is_started_again(
    server: EmbeddedServer, own_pool: Pool
) -> None:
    writer = Writer(own_pool)
    running = [asyncio.create_task(writer.run()), asyncio.create_task(server.watch())]
    before = server.pid
    backends = psutil.Process(before).children()
    os.kill(before, signal.SIGKILL)
    # On a busy machine it dies some time later, and a backend commits until it learns of that.
    await asyncio.to_thread(psutil.wait_procs, backends, timeout=20)
    for serial in range(100):
        writer.put_facts([created(serial)], live_call(serial))
    async with asyncio.timeout(30):
        await writer.flush()
    assert await own_pool.fetchval("SELECT count(*) FROM facts") == 100
    assert server.pid != before
    for task in running:
        task.cancel()
    await asyncio.wait(running)


async def test_stop_ends_in_time_and_counts_what_is_left(
    server: EmbeddedServer, own_pool: Pool
) -> None:
    await server.stop()
    writer = Writer(own_pool)
    running = asyncio.create_task(writer.run())
    writer.put_facts([created(1), created(2)], live_call(1))
    began = time.monotonic()
    assert await writer.stop(within=0.5) == 2
    assert time.monotonic() - began < 5
    assert running.done()


async def test_a_long_outage_raises_the_alarm_once(
    server: EmbeddedServer,
    own_pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(writer, "BACKLOG_LIMIT", 100)
    full = Writer(own_pool)
    for serial in range(100):
        full.put_facts([created(serial)], None)
    assert (full.backlog, full.lost, full.is_alarming) == (100, 0, True)
    assert capsys.readouterr().out.count("database_backlog") == 1


def test_a_connection_that_is_lost_within_a_transaction_is_no_bug() -> None:
    """Its end, a ROLLBACK, finds the driver in the middle of what was lost."""
    with pytest.raises(StoreUnavailable), reaching():
        raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is on")


async def test_questions_say_that_it_is_away(server: EmbeddedServer, own_pool: Pool) -> None:
    await server.stop()
    with pytest.raises(StoreUnavailable) as caught:
        await customers.find(own_pool, "oilco", "+358401112223")
    assert caught.value.__cause__ is not None
    with pytest.raises(StoreUnavailable):
        await calls.load_call(own_pool, live_call(1).call_id)
    with pytest.raises(StoreUnavailable):
        await open_pool(server.dsn)
    with pytest.raises(StoreUnavailable):
        await migrate(server.dsn)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.001)
