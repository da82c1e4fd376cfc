"""What figures are made of, read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ccgateway.calls.call import Visit, VisitEnd
from ccgateway.figures.stay import Stay, stay_of
from ccgateway.postgres.pool import Pool, reaching
from ccgateway.postgres.sql import query


async def ended_stays(
    pool: Pool, queues: Iterable[str], since: datetime
) -> Mapping[str, Sequence[Stay]]:
    """The callers' ended stays in these queues that began at ``since`` or after, by call id.
    Raises StoreUnavailable."""
    with reaching():
        rows = await pool.fetch(query("ended_stays"), list(queues), since)
    found: dict[str, list[Stay]] = defaultdict(list)
    for row in rows:
        visit = Visit(
            queue=row["queue"],
            ordinal=row["entry"],
            joined_at=row["joined_at"],
            left_at=row["left_at"],
            end=VisitEnd(row["outcome"]),
            answered_at=row["answered_at"],
        )
        found[str(row["call_id"])].append(stay_of(visit))
    return found
