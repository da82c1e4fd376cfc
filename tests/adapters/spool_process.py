"""A process that spools, to be killed: ``python -m tests.adapters.spool_process WHAT FOLDER ...``.

``append FOLDER``: puts batches on disk for ever, and prints the serial of each that is there.
``write FOLDER DSN COUNT``: a writer, which gets COUNT calls of two facts each; prints how many
facts wait on disk, again and again.
``mend FOLDER WHAT COUNT``: reads a damaged spool, and kills itself at the COUNT-th time that it
does WHAT: ``append`` (a part of the copy), ``rename``.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import asyncpg
import structlog

from ccgateway.postgres.batch import Batch
from ccgateway.postgres.spool import Spool
from ccgateway.postgres.spool_file import SpoolFile
from ccgateway.postgres.spooled import Record
from ccgateway.postgres.writer import Writer
from tests.adapters.postgres_samples import created, ended, live_call, whole_call

LIMIT = 64 << 20
FACTS_EACH = 7


def facts_of(serial: int) -> Batch:
    """A batch of one call."""
    call = live_call(serial)
    facts = [created(serial + (n << 20)) for n in range(FACTS_EACH)]
    return Batch(facts=[(fact, call.call_id) for fact in facts], calls=[call])


async def append(folder: Path) -> None:
    spool = Spool(folder, LIMIT)
    await spool.load()
    for serial in count():
        await spool.append(facts_of(serial))
        print(serial, flush=True)  # noqa: T201 - it is for the parent


async def write(folder: Path, dsn: str, calls: int) -> None:
    spool = Spool(folder, LIMIT)
    await spool.load()
    # Unlike open_pool it does not ask PostgreSQL, which may be away.
    async with asyncpg.create_pool(dsn, min_size=0, max_size=2, init=_prepare) as pool:
        writer = Writer(pool, spool)
        running = asyncio.create_task(writer.run())
        for serial in range(calls):
            writer.put_facts([created(serial)], live_call(serial))
            writer.put_facts([ended(serial)], whole_call(serial))
        while not running.done():
            print(spool.facts, flush=True)  # noqa: T201 - it is for the parent
            await asyncio.sleep(0.02)


async def mend(folder: Path, what: str, times: int) -> None:
    left = count(times - 1, -1)

    def heard(event: str, _: object) -> None:
        if event == what and not next(left):
            os.kill(os.getpid(), signal.SIGKILL)

    put = SpoolFile.restore

    def restore(file: SpoolFile, old: Iterable[Record]) -> None:
        put(file, old)
        heard("append", ())

    setattr(SpoolFile, "restore", restore)  # noqa: B010 - for mypy: to be killed in it
    sys.addaudithook(lambda event, _: heard(event.removeprefix("os."), _))
    spool = Spool(folder, LIMIT)
    await spool.load()
    await spool.live()


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=str)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    what, where, *rest = sys.argv[1:]
    if what == "append":
        asyncio.run(append(Path(where)))
    elif what == "mend":
        asyncio.run(mend(Path(where), rest[0], int(rest[1])))
    else:
        asyncio.run(write(Path(where), rest[0], int(rest[1])))
