"""The upgrade from the schema that was released first: what stood in it is there after it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from alembic import command

from ccgateway.calls.call import (
    Call,
    Decision,
    Direction,
    Disposition,
    Hold,
    Known,
    Leg,
    Offer,
    OfferEnd,
    Role,
    Talk,
    Visit,
    VisitEnd,
)
from ccgateway.postgres import customers
from ccgateway.postgres.agents import load_states
from ccgateway.postgres.calls import list_calls, load_call
from ccgateway.postgres.facts import facts_of, live_facts
from ccgateway.postgres.migrate import migrate
from ccgateway.postgres.pool import open_pool
from ccgateway.postgres.writer import Writer
from ccgateway.telephony.facts import Fact, Kind
from tests.adapters.postgres_samples import NODE, T0, at, created, ended, escalated_call, noted

CALL = UUID("11111111-1111-5111-9111-111111111111")
RECORD = Path(__file__).with_name("postgres_0001.sql")

OLD_CALL = Call(
    call_id=CALL,
    node=NODE,
    started_at=T0,
    direction=Direction.INBOUND,
    client="oilco",
    service="hotline",
    did="1000",
    caller_number="+358401112223",
    caller_name="Anna",
    customer=1,
    answered_at=at(2),
    disposition=Disposition.LIVE,
    known=Known.LIVE,
    facts=2,
    legs=(Leg("1795334400.1", "PJSIP/trunk-1", Role.CALLER, T0),),
    visits=(
        Visit(
            *("stations", 0, at(1), 1, at(2), VisitEnd.ANSWERED, "101", at(2)),
            offers=(Offer("101", "1795334400.2", at(1), at(2), OfferEnd.ANSWERED),),
        ),
    ),
    talks=(Talk("101", "1795334400.2", at(2)),),
    holds=(Hold("1795334400.2", Role.AGENT, at(3), at(4)),),
    decisions=(Decision(at(1), "routed", {"queue": "stations"}, (("hours", "sun", "open"),)),),
)


@pytest.fixture
def to_0001_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Migrations end at the first revision until it is undone."""
    upgrade = command.upgrade
    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", lambda config, _: upgrade(config, "0001"))
        yield patched


async def test_what_stood_in_the_first_schema_survives(
    empty_dsn: str, to_0001_only: pytest.MonkeyPatch
) -> None:
    assert await migrate(empty_dsn) == ["0001"]
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute(RECORD.read_text(encoding="utf-8"))
    to_0001_only.undo()
    assert await migrate(empty_dsn) == ["0002", "0003", "0004"]

    async with await open_pool(empty_dsn) as pool:
        assert await load_call(pool, CALL) == OLD_CALL
        (listed,) = await list_calls(pool)
        assert (listed.case, listed.topic, listed.path) == (None, "", ())
        assert listed.queues == ("stations",)
        told = [
            Fact(
                *(NODE, Kind.CHANNEL_CREATED, "1795334400.1", T0),
                detail={
                    "channel": "PJSIP/trunk-1",
                    "caller_number": "+358401112223",
                    "caller_name": "Anna",
                    "exten": "1000",
                },
            )
        ]
        assert await facts_of(pool, CALL) == told
        assert await live_facts(pool) == {CALL: told}
        assert (await customers.list_customers(pool))[0].name == "Station 12"
        assert (await load_states(pool))["101"].state == "ready"
    await connection.close()


async def test_old_days_take_new_facts(empty_dsn: str, to_0001_only: pytest.MonkeyPatch) -> None:
    """Their partitions were made by the first schema; notes are kept out of their detail too."""
    await migrate(empty_dsn)
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute(RECORD.read_text(encoding="utf-8"))
    to_0001_only.undo()
    await migrate(empty_dsn)
    with pytest.raises(asyncpg.CheckViolationError, match="facts_detail_check"):
        await connection.execute('UPDATE facts SET detail = detail || \'{"note": "Anna"}\'')

    async with await open_pool(empty_dsn) as pool:
        writer = Writer(pool)
        running = asyncio.create_task(writer.run())
        call = escalated_call(7)
        facts = [created(7, exten="1000"), noted(7, call.notes[0]), ended(7)]
        writer.put_facts(facts, call)
        assert await writer.stop() == 0
        assert running.done()
        assert await facts_of(pool, call.call_id) == facts
        assert await load_call(pool, call.call_id) == call
        assert await pool.fetchval("SELECT count(*) FROM facts_20261122") == 4
    await connection.close()
