"""What the journals tell, with a PostgreSQL: every call as all voices together tell it, whichever
was first, and whenever the gateway was killed. Of real calls (tests/scenarios/recordings)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from ccgateway.calls.call import Known
from ccgateway.postgres.facts import facts_of
from ccgateway.postgres.pool import Pool
from ccgateway.telephony.facts import Fact, Kind, Source
from tests.adapters.journalled import OTHER, Asterisk, asterisk, at_once, recorded, running, same
from tests.adapters.postgres_samples import NODE

__all__ = ["at_once"]

TOLD = (
    *("gives_up", "escalate_cold", "warm_completed", "no_gateway", "blind_to_line"),
    *("click", "own_outbound", "attended_local_optimised"),
)
"""By the journals alone."""

BY_HOLD = "conference"
"""Two calls that a phone mixed by itself: who holds whom is in no journal."""


@pytest.mark.parametrize("name", [*TOLD, BY_HOLD])
async def test_live_and_then_the_journals(pool: Pool, name: str) -> None:
    pbx = asterisk(name)
    async with running(pool, pbx) as gateway:
        await gateway.hear(pbx.live)
        await gateway.read_all()
        await gateway.settled()
        same(await recorded(pool), pbx.expected)


@pytest.mark.parametrize("name", TOLD)
async def test_the_journals_and_then_live(pool: Pool, name: str) -> None:
    """AMI is throttled to a trickle: a live fold never overwrites what is repaired."""
    pbx = asterisk(name)
    async with running(pool, pbx) as gateway:
        await gateway.read_all()
        await gateway.settled()
        assert (await recorded(pool)).keys() == pbx.expected.keys()
        for fact in pbx.live:
            await gateway.hear([fact])
        await gateway.settled()
        same(await recorded(pool), pbx.expected)


async def test_live_finds_the_conference_of_calls_that_are_repaired(pool: Pool) -> None:
    pbx = asterisk(BY_HOLD)
    async with running(pool, pbx) as gateway:
        await gateway.read_all()
        await gateway.settled()
        two = (await recorded(pool)).keys()
        assert len(two) == 1 + len(pbx.expected)
        for fact in pbx.live:
            await gateway.hear([fact])
        await gateway.settled()
        same(await recorded(pool), pbx.expected)
        assert two <= {other for one in gateway.repaired for other in one.others}  # they count once


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("part", [0.0, 0.3, 0.7])
async def test_what_ami_missed_is_repaired(pool: Pool, name: str, part: float) -> None:
    """The gateway was killed in the middle; the journals know it all."""
    pbx = asterisk(name)
    heard = pbx.live[: int(part * len(pbx.live))]
    async with running(pool, pbx) as gateway:
        await gateway.hear(heard)
    async with running(pool, pbx) as gateway:
        await gateway.read_all()
        await gateway.settled()
        found, expected = await recorded(pool), pbx.expected
        assert found.keys() == expected.keys()
        for call_id, call in found.items():
            assert call.known is Known.REPAIRED
            whole = expected[call_id]
            assert (call.ended_at, call.client) == (whole.ended_at, whole.client)
            assert [t.agent for t in call.talks] == [t.agent for t in whole.talks]
            assert [e.to for e in call.escalations] == [e.to for e in whole.escalations]


@pytest.mark.parametrize("name", ["escalate_cold", "warm_completed", "lines_changed"])
@pytest.mark.parametrize("slice_", [1, 5, 50])
async def test_killed_after_each_slice(pool: Pool, name: str, slice_: int) -> None:
    """Every slice is another gateway's: nothing is lost, doubled or counted otherwise."""
    pbx = asterisk(name)
    async with running(pool, pbx) as gateway:
        await gateway.hear(pbx.live)
    stands = dict.fromkeys(pbx.journals, 0)
    while any(stands[source] < len(facts) for source, facts in pbx.journals.items()):
        for source, facts in pbx.journals.items():
            stands[source] = min(stands[source] + slice_, len(facts))
        async with running(pool, pbx) as gateway:
            for source in pbx.journals:
                await gateway.journals.position(NODE, source)
            for source, upto in stands.items():
                await gateway.read(source, upto, slice_)
    async with running(pool, pbx) as gateway:
        await gateway.read_all()
        await gateway.settled()
    same(await recorded(pool), pbx.expected)


@pytest.mark.parametrize("name", ["escalate_cold", "waits_too_long", "gives_up"])
@pytest.mark.parametrize("first", [Source.CEL, Source.QUEUE_LOG])
@pytest.mark.parametrize("killed", [False, True])
async def test_one_journal_is_read_long_before_the_other(
    pool: Pool, name: str, first: Source, killed: bool
) -> None:
    """The call is repaired, and then the rest is told of it: its stays in queues, or its times."""
    pbx = asterisk(name)
    (second,) = pbx.journals.keys() - {first}
    async with running(pool, pbx) as gateway:
        for source in pbx.journals:
            await gateway.journals.position(NODE, source)
        await gateway.read(first, len(pbx.journals[first]))
        await gateway.settled()
        await gateway.long_after()
        if not killed:
            await gateway.read(second, len(pbx.journals[second]))
            await gateway.settled()
    if killed:
        async with running(pool, pbx) as gateway:
            await gateway.read_all()
            await gateway.settled()
    found = await recorded(pool)
    assert found.keys() == pbx.expected.keys()
    for call_id, call in found.items():
        whole = pbx.expected[call_id]
        assert (call.ended_at, call.known) == (whole.ended_at, Known.REPAIRED)
        assert [(v.queue, v.end) for v in call.visits] == [(v.queue, v.end) for v in whole.visits]


async def test_read_twice_it_is_told_once(pool: Pool) -> None:
    pbx = asterisk("escalate_cold")
    async with running(pool, pbx) as gateway:
        await gateway.read_all()
        await gateway.settled()
        before = await stored(pool, pbx)
    await pool.execute("UPDATE journal_positions SET position = '0'")
    async with running(pool, pbx) as gateway:
        await gateway.read_all()
        await gateway.settled()
        assert await stored(pool, pbx) == before


async def test_a_call_that_no_journal_ends_is_made_and_is_partial(pool: Pool) -> None:
    """The gateway was away, and Asterisk died: there was nobody to see its end."""
    pbx = asterisk("gives_up")
    whole = pbx.journals[Source.CEL]
    pbx.journals[Source.CEL] = [fact for fact in whole if fact.kind is not Kind.CHANNEL_ENDED]
    async with running(pool, pbx) as gateway:
        await gateway.read_all()
        await gateway.given_up(set())
        await gateway.settled()
        (call,) = (await recorded(pool)).values()
        assert call.known is Known.PARTIAL
        assert call.ended_at == max(fact.at for fact in pbx.journals[Source.CEL])


async def test_two_asterisks_that_count_alike_do_not_mix(pool: Pool) -> None:
    """Uniqueids are an Asterisk's own: two that run side by side give the same."""
    pbx = asterisk("escalate_cold")
    async with running(pool, pbx) as gateway:
        for source, facts in pbx.journals.items():
            position = await gateway.journals.position(OTHER, source)
            told = [replace(fact, node=OTHER) for fact in facts]
            await gateway.journals.take(OTHER, source, told, position, "1")
        await gateway.hear(pbx.live)
        await gateway.read_all()
        await gateway.settled()
        found = await recorded(pool)
    same({id_: call for id_, call in found.items() if call.node == NODE}, pbx.expected)
    (whole,) = pbx.expected.values()
    (theirs,) = (call for call in found.values() if call.node == OTHER)
    assert theirs.known is Known.REPAIRED
    assert theirs.call_id != whole.call_id
    assert [leg.uniqueid for leg in theirs.legs] == [leg.uniqueid for leg in whole.legs]
    assert {fact.node for fact in await facts_of(pool, theirs.call_id)} == {OTHER}


async def stored(pool: Pool, pbx: Asterisk) -> dict[UUID, list[Fact]]:
    return {call_id: await facts_of(pool, call_id) for call_id in pbx.expected}
