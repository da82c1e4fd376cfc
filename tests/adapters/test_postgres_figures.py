"""What today's figures are made of is read back as the calls told it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ccgateway.calls.call import Call, Leg, Role, Visit, VisitEnd
from ccgateway.figures.stay import Stay, stays
from ccgateway.postgres.figures import ended_stays
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.writer import Writer
from tests.adapters.postgres_samples import at, escalated_call, live_call, uniqueid, whole_call

QUEUES = ("stations", "pumps", "second-pumps")


async def put(writer: Writer, *calls: Call) -> None:
    for call in calls:
        writer.put_facts([], call)
    async with asyncio.timeout(20):
        await writer.flush()


async def test_the_stays_are_those_of_the_calls(writer: Writer, pool: Pool) -> None:
    """Without those of the agent who consults."""
    calls = [whole_call(1), escalated_call(50)]
    await put(writer, *calls)
    found = await ended_stays(pool, QUEUES, at(0))
    assert found == {str(call.call_id): list(stays(call)) for call in calls}
    assert found[str(calls[0].call_id)] == [
        Stay("stations", at(1), 15.0, VisitEnd.LEFT),
        Stay("pumps", at(16), 5.0, VisitEnd.ANSWERED),
    ]


async def test_what_is_not_asked_for(writer: Writer, pool: Pool) -> None:
    waits = Visit("stations", 0, at(3), uniqueid=uniqueid(9))
    caller = Leg(uniqueid(9), "PJSIP/trunk-9", Role.CALLER, at(2))
    await put(writer, whole_call(1), replace(live_call(9), legs=(caller,), visits=(waits,)))
    assert not await ended_stays(pool, ("night",), at(0))
    assert not await ended_stays(pool, QUEUES, at(17))
    (last,) = (await ended_stays(pool, QUEUES, at(16))).values()
    assert [stay.queue for stay in last] == ["pumps"]
