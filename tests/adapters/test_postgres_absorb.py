"""Two calls turn out to be one: nothing is lost, nothing is there twice, whatever the order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest

from ccgateway.calls.call import Call
from ccgateway.postgres.attempts import load_attempt
from ccgateway.postgres.calls import find_call, list_calls, load_call
from ccgateway.postgres.facts import facts_of, live_facts
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.writer import Writer
from tests.adapters.postgres_samples import (
    attempt,
    created,
    ended,
    escalated_call,
    live_call,
    noted,
)

OLD, NEW = escalated_call(10), live_call(1)
TOLD = [created(10, caller_name="Anna"), *(noted(10, note) for note in OLD.notes), ended(10)]
WHOLE = replace(NEW, escalations=OLD.escalations, notes=OLD.notes, visits=OLD.visits, case=1042)


async def flushed(writer: Writer) -> None:
    async with asyncio.timeout(20):
        await writer.flush()


async def is_one(pool: Pool, whole: Call = WHOLE) -> None:
    """All is the one call's, and of the other nothing is left but the way to it."""
    assert [call.call_id for call in await list_calls(pool)] == [whole.call_id]
    assert await load_call(pool, whole.call_id) == whole
    assert await load_call(pool, OLD.call_id) == whole
    assert await find_call(pool, str(OLD.call_id)[:12]) == [whole.call_id]
    told = sorted([created(1), *TOLD], key=lambda fact: fact.at)
    for call_id in (OLD.call_id, whole.call_id):
        found = await facts_of(pool, call_id)
        assert sorted(found, key=lambda fact: (fact.at, fact.subject)) == sorted(
            told, key=lambda fact: (fact.at, fact.subject)
        )
    for table in ("facts", "legs", "queue_visits", "offers", "talks", "escalations", "notes"):
        query = f"SELECT count(*) FROM {table} WHERE call_id = $1"  # noqa: S608 - our own tables
        assert await pool.fetchval(query, OLD.call_id) == 0, table
    orphans = (
        "SELECT count(*) FROM parties p WHERE p.party NOT IN (SELECT party FROM calls WHERE party "
        "IS NOT NULL UNION SELECT party FROM facts WHERE party IS NOT NULL UNION SELECT party FROM "
        "notes)"
    )
    assert await pool.fetchval(orphans) == 0


@pytest.mark.parametrize("together", [True, False])
async def test_a_call_goes_into_another(writer: Writer, pool: Pool, together: bool) -> None:
    puts: tuple[Callable[[], None], ...] = (
        lambda: writer.put_facts([created(1)], NEW),
        lambda: writer.put_facts(TOLD, OLD),
        lambda: writer.absorb(OLD.call_id, NEW.call_id),
        lambda: writer.put_facts([], WHOLE),
    )
    for put in puts:
        put()
        if not together:
            await flushed(writer)
    await flushed(writer)
    await is_one(pool)
    assert writer.refused == 0


@pytest.mark.parametrize("together", [True, False])
async def test_twice_is_once(writer: Writer, pool: Pool, together: bool) -> None:
    for _ in range(2):
        writer.put_facts([created(1)], NEW)
        writer.put_facts(TOLD, OLD)
        writer.absorb(OLD.call_id, NEW.call_id)
        writer.absorb(OLD.call_id, NEW.call_id)
        writer.put_facts(TOLD, WHOLE)
        if not together:
            await flushed(writer)
    await flushed(writer)
    await is_one(pool)


async def test_what_is_put_of_it_later_is_the_others(writer: Writer, pool: Pool) -> None:
    writer.put_facts([created(1), TOLD[0]], NEW)
    writer.absorb(OLD.call_id, NEW.call_id)
    writer.put_facts([], WHOLE)
    await flushed(writer)
    writer.put_facts(TOLD, OLD)
    await flushed(writer)
    await is_one(pool)


async def test_across_a_restart(pool: Pool) -> None:
    """The gateway dies after the call went into another and before the other was put anew: the next
    one finds all the facts under the other, be it that the other had no row yet."""
    for known_before in (True, False):
        await pool.execute("TRUNCATE facts, calls, parties, absorbed_calls CASCADE")
        old = replace(OLD, ended_at=None)
        first = Writer(pool)
        running = asyncio.create_task(first.run())
        if known_before:
            first.put_facts([created(1)], NEW)
        first.put_facts(TOLD, old)
        await flushed(first)
        first.absorb(OLD.call_id, NEW.call_id)
        await first.stop()
        assert running.done()
        live = await live_facts(pool)
        assert set(live) == {NEW.call_id}
        assert len(live[NEW.call_id]) == len(TOLD) + known_before

        second = Writer(pool)
        running = asyncio.create_task(second.run())
        second.put_facts([created(1), *TOLD], NEW)
        second.absorb(OLD.call_id, NEW.call_id)
        second.put_facts([], WHOLE)
        await second.stop()
        assert running.done()
        await is_one(pool)


@pytest.mark.parametrize("together", [True, False])
async def test_a_chain_leads_to_its_end(writer: Writer, pool: Pool, together: bool) -> None:
    chains = []
    for turn, order in enumerate(permutations(range(3))):
        serials = range(10 * turn, 10 * turn + 4)
        calls = [live_call(serial) for serial in serials]
        chains.append(calls)
        for call, serial in zip(calls, serials, strict=True):
            writer.put_facts([created(serial)], call)
        for link in order:
            writer.absorb(calls[link + 1].call_id, calls[link].call_id)
            if not together:
                await flushed(writer)
        writer.absorb(calls[0].call_id, calls[3].call_id)  # they are one already, the other way
        writer.absorb(calls[0].call_id, calls[0].call_id)
    await flushed(writer)
    assert {call.call_id for call in await list_calls(pool)} == {one[0].call_id for one in chains}
    for calls in chains:
        for call in calls:
            assert await load_call(pool, call.call_id) == calls[0]
            assert len(await facts_of(pool, call.call_id)) == 4
    assert writer.refused == 0


async def test_a_call_that_is_not_there_is_no_error(writer: Writer, pool: Pool) -> None:
    writer.absorb(OLD.call_id, NEW.call_id)
    writer.put_facts([created(1)], NEW)
    await flushed(writer)
    assert await load_call(pool, OLD.call_id) == NEW
    assert writer.refused == 0


async def test_a_bad_row_beside_it_changes_nothing(writer: Writer, pool: Pool) -> None:
    """The batch is written in pieces then, and each piece finds what the others left."""
    writer.put_facts([created(1), replace(ended(50), ordinal=2**40)], NEW)
    writer.put_facts(TOLD, OLD)
    writer.absorb(OLD.call_id, NEW.call_id)
    writer.put_facts([], WHOLE)
    writer.put_facts([], replace(live_call(60), cause=2**40))
    await flushed(writer)
    await is_one(pool)
    assert writer.refused == 2


async def test_two_that_go_into_one_that_has_no_row(writer: Writer, pool: Pool) -> None:
    one, two = live_call(20), live_call(30)
    writer.put_facts([created(20)], one)
    writer.put_facts([created(30)], two)
    await flushed(writer)
    writer.absorb(one.call_id, NEW.call_id)
    writer.absorb(two.call_id, NEW.call_id)
    await flushed(writer)
    assert set(await live_facts(pool)) == {NEW.call_id}
    writer.put_facts([], NEW)
    await flushed(writer)
    assert await load_call(pool, two.call_id) == NEW
    assert writer.refused == 0


async def test_an_attempts_call_is_the_one_it_went_into(writer: Writer, pool: Pool) -> None:
    placed = replace(attempt(1), call_id=OLD.call_id)
    writer.put_attempt(placed)
    writer.absorb(OLD.call_id, NEW.call_id)
    await flushed(writer)
    assert await load_attempt(pool, placed.id) == replace(placed, call_id=NEW.call_id)


@pytest.mark.parametrize("known_before", [True, False])
async def test_who_was_erased_stays_erased(writer: Writer, pool: Pool, known_before: bool) -> None:
    """The call that it went into bears the same person's number."""
    if known_before:
        writer.put_facts([], NEW)
    writer.put_facts(TOLD, OLD)
    await flushed(writer)
    erased = (
        "UPDATE parties SET number = NULL, name = NULL, exten = NULL, dialled = NULL, note = NULL, "
        "erased_at = '2026-11-22 09:00Z' WHERE party = (SELECT party FROM calls WHERE call_id = $1)"
    )
    assert await pool.execute(erased, OLD.call_id) == "UPDATE 1"
    writer.absorb(OLD.call_id, NEW.call_id)
    writer.put_facts([], WHOLE)
    await flushed(writer)
    person = (
        "SELECT number, name, exten, dialled, note, erased_at IS NOT NULL FROM parties "
        "WHERE party = (SELECT party FROM calls WHERE call_id = $1)"
    )
    [found] = await pool.fetch(person, NEW.call_id)
    assert tuple(found) == (None, None, None, None, None, True)
    call = await load_call(pool, NEW.call_id)
    assert call is not None
    assert (call.caller_number, call.escalations) == ("", OLD.escalations)
    assert writer.refused == 0
