"""The repair of calls: all that every voice told of their channels is folded anew, and written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

import asyncpg

from ccgateway.calls.call import Call
from ccgateway.calls.kin import kin, seniority
from ccgateway.calls.reduce import fold
from ccgateway.engine.journal_ports import Repaired
from ccgateway.errors import StoreUnavailable
from ccgateway.postgres import absorbed
from ccgateway.postgres.batch import MOVING, put_calls
from ccgateway.postgres.facts import facts_of_calls
from ccgateway.postgres.pool import Connection, Pool
from ccgateway.postgres.sql import query
from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.ids import call_id_of, day_of

ATTEMPTS = 10
"""The live writer may write a call that is just repaired: then it is read anew. It writes one a few
times in its last second."""

ROUNDS = 5
"""Calls that hang together by others: one that went from hand to hand over more is no call."""

_NOT_OF_CHANNELS = frozenset(
    {
        Kind.AGENT_LOGGED_IN,
        Kind.AGENT_LOGGED_OUT,
        Kind.AGENT_PAUSED,
        Kind.AGENT_READY,
        Kind.LINK_UP,
        Kind.LINK_DOWN,
    }
)
_KINDS = [kind.value for kind in Kind if kind not in _NOT_OF_CHANNELS]


@dataclass(slots=True, eq=False)
class _Union:
    """What hangs together: channels, and the calls that they stand under."""

    channels: set[str]
    calls: set[UUID] = field(default_factory=set)
    journalled: bool = False
    facts: list[Fact] = field(default_factory=list)

    def swallow(self, other: _Union) -> None:
        self.channels |= other.channels
        self.calls |= other.calls
        self.journalled |= other.journalled


class _MovesCalls(Exception):
    """A call goes into another: the live writer has to wait."""


async def repair(
    pool: Pool, node: str, days: Collection[date], groups: Sequence[Collection[str]]
) -> list[Repaired]:
    """Repair the calls of these groups of channels of a node. ``days``: on which something may
    stand that was told of them. Again, it changes nothing. Raises StoreUnavailable where it is
    always written to meanwhile, and what asyncpg raises."""
    moves = False
    for _ in range(ATTEMPTS):
        try:
            # As it all is at one moment; who writes to a call after that moment fails us.
            async with (
                pool.acquire() as connection,
                _locked(connection, moves=moves),
                connection.transaction(isolation="repeatable_read"),
            ):
                return await _repair(connection, node, days, groups, moves=moves)
        except _MovesCalls:
            moves = True
        except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
            continue
    raise StoreUnavailable("calls that are repaired are written to all the time")


@asynccontextmanager
async def _locked(connection: Connection, *, moves: bool) -> AsyncIterator[None]:
    """Where calls go into others nobody else writes meanwhile. It is waited for before there is a
    transaction: that sees all from its first statement on."""
    if not moves:
        yield
        return
    await connection.execute("SELECT pg_advisory_lock($1)", MOVING)
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", MOVING)


async def _repair(
    connection: Connection,
    node: str,
    days: Collection[date],
    groups: Sequence[Collection[str]],
    *,
    moves: bool,
) -> list[Repaired]:
    unions = [_Union(set(group)) for group in groups]
    for _ in range(ROUNDS):
        unions = await _gather(connection, node, days, unions)
        if not await _widened(connection, unions):
            break
    done: dict[_Union, Call] = {}
    for union in unions:
        if union.journalled and union.facts:
            call = fold(_id_of(node, union), node, union.facts)
            if call.ended_at is not None:
                done[union] = call
            await asyncio.sleep(0)  # a fold takes milliseconds: others may want the loop
    await _write(connection, done, moves=moves)
    return [_repaired(union, done.get(union)) for union in unions]


def _repaired(union: _Union, call: Call | None) -> Repaired:
    facts = union.facts if call is not None and call.attempt else ()
    return Repaired(frozenset(union.channels), call, frozenset(union.calls), facts)


async def _gather(
    connection: Connection, node: str, days: Collection[date], unions: Sequence[_Union]
) -> list[_Union]:
    """Find the calls under which the channels stand; what shares one is one."""
    channels = [channel for union in unions for channel in union.channels]
    born = {day for channel in channels if (day := day_of(channel))}
    asked = (list(born.union(days)), node, channels, _KINDS)
    found = await connection.fetch(query("told_of_channels"), *asked)
    of_channel = {channel: union for union in unions for channel in union.channels}
    for row in found:
        union = of_channel[row["subject"]]
        union.calls.add(row["call_id"])
        union.journalled |= row["journal"]
    return _together(unions)


def _together(unions: Iterable[_Union]) -> list[_Union]:
    """Unions that share a call or a channel become one."""
    owners: dict[object, _Union] = {}
    kept: dict[_Union, None] = {}
    for union in unions:
        kept[union] = None
        for key in (*union.channels, *union.calls):
            owner = owners.get(key)
            if owner is not None and owner is not union:
                union.swallow(owner)
                kept.pop(owner, None)
        owners.update(dict.fromkeys((*union.channels, *union.calls), union))
    return list(kept)


async def _widened(connection: Connection, unions: Sequence[_Union]) -> bool:
    """Read the calls' facts; whether they tell of more channels."""
    ids = [call_id for union in unions for call_id in union.calls]
    facts = await facts_of_calls(connection, ids)
    wider = False
    for union in unions:
        union.facts = [fact for call_id in union.calls for fact in facts[call_id]]
        more = {fact.subject for fact in union.facts} - union.channels
        union.channels |= more
        wider |= bool(more)
    return wider


def _id_of(node: str, union: _Union) -> UUID:
    """That of the earliest channel, as the board would name it."""
    named = set(union.channels)
    for fact in union.facts:
        named.update(kin(fact))
        if linkedid := fact.detail.get("linkedid"):
            named.add(linkedid)
    return call_id_of(node, min(named, key=seniority))


async def _write(connection: Connection, done: dict[_Union, Call], *, moves: bool) -> None:
    pairs = [
        (old, call.call_id)
        for union, call in done.items()
        for old in union.calls
        if old != call.call_id
    ]
    if pairs and not moves:
        raise _MovesCalls
    into = await absorbed.settle(connection, pairs, [call.call_id for call in done.values()])
    calls = [replace(call, call_id=into.get(call.call_id, call.call_id)) for call in done.values()]
    if calls:
        ids = [call.call_id for call in calls]
        await connection.execute(query("lock_calls"), ids)
        await put_calls(connection, calls)
        await connection.execute(query("repaired_calls"), ids)
