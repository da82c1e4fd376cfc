"""Calls that turned out to be part of another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from ccgateway.postgres.pool import Connection
from ccgateway.postgres.rows import party_of_call
from ccgateway.postgres.sql import query

Pair = tuple[UUID, UUID]
"""A call, and the one that it went into."""


async def settle(
    connection: Connection, pairs: Sequence[Pair], others: Iterable[UUID]
) -> dict[UUID, UUID]:
    """Let calls go into others: their facts move, their rows go. Returns where these calls, and
    those of ``others`` that went before, are now. Again, it changes nothing."""
    asked = {*others, *(call_id for pair in pairs for call_id in pair)}
    if not asked:
        return {}
    found = await connection.fetch(query("absorbed_calls"), list(asked))
    known = {row["old"]: row["new"] for row in found}
    into = together(known, pairs)
    moved = {old: new for old, new in into.items() if known.get(old) != new}
    if moved:
        await _move(connection, moved)
    return into


def together(known: Mapping[UUID, UUID], pairs: Iterable[Pair]) -> dict[UUID, UUID]:
    """``pairs`` after those known, in their order, each leading straight to its end."""
    into = dict(known)
    for old, new in pairs:
        end = into.get(new, new)
        if end == old:  # they are one already, the other way round
            continue
        into[old] = end
        for earlier, its_end in into.items():
            if its_end == old:
                into[earlier] = end
    return into


async def _move(connection: Connection, moved: Mapping[UUID, UUID]) -> None:
    olds, news = list(moved), list(moved.values())
    await connection.execute(query("put_absorbed_calls"), olds, news)
    await connection.execute(query("move_facts"), olds, news)
    await connection.execute(query("clear_calls"), olds)
    await connection.execute(query("move_calls"), olds, news)
    persons = [party_of_call(old) for old in olds]
    others = [party_of_call(new) for new in news]
    await connection.execute(query("drop_calls"), olds, persons, others)
