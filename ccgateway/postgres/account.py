"""As whom PostgreSQL's programs run: never as root, which they refuse.

An ordinary user runs them as themselves. Root runs them in a user namespace, in which root is
somebody else inside while the files stay root's outside: nothing is chowned, and nothing else on
the machine can touch them. Where namespaces are blocked (Docker's default, any chroot) root runs
them as nobody, who then owns the data folder and must be able to reach it.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ccgateway.errors import StoreUnavailable

ROOT, NOBODY = "root", "nobody"
_NAMESPACE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")


@dataclass(frozen=True, slots=True)
class Account:
    """``words`` come before a program; ``uid`` and ``gid`` own its files, as we see them."""

    words: tuple[str, ...]
    uid: int
    gid: int

    @property
    def is_another(self) -> bool:
        """Whether it is not us: then it needs files of its own and a way to them."""
        return self.uid != os.geteuid()

    def closed(self, path: Path) -> Path | None:
        """The first folder on the way to ``path``, itself included, that it cannot enter."""
        path = path.resolve()
        for folder in (*reversed(path.parents), path) if self.is_another else ():
            if _problem([*self.words, "test", "-x", str(folder)]) is not None:
                return folder
        return None

    def own(self, folder: Path) -> None:
        """Give it the folder with all in it: made by root in a namespace, it may be started as
        nobody later, and the other way round. The folder itself comes last, so that a half done
        change is done again. Raises StoreUnavailable where it is somebody else's: a service's,
        which could not start again after a command that root typed."""
        owner = folder.lstat().st_uid
        if owner == self.uid:
            return
        name = _name(owner)
        if os.geteuid() != 0 or name not in (ROOT, NOBODY):
            raise StoreUnavailable(
                f"{folder} belongs to {name}, and its PostgreSQL does not run: start the gateway, "
                f"or run this as {name}: runuser -u {name} -- ccgateway ..."
            )
        for where, folders, files in os.walk(folder, topdown=False):
            for name in (*folders, *files):
                os.chown(Path(where, name), self.uid, self.gid, follow_symlinks=False)
        os.chown(folder, self.uid, self.gid, follow_symlinks=False)


@cache
def current() -> Account:
    """The account for this process, found out once. Raises StoreUnavailable where root cannot
    become anybody else."""
    if os.geteuid() != 0:
        return Account((), os.geteuid(), os.getegid())
    blocked = _problem([*_NAMESPACE, "true"])
    if blocked is None:
        return Account(_NAMESPACE, 0, 0)
    try:
        nobody = pwd.getpwnam(NOBODY)
    except KeyError:
        refused: str | None = "there is no user nobody"
    else:
        ids = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}")
        account = Account(("setpriv", *ids, "--clear-groups"), nobody.pw_uid, nobody.pw_gid)
        refused = _problem([*account.words, "true"])
        if refused is None:
            return account
    raise StoreUnavailable(
        "PostgreSQL does not run as root; this machine lets us make no user namespace "
        f"({blocked}) and become nobody else ({refused}). Start the gateway as an ordinary user, "
        "or give a server of your own: set dsn under [database]."
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _problem(command: Sequence[str]) -> str | None:
    """What a command complains of, or None where it succeeds."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    except OSError as error:
        return str(error)
    return (done.stderr.strip() or f"exit code {done.returncode}") if done.returncode else None
