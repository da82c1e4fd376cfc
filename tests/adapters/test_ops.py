"""What those who run the gateway see: reload, readiness, metrics, and what systemd is told."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.rig.fake_pbx import FakePbx
from ccgateway.rig.waiting import until
from tests.adapters.gateway_process import Gateway
from tests.databases import lay_down

TOKEN = {"Authorization": "Bearer http-s3cret"}
CARLA = '\n[[agent]]\nid = "103"\nname = "Carla"\nphone = "PJSIP/103"\nqueues = ["stations"]\n'
ANNA = 'name = "Anna"'


class Systemd:
    """The socket that systemd would listen on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))
        self.told: list[str] = []

    def close(self) -> None:
        self._socket.close()

    def heard(self) -> list[str]:
        """All lines until now."""
        with suppress(BlockingIOError):
            while True:
                self.told += self._socket.recv(4096).decode().splitlines()
        return self.told

    async def hears(self, line: str, times: int = 1) -> None:
        """Wait until a line has come so many times."""
        await until(lambda: self.heard().count(line) >= times, f"systemd hears {line}", seconds=30)


@dataclass
class Running:
    gateway: Gateway
    pbx: FakePbx
    postgres: EmbeddedServer
    systemd: Systemd
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as client,
            client.get(self.url + path, headers=headers or {}) as answer,
        ):
            return answer.status, await answer.text()

    async def agents(self) -> list[str]:
        async with (
            aiohttp.ClientSession(headers=TOKEN) as client,
            client.get(f"{self.url}/api/state") as answer,
        ):
            return [agent["id"] for agent in (await answer.json())["agents"]]

    async def asked(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``ccgateway WORDS``, of the running gateway."""
        command = [sys.executable, "-m", "ccgateway", *words, "--config", str(self.gateway.config)]
        return await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=90, check=False
        )

    async def numbers(self) -> dict[tuple[str, ...], float]:
        """The metrics: by name and the values of the labels."""
        status, text = await self.get("/metrics", TOKEN)
        assert status == 200, text
        families = text_string_to_metric_families(text)
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in families
            for sample in family.samples
        }


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    there = Systemd(tmp_path / "notify")
    yield there
    there.close()


@pytest.fixture
async def running(home: Path, systemd: Systemd) -> AsyncIterator[Running]:
    """A gateway beside a double of Asterisk and a PostgreSQL."""
    gateway = Gateway(home)
    gateway.environ = {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "1500000"}
    await lay_down(home / "data")
    postgres = await EmbeddedServer.start(home / "data", die_with_parent=True, fast=True)
    async with FakePbx() as pbx:
        running = Running(gateway, pbx, postgres, systemd, 0)
        gateway.journals = home / "asterisk"
        (gateway.journals / "cel-custom").mkdir(parents=True)
        (gateway.journals / "queue_log").touch()
        try:
            gateway.dsn, gateway.pbxs = postgres.dsn, [pbx]
            gateway.start()
            running.port = (await gateway.ready())["http_port"]
            await pbx.until(lambda: bool(pbx.actions("Setvar")))
            yield running
        finally:
            gateway.kill()
            await running.postgres.stop()


# -- reload


async def test_sighup_reads_the_file_again_and_a_faulty_one_is_refused(running: Running) -> None:
    gateway = running.gateway
    gateway.edit(ANNA, 'name = "Anna-Liisa"')
    gateway.edit("agi-s3cret", "agi-another")
    with gateway.config.open("a") as file:
        file.write(CARLA)
    gateway.signal(signal.SIGHUP)
    [done] = await gateway.said("configuration reloaded")
    assert (done["changes"], done["need_restart"]) == (3, 0)
    assert await running.agents() == ["101", "103"]
    changed = [line["change"] for line in await gateway.said("configuration changed", 3)]
    assert changed == [
        "[agi] secret: changed",
        "[[agent]] 101 name: changed",
        "[[agent]] 103: added",
    ]

    gateway.edit('id = "103"', "id = 103")
    gateway.edit("agi-another", "short")
    gateway.signal(signal.SIGHUP)
    faults = [
        line["fault"] for line in await gateway.said("configuration refused, the old one stays", 2)
    ]
    assert f"{gateway.config}:10: agi.secret: found (hidden)" in faults[0]
    assert ": agent[1].id: found 103" in faults[1]
    assert await running.agents() == ["101", "103"]
    assert not [line for line in gateway.lines() if "agi-another" in line or "Liisa" in line]


async def test_the_command_prints_what_changed_and_what_needs_a_restart(running: Running) -> None:
    gateway = running.gateway
    again = ("reload", "--url", running.url)
    assert (await running.asked(*again)).stdout == "nothing changed\n"
    gateway.edit(ANNA, 'name = "Anna-Liisa"')
    gateway.edit("[agi]\nport = 0", "[agi]\nport = 4599")
    done = await running.asked(*again)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "[agi] port: 0 -> 4599 (needs a restart)",
            '[[agent]] 101 name: "Anna" -> "Anna-Liisa"',
        ],
    )
    left = await running.asked(*again)
    assert left.stdout == "[agi] port: 0 -> 4599 (needs a restart)\n"
    assert (await running.numbers())["ccgateway_config_awaits_restart",] == 1


async def test_the_command_refuses_a_faulty_file_also_one_that_only_the_gateway_reads(
    running: Running, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("http-s3cret\n")
    running.gateway.edit('phone = "PJSIP/101"', 'phone = "101"')
    for words in ((), ("--token-file", str(token))):
        done = await running.asked("reload", "--url", running.url, *words)
        assert done.returncode == 2
        assert 'agent[0].phone: found "101", allowed: technology and name' in done.stderr
    assert await running.agents() == ["101"]


async def test_another_token_is_taken_by_signal(running: Running) -> None:
    gateway = running.gateway
    gateway.edit("http-s3cret", "http-another")
    refused = await running.asked("reload", "--url", running.url)
    assert refused.returncode == 3
    assert "kill -HUP" in refused.stderr
    gateway.signal(signal.SIGHUP)
    await gateway.said("configuration reloaded")
    assert (await running.asked("reload", "--url", running.url)).returncode == 0
    assert (await running.get("/api/state", TOKEN))[0] == 401


# -- readiness


async def test_who_is_ready_and_what_is_not(running: Running) -> None:
    async def parts() -> tuple[int, Any]:
        async with aiohttp.ClientSession() as client, client.get(f"{running.url}/readyz") as answer:
            return answer.status, await answer.json()

    async def without(part: str) -> bool:
        status, told = await parts()
        missing = [name for name, there in told["parts"].items() if not there]
        return (status, told["ready"], missing) == (503, False, [part])

    async def with_all() -> bool:
        status, told = await parts()
        return status == 200 and told["ready"] is True

    await until(with_all, "all is ready")
    assert (await running.get("/healthz"))[0] == 200
    await running.postgres.stop()
    await until(lambda: without("postgresql"), "PostgreSQL is missing")
    running.postgres = await EmbeddedServer.start(
        running.gateway.folder / "data", die_with_parent=True, fast=True
    )
    await until(with_all, "all is ready again")
    assert running.gateway.journals
    (running.gateway.journals / "queue_log").unlink()
    await until(lambda: without("journals"), "a journal is missing", seconds=30)
    assert (await running.numbers())["ccgateway_journals_up", "pbx1"] == 0
    [told] = await running.gateway.said("journals not in order")
    assert told["what"] == f"{running.gateway.journals}/queue_log: No such file or directory"
    (running.gateway.journals / "queue_log").touch()
    await until(with_all, "the journal is there again", seconds=30)
    await running.gateway.said("journals in order again")
    running.pbx.answers.clear()
    running.pbx.drop()
    await until(lambda: without("ami"), "Asterisk is missing")
    assert "pbx1" not in (await running.get("/readyz"))[1]
    assert (await running.get("/healthz"))[0] == 200


# -- metrics


async def test_metrics_are_for_who_may_see_all(running: Running) -> None:
    assert (await running.get("/metrics"))[0] == 401
    assert (await running.get("/metrics", TOKEN))[0] == 200


async def test_what_happens_is_counted(running: Running) -> None:
    before = await running.numbers()
    assert before["ccgateway_ami_up", "pbx1"] == 1
    assert before["ccgateway_agents", "off"] == 1
    assert before["ccgateway_queue_agents", "stations"] == 0
    assert (await running.asked("agent", "login", "101", "--url", running.url)).returncode == 0
    await running.get("/api/nothing", TOKEN)
    after = await running.numbers()
    assert after["ccgateway_agents", "ready"] == 1
    assert after["ccgateway_queue_agents", "stations"] == 1
    assert after["ccgateway_http_requests_total", "agent", "200"] == 1
    assert after["ccgateway_http_requests_total", "none", "404"] == 1
    assert (
        after["ccgateway_ami_events_total", "pbx1"] > before["ccgateway_ami_events_total", "pbx1"]
    )


# -- systemd


async def test_systemd_is_told_of_start_life_reload_and_end(running: Running) -> None:
    systemd = running.systemd
    await systemd.hears("READY=1")
    await systemd.hears("WATCHDOG=1", times=3)
    assert "STATUS=0 calls, 0 of 1 agents logged in; pbx1 up" in systemd.heard()
    running.gateway.signal(signal.SIGHUP)
    await systemd.hears("READY=1", times=2)
    order = [line for line in systemd.heard() if line in ("READY=1", "RELOADING=1")]
    assert order == ["READY=1", "RELOADING=1", "READY=1"]
    assert (await running.gateway.terminated())[0] == 0
    assert systemd.heard()[-1] == "STOPPING=1"
