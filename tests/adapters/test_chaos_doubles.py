"""What stands twice in the record is found, with a PostgreSQL."""

from __future__ import annotations

import pytest

from ccgateway.postgres.pool import Pool
from ccgateway.postgres.writer import Writer
from ccgateway.rig.chaos.doubles import doubles
from tests.adapters.postgres_samples import created, ended, whole_call

AGAIN = {
    "with another ordinal": """
        INSERT INTO facts SELECT day, node, kind, subject, place, ordinal + 1, at, source, detail,
            party, call_id FROM facts WHERE kind = 'channel_created'""",
    "a leg in another call": """
        INSERT INTO legs SELECT calls.call_id, 99, legs.node, legs.client, uniqueid, channel, role,
            agent, legs.started_at, ringing_at, legs.answered_at, legs.ended_at, legs.cause
        FROM legs JOIN calls ON calls.call_id <> legs.call_id LIMIT 1""",
}


async def recorded(writer: Writer) -> None:
    for serial in (1, 11):
        writer.put_facts([created(serial), ended(serial)], whole_call(serial))
    await writer.flush()


@pytest.mark.parametrize("statement", AGAIN.values(), ids=AGAIN.keys())
async def test_what_is_there_twice_is_told(
    pool: Pool, dsn: str, writer: Writer, statement: str
) -> None:
    await recorded(writer)
    assert await doubles(dsn) == []
    assert await pool.execute(statement) != "INSERT 0 0"
    assert await doubles(dsn)
