"""PostgreSQL: is it there, is it fit, may we use it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

from ccgateway.check.finding import Problem, command, warning
from ccgateway.check.system import Database, System, seen
from ccgateway.postgres.migrate import OLDEST
from ccgateway.postgres.pool import CONNECTIONS

MOST_SKEW_S = 1.0
"""NTP keeps machines within milliseconds; the answer of a busy server takes less than this."""


def _answering(system: System) -> Database:
    database = system.database
    why = database.unseen or "PostgreSQL does not answer"
    return seen(None if database.unseen or database.problem else database, why)


def database_answers(system: System) -> Iterator[Problem]:
    """Calls are routed without PostgreSQL, and the record waits on disk, up to spool_mb. At its
    start the gateway waits for it for a minute, then ends."""
    if system.database.problem:
        dsn = system.config.database.dsn.get_secret_value() if system.config else ""
        mend = command("systemctl start postgresql") if _is_here(dsn) else None
        yield Problem(system.database.problem, mend, away=True)


def _is_here(dsn: str) -> bool:
    """Whether a PostgreSQL by DSN is on this machine: a socket, or loopback."""
    try:
        return urlsplit(dsn).hostname in (None, "localhost", "127.0.0.1", "::1")
    except ValueError:
        return False


def database_version(system: System) -> Iterator[Problem]:
    """The schema needs PostgreSQL 14 or newer; older ones are not maintained any more."""
    version = _answering(system).version
    if version < OLDEST * 10_000:
        yield Problem(f"this is PostgreSQL {version // 10_000}: {OLDEST} or newer is needed")


def database_encoding(system: System) -> Iterator[Problem]:
    """Callers' names are of all scripts: a database in another encoding than UTF8 refuses them."""
    encoding = _answering(system).encoding
    if encoding != "UTF8":
        name = shlex.quote(f"{system.database.name}_utf8")
        new = f"createdb --encoding=UTF8 --template=template0 {name}"
        what = f"the database is in {encoding}; make another, and name it in dsn"
        yield Problem(what, command(new))


def database_schema(system: System) -> Iterator[Problem]:
    """The tables must be those of this release. `run` brings an older schema up to date at its
    start; a newer one is refused: the way back begins with the newer release."""
    database = _answering(system)
    if database.revision == database.newest:
        return
    if database.revision is None or database.revision in database.revisions:
        what = f"the schema is at {database.revision or 'nothing'}, newest is {database.newest}"
        yield warning(what, command(f"ccgateway migrate --config {shlex.quote(str(system.file))}"))
    else:
        what = f"the schema ({database.revision}) is of a newer release than this one"
        back = f"ccgateway migrate --back --config {shlex.quote(str(system.file))}"
        yield Problem(f"{what}; the newer one takes it back", command(back))


def database_rights(system: System) -> Iterator[Problem]:
    """The gateway makes a partition of its facts for each day: its role must be allowed to create
    tables."""
    database = _answering(system)
    if not database.may_create:
        grant = f'GRANT CREATE, USAGE ON SCHEMA public TO "{database.role}"'
        line = f"psql -d {shlex.quote(database.name)} -c {shlex.quote(grant)}"
        what = f"{database.role} may not create tables (a superuser of PostgreSQL mends it)"
        yield Problem(what, command(line))


def database_connections(system: System) -> Iterator[Problem]:
    """Without a free connection the record waits on disk, and customers are not looked up."""
    free = _answering(system).free_connections
    if free < CONNECTIONS and not system.gateway.running:
        line = "psql -c 'ALTER SYSTEM SET max_connections = 200'"
        yield warning(
            f"{free} connections are free, the gateway takes {CONNECTIONS}", command(line)
        )


def database_durable(system: System) -> Iterator[Problem]:
    """With fsync = off a power cut can destroy the whole database, not only its last second."""
    if not _answering(system).fsync:
        lines = ("psql -c 'ALTER SYSTEM SET fsync = on'", "psql -c 'SELECT pg_reload_conf()'")
        yield warning("fsync is off", command(*lines))


def database_clock(system: System) -> Iterator[Problem]:
    """Partitions and retention go by the day: the clocks of PostgreSQL and of the gateway must
    agree."""
    offset = _answering(system).offset
    if abs(offset) > MOST_SKEW_S:
        what = f"PostgreSQL's clock is {abs(offset):.1f} s apart from ours"
        yield warning(what, command("timedatectl set-ntp true"))
