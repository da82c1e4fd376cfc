"""The reload itself: what goes wrong in it leaves all as it was, and is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ccgateway.config import Config, load
from ccgateway.errors import ConfigError
from ccgateway.notify import Notifier
from ccgateway.reload import Reloader
from ccgateway.rig.waiting import until

TOML = """
[agi]
secret = "agi-s3cret"
[http]
token = "http-s3cret"
[[node]]
name = "pbx1"
secret = "ami-s3cret"
[pause]
reasons = ["lunch"]
"""


class Gateway:
    """What runs, and the reloader of it. ``fault`` is raised where the new one shall run."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ccgateway.toml"
        self.file.touch(mode=0o600)
        self.file.write_text(TOML, encoding="utf-8")
        self.runs: list[Config] = []
        self.fault: Exception | None = None
        self.reloader = Reloader(
            self.file, load(self.file), lambda new: new, self._renew, Notifier({})
        )

    def _renew(self, config: Config, _made: Config | None) -> None:
        if self.fault is not None:
            raise self.fault
        self.runs.append(config)

    def write(self, reason: str) -> None:
        self.file.write_text(TOML.replace("lunch", reason), encoding="utf-8")


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


async def test_what_cannot_run_is_still_new_the_next_time(gateway: Gateway) -> None:
    gateway.write("break")
    gateway.fault = ConfigError("http.tls_cert: expired")
    with capture_logs() as logs, pytest.raises(ConfigError):
        await gateway.reloader.reload()
    assert [log["fault"] for log in logs] == ["http.tls_cert: expired"]
    gateway.fault = None
    [change] = await gateway.reloader.reload()
    assert str(change) == "[pause] reasons: [lunch] -> [break]"
    assert [config.pause.reasons for config in gateway.runs] == [("break",)]
    assert await gateway.reloader.reload() == []
    assert (gateway.reloader.done, gateway.reloader.refused) == (2, 1)


async def test_after_a_reload_that_fails_by_a_bug_of_ours_the_next_signal_is_heard(
    gateway: Gateway,
) -> None:
    asked = asyncio.Event()
    following = asyncio.create_task(gateway.reloader.follow(asked))
    gateway.fault = RuntimeError("a bug")
    gateway.write("break")
    with capture_logs() as logs:
        asked.set()
        await until(lambda: logs, "the fault is logged")
    assert logs[0]["log_level"] == "error"
    gateway.fault = None
    asked.set()
    await until(lambda: gateway.runs, "the file is read again")
    following.cancel()


async def test_two_at_once_are_one_after_the_other(gateway: Gateway) -> None:
    gateway.write("break")
    found = await asyncio.gather(*(gateway.reloader.reload() for _ in range(2)))
    assert sorted(map(len, found)) == [0, 1]
