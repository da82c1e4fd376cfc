"""What the release before knows of the schema stands, and is as it was; without its code, which
tests/acceptance/test_upgrade.py runs where the repository's history is there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import asyncpg
import pytest

from ccgateway.postgres import migrate as schema

VERSIONS = schema.HOME / "versions"
RELEASED = {
    "r0001_record.sql": "855d359a266e4e57fc9c8bbafb350f64a33748f8c7906dba4db385cb7d0f57ca",
    "r0002_lines.sql": "8f5fb75a16a7d0d454f23c6070390ab9625fec851bcef0fbb537cf4888152157",
    "r0003_access.sql": "fceb6ea9f25a379142b427e7c36680fff8d9e24e88c1ff412735c26936050f38",
}
"""What the release before has made databases with: file -> SHA-256."""

WIDER = {"tokens_role_check"}
"""Constraints that let more through than they did; the step back makes them as they were."""

CATALOG = """
SELECT attrelid::regclass::text AS table, 'column' AS kind, attname::text AS name,
       format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END
           AS text,
       attnotnull AND NOT atthasdef AND attidentity = '' AS narrows
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT conrelid::regclass::text, 'constraint', conname, pg_get_constraintdef(oid), true
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL
SELECT tablename, 'index', indexname, indexdef, indexdef LIKE 'CREATE UNIQUE%'
FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT tgrelid::regclass::text, 'trigger', tgname, pg_get_triggerdef(oid), true
FROM pg_trigger WHERE NOT tgisinternal"""
"""contype n: PostgreSQL 18 lists NOT NULL, which is the columns', as constraints, too."""


@dataclass(frozen=True)
class Part:
    """One of a table's columns, constraints, indexes or triggers."""

    table: str
    kind: str
    name: str
    text: str
    narrows: bool
    """Whether it refuses rows that the table took without it."""


async def parts(dsn: str) -> set[Part]:
    connection = await asyncpg.connect(dsn)
    try:
        found = {Part(**row) for row in await connection.fetch(CATALOG)}
    finally:
        await connection.close()
    return {part for part in found if part.table != "alembic_version"}


@pytest.mark.parametrize("name", RELEASED)
def test_what_was_released_is_never_changed(name: str) -> None:
    """Databases are there that were made by it: what is to be otherwise goes into a new file."""
    assert hashlib.sha256((VERSIONS / name).read_bytes()).hexdigest() == RELEASED[name]


async def test_what_came_since_only_adds(empty_dsn: str, dsn: str) -> None:
    """So that the release before runs on this schema: it finds its own, and may write as it did."""
    connection = await asyncpg.connect(empty_dsn)
    for name in RELEASED:
        await connection.execute((VERSIONS / name).read_text("utf-8"))
    await connection.close()
    before, now = await parts(empty_dsn), await parts(dsn)
    assert {part.kind for part in before} == {"column", "constraint", "index"}
    assert {part for part in before - now if part.name not in WIDER} == set()
    tables = {part.table for part in before}
    new = {part for part in now - before if part.name not in WIDER}
    assert {part for part in new if part.narrows and part.table in tables} == set()
