"""What is read back: lists of calls, ids by their beginning, customers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from ccgateway.calls.call import Disposition
from ccgateway.calls.listed import Search
from ccgateway.errors import Refused
from ccgateway.postgres import customers
from ccgateway.postgres.calls import FOUND_AT_MOST, find_by_case, find_call, list_calls, load_call
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.writer import Writer
from tests.adapters.postgres_samples import (
    at,
    called_by_an_agent,
    escalated_call,
    live_call,
    whole_call,
)


async def put(writer: Writer, *new: object) -> None:
    for call in new:
        writer.put_facts([], call)  # type: ignore[arg-type] # the tests give calls
    async with asyncio.timeout(20):
        await writer.flush()


async def test_a_call_in_the_list(writer: Writer, pool: Pool) -> None:
    await put(writer, whole_call(1))
    (listed,) = await list_calls(pool)
    assert (listed.caller_number, listed.caller_name) == ("+358400000001", "Caller 1")
    assert listed.queues == ("stations", "pumps")
    assert listed.agents == ("102",)
    assert (listed.wait_seconds, listed.talk_seconds) == (20.0, 30.0)
    assert (listed.disposition, listed.ended_at) == (Disposition.ANSWERED, at(60))


async def test_an_escalated_call_in_the_list(writer: Writer, pool: Pool) -> None:
    """A consulting agent's stay in a queue is none of the caller's waits; an outsider who talked is
    none of the agents."""
    await put(writer, escalated_call(1))
    (listed,) = await list_calls(pool)
    assert (listed.case, listed.topic, listed.path) == (1042, "vendor", ("pumps", "vendor"))
    assert listed.queues == ("stations", "pumps", "second-pumps")
    assert listed.agents == ("102",)
    assert (listed.wait_seconds, listed.talk_seconds) == (20.0, 36.0)


async def test_the_calls_of_a_case(writer: Writer, pool: Pool) -> None:
    first = replace(live_call(1), case=1042)
    again = replace(live_call(5), case=1042, started_at=at(100))
    other = replace(live_call(9), case=1043)
    await put(writer, first, again, other)
    assert await find_by_case(pool, 1042) == [again.call_id, first.call_id]
    (found,) = await list_calls(pool, 50, Search(case=1043))
    assert found.call_id == other.call_id
    for number in (0, -1, 1044, 2**80):
        assert await find_by_case(pool, number) == []


async def test_a_case_of_very_many_calls(writer: Writer, pool: Pool) -> None:
    await put(writer, *(replace(live_call(serial), case=1042) for serial in range(50)))
    assert len(await find_by_case(pool, 1042)) == FOUND_AT_MOST


async def test_whom_an_agent_called_is_in_the_list(writer: Writer, pool: Pool) -> None:
    await put(writer, called_by_an_agent(1), live_call(5))
    assert {call.did for call in await list_calls(pool)} == {"0401112223", "1000"}


async def test_a_call_that_reached_no_queue(writer: Writer, pool: Pool) -> None:
    await put(writer, replace(live_call(1), caller_number="", caller_name=""))
    (listed,) = await list_calls(pool)
    assert (listed.queues, listed.agents) == ((), ())
    assert (listed.wait_seconds, listed.talk_seconds) == (None, None)
    assert (listed.caller_number, listed.caller_name) == ("", "")


async def test_the_list_is_narrowed(writer: Writer, pool: Pool) -> None:
    whole, live = whole_call(1), replace(live_call(10), started_at=at(100))
    other = replace(live_call(20), started_at=at(-100), client="paint", service="shop")
    await put(writer, whole, live, other)

    async def ids(limit: int = 50, **narrow: object) -> list[object]:
        search = Search(**narrow)  # type: ignore[arg-type] # any of its fields
        return [call.call_id for call in await list_calls(pool, limit, search)]

    assert await ids() == [live.call_id, whole.call_id, other.call_id]
    assert await ids(limit=1) == [live.call_id]
    assert await ids(since=at(0)) == [live.call_id, whole.call_id]
    assert await ids(client="paint") == [other.call_id]
    assert await ids(service="hotline") == [live.call_id, whole.call_id]
    assert await ids(disposition=Disposition.ANSWERED) == [whole.call_id]
    assert await ids(agent="102") == [whole.call_id]
    assert await ids(since=at(0) + timedelta(days=1)) == []


async def test_a_call_by_the_beginning_of_its_id(writer: Writer, pool: Pool) -> None:
    calls = [live_call(serial) for serial in range(50)]
    await put(writer, *calls)
    wanted = calls[7].call_id
    assert await find_call(pool, str(wanted)) == [wanted]
    assert await find_call(pool, str(wanted)[:10].upper()) == [wanted]
    assert await find_call(pool, wanted.hex[:1]) == sorted(
        call.call_id for call in calls if call.call_id.hex[0] == wanted.hex[0]
    )
    assert await find_call(pool, "f" * 31) == []
    assert await load_call(pool, whole_call(900).call_id) is None


@pytest.mark.parametrize("prefix", ["", "-", "xyz", "0" * 33, "%", "' OR 1=1"])
async def test_what_cannot_begin_an_id_is_refused(pool: Pool, prefix: str) -> None:
    with pytest.raises(Refused):
        await find_call(pool, prefix)


async def test_a_customer_is_added_changed_and_found(pool: Pool) -> None:
    first = await customers.upsert(pool, "oilco", "+358401112223", "Station 12")
    assert await customers.find(pool, "oilco", "+358401112223") == first
    changed = await customers.upsert(
        *(pool, "oilco", "+358401112223", "Station 13 😀\0"),
        language="fi",
        priority=5,
        blocked=True,
    )
    assert changed.id == first.id
    assert changed.name == "Station 13 😀\ufffd"
    assert await customers.find(pool, "oilco", "+358401112223") == changed
    assert await customers.find(pool, "paint", "+358401112223") is None
    assert await customers.find(pool, "oilco", "+358\0") is None
    other = await customers.upsert(pool, "paint", "+358401112223", "Painter")
    assert await customers.list_customers(pool) == [changed, other]
    assert await customers.list_customers(pool, "paint") == [other]


@pytest.mark.parametrize(
    "number", ["", "0401112223", "+0401", "+35840111222333445", "+358x", "anonymous"]
)
async def test_a_number_that_is_not_e164_is_refused(pool: Pool, number: str) -> None:
    with pytest.raises(Refused):
        await customers.upsert(pool, "oilco", number, "Station")
    assert await customers.list_customers(pool) == []


LANGUAGES = {
    "": True,
    "fi": True,
    "pt_BR": True,
    "en,fi": False,  # a comma would end MSet's value, and with it the whole route
    "Finnish": False,
    "en ": False,
    "e": False,
    "en\n": False,
    "\n": False,
    "${SHELL(id)}": False,
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_language_that_the_dialplan_must_not_see_is_refused(
    pool: Pool, language: str
) -> None:
    if LANGUAGES[language]:
        customer = await customers.upsert(
            pool, "oilco", "+358401112223", "Station", language=language
        )
        assert customer.language == language
        return
    with pytest.raises(Refused, match="language"):
        await customers.upsert(pool, "oilco", "+358401112223", "Station", language=language)
    with pytest.raises(asyncpg.CheckViolationError):  # and so is whoever writes the table himself
        await pool.execute(
            "INSERT INTO customers (client, number, name, language, priority, blocked)"
            " VALUES ('oilco', '+358401112223', 'Station', $1, 0, false)",
            language,
        )
