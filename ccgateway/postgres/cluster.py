"""The data folder of the embedded server: made once, with one role that can log in, and the file
beside it that holds the way in."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres import account
from ccgateway.postgres.binaries import clean_environment

ROLE = "ccgateway"  # also the name of its database

HBA = f"# The gateway's role, by password, over loopback; nobody else.\n\
host all {ROLE} 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True, slots=True)
class Access:
    """The way in. ``port`` is the last one used, 0 before the first start."""

    password: str = field(repr=False)
    port: int = 0

    def dsn(self, port: int) -> str:
        """A postgresql:// URL. No TLS: it never leaves the machine."""
        return f"postgresql://{ROLE}:{self.password}@127.0.0.1:{port}/{ROLE}?sslmode=disable"


def read_access(data_dir: Path) -> Access:
    """Raises StoreUnavailable where the file is missing or broken."""
    try:
        return Access(**json.loads(_access_file(data_dir).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise StoreUnavailable(
            f"{_access_file(data_dir)} cannot be read ({error}). With the server stopped, remove "
            "it, and the next start makes a new one."
        ) from error


def write_access(data_dir: Path, access: Access) -> None:
    """Write it, readable by us only; a crash leaves the old or the new one."""
    path = _access_file(data_dir)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(access), file)
    fresh.replace(path)


def prepare(data_dir: Path, binaries: Path) -> Access:
    """The data folder and the way in, made where they are missing. The server must be stopped.
    Raises StoreUnavailable."""
    _check_the_way_to(data_dir.parent)
    if not (data_dir / "PG_VERSION").exists():
        access = Access(secrets.token_hex(24))
        write_access(data_dir, access)
        _create(data_dir, binaries, access)
        return access
    account.current().own(data_dir)
    if not _access_file(data_dir).exists():
        access = Access(secrets.token_hex(24))
        _single_user(data_dir, binaries, f"ALTER ROLE {ROLE} PASSWORD '{access.password}'\n")
        write_access(data_dir, access)
        return access
    return read_access(data_dir)


def _check_the_way_to(folder: Path) -> None:
    closed = account.current().closed(folder)
    if closed:
        raise StoreUnavailable(
            f"Root's user namespaces are blocked here, so PostgreSQL runs as the user nobody, who "
            f"cannot enter {closed}. Set state_dir under [gateway] to a folder that others may "
            f"enter (mode 0711 is enough, of every folder on the way), or dsn under [database]."
        )


def _create(data_dir: Path, binaries: Path, access: Access) -> None:
    """initdb beside, then rename: a folder half made by a start that was killed is never used."""
    if data_dir.exists() and any(data_dir.iterdir()):
        raise StoreUnavailable(f"{data_dir} holds files, but no database")
    making = data_dir.with_name(data_dir.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    account.current().own(making)  # the folder above is ours: initdb can make none in it
    words = ("--encoding=UTF8", "--locale=C.UTF-8", "--auth=reject", "--username=postgres")
    _tool([str(binaries / "initdb"), "-D", str(making), "--no-sync", *words])
    _tool(["tee", str(making / "pg_hba.conf")], HBA)  # not by root: the folder may be another's
    # CREATEDB: so that a dump can be loaded beside the live database.
    _single_user(
        making,
        binaries,
        f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{access.password}'\n"
        f"CREATE DATABASE {ROLE} OWNER {ROLE}\n",
    )
    making.rename(data_dir)


def _single_user(data_dir: Path, binaries: Path, statements: str) -> None:
    """Run statements, one a line, as the superuser, who cannot log in over the network."""
    _tool([str(binaries / "postgres"), "--single", "-D", str(data_dir), "postgres"], statements)


def _tool(words: list[str], stdin: str = "") -> None:
    done = subprocess.run(
        [*account.current().words, *words],
        input=stdin,
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=False,
        cwd="/",  # ours may be closed to the account
    )
    if done.returncode:
        raise StoreUnavailable(f"{Path(words[0]).name} failed: {done.stderr.strip()}")


def _access_file(data_dir: Path) -> Path:
    return data_dir.with_name(data_dir.name + ".access")
