"""Databases with our schema, of which one test after the other has one alone: to make one takes
0.3 s of a processor, to empty it a tenth of that."""

from __future__ import annotations

from uuid import uuid4

import asyncpg

from ccgateway.postgres.pool import Connection

LARGEST = 4_000_000  # bytes of a table: what is larger, or was altered, is thrown away
LOCKED = "2s"  # by a session that does not end

_END = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = $1 AND usename = current_user AND pid <> pg_backend_pid()"""
"""FORCE would end an autovacuum, too, which is a superuser's: that is refused. Without it DROP
sends such a worker away by itself, and waits some seconds for those that are ended here."""

_TABLES = """SELECT oid::regclass::text AS name, pg_relation_size(oid) AS size
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"""

_SHAPE = """SELECT
(SELECT jsonb_agg(to_jsonb(a) - 'attstattarget' - 'attacl' ORDER BY attrelid, attnum)
 FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
 WHERE relnamespace = 'public'::regnamespace)::text
|| (SELECT jsonb_agg(jsonb_build_array(relname, relkind, relhasindex, relhasrules, relhastriggers,
    relispartition, reloptions) ORDER BY oid)
 FROM pg_class WHERE relnamespace = 'public'::regnamespace)::text
|| (SELECT jsonb_agg(conname ORDER BY oid) FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace)::text
|| (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
|| (SELECT count(*) FROM pg_namespace)
|| (SELECT count(*) FROM pg_db_role_setting)
|| (SELECT jsonb_build_array(datallowconn, datconnlimit) FROM pg_database
 WHERE datname = current_database())::text
|| (SELECT jsonb_agg(version_num) FROM alembic_version)::text"""
"""All that a test may have altered; each template's copy has its oids."""

_SEQUENCES = """SELECT setval(sequencename::regclass, start_value, false) FROM pg_sequences
WHERE last_value IS NOT NULL"""

KEPT = frozenset({"alembic_version"})
"""What it holds is a part of the shape."""


class Databases:
    """Of one server, whose ``template`` is migrated."""

    def __init__(self, server: str, template: str) -> None:
        self._server, self._template = server, template
        self._free: list[str] = []
        self._tables: frozenset[str] = frozenset()
        self._shape = ""

    async def take(self) -> str:
        """The DSN of an empty one."""
        if self._free:
            return self._free.pop()
        name = f"test_{uuid4().hex}"
        dsn = named(self._server, name)
        await execute(self._server, f"CREATE DATABASE {name} TEMPLATE {self._template}")
        if not self._shape:
            connection = await asyncpg.connect(dsn)
            self._tables = frozenset(row["name"] for row in await connection.fetch(_TABLES))
            self._shape = await connection.fetchval(_SHAPE)
            await connection.close()
        return dsn

    async def give_back(self, dsn: str) -> None:
        """Whoever is in it is sent away."""
        if await self._is_as_new(dsn):
            self._free.append(dsn)
        else:
            await drop(self._server, dsn)

    async def _is_as_new(self, dsn: str) -> bool:
        """Whether it could be emptied."""
        try:
            connection = await asyncpg.connect(dsn)
        except asyncpg.PostgresError:  # it is not there any more, or takes nobody
            return False
        try:
            await connection.execute(f"SET lock_timeout = '{LOCKED}'")
            await connection.fetch(_END, name_of(dsn))
            await self._empty(connection)
            return bool(await connection.fetchval(_SHAPE) == self._shape)
        except asyncpg.PostgresError:
            return False
        finally:
            connection.terminate()

    async def _empty(self, connection: Connection) -> None:
        sizes = {row["name"]: row["size"] for row in await connection.fetch(_TABLES)}
        if added := sizes.keys() - self._tables:
            await connection.execute(f"DROP TABLE IF EXISTS {', '.join(sorted(added))}")
        mine = sizes.keys() & self._tables - KEPT
        if any(sizes[table] > LARGEST for table in mine):
            raise asyncpg.DataError("too large to be used again")
        if filled := sorted(table for table in mine if sizes[table]):
            await connection.execute(f"TRUNCATE {', '.join(filled)} CASCADE")
        await connection.execute(_SEQUENCES)


def named(dsn: str, database: str) -> str:
    """The DSN of another database on the same server."""
    return dsn.replace("/ccgateway?", f"/{database}?")


def name_of(dsn: str) -> str:
    """Its database."""
    return dsn.rpartition("/")[2].partition("?")[0]


async def drop(server: str, dsn: str) -> None:
    """Throw a database away, whoever is in it."""
    connection = await asyncpg.connect(server)
    try:
        await connection.fetch(_END, name_of(dsn))
        await connection.execute(f"DROP DATABASE IF EXISTS {name_of(dsn)}")
    finally:
        await connection.close()


async def execute(dsn: str, statement: str) -> None:
    """In a session of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
