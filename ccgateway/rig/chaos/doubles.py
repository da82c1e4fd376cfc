"""Is anything in the record twice? Asked of PostgreSQL itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ccgateway.postgres.pool import open_pool, reaching

QUESTIONS: Mapping[str, str] = MappingProxyType({
    # Partitions are by day: a fact that stands in two of them has the same identity twice.
    "a fact of one identity": """
        SELECT node, kind, subject, place, ordinal::text FROM facts
        GROUP BY node, kind, subject, place, ordinal HAVING count(*) > 1""",
    "a journal's fact of one identity": """
        SELECT node, source, kind, subject, place, ordinal::text FROM journal_facts
        GROUP BY node, source, kind, subject, place, ordinal HAVING count(*) > 1""",
    # One that was read twice and counted twice has another ordinal, and nothing else.
    "a fact of one moment": """
        SELECT node, source, kind, subject, place, at::text FROM facts WHERE source = 'ami'
        GROUP BY node, source, kind, subject, place, at, detail HAVING count(*) > 1""",
    "a journal's fact of one moment": """
        SELECT node, source, kind, subject, place, at::text FROM journal_facts
        GROUP BY node, source, kind, subject, place, at, detail HAVING count(*) > 1""",
    "a channel in two calls": """
        SELECT node, uniqueid FROM legs
        GROUP BY node, uniqueid HAVING count(DISTINCT call_id) > 1""",
})  # fmt: skip


async def doubles(dsn: str) -> list[str]:
    """What is there twice, in words. Raises StoreUnavailable."""
    pool = await open_pool(dsn)
    try:
        with reaching():
            return [
                f"{what}: {' '.join(row)}"
                for what, question in QUESTIONS.items()
                for row in await pool.fetch(question)
            ]
    finally:
        await pool.close()
