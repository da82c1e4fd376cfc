"""What was: the calls of the record, for who may see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ccgateway.access.who import Scope
from ccgateway.calls.gap import Gap
from ccgateway.calls.listed import Search
from ccgateway.engine.ports import Place, Record
from ccgateway.engine.story import listed_view, story_view
from ccgateway.errors import Refused, UnknownCall

MOST_NAMED = 5
"""Calls that a refusal names where a name fits many."""


class CallHistory:
    """``ccgateway.engine.ports.History``, out of ``record``."""

    def __init__(self, record: Record) -> None:
        self._record = record

    async def calls(self, search: Search, limit: int) -> list[dict[str, object]]:
        """The newest first. Raises StoreUnavailable."""
        return [listed_view(call) for call in await self._record.list(search, limit)]

    async def gaps(
        self, since: datetime | None, before: datetime | None, limit: int, after: Place | None
    ) -> Sequence[Gap]:
        """The gaps that reach into a time, the newest first, from a place in the list on. Raises
        StoreUnavailable."""
        return await self._record.gaps(since, before, limit, after)

    async def call(self, name: str, scope: Scope) -> dict[str, object]:
        """The whole story of one. What the scope does not show is as if it were not there.
        Raises UnknownCall, Refused where the name fits many, StoreUnavailable."""
        named = await self._record.named(name)
        seen = await self._record.list(Search(ids=frozenset(named), scope=scope), len(named) or 1)
        if len(seen) > 1:
            known = ", ".join(str(call.call_id)[:12] for call in seen[:MOST_NAMED])
            raise Refused(f"{len(seen)} calls are named {name!r}: {known}; give more of the id")
        found = await self._record.load(seen[0].call_id) if seen else None
        if found is None:
            raise UnknownCall(f"no call {name!r}; GET /api/calls lists them")
        return story_view(found)
