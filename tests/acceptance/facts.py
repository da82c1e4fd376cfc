"""The facts of a call, as anybody with the DSN would read them."""

from __future__ import annotations

from ccgateway.calls.call import Call
from ccgateway.postgres import facts
from ccgateway.postgres.pool import open_pool
from ccgateway.rig.world import World
from ccgateway.telephony.facts import Fact


async def facts_of(world: World, call: Call) -> list[Fact]:
    """Oldest first."""
    pool = await open_pool(world.postgres.dsn)
    try:
        return await facts.facts_of(pool, call.call_id)
    finally:
        await pool.close()
