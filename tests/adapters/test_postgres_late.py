"""What waited on disk comes late: it passes nothing that is newer, and nothing of it is missed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ccgateway.outbound.attempt import Stage
from ccgateway.postgres import overflow as overflowing
from ccgateway.postgres.agents import StoredAgent, load_states
from ccgateway.postgres.batch import Batch
from ccgateway.postgres.overflow import Overflow
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.spool import Spool
from ccgateway.postgres.spooled import key_of_call
from ccgateway.postgres.standing import standing
from ccgateway.postgres.waiting import Waiting
from ccgateway.rig.waiting import until
from tests.adapters.postgres_samples import T0, at, attempt, created, ended, live_call
from tests.adapters.spool_process import LIMIT
from tests.adapters.test_postgres_spool import flushed, running

HEARD = StoredAgent("101", "paused", T0, "lunch", "PJSIP/101")
NEWER = StoredAgent("101", "ready", at(3600), "", "PJSIP/101")


async def put_old(folder: Path) -> None:
    call = live_call(1)
    spool = Spool(folder, LIMIT)
    ringing = replace(attempt(1), stage=Stage.RINGING)
    await spool.append(Batch([(created(1), call.call_id)], [], [call], [HEARD], [ringing]))
    await spool.close()


async def test_what_could_not_be_read_from_disk_for_a_while_passes_nothing_newer(
    own_pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is root's, say: it is told until it can be read."""
    monkeypatch.setattr(overflowing, "TRY_AGAIN", 0.2)
    await put_old(tmp_path)
    file = tmp_path / "spool.sqlite"
    file.rename(tmp_path / "kept")
    file.mkdir()
    over = replace(live_call(1), ended_at=at(60), facts=2)
    async with running(own_pool, tmp_path) as writer:
        writer.put_facts([ended(1)], over)
        writer.put_agent(NEWER)
        writer.put_attempt(replace(attempt(1), stage=Stage.ENDED, ended_at=at(60)))
        await until(lambda: writer.is_alarming, "it is told")
        await until(lambda: own_pool.fetchval("SELECT count(*) FROM attempts"), "it is written")
        file.rmdir()
        (tmp_path / "kept").rename(file)
        await flushed(writer)
        assert not writer.is_alarming
    assert await own_pool.fetchval("SELECT count(*) FROM facts") == 2
    assert await own_pool.fetchval("SELECT ended_at FROM calls") == at(60)
    assert await own_pool.fetchval("SELECT stage FROM attempts") == "ended"
    assert await load_states(own_pool) == {"101": NEWER}


async def test_what_is_newer_on_disk_replaces_what_is_there(own_pool: Pool, tmp_path: Path) -> None:
    await put_old(tmp_path)
    async with running(own_pool, tmp_path) as writer:
        await flushed(writer)
    spool = Spool(tmp_path, LIMIT)
    over = replace(live_call(1), ended_at=at(60))
    done = replace(attempt(1), stage=Stage.ENDED, ended_at=at(60))
    await spool.append(Batch(calls=[over], agents=[NEWER], attempts=[done]))
    await spool.close()
    async with running(own_pool, tmp_path) as writer:
        await flushed(writer)
    assert await own_pool.fetchval("SELECT ended_at FROM calls") == at(60)
    assert await own_pool.fetchval("SELECT stage FROM attempts") == "ended"
    assert await load_states(own_pool) == {"101": NEWER}


async def test_a_start_takes_the_newer_state_of_an_agent(own_pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    async with running(own_pool, tmp_path / "none") as writer:
        writer.put_agent(NEWER)
        await flushed(writer)
    await put_old(tmp_path)
    spool = Spool(tmp_path, LIMIT)
    await spool.load()
    assert (await standing(own_pool, spool)).states == {"101": NEWER}
    await spool.close()


async def test_a_call_is_held_on_disk_until_its_last_fact_is_drained(tmp_path: Path) -> None:
    """Of thousands that were put on disk at once it has the first and the last."""
    call = live_call(1)
    spool, waiting = Spool(tmp_path, LIMIT), Waiting()
    overflow = Overflow(waiting, spool, waiting.settle)
    waiting.put_facts([created(1)], replace(call, facts=1))
    for serial in range(2, 3000):
        waiting.put_facts([created(serial)], None)
    waiting.put_facts([ended(1)], replace(call, facts=2))
    await overflow.spill()
    batches = 0
    while spool.facts > 500:
        await spool.head()
        await spool.drop()
        batches += 1
        live, _ = await spool.live()
        assert await spool.held([key_of_call(call.call_id)])
        assert (ended(1), call.call_id) in live.facts
        assert live.calls == [replace(call, facts=2)]
    assert batches == 5
    await spool.close()


async def test_a_session_that_is_read_only_is_given_up(own_pool: Pool, tmp_path: Path) -> None:
    """``default_transaction_read_only`` is what a session has from its beginning."""
    database = await own_pool.fetchval("SELECT current_database()")
    change = f'ALTER DATABASE "{database}"'
    await own_pool.execute(f"{change} SET default_transaction_read_only = on")
    await own_pool.expire_connections()
    other = await own_pool.acquire()  # it begins before the writer's
    async with running(own_pool, tmp_path) as writer:
        writer.put_facts([created(1)], live_call(1))
        await until(lambda: writer.in_memory == 0 and writer.backlog, "it waits on disk")
        await other.execute("SET default_transaction_read_only = off")
        await other.execute(f"{change} RESET default_transaction_read_only")
        await other.execute("RESET default_transaction_read_only")
        await own_pool.release(other)
        await flushed(writer)
    assert await own_pool.fetchval("SHOW default_transaction_read_only") == "off"
