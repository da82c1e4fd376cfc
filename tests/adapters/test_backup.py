"""``ccgateway backup`` and ``restore`` with the embedded PostgreSQL, as somebody types them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccgateway.postgres import embedded
from ccgateway.postgres.embedded import EmbeddedServer
from tests.acceptance.cli import asked, run
from tests.adapters.gateway_process import Gateway


@pytest.fixture
async def gateway(home: Path) -> AsyncIterator[Gateway]:
    """A gateway that runs; its embedded PostgreSQL, which outlives it, is stopped."""
    gateway = Gateway(home)
    gateway.start()
    await gateway.ready()
    yield gateway
    gateway.kill()
    data = gateway.state_dir / "postgres"
    if embedded.find(data):
        await (await EmbeddedServer.start(data, die_with_parent=False)).stop()


def add(gateway: Gateway, name: str) -> None:
    done = run(gateway.config, "token", "create", "--name", name, "--role", "supervisor")
    assert done.returncode == 0, done.stderr


def names(gateway: Gateway) -> list[str]:
    return [token["name"] for token in asked(gateway.config, "token", "list")]


async def test_saved_while_it_runs_and_put_back_while_it_does_not(gateway: Gateway) -> None:
    file = str(gateway.folder / "monday.dump")
    add(gateway, "wall")
    saved = run(gateway.config, "backup", file)
    assert saved.returncode == 0, saved.stderr
    add(gateway, "later")

    refused = run(gateway.config, "restore", file)
    assert refused.returncode == 3
    assert f"another gateway (pid {gateway.pid}) runs" in refused.stderr

    assert (await gateway.terminated())[0] == 0
    restored = run(gateway.config, "restore", file)
    assert restored.returncode == 0, restored.stderr
    assert names(gateway) == ["wall"]
    (gateway.folder / "log").unlink()
    gateway.start()
    await gateway.ready()
    assert names(gateway) == ["wall"]
