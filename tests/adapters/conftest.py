"""What the adapters meet in tests: a PostgreSQL (the wheel's and Debian's 15, each test in a
database of its own), and a double of Asterisk's manager for faults."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.postgres.migrate import migrate
from ccgateway.postgres.pool import Pool, open_pool
from ccgateway.postgres.writer import Writer
from ccgateway.rig import debian_postgres
from ccgateway.rig.errors import RigError
from ccgateway.rig.fake_pbx import FakePbx
from ccgateway.rig.ports import take
from ccgateway.rig.progress import silent
from tests.adapters.again import Databases, drop, execute, name_of, named
from tests.adapters.ami_bench import OurClient, eventually, running
from tests.databases import lay_down
from tests.preparing import built, is_needed

LIVES = (
    "test_chaos_doubles.py",
    "test_gaps.py",
    "test_gateway_spool.py",
    "test_postgres_embedded.py",
    "test_postgres_journal_faults.py",
    "test_postgres_journals.py",
    "test_postgres_late.py",
    "test_postgres_outage.py",
    "test_postgres_spool.py",
    "test_replay.py",
    "test_start_and_stop.py",
)
"""Of a PostgreSQL's life, and of what comes late: both take their time. Twice in the long run
only."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a gateway or its PostgreSQL does when it starts and stops, and how the record is mended
    by journals and spool, is tried with the wheel's one; with Debian's 15, too, in the long run.
    What is stored, read and migrated always is by both."""
    for item in items:
        if item.path.name in LIVES and "debian15" in item.name:
            item.add_marker(pytest.mark.long)


def pytest_collection_finish(session: pytest.Session) -> None:
    """See ``preparing``. Where it fails, the fixture tells why."""
    if is_needed(session, "binaries"):
        with suppress(RigError):
            debian_postgres.ensure(silent)
    if is_needed(session, "asterisk"):
        with suppress(RigError):
            built()


@pytest.fixture(scope="session", params=["embedded", "debian15"])
def binaries(request: pytest.FixtureRequest) -> Iterator[Path | None]:
    """Which PostgreSQL: None is the wheel's."""
    if request.param == "embedded":
        yield None
        return
    found = debian_postgres.ensure(silent)
    if found == debian_postgres.INSTALLED:
        yield found
        return
    with open_folder() as folder:
        yield open_copy(found, folder)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that others may enter, as pytest's are not: PostgreSQL may have to run as nobody."""
    with TemporaryDirectory(prefix="ccgateway-test-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def open_copy(programs: Path, folder: Path) -> Path:
    """Of an unpacked PostgreSQL: root's cache is below /root, where nobody else may enter."""
    shutil.copytree(programs.parent, folder / "postgresql", symlinks=True)
    return folder / "postgresql" / programs.name


@pytest.fixture
def home() -> Iterator[Path]:
    """An open folder of the test's own."""
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def server_dsn(binaries: Path | None) -> Iterator[tuple[str, str]]:
    """A running server: the DSN of its first database, and the name of a migrated template."""
    with open_folder() as folder:
        yield from _server(folder / "data", binaries)


def _server(data_dir: Path, binaries: Path | None) -> Iterator[tuple[str, str]]:
    server = asyncio.run(
        EmbeddedServer.start(data_dir, die_with_parent=True, binaries=binaries, fast=True)
    )
    asyncio.run(execute(server.dsn, "CREATE DATABASE migrated"))
    asyncio.run(migrate(named(server.dsn, "migrated")))
    yield server.dsn, "migrated"
    asyncio.run(server.stop())


@pytest.fixture
async def empty_dsn(server_dsn: tuple[str, str]) -> AsyncIterator[str]:
    """An empty database of the test's own."""
    dsn = named(server_dsn[0], f"test_{uuid4().hex}")
    await execute(server_dsn[0], f"CREATE DATABASE {name_of(dsn)} TEMPLATE template1")
    yield dsn
    await drop(server_dsn[0], dsn)


@pytest.fixture(scope="session")
def databases(server_dsn: tuple[str, str]) -> Databases:
    """Migrated ones."""
    return Databases(*server_dsn)


@pytest.fixture
async def dsn(databases: Databases) -> AsyncIterator[str]:
    """A migrated database of the test's own."""
    dsn = await databases.take()
    yield dsn
    await databases.give_back(dsn)


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    async with await open_pool(dsn) as pool:
        yield pool


@pytest.fixture
async def writer(pool: Pool) -> AsyncIterator[Writer]:
    """A writer that runs."""
    writer = Writer(pool)
    running = asyncio.create_task(writer.run())
    yield writer
    running.cancel()
    await asyncio.wait([running])


Start = Callable[[], Awaitable[EmbeddedServer]]


@pytest.fixture
async def start(binaries: Path | None, home: Path) -> AsyncIterator[Start]:
    """Starts a server of the test's own, to be ill-treated; again with the same data, and at the
    same port: no other test's server or client takes it meanwhile."""
    started: list[EmbeddedServer] = []
    block = take()
    await lay_down(home / "data", binaries, block.one())

    async def start() -> EmbeddedServer:
        started.append(
            await EmbeddedServer.start(
                home / "data", die_with_parent=True, binaries=binaries, fast=True
            )
        )
        return started[-1]

    yield start
    for server in started:
        await server.stop()
    block.release()


@pytest.fixture
async def server(start: Start) -> EmbeddedServer:
    """A server of the test's own, that runs, with our schema."""
    return await start()


@pytest.fixture
async def own_pool(server: EmbeddedServer) -> AsyncIterator[Pool]:
    """Connections to that server."""
    pool = await open_pool(server.dsn)
    yield pool
    pool.terminate()


@pytest.fixture
async def pbx() -> AsyncIterator[FakePbx]:
    """A double of Asterisk's manager port."""
    async with FakePbx() as fake:
        yield fake


@pytest.fixture
async def ours(pbx: FakePbx) -> AsyncIterator[OurClient]:
    """Our link to the double, up and with its first snapshot."""
    client = OurClient(pbx.port)
    async with running(client.link):
        assert await eventually(client.up)
        yield client
