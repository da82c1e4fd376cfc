"""The PostgreSQL of our own, for those who give no DSN.

It runs from the binaries of a wheel, listens on loopback only, and touches nothing outside its
data folder and three files beside it: ``NAME.access`` (port and password, 0600), ``NAME.lock``
and ``NAME.start.log``.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import asyncpg
import structlog

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres import account, cluster, postmaster
from ccgateway.postgres.binaries import choose, clean_environment, reachable
from ccgateway.postgres.cluster import Access
from ccgateway.postgres.postmaster import Postmaster

START_WITHIN = 60.0  # seconds; after a crash it first replays its log
STOP_WITHIN = 30.0  # seconds for a fast shutdown, which writes a checkpoint
QUIT_WITHIN = 10.0  # seconds for an immediate one, after that
POLL = 0.02  # seconds between two looks
WATCH = 1.0  # seconds between two looks at a server that runs
ATTEMPTS = 5  # the port may be taken before we listen; backends may outlive a killed server a bit
ATTEMPT_PAUSE = 0.05  # seconds after the first, then doubled

SAFE = (
    "listen_addresses=127.0.0.1",
    "max_connections=50",
    "timezone=UTC",
    "log_timezone=UTC",
    "logging_collector=on",
    "log_directory=log",
    "log_filename=postgresql-%a.log",  # a week, each day over last week's: bounded
    "log_truncate_on_rotation=on",
    "log_rotation_size=0",
)
FAST = ("fsync=off", "full_page_writes=off")
"""For tests and the rig: survives the death of every process, not of the machine."""

log = structlog.stdlib.get_logger(__name__)


class EmbeddedServer:
    """A running PostgreSQL: ``dsn`` (a postgresql:// URL with the password) and ``pid``."""

    def __init__(
        self,
        server: Postmaster,
        access: Access,
        child: subprocess.Popen[bytes] | None,
        again: Callable[[], Awaitable[EmbeddedServer]],
    ) -> None:
        self._server = server
        self._child = child
        self._again = again
        self.dsn = access.dsn(server.port)
        self.adopted = child is None

    @property
    def pid(self) -> int:
        return self._server.process.pid

    @classmethod
    async def start(
        cls,
        data_dir: Path,
        *,
        die_with_parent: bool,
        binaries: Path | None = None,
        fast: bool = False,
    ) -> EmbeddedServer:
        """Start the server of ``data_dir`` (made where it is missing), or adopt the one that a
        crashed gateway left running there. Two starters at once get the same server.

        die_with_parent: the kernel stops it when this process ends, however it ends; otherwise it
        goes on, and the next start adopts it. Raises StoreUnavailable.
        """
        data_dir = _home(data_dir)
        again = partial(
            cls.start, data_dir, die_with_parent=die_with_parent, binaries=binaries, fast=fast
        )
        deadline = time.monotonic() + START_WITHIN
        with _lock_file(data_dir.with_name(data_dir.name + ".lock")) as lock:
            while not lock():
                await _pause(deadline, f"Another start of {data_dir} does not end")
            found = await _adoptable(data_dir, deadline)
            if found:
                return cls(found, cluster.read_access(data_dir), None, again)
            folder = await asyncio.to_thread(_programs, data_dir, binaries)
            access = await asyncio.to_thread(cluster.prepare, data_dir, folder)
            options = (*SAFE, *(FAST if fast else ()))
            if die_with_parent:
                options += (f"cluster_name={postmaster.DIES_WITH}{os.getpid()}",)
            return cls(*await _spawn(data_dir, folder, access, options, deadline), again)

    async def watch(self) -> None:
        """Start it again whenever it ends by itself (the kernel may kill it for want of memory),
        with the same data and, unless another program took it, the same port. Runs until
        cancelled, which must come before ``stop``."""
        while True:
            await asyncio.sleep(WATCH)
            if not self._gone():
                continue
            log.error("database_ended", pid=self.pid)
            try:
                new = await self._again()
            except StoreUnavailable as error:
                log.error("database_not_restarted", reason=str(error))  # noqa: TRY400 - expected
                continue
            self._server, self._child, self.dsn = new._server, new._child, new.dsn  # noqa: SLF001 - our own
            log.warning("database_restarted", pid=self.pid)

    async def stop(self) -> None:
        """Stop it: fast (open transactions are rolled back), and at once where that takes too
        long. Returns when it is gone. Raises StoreUnavailable where it does not go."""
        for number, within in ((signal.SIGINT, STOP_WITHIN), (signal.SIGQUIT, QUIT_WITHIN)):
            self._server.send(number)
            deadline = time.monotonic() + within
            while time.monotonic() < deadline:
                if self._gone():
                    return
                await asyncio.sleep(POLL)
        raise StoreUnavailable(f"The embedded PostgreSQL (pid {self.pid}) does not stop")

    def _gone(self) -> bool:
        if self._child is not None:
            return self._child.poll() is not None  # our child: it must be reaped, too
        return not self._server.is_running()


def find(data_dir: Path) -> str | None:
    """The DSN of the server that runs in ``data_dir``, or None where none does: for commands that
    look into a running gateway's database."""
    data_dir = data_dir.absolute()
    server = postmaster.find(data_dir)
    if server is None or server.status != "ready":
        return None
    return cluster.read_access(data_dir).dsn(server.port)


async def _adoptable(data_dir: Path, deadline: float) -> Postmaster | None:
    """The server to adopt, or None once none runs. One that stops, or was killed this moment, or
    whose parent is gone so that it is about to stop, is waited for."""
    while found := postmaster.find(data_dir):
        ready = found.status == "ready" and found.dies_with in (None, os.getpid())
        if ready and await _lets_us_in(cluster.read_access(data_dir).dsn(found.port)):
            return found
        await _pause(
            deadline,
            f"Another process ({found.dies_with or found.process.pid}) runs the PostgreSQL in "
            f"{data_dir} (it is {found.status})",
        )
    return None


async def _spawn(
    data_dir: Path, folder: Path, access: Access, options: Sequence[str], deadline: float
) -> tuple[Postmaster, Access, subprocess.Popen[bytes]]:
    for attempt in range(ATTEMPTS):
        port = _free_port(access.port)
        child = _run(data_dir, folder, port, options)
        server = await _until_ready(data_dir, child, access, deadline)
        if server:
            access = Access(access.password, port)
            cluster.write_access(data_dir, access)
            return server, access, child
        await asyncio.sleep(ATTEMPT_PAUSE * 2**attempt)
    raise StoreUnavailable(
        f"The embedded PostgreSQL in {data_dir} does not start: {_last_words(data_dir)}"
    )


def _run(
    data_dir: Path, folder: Path, port: int, options: Sequence[str]
) -> subprocess.Popen[bytes]:
    """Start the server in a session of its own: a Ctrl-C at the terminal is for the gateway, which
    stops it when the last batch is written. Not to be called in a helper thread: the kernel's
    parent-death signal comes when the *thread* that forked ends."""
    dies = any(postmaster.DIES_WITH in option for option in options)
    settings = [word for option in options for word in ("-c", option)]
    with _start_log(data_dir).open("wb") as log:
        return subprocess.Popen(
            [
                *account.current().words,
                *(("setpriv", "--pdeathsig", "INT") if dies else ()),
                str(folder / "postgres"),
                *("-D", str(data_dir), "-p", str(port), "-k", ""),
                *settings,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=clean_environment(),
            cwd=data_dir,
            start_new_session=True,
        )


async def _until_ready(
    data_dir: Path, child: subprocess.Popen[bytes], access: Access, deadline: float
) -> Postmaster | None:
    """The server once it lets us in, or None where it ended instead."""
    try:
        while child.poll() is None:
            found = postmaster.find(data_dir)
            ready = found and found.process.pid == child.pid and found.status == "ready"
            if found and ready and await _lets_us_in(access.dsn(found.port)):
                return found
            await _pause(deadline, f"The embedded PostgreSQL in {data_dir} does not get ready")
    except BaseException:
        child.send_signal(signal.SIGQUIT)
        child.wait()
        raise
    return None


async def _lets_us_in(dsn: str) -> bool:
    """Whether a server is ours and takes connections: SCRAM proves the password in both
    directions. Raises StoreUnavailable where it is not ours."""
    try:
        connection = await asyncpg.connect(dsn, timeout=START_WITHIN)
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
        return False
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreUnavailable(f"The embedded PostgreSQL does not let us in: {error}") from error
    await connection.close()
    return True


def _home(data_dir: Path) -> Path:
    """The absolute path; the parent folder is made where it is missing, else left as it is."""
    data_dir = data_dir.absolute()
    mode = 0o711 if account.current().is_another else 0o700
    data_dir.parent.mkdir(mode=mode, parents=True, exist_ok=True)
    return data_dir


def _programs(data_dir: Path, given: Path | None) -> Path:
    return reachable(choose(data_dir, given), account.current())


@contextmanager
def _lock_file(path: Path) -> Iterator[Callable[[], bool]]:
    """Give a function that tries to lock ``path`` and says whether it did; unlocked at the end."""

    def lock() -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    with path.open("a") as file:
        yield lock


async def _pause(deadline: float, complaint: str) -> None:
    if time.monotonic() > deadline:
        raise StoreUnavailable(complaint)
    await asyncio.sleep(POLL)


def _free_port(wanted: int) -> int:
    """The port wanted where it is free (an administrator's tools know it), else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _last_words(data_dir: Path) -> str:
    """What a server that did not start said: first to us, then to its own log."""
    logs = sorted((data_dir / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
    lines = [
        line
        for path in (_start_log(data_dir), *logs[-1:])
        for line in path.read_text(errors="replace").splitlines()
        if "FATAL" in line or "unshare" in line or "setpriv" in line
    ]
    return lines[-1] if lines else f"see {_start_log(data_dir)} and {data_dir / 'log'}"


def _start_log(data_dir: Path) -> Path:
    return data_dir.with_name(data_dir.name + ".start.log")
