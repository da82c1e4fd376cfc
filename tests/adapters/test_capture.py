"""``GET /api/capture`` and ``ccgateway capture`` of a gateway that runs: what Asterisk said goes
out without persons, and is a test."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from ccgateway.app import WallClock
from ccgateway.calls.recorded import Ami, Heard, head_of, heard_of
from ccgateway.engine.setup import Setup
from ccgateway.engine.tape import Tape
from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.replay.files import read
from ccgateway.rig.fake_pbx import FakePbx
from ccgateway.rig.waiting import until
from ccgateway.web import capture
from ccgateway.web.capture import MOST
from ccgateway.web.ops import Ops
from tests.adapters.gateway_process import Gateway
from tests.adapters.served import HEADERS, Served
from tests.adapters.unasked import Unasked
from tests.databases import lay_down
from tests.scenarios.test_recordings import RECORDINGS

TOKEN = {"Authorization": "Bearer http-s3cret"}
CALLER, NAME = "358401110001", "Ääkkönen"
SAID = [h.value for h in read(RECORDINGS / "queue_call.jsonl").heard if isinstance(h.value, Ami)]
CEL = '"{at}+0000","CHAN_START","1795327344.70","1795327344.70","PJSIP/trunk-00000046","1000",'
CEL += '"from-trunk","","","358401110001",""\n'


@dataclass
class Running:
    gateway: Gateway
    pbx: FakePbx
    url: str

    def say(self, *said: Ami) -> None:
        """Asterisk tells of a call."""
        for one in said or SAID:
            self.pbx.say(*one.headers)

    async def lines(self, **query: str) -> list[bytes]:
        async with (
            aiohttp.ClientSession(headers=TOKEN) as client,
            client.get(f"{self.url}/api/capture", params=query) as answer,
        ):
            assert answer.status == 200, await answer.text()
            assert answer.content_type == "application/x-ndjson"
            return [line for line in (await answer.read()).splitlines() if line]

    async def heard(self, said: Ami = SAID[-1]) -> None:
        """Wait until the gateway has heard it."""

        async def there() -> bool:
            return any(stamp(said).encode() in line for line in await self.lines())

        await until(there, "it is on the tape", seconds=20)

    def begin(self, *words: str, config: Sequence[str] = ()) -> subprocess.Popen[str]:
        """``ccgateway WORDS``, of this gateway."""
        config = config or ("--config", str(self.gateway.config))
        command = [sys.executable, "-m", "ccgateway", *words, *config]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)

    async def asked(self, *words: str) -> tuple[int, str]:
        process = self.begin(*words)
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        return process.returncode, out + err


@pytest.fixture
async def running(home: Path) -> AsyncIterator[Running]:
    gateway = Gateway(home)
    await lay_down(home / "data")
    postgres = await EmbeddedServer.start(home / "data", die_with_parent=True, fast=True)
    async with FakePbx() as pbx:
        gateway.journals = home / "asterisk"
        (gateway.journals / "cel-custom").mkdir(parents=True)
        (gateway.journals / "queue_log").touch()
        try:
            gateway.dsn, gateway.pbxs = postgres.dsn, [pbx]
            gateway.start()
            port = (await gateway.ready())["http_port"]
            await pbx.until(lambda: bool(pbx.actions("Setvar")))
            yield Running(gateway, pbx, f"http://127.0.0.1:{port}")
        finally:
            gateway.kill()
            await postgres.stop()


def persons_in(*files: Path) -> list[str]:
    said = "".join(file.read_text() for file in files)
    return [
        one for one in (CALLER, CALLER[3:], NAME, "stations", "Agent 101", "trunk") if one in said
    ]


async def test_what_was_heard_goes_out_without_persons_and_is_a_test(
    running: Running, tmp_path: Path
) -> None:
    running.say()
    await running.heard()
    out = tmp_path / "report.jsonl"
    code, said = await running.asked("capture", "--url", running.url, "--out", str(out))
    assert code == 0, said
    assert "1 calls" in said.replace("\n", " ")
    beside = tmp_path / "report.expected.json"
    assert persons_in(out, beside) == []
    assert (await running.asked("replay", str(out)))[0] == 0
    [call] = json.loads(beside.read_text())["calls"]
    assert (call["disposition"], len(call["talks"]), call["cause"]) == ("answered", 1, 16)
    assert len(call["caller_number"]) == len(CALLER)


async def test_from_another_machine_no_toml_file_is_read(running: Running, tmp_path: Path) -> None:
    running.say()
    await running.heard()
    token, out = tmp_path / "token", tmp_path / "far.jsonl"
    token.write_text("http-s3cret")
    far = ("--url", running.url, "--token-file", str(token), "--config", str(tmp_path / "none"))
    process = running.begin("capture", "--out", str(out), config=far)
    said = "".join(await asyncio.to_thread(process.communicate, timeout=60))
    assert process.returncode == 0, said
    assert persons_in(out) == []
    [call] = json.loads((tmp_path / "far.expected.json").read_text())["calls"]
    assert len(call["talks"]) == 1


async def test_a_recording_of_the_next_minutes_ends_early_by_ctrl_c(
    running: Running, tmp_path: Path
) -> None:
    out = tmp_path / "next.jsonl"
    running.say(SAID[0])
    await running.heard(SAID[0])
    words = ("--minutes", "5", "--url", running.url, "--out", str(out))
    process = running.begin("capture", *words)
    try:
        assert process.stderr
        assert "Ctrl-C" in await asyncio.to_thread(process.stderr.readline)
        running.say(*SAID[1:])
        await running.heard()
        process.send_signal(signal.SIGINT)
        said = "".join(await asyncio.to_thread(process.communicate, timeout=30))
    finally:
        process.kill()
    assert process.returncode == 0, said
    stamps = [stamp(one.value) for one in read(out).heard if isinstance(one.value, Ami)]
    assert stamps
    assert set(stamps) <= set(map(stamp, SAID[1:]))
    assert persons_in(out) == []


async def test_a_recording_is_written_where_the_gateway_ends(
    running: Running, tmp_path: Path
) -> None:
    """How it ended may be what one wants to catch."""
    out = tmp_path / "short.jsonl"
    process = running.begin("capture", "--minutes", "5", "--url", running.url, "--out", str(out))
    try:
        assert process.stderr
        assert "Ctrl-C" in await asyncio.to_thread(process.stderr.readline)
        running.say(*SAID)
        await running.heard()
        running.gateway.kill()
        said = "".join(await asyncio.to_thread(process.communicate, timeout=60))
    finally:
        process.kill()
    assert (process.returncode, "ends early" in said) == (1, True), said
    assert any(isinstance(one.value, Ami) for one in read(out).heard)
    assert persons_in(out) == []


async def test_who_never_reads_gives_up_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "TAKEN_WITHIN", 0.3)
    tape = Tape(Setup(["pbx1"], [], [], frozenset(), {}), WallClock())
    many = Heard("pbx1", datetime.now(UTC), Ami([("Event", "x"), ("Filling", "x" * 100_000)]))
    for _ in range(150):  # more than all the buffers between
        tape.hear(many)
    async with Served(Unasked(), ops=Ops(tape=tape)) as served, served.client() as client:
        asks = [await asyncio.open_connection("127.0.0.1", served.server.port) for _ in range(MOST)]
        for _, writer in asks:
            who = f"Authorization: {HEADERS['Authorization']}"
            writer.write(f"GET /api/capture HTTP/1.1\r\nHost: x\r\n{who}\r\n\r\n".encode())

        async def status() -> int:
            async with client.get("/api/capture", params={"last": "false"}) as answer:
                return answer.status

        async def is_refused() -> bool:
            return await status() == 429

        async def is_served() -> bool:
            return await status() == 200

        await until(is_refused, "both have a place")
        await until(is_served, "one has no place any more", seconds=20)
        for _, writer in asks:
            writer.close()


async def test_the_journals_of_that_time_are_in_it(running: Running, tmp_path: Path) -> None:
    assert running.gateway.journals
    running.say()
    await running.heard()
    cel = running.gateway.journals / "cel-custom" / "ccgateway.csv"
    last = heard(await running.lines())[-1].received
    old = last.replace(year=last.year - 1)
    cel.write_text("".join(CEL.format(at=f"{at:%Y-%m-%dT%H:%M:%S.%f}") for at in (old, last)))
    out = tmp_path / "journals.jsonl"
    code, said = await running.asked("capture", "--url", running.url, "--out", str(out))
    assert code == 0, said
    assert out.read_text().count('"cel"') == 1
    assert persons_in(out) == []


def heard(lines: list[bytes]) -> list[Heard]:
    head = head_of(lines[0])
    return [heard_of(line, head.ours) for line in lines[1:]]


async def test_the_api_tells_it_as_it_came_with_all_that_is_needed_to_replay(
    running: Running,
) -> None:
    running.say()
    await running.heard()
    lines = await running.lines()
    head = head_of(lines[0])
    assert head.ours["pbx1"].phones == {"PJSIP/101": "101"}
    assert "stations" in head.ours["pbx1"].queues
    events = [one.value for one in heard(lines) if isinstance(one.value, Ami)]
    told = [event for event in events if dict(event.headers).get("Uniqueid") == "1795327344.70"]
    assert [list(one.headers) for one in told] == [
        list(one.headers) for one in SAID if dict(one.headers).get("Uniqueid") == "1795327344.70"
    ]
    assert await running.lines(last="false") == lines[:1]


async def test_it_is_audited_and_for_administrators_and_no_more_than_a_few_at_once(
    running: Running,
) -> None:
    words = ("token", "create", "--name", "wall", "--role", "supervisor", "--json")
    code, said = await running.asked(*words)
    assert code == 0, said
    secret = json.loads(said.splitlines()[0])["token"]
    async with aiohttp.ClientSession(headers=TOKEN) as client:
        url = f"{running.url}/api/capture"
        async with client.get(url, headers={"Authorization": f"Bearer {secret}"}) as answer:
            assert answer.status == 403
        following = [await client.get(url, params={"minutes": "5"}) for _ in range(MOST)]
        for one in following:
            assert b"recording" in await one.content.readline()
        async with client.get(url) as answer:
            assert answer.status == 429
        for one in following:
            one.close()
        await until(lambda: is_free(client, url), "the others are gone", seconds=30)
        async with client.get(url, params={"minutes": "61"}) as answer:
            assert answer.status == 400

    async def audited() -> set[int]:
        words = ("audit", "--what", "capture", "--limit", "10000", "--json")
        _, said = await running.asked(*words)
        return {act["status"] for act in json.loads(said)}

    await until(lambda: is_all(audited, {200, 400, 403, 429}), "all is audited", seconds=20)


async def is_all(asked: Callable[[], Awaitable[set[int]]], wanted: set[int]) -> bool:
    return await asked() == wanted


def stamp(said: Ami) -> str:
    return dict(said.headers)["Timestamp"]


async def is_free(client: aiohttp.ClientSession, url: str) -> bool:
    async with client.get(url) as answer:
        return answer.status == 200
