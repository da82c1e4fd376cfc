"""Backup and restore, by PostgreSQL's own pg_dump, pg_restore and psql, of the server's version: an
older one refuses to dump, and a newer one writes settings that the server does not know."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres.binaries import bundled, clean_environment
from ccgateway.postgres.pool import BAD_DSN

CONNECT_WITHIN = 10.0  # seconds
DEBIANS = "/usr/lib/postgresql/{}/bin"

_PASSWORD = "password="  # noqa: S105 - the name of a parameter
_ANYWHERE = ("--no-owner", "--no-privileges")
"""So that it can be restored into another server, under another name."""

_EMPTIED = """
DO $$ DECLARE one record; BEGIN
FOR one IN SELECT c.oid::regclass AS name FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition AND pg_get_userbyid(c.relowner) = current_user
LOOP EXECUTE format('DROP TABLE %s CASCADE', one.name); END LOOP;
DROP SEQUENCE IF EXISTS case_numbers;
END $$"""
"""In place of ``pg_restore --clean``, which fails: it drops a partition's key by itself. Only what
is ours goes; the schema public is not ours in PostgreSQL 14."""


async def backup(dsn: str, file: Path) -> None:
    """Write the whole database into ``file`` (pg_dump's custom format), as it is at one moment:
    a gateway may run. It holds people's numbers: readable by us only. Raises StoreUnavailable."""
    tools = await _tools(dsn)
    half = file.with_name(f"{file.name}.half")
    try:
        half.unlink(missing_ok=True)  # one that is left, or a trap, may be open to others
        half.touch(mode=0o600, exist_ok=False)
        await tools.run("pg_dump", *tools.at, "--format=custom", f"--file={half}", *_ANYWHERE)
        half.rename(file)
    except OSError as error:
        raise StoreUnavailable(f"{file} cannot be written: {error.strerror or error}") from error
    finally:
        half.unlink(missing_ok=True)


async def restore(dsn: str, file: Path) -> None:
    """Put the database back as ``file`` has it: all of it, or nothing. What was written since the
    backup is gone. No gateway may run. Raises StoreUnavailable."""
    tools = await _tools(dsn)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        ours = ("--schema=public", f"--file={script}", *_ANYWHERE)
        await tools.run("pg_restore", *ours, str(file))
        words = ("--single-transaction", "--set=ON_ERROR_STOP=1", "--no-psqlrc", "--quiet")
        await tools.run("psql", *tools.at, *words, f"--command={_EMPTIED}", f"--file={script}")


@dataclass(frozen=True, slots=True)
class _Tools:
    """The programs in ``folder``. The password goes by the environment: command lines can be read
    by everybody on the machine."""

    folder: Path
    at: tuple[str, ...]
    password: str

    async def run(self, program: str, *words: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *(str(self.folder / program), *words),
            env={**clean_environment(), "PGPASSWORD": self.password},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
        if process.returncode:
            told = said.decode(errors="replace").strip()
            raise StoreUnavailable(f"{program} failed: {told or f'exit code {process.returncode}'}")


async def _tools(dsn: str) -> _Tools:
    """Those of the server's version. Raises StoreUnavailable: what to install."""
    version = await _version_of_server(dsn)
    bare, password = _apart(dsn)
    for folder in _folders(version):
        if await asyncio.to_thread(_is_of, version, folder):
            return _Tools(folder, (f"--dbname={bare}",), password)
    raise StoreUnavailable(
        f"The server is PostgreSQL {version}, and there is no pg_dump of that version here: "
        f"install postgresql-client-{version}, or run pg_dump --format=custom where the server is"
    )


def _apart(dsn: str) -> tuple[str, str]:
    """The DSN without its password, and the password: a URL has it before the host, or among its
    parameters."""
    parts = urlsplit(dsn)
    user, _, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    asked = parts.query.split("&")
    others = [one for one in asked if not one.startswith(_PASSWORD)]
    told = [password, *(one.removeprefix(_PASSWORD) for one in asked if one not in others)]
    at = f"{name}@{host}" if name else host  # urlunsplit would drop the // of postgresql:///name
    bare = f"{parts.scheme}://{at}{parts.path}{'?' if any(others) else ''}{'&'.join(others)}"
    return bare, unquote(next(filter(None, told), ""))


async def _version_of_server(dsn: str) -> int:
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_WITHIN)
    except ValueError:
        raise StoreUnavailable(BAD_DSN) from None
    except (OSError, asyncpg.PostgresError) as error:
        raise StoreUnavailable(f"The database cannot be reached: {error}") from error
    try:
        return int(connection.get_server_version().major)
    finally:
        await connection.close()


def _folders(version: int) -> Iterator[Path]:
    """Where such programs may be: of the wheel, of Debian's packages, on the PATH."""
    with suppress(StoreUnavailable):
        yield from bundled()
    yield Path(DEBIANS.format(version))
    installed = shutil.which("pg_dump")
    if installed:
        yield Path(installed).parent


def _is_of(version: int, folder: Path) -> bool:
    program = folder / "pg_dump"
    if not os.access(program, os.X_OK):
        return False
    said = subprocess.run(
        [str(program), "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"\d+", said)
    return found is not None and int(found[0]) == version
