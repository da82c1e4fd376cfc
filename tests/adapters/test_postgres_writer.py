"""The writer: what was put is in PostgreSQL, once, whatever happened between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import structlog

from ccgateway.calls.call import Direction, Note
from ccgateway.postgres.agents import StoredAgent, load_states
from ccgateway.postgres.attempts import load_attempt, new_attempt
from ccgateway.postgres.calls import load_call
from ccgateway.postgres.facts import facts_of, live_facts
from ccgateway.postgres.partitions import Partitions
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.store import PostgresStore
from ccgateway.postgres.writer import Writer
from ccgateway.telephony.facts import Fact, Kind
from tests.adapters.postgres_samples import (
    NODE,
    T0,
    at,
    attempt,
    called_by_an_agent,
    created,
    ended,
    escalated_call,
    live_call,
    noted,
    uniqueid,
    whole_call,
)


async def flushed(writer: Writer) -> None:
    async with asyncio.timeout(20):
        await writer.flush()


async def test_a_call_comes_back_as_it_was_put(writer: Writer, pool: Pool) -> None:
    call = whole_call(1)
    writer.put_facts([created(1), ended(1)], call)
    await flushed(writer)
    assert await load_call(pool, call.call_id) == call


async def test_an_escalated_call_comes_back_as_it_was_put(writer: Writer, pool: Pool) -> None:
    call = escalated_call(1)
    for stands in (whole_call(1), call, call):
        writer.put_facts([noted(1, note) for note in stands.notes], stands)
        await flushed(writer)
    assert await load_call(pool, call.call_id) == call
    assert await facts_of(pool, call.call_id) == [noted(1, note) for note in call.notes]
    assert await pool.fetchval("SELECT count(*) FROM parties WHERE note IS NOT NULL") == 2


async def test_an_outbound_call_comes_back_as_it_was_put(writer: Writer, pool: Pool) -> None:
    call = replace(
        called_by_an_agent(1),
        direction=Direction.OUTBOUND,
        did="+358401112223",
        attempt=attempt(1).id,
    )
    writer.put_facts([], call)
    await flushed(writer)
    assert await load_call(pool, call.call_id) == call


async def test_facts_come_back_as_they_were_put(writer: Writer, pool: Pool) -> None:
    call = live_call(1)
    told = [created(1, caller_number="+358401112223", caller_name="Anna"), ended(1)]
    writer.put_facts(told, call)
    await flushed(writer)
    assert await facts_of(pool, call.call_id) == told


async def test_facts_of_a_called_person_come_back_as_they_were_put(
    writer: Writer, pool: Pool
) -> None:
    call = called_by_an_agent(1)
    told = [
        created(1, caller_number="101", exten="0401112223"),
        Fact(NODE, Kind.DIAL_BEGAN, uniqueid(2), at(1), uniqueid(1), detail={"dialled": "trunk/1"}),
    ]
    writer.put_facts(told, call)
    await flushed(writer)
    assert await facts_of(pool, call.call_id) == told
    assert (await live_facts(pool))[call.call_id] == told
    assert await load_call(pool, call.call_id) == call


async def test_a_call_that_turns_out_inbound(writer: Writer, pool: Pool) -> None:
    """Until the door is reached, nobody knows whose number was dialled."""
    early = replace(called_by_an_agent(1), direction=Direction.UNKNOWN, caller_number="")
    writer.put_facts([], early)
    await flushed(writer)
    assert await load_call(pool, early.call_id) == early
    inbound = replace(early, direction=Direction.INBOUND, did="1000")
    writer.put_facts([], inbound)
    await flushed(writer)
    assert await load_call(pool, early.call_id) == inbound


async def test_the_same_put_twice_is_one(writer: Writer, pool: Pool) -> None:
    call = whole_call(1)
    for _ in range(2):
        writer.put_facts([created(1, caller_number="1"), created(1, caller_number="1")], call)
        await flushed(writer)
    assert await pool.fetchval("SELECT count(*) FROM facts") == 1
    assert await pool.fetchval("SELECT count(*) FROM offers") == 3
    assert await load_call(pool, call.call_id) == call


async def test_the_latest_version_of_a_call_stays(writer: Writer, pool: Pool) -> None:
    call = whole_call(1)
    writer.put_facts([created(1)], call)
    await flushed(writer)
    shorter = replace(call, legs=call.legs[:1], visits=(), talks=(), fell_back="")
    writer.put_facts([], call)
    writer.put_facts([ended(1)], shorter)
    await flushed(writer)
    assert await load_call(pool, call.call_id) == shorter


async def test_the_first_word_of_ami_stays(writer: Writer, pool: Pool) -> None:
    writer.put_facts([ended(1)], live_call(1))
    writer.put_facts([replace(ended(1), at=at(99), detail={"cause": "17"})], live_call(1))
    await flushed(writer)
    assert await facts_of(pool, live_call(1).call_id) == [ended(1)]


async def test_a_fact_learns_its_call_later(writer: Writer, pool: Pool) -> None:
    writer.put_facts([created(1)], None)
    await flushed(writer)
    writer.put_facts([created(1, caller_name="Anna")], live_call(1))
    await flushed(writer)
    (fact,) = await facts_of(pool, live_call(1).call_id)
    assert fact.detail["caller_name"] == "Anna"


@pytest.mark.parametrize("together", [True, False])
async def test_what_was_not_known_of_a_person_is_filled_in(
    writer: Writer, pool: Pool, together: bool
) -> None:
    for told in ({"exten": "1000"}, {"exten": "2000", "caller_number": "123"}):
        writer.put_facts([created(1, **told)], live_call(1))
        if not together:
            await flushed(writer)
    await flushed(writer)
    assert await facts_of(pool, live_call(1).call_id) == [
        created(1, exten="1000", caller_number="123")
    ]


PERSONS = ("401112223", "Anna", "leaks", "ticket")


async def test_persons_are_in_their_own_table_only(writer: Writer, pool: Pool) -> None:
    told = created(1, caller_number="+358401112223", caller_name="Anna Ahola")
    writer.put_facts([told], replace(live_call(1), caller_number="+358401112223"))
    dialled = created(5, caller_number="101", caller_name="Agent", exten="0401112223")
    began = {"dialled": "0401112223@trunk"}
    dial = Fact(NODE, Kind.DIAL_BEGAN, uniqueid(6), T0, uniqueid(5), detail=began)
    writer.put_facts([dialled, dial], called_by_an_agent(5))
    escalated = escalated_call(7)
    writer.put_facts([noted(7, note) for note in escalated.notes], escalated)
    writer.put_attempt(attempt(1))
    await new_attempt(pool, attempt(2))
    await flushed(writer)
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (table,) in tables:
        rows = await pool.fetch(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - our own tables
        found = [row for row in rows if any(told in row[0] for told in PERSONS)]
        assert bool(found) == (table == "parties"), table


ERASE_ALL = (
    "UPDATE parties SET number = NULL, name = NULL, exten = NULL, dialled = NULL, note = NULL,"
    " erased_at = now() WHERE erased_at IS NULL"
)


async def test_an_erased_note_stays_erased_when_its_call_goes_into_another(
    writer: Writer, pool: Pool
) -> None:
    """Nor does an earlier note, that becomes known later, take its place."""
    old, new = escalated_call(1), live_call(5)
    writer.put_facts([noted(1, note) for note in old.notes], old)
    await flushed(writer)
    await pool.execute(ERASE_ALL)
    earlier = Note(at(1), "101", "First")
    writer.absorb(old.call_id, new.call_id)
    writer.put_facts([noted(1, earlier)], replace(new, notes=(earlier, *old.notes)))
    await flushed(writer)
    stored = await load_call(pool, new.call_id)
    assert stored is not None
    assert [note.text for note in stored.notes] == ["First", "", ""]
    told = [fact.detail.get("note") for fact in await facts_of(pool, new.call_id)]
    assert told == ["First", None, None]


async def test_an_erased_person_stays_erased(writer: Writer, pool: Pool) -> None:
    told = created(1, caller_number="+358401112223", exten="0401112223", dialled="x@trunk")
    call, called, escalated = live_call(1), called_by_an_agent(5), escalated_call(7)
    for _ in range(2):
        writer.put_facts([told, ended(1)], call)
        writer.put_facts([], called)
        writer.put_facts([noted(7, escalated.notes[0])], escalated)
        writer.put_attempt(attempt(1))
        await flushed(writer)
        await pool.execute(ERASE_ALL)
    left = "SELECT count(*) FROM parties WHERE num_nonnulls(number, name, exten, dialled, note) > 0"
    assert await pool.fetchval(left) == 0
    assert await load_attempt(pool, attempt(1).id) == replace(attempt(1), number="")
    (fact,) = await facts_of(pool, escalated.call_id)
    assert fact.detail == {"by": "api"}
    stored = await load_call(pool, escalated.call_id)
    assert stored is not None
    assert [note.text for note in stored.notes] == ["", ""]
    assert await facts_of(pool, call.call_id) == [created(1), ended(1)]
    stored = await load_call(pool, call.call_id)
    assert stored == replace(call, caller_number="", caller_name="")
    stored = await load_call(pool, called.call_id)
    assert stored == replace(called, caller_number="", caller_name="", did="")


NASTY = [
    "a\0b",
    "\ud83d half",
    "😀 ]]> ${SHELL(id)}\r\n\x1b",
    "\\u0000",
    "'); DROP TABLE x;--",
    "x" * 4096,
]


@pytest.mark.parametrize("text", NASTY)
async def test_any_text_is_stored_as_plain_text(writer: Writer, pool: Pool, text: str) -> None:
    call = replace(whole_call(1), caller_name=text, did=text)
    writer.put_facts([created(1, caller_name=text, exten=text)], call)
    note = Note(at(1), "api", text)
    writer.put_facts([noted(1, note)], call := replace(call, notes=(note,), topic=text))
    await flushed(writer)
    plain = text.replace("\0", "\ufffd").replace("\ud83d", "\ufffd")
    fact, note_fact = await facts_of(pool, call.call_id)
    assert (fact.detail["caller_name"], fact.detail["exten"]) == (plain, plain)
    assert note_fact.detail["note"] == plain
    notes = (replace(note, text=plain),)
    assert await load_call(pool, call.call_id) == replace(
        call, caller_name=plain, did=plain, topic=plain, notes=notes
    )
    assert writer.refused == 0


POISON = [
    replace(ended(50), place="".join(chr(0x4E00 + i) for i in range(4000))),  # too long for the key
    replace(ended(50), ordinal=2**40),  # no PostgreSQL integer
    replace(ended(50), at="yesterday"),  # type: ignore[arg-type] # a fault of ours
]


@pytest.mark.parametrize("poison", POISON)
async def test_a_row_that_is_refused_blocks_no_other(
    writer: Writer, pool: Pool, poison: Fact
) -> None:
    for serial in range(100):
        facts = [created(serial), poison] if serial == 50 else [created(serial)]
        writer.put_facts(facts, live_call(serial))
    await flushed(writer)
    assert writer.refused == 1
    assert writer.backlog == 0
    assert await pool.fetchval("SELECT count(*) FROM facts") == 100
    assert await pool.fetchval("SELECT count(*) FROM calls") == 100


async def test_what_is_refused_is_logged_without_a_persons_number(writer: Writer) -> None:
    detail = {
        "caller_number": "+358401112223",
        "dialled": "0401112223@trunk",
        "exten": "0401112223",
        "channel": "Local/0401112223@out-00000001;1",
    }
    with structlog.testing.capture_logs() as lines:
        writer.put_facts([replace(ended(1), ordinal=2**40, detail=detail)], None)
        await flushed(writer)
    (line,) = [line for line in lines if line["event"] == "refused_facts"]
    assert line["identity"] == (NODE, "channel_ended", uniqueid(1), "", 2**40)
    assert line["keys"] == ["caller_number", "channel", "dialled", "exten"]
    assert "401112223" not in str(lines)


async def test_a_call_that_is_refused_loses_no_fact(writer: Writer, pool: Pool) -> None:
    writer.put_facts([created(1)], replace(live_call(1), cause=2**40))
    writer.put_facts([created(2)], live_call(2))
    await flushed(writer)
    assert writer.refused == 1
    assert await pool.fetchval("SELECT count(*) FROM facts") == 2
    assert await load_call(pool, live_call(2).call_id) == live_call(2)


async def test_the_day_is_that_of_the_channels_birth(writer: Writer, pool: Pool) -> None:
    before = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
    channel = uniqueid(1, before)
    after = datetime(2026, 11, 23, 0, 0, 5, tzinfo=UTC)
    for when in (before, after):
        writer.put_facts([Fact(NODE, Kind.CHANNEL_ENDED, channel, when)], None)
        await flushed(writer)
    rows = await pool.fetch("SELECT day, at, tableoid::regclass::text AS partition FROM facts")
    assert [tuple(row) for row in rows] == [(date(2026, 11, 22), before, "facts_20261122")]


async def test_a_channel_of_a_far_year_makes_no_partition_there(writer: Writer, pool: Pool) -> None:
    """An Originate may choose a channel's id."""
    writer.put_facts([Fact(NODE, Kind.CHANNEL_CREATED, "99999999999.1", T0)], None)
    await flushed(writer)
    assert await pool.fetchval("SELECT day FROM facts") == T0.date()


async def test_two_gateways_make_the_same_partition(pool: Pool) -> None:
    days = [date(2026, 11, day) for day in range(1, 11)]
    await asyncio.gather(*(Partitions().ensure(pool, days) for _ in range(4)))
    made = await pool.fetchval(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'facts'::regclass"
    )
    assert made == len(days)


async def test_a_partition_that_was_dropped_is_made_anew(writer: Writer, pool: Pool) -> None:
    writer.put_facts([created(1)], None)
    await flushed(writer)
    await pool.execute("DROP TABLE facts_20261122")
    writer.put_facts([created(2)], None)
    await flushed(writer)
    assert writer.refused == 0
    assert await pool.fetchval("SELECT count(*) FROM facts") == 1


async def test_live_facts_are_those_of_calls_that_go_on(writer: Writer, pool: Pool) -> None:
    writer.put_facts([created(1, caller_number="123")], live_call(1))
    writer.put_facts([created(2), ended(2)], replace(whole_call(2), talks=()))
    other = replace(live_call(3), node="pbx2")
    writer.put_facts([replace(created(3), node="pbx2")], other)
    await flushed(writer)
    here = {live_call(1).call_id: [created(1, caller_number="123")]}
    assert await live_facts(pool, NODE) == here
    assert set(await live_facts(pool)) == {live_call(1).call_id, other.call_id}


async def test_an_agents_latest_state_stays(writer: Writer, pool: Pool) -> None:
    writer.put_agent(StoredAgent("101", "ready", T0, phone="PJSIP/101"))
    writer.put_agent(StoredAgent("101", "paused", at(1), "lunch", "PJSIP/101"))
    writer.put_agent(StoredAgent("102", "logged_out", T0))
    await flushed(writer)
    assert await load_states(pool) == {
        "101": StoredAgent("101", "paused", at(1), "lunch", "PJSIP/101"),
        "102": StoredAgent("102", "logged_out", T0),
    }


async def test_many_puts_are_few_transactions(writer: Writer, pool: Pool) -> None:
    for serial in range(3000):
        writer.put_facts([created(serial)], live_call(serial))
    await flushed(writer)
    assert await pool.fetchval("SELECT count(*) FROM calls") == 3000
    assert await pool.fetchval("SELECT count(DISTINCT xmin::text) FROM facts") <= 6


async def test_stop_writes_what_waits(pool: Pool) -> None:
    writer = Writer(pool)
    running = asyncio.create_task(writer.run())
    PostgresStore(pool, writer).put_facts([created(1)], live_call(1))
    assert await writer.stop() == 0
    assert running.done()
    assert await pool.fetchval("SELECT count(*) FROM facts") == 1
