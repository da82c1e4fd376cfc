"""The rig, for tests: each test has an Asterisk, phones and callers of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from ccgateway.rig import packages
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.errors import RigError
from ccgateway.rig.installs import Install
from ccgateway.rig.progress import silent
from ccgateway.rig.sipp import Sipps
from ccgateway.rig.world import World
from tests.databases import lay_down
from tests.preparing import built, is_needed


def pytest_collection_finish(session: pytest.Session) -> None:
    """See ``preparing``. Where it fails, the fixture tells why."""
    if is_needed(session, "install"):
        with suppress(RigError):
            built()
    if is_needed(session, "baresip"):
        with suppress(RigError):
            packages.ensure(["baresip"], silent)


@pytest.fixture(scope="session", autouse=True)
def _databases() -> Iterator[None]:
    """That a gateway makes its schema itself, the demo and the adapters' tests show."""
    World.lay_down = lay_down
    yield
    World.lay_down = None


@pytest.fixture(scope="session")
def install() -> Install:
    """An Asterisk, 22 or what the environment chose, to make instances of."""
    return built()


@pytest.fixture(scope="session")
def baresip() -> None:
    """The program of a softphone."""
    packages.ensure(["baresip"], silent)


@pytest_asyncio.fixture
async def rig_asterisk(install: Install) -> AsyncIterator[RigAsterisk]:
    """A running Asterisk with trunk, phones and queues; about a second."""
    asterisk = RigAsterisk(install)
    try:
        await asterisk.start()
        yield asterisk
    finally:
        asterisk.remove()


@pytest.fixture
def sipps(rig_asterisk: RigAsterisk, tmp_path: Path) -> Iterator[Sipps]:
    """SIPp phones (to be started) and callers of the running Asterisk."""
    sipps = Sipps(rig_asterisk, tmp_path / "sipp")
    yield sipps
    sipps.stop()


@pytest_asyncio.fixture
async def world(install: Install) -> AsyncIterator[World]:
    """The whole world: PostgreSQL, Asterisk, the gateway, phones, agents logged in; 3 seconds."""
    async with World() as world:
        yield world
