"""Attempts and case numbers: committed before they are used, each once, and in time."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ccgateway.errors import Refused, StoreUnavailable
from ccgateway.outbound.attempt import End, Stage
from ccgateway.postgres import attempts
from ccgateway.postgres.attempts import live_attempts, load_attempt, new_attempt
from ccgateway.postgres.cases import case_numbers
from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.postgres.migrate import migrate
from ccgateway.postgres.pool import Pool, open_pool
from ccgateway.postgres.store import PostgresStore
from ccgateway.postgres.writer import Writer
from tests.adapters.postgres_samples import at, attempt, live_call

ENDED = replace(
    attempt(1, "key"),
    stage=Stage.ENDED,
    end=End.BUSY,
    cause=17,
    sip="486 Busy Here",
    agent_answered_at=at(2),
    ringing_at=at(3),
    answered_at=at(4),
    ended_at=at(5),
    call_id=live_call(1).call_id,
)


async def flushed(writer: Writer) -> None:
    async with asyncio.timeout(20):
        await writer.flush()


async def test_an_attempt_from_its_beginning_to_its_end(writer: Writer, pool: Pool) -> None:
    store = PostgresStore(pool, writer)
    new = attempt(1, "key")
    assert await store.new_attempt(new) == new
    assert await load_attempt(pool, new.id) == new
    assert await live_attempts(pool) == [new]
    store.put_attempt(replace(new, stage=Stage.SENT))
    store.put_attempt(ENDED)
    await flushed(writer)
    assert await load_attempt(pool, new.id) == ENDED
    assert await live_attempts(pool) == []
    assert await load_attempt(pool, "ccg-1.1") is None
    assert await load_attempt(pool, "") is None


async def test_the_same_key_gives_the_first_as_it_is_stored(writer: Writer, pool: Pool) -> None:
    await new_attempt(pool, attempt(1, "key"))
    writer.put_attempt(ENDED)
    await flushed(writer)
    again = replace(attempt(2, "key"), number="+358409999999")
    assert await new_attempt(pool, again) == ENDED
    assert await load_attempt(pool, again.id) is None
    assert await pool.fetchval("SELECT count(*) FROM parties WHERE number = $1", again.number) == 0


async def test_the_same_id_gives_it_as_it_is_stored(pool: Pool) -> None:
    """Who was told that PostgreSQL is away may ask again, though it was committed."""
    for key in ("", "key"):
        new = attempt(len(key), key)
        assert [await new_attempt(pool, new) for _ in range(2)] == [new, new]
    assert len(await live_attempts(pool)) == 2


@pytest.mark.parametrize("late", [False, True])
async def test_one_that_was_never_sent_ends_whenever_its_row_comes(
    writer: Writer, pool: Pool, late: bool
) -> None:
    """The row may be committed long after we were told that PostgreSQL is away."""
    new = attempt(1, "key")
    unsent = replace(new, key="", stage=Stage.ENDED, end=End.NOT_SENT, ended_at=at(3))
    if not late:
        await new_attempt(pool, new)
    writer.put_attempt(unsent)
    await flushed(writer)
    again = attempt(2, "key")
    if late:
        assert await new_attempt(pool, again) == again  # the key was never taken
        assert await new_attempt(pool, replace(new, key="")) == unsent
    else:
        assert await new_attempt(pool, again) == replace(unsent, key="key")
    assert new.id not in [row.id for row in await live_attempts(pool)]


async def test_without_a_key_each_is_its_own(pool: Pool) -> None:
    for serial in range(3):
        assert (await new_attempt(pool, attempt(serial))).id == attempt(serial).id
    assert await live_attempts(pool) == [attempt(serial) for serial in range(3)]


async def test_many_at_once_with_one_key_are_one(pool: Pool, dsn: str) -> None:
    async with await open_pool(dsn) as other:
        made = await asyncio.gather(
            *(
                new_attempt(pool if serial % 2 else other, attempt(serial, "key"))
                for serial in range(20)
            )
        )
    assert len({one.id for one in made}) == 1
    assert await pool.fetchval("SELECT count(*) FROM attempts") == 1
    assert await pool.fetchval("SELECT count(*) FROM parties") == 1


async def test_very_many_attempts(writer: Writer, pool: Pool) -> None:
    for serial in range(2000):
        writer.put_attempt(attempt(serial))
    for serial in range(2000):
        writer.put_attempt(replace(attempt(serial), stage=Stage.ENDED, end=End.NO_ANSWER))
    await flushed(writer)
    assert await pool.fetchval("SELECT count(*) FROM attempts WHERE stage = 'ended'") == 2000
    assert writer.refused == 0


async def test_any_text_is_stored_as_plain_text(pool: Pool) -> None:
    nasty = "a\0b\ud83d'; DROP TABLE attempts;--"
    stored = await new_attempt(pool, replace(attempt(1, nasty), agent=nasty))
    assert stored.agent == stored.key == "a\ufffdb\ufffd'; DROP TABLE attempts;--"
    assert await new_attempt(pool, attempt(2, nasty)) == stored


async def test_a_key_that_cannot_be_stored_is_refused(pool: Pool) -> None:
    with pytest.raises(Refused):
        await new_attempt(pool, attempt(1, os.urandom(20_000).hex()))
    assert await live_attempts(pool) == []


async def test_an_attempt_that_is_refused_blocks_no_other(writer: Writer, pool: Pool) -> None:
    for serial in range(50):
        writer.put_attempt(replace(attempt(serial), cause=2**40 if serial == 25 else 16))
    await flushed(writer)
    assert writer.refused == 1
    assert len(await live_attempts(pool)) == 49


async def test_case_numbers_begin_at_1001_and_come_once(pool: Pool, dsn: str) -> None:
    assert await case_numbers(pool) == range(1001, 1021)
    async with await open_pool(dsn) as other:
        blocks = await asyncio.gather(
            *(case_numbers(pool if turn % 2 else other) for turn in range(20))
        )
    numbers = [number for block in blocks for number in block]
    assert sorted(numbers) == list(range(1021, 1421))


@contextmanager
def stopped(server: EmbeddedServer) -> Iterator[None]:
    """PostgreSQL takes connections and answers nothing."""
    family = [server.pid, *(child.pid for child in psutil.Process(server.pid).children())]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in family:
            os.kill(pid, signal.SIGCONT)


async def test_a_server_that_hangs_is_given_up_in_time(binaries: Path | None, home: Path) -> None:
    server = await EmbeddedServer.start(
        home / "data", die_with_parent=True, binaries=binaries, fast=True
    )
    await migrate(server.dsn)
    pool = await open_pool(server.dsn)
    with stopped(server):
        began = time.monotonic()
        asked = await asyncio.gather(
            *(new_attempt(pool, attempt(serial)) for serial in range(9)),
            case_numbers(pool),
            return_exceptions=True,
        )
        assert all(isinstance(answer, StoreUnavailable) for answer in asked), asked
        assert time.monotonic() - began < attempts.ANSWER_WITHIN + 1
    async with asyncio.timeout(20):  # and all is well as soon as it answers
        assert (await new_attempt(pool, attempt(99, "key"))).id == attempt(99).id
        assert len(await case_numbers(pool)) == 20
    await pool.close()
    await server.stop()


async def test_a_server_that_is_away_is_told(binaries: Path | None, home: Path) -> None:
    server = await EmbeddedServer.start(
        home / "data", die_with_parent=True, binaries=binaries, fast=True
    )
    pool = await open_pool(server.dsn)
    await server.stop()
    for ask in (new_attempt(pool, attempt(1)), case_numbers(pool)):
        with pytest.raises(StoreUnavailable):
            await ask
    pool.terminate()
