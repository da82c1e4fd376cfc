"""What goes wrong between the journals and PostgreSQL: nothing of it costs a call."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ccgateway.calls.call import Known
from ccgateway.engine.journal_ports import Taken
from ccgateway.errors import StoreUnavailable
from ccgateway.postgres.journals import PostgresJournals
from ccgateway.postgres.pool import Pool
from ccgateway.telephony.facts import Kind, Source
from tests.adapters.journalled import asterisk, at_once, recorded, running, same
from tests.adapters.postgres_samples import NODE

__all__ = ["at_once"]


async def test_what_is_not_ours_stays_out(pool: Pool) -> None:
    pbx = asterisk("gives_up")
    foreign = replace(pbx.recording.head.ours[NODE], queues=(), contexts=(), phones={})
    others = [fact for fact in pbx.journals[Source.CEL] if fact.kind.value.startswith("channel")]
    strangers = [replace(fact, detail={**fact.detail, "context": "from-pbx"}) for fact in others]
    pbx.recording = replace(pbx.recording, head=replace(pbx.recording.head, ours={NODE: foreign}))
    pbx.journals = {Source.CEL: strangers, Source.QUEUE_LOG: []}
    async with running(pool, pbx) as gateway:
        await gateway.read_all()
        await gateway.settled()
    for table in ("calls", "journal_facts", "journal_calls", "parties"):
        assert await pool.fetch(f"TABLE {table}") == []


class Failing(PostgresJournals):
    """A PostgreSQL that is away when something is to be stored, each second time."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self.asked = 0

    async def put(self, taken: Taken) -> bool:
        self.asked += 1
        if self.asked % 2:
            raise StoreUnavailable("away")
        return await super().put(taken)


async def test_what_could_not_be_stored_comes_again(pool: Pool) -> None:
    pbx = asterisk("escalate_cold")
    async with running(pool, pbx) as gateway:
        gateway.journals._record = Failing(pool)  # noqa: SLF001 - PostgreSQL is away at the right moments
        for source, facts in pbx.journals.items():
            position = await gateway.journals.position(NODE, source)
            while int(position or 0) < len(facts):
                at = int(position or 0)
                then = min(at + 5, len(facts))
                try:
                    position = await gateway.journals.take(
                        *(NODE, source, facts[at:then], position, str(then))
                    )
                except StoreUnavailable:
                    continue
        await gateway.hear(pbx.live)
        await gateway.settled()
        same(await recorded(pool), pbx.expected)


async def test_two_readers_of_one_journal(pool: Pool) -> None:
    """A shipper that comes twice: what the one has given, the other need not."""
    pbx = asterisk("gives_up")
    cel = pbx.journals[Source.CEL]
    async with running(pool, pbx) as gateway:
        take = gateway.journals.take
        assert await take(NODE, Source.CEL, cel[:4], "", "4") == "4"
        assert await take(NODE, Source.CEL, cel[:6], "", "6") == "4"
        assert await take(NODE, Source.CEL, cel[4:], "4", str(len(cel))) == str(len(cel))
        assert await gateway.journals.position(NODE, Source.CEL) == str(len(cel))


async def test_what_was_lost_is_stored_with_the_place_behind_it(pool: Pool) -> None:
    """Both or nothing: who is killed between them would know of no gap, or tell it twice."""
    pbx = asterisk("gives_up")
    cel = pbx.journals[Source.CEL]
    async with running(pool, pbx) as one, running(pool, pbx) as two:
        await two.journals.position(NODE, Source.CEL)
        await one.journals.take(NODE, Source.CEL, cel[:4], "", "4")
        with pytest.raises(StoreUnavailable, match="another gateway"):
            await two.journals.take(NODE, Source.CEL, cel[:4], "", "4", missed="it was cut")
        assert await pool.fetch("TABLE gaps") == []
        await one.journals.take(NODE, Source.CEL, cel[4:], "4", "9", missed="it was cut")
        (row,) = await pool.fetch("SELECT began_at, ended_at, cause, source FROM gaps")
        assert tuple(row) == (cel[3].at, cel[4].at, "cel: it was cut", "journal")


async def test_another_gateway_moved_it(pool: Pool) -> None:
    pbx = asterisk("gives_up")
    cel = pbx.journals[Source.CEL]
    async with running(pool, pbx) as one, running(pool, pbx) as two:
        assert await one.journals.take(NODE, Source.CEL, cel[:4], "", "4") == "4"
        await two.journals.position(NODE, Source.CEL)
        assert await one.journals.take(NODE, Source.CEL, cel[4:8], "4", "8") == "8"
        since = await two.journals.position(NODE, Source.CEL)
        with pytest.raises(StoreUnavailable, match="another gateway"):
            await two.journals.take(NODE, Source.CEL, cel[int(since) : 9], since, "9")


async def test_a_row_that_postgresql_never_takes_is_left_out(
    pool: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dialplan of others' may tell anything by the names of ours."""
    pbx = asterisk("gives_up")
    cel = pbx.journals[Source.CEL]
    # No two bytes are alike: an index takes 2700 of them, and packs what repeats.
    endless = "".join(chr(0x4E00 + place) for place in range(4_000))
    cel.insert(3, replace(cel[2], kind=Kind.TIER_ENTERED, place=endless))
    async with running(pool, pbx) as gateway:
        await gateway.read_all()
        await gateway.settled()
        assert (await recorded(pool)).keys() == pbx.expected.keys()
    logged = capsys.readouterr().out
    assert logged.count("refused_facts") == 1
    assert endless[:80] in logged
    assert endless[:81] not in logged


async def test_a_channel_that_asterisk_lost_is_given_up(pool: Pool) -> None:
    """Asterisk was killed: no journal tells how its calls ended, and nobody waits for it."""
    pbx = asterisk("escalate_cold")
    for facts in pbx.journals.values():
        facts[:] = [fact for fact in facts if fact.kind is not Kind.CHANNEL_ENDED]
    async with running(pool, pbx) as gateway:
        await gateway.hear(pbx.live)
        await gateway.read_all()
        await gateway.settled()
        assert gateway.journals.repairs.calls == 0
        await gateway.given_up({"1.1"})
        await gateway.settled()
        assert gateway.journals.repairs.calls == 1
        (call,) = (await recorded(pool)).values()
        assert call.known is Known.LIVE  # by AMI, which heard them end
        assert [talk.agent for talk in call.talks] == [
            talk.agent for whole in pbx.expected.values() for talk in whole.talks
        ]


async def test_both_write_at_once(pool: Pool) -> None:
    """The live writer and the repair, again and again: the last word is always the repair's."""
    pbx = asterisk("warm_completed")
    async with running(pool, pbx) as gateway:
        await gateway.read_all()

        async def repair_on() -> None:
            channels = [{fact.subject for fact in pbx.journals[Source.CEL]}]
            for _ in range(20):
                await gateway.journals._record.repair(NODE, (), channels)  # noqa: SLF001 - at any time

        async def hear_on() -> None:
            for fact in pbx.live:
                await gateway.hear([fact])

        await asyncio.gather(repair_on(), hear_on())
        await gateway.settled()
        same(await recorded(pool), pbx.expected)
