"""The rig, for tests: each test has an Asterisk, phones and callers of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ccgateway.rig import installs, packages
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.installs import Install
from ccgateway.rig.progress import silent


@pytest.fixture(scope="session")
def install() -> Install:
    """The rig's root file system: built once, under a lock, whoever comes first."""
    packages.ensure(["sipp", "setpriv"], silent)
    return installs.choose("rootfs", silent)


@pytest_asyncio.fixture
async def rig_asterisk(install: Install) -> AsyncIterator[RigAsterisk]:
    """A running Asterisk 22 with trunk, phones and queues; about a second."""
    asterisk = RigAsterisk(install)
    try:
        await asterisk.start()
        yield asterisk
    finally:
        asterisk.remove()
