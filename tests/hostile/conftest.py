"""A configured gateway for commands: its database is real, and nobody answers at its API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.postgres.migrate import migrate
from tests.adapters.conftest import open_folder
from tests.adapters.served import TOKEN

CONFIG = """
database.dsn = "{dsn}"
agi.secret = "agi-agi-agi"
http = {{ token = "{token}", port = {port} }}
queue = [{{ name = "stations" }}]
client = [{{ id = "oilco", name = "Oil [/b] Company" }}]
[gateway]
state_dir = "{state}"
[[node]]
name = "pbx1"
secret = "ami-ami-ami"
port = 1
[[service]]
id = "hotline"
client = "oilco"
name = "Hot line"
dids = ["1000"]
queue = "stations"
timezone = "Europe/Helsinki"
country = "FI"
[[agent]]
id = "101"
name = "Anna [/b]"
phone = "PJSIP/101"
queues = ["stations"]
"""


def written(folder: Path, dsn: str, port: int = 1) -> Path:
    """A TOML file in ``folder``; the API is to be at ``port``."""
    file = folder / "ccgateway.toml"
    file.write_text(CONFIG.format(token=TOKEN, dsn=dsn, state=folder / "state", port=port))
    file.chmod(0o600)
    return file


@pytest.fixture(scope="session")
def dsn() -> Iterator[str]:
    """A database with our schema."""
    with open_folder() as folder:
        server = asyncio.run(EmbeddedServer.start(folder / "data", die_with_parent=True, fast=True))
        asyncio.run(migrate(server.dsn))
        yield server.dsn
        asyncio.run(server.stop())


@pytest.fixture
def config(tmp_path: Path, dsn: str) -> Path:
    """The TOML file of a gateway that does not run."""
    return written(tmp_path, dsn)
