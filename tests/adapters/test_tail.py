"""``ccgateway tail`` from another machine: an address, a file with a token, no configuration."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

from tests.adapters.served import TOKEN, Served
from tests.adapters.unasked import Unasked

WITHIN = 60.0  # seconds; on a busy machine Python alone takes ten to start
QUEUE = {"name": "stations", "waiting": 2, "today": {"service_level": None}}


ANNA = {"id": "101", "state": "ready", "reason": "", "queues": [], "services": [], "clients": []}


def state() -> dict[str, object]:
    return {"calls": [], "agents": [{"id": "101"}], "queues": []}


class Tail:
    """The command, as it runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(WITHIN):
            return (await self._process.stdout.readline()).decode().rstrip("\n")

    async def lines(self, count: int) -> list[str]:
        return [await self.line() for _ in range(count)]

    async def end(self) -> tuple[int, str]:
        """Exit code and what was said on stderr, of one that ends by itself."""
        assert self._process.stderr is not None
        async with asyncio.timeout(WITHIN):
            said = await self._process.stderr.read()
            return await self._process.wait(), said.decode()


@asynccontextmanager
async def tail(home: Path, *words: str) -> AsyncIterator[Tail]:
    """``ccgateway tail WORDS``; there is no configuration."""
    environ = {"COLUMNS": "200", "PATH": os.environ["PATH"], "HOME": str(home)}
    environ["CCGATEWAY_CONFIG"] = str(home / "missing.toml")
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "ccgateway", "tail", *words)
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env=environ)
    try:
        yield Tail(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def token_file(folder: Path, text: str = f"{TOKEN}\n", name: str = "token") -> str:
    file = folder / name
    file.write_text(text)
    return str(file)


async def test_it_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    async with (
        Served(Unasked(), state) as served,
        tail(tmp_path, "--url", served.url, "--token-file", token_file(tmp_path)) as told,
    ):
        assert await told.line() == "0 calls live, 1 agents; following"
        served.feed.publish({"type": "link", "node": "pbx1", "up": False})
        assert (await told.line()).strip() == "Asterisk pbx1: LOST"
        served.feed.close()  # lets everybody go
        assert "is gone" in await told.line()
        served.feed.publish({"type": "link", "node": "pbx1", "up": True})
        assert "what was missed follows" in await told.line()
        assert (await told.line()).strip() == "Asterisk pbx1: connected"


async def test_a_line_says_something_new(tmp_path: Path) -> None:
    """A queue is told whenever one of its agents does something, who has a line already."""
    told_of: list[dict[str, object]] = [
        {"type": "agent", "agent": {**ANNA, "since": "2026-11-23T08:00:05+00:00"}},
        {"type": "agent", "agent": {**ANNA, "since": "2026-11-23T10:00:05.123456+02:00"}},
        {"type": "queue", "queue": QUEUE},
        {"type": "queue", "queue": {**QUEUE, "ready": 3}},
        {"type": "queue", "queue": {**QUEUE, "today": {"service_level": 0.8199}}},
        {"type": "call_absorbed", "call_id": "8c0f5c0e-1", "into": "77775c0e-1"},
        {"type": "gone", "call_id": "77775c0e-1"},
        {"type": "gone", "agent": "101"},
        {"type": "gone", "queue": "stations"},
        {"type": "gone", "node": "pbx1"},
        {"type": "weather", "wind": 3},
    ]
    async with (
        Served(Unasked(), state) as served,
        tail(tmp_path, "--url", served.url, "--token-file", token_file(tmp_path)) as told,
    ):
        await told.line()
        for change in told_of:
            served.feed.publish(change)
        assert [line.strip() for line in await told.lines(10)] == [
            "08:00:05.000 agent 101: ready",
            "08:00:05.123 agent 101: ready",
            "queue stations: 2 waiting",
            "queue stations: 2 waiting, service level 81% today",
            "call 8c0f5c0e is a part of call 77775c0e",
            "call 77775c0e: out of your sight",
            "agent 101: out of your sight",
            "queue stations: out of your sight",
            "node pbx1: out of your sight",
            "weather",
        ]


async def test_each_change_is_an_object_of_json(tmp_path: Path) -> None:
    words = ("--token-file", token_file(tmp_path), "--json")
    async with (
        Served(Unasked(), state) as served,
        tail(tmp_path, "--url", served.url, *words) as told,
    ):
        assert orjson.loads(await told.line())["type"] == "snapshot"
        served.feed.publish({"type": "queue", "queue": QUEUE})
        served.feed.publish({"type": "queue", "queue": QUEUE})
        got = [orjson.loads(line) for line in await told.lines(2)]
        assert [change["id"] for change in got] == [f"{served.feed.epoch}:{n}" for n in (1, 2)]


async def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    wrong = token_file(tmp_path, "wrong")
    async with Served(Unasked(), state) as served:
        async with tail(tmp_path, "--url", served.url, "--token-file", wrong) as told:
            code, said = await told.end()
            assert (code, "refuses the token" in said) == (3, True), said
        async with tail(tmp_path, "--url", served.url, "--token-file", "/nowhere/x") as told:
            code, said = await told.end()
            assert (code, "/nowhere/x cannot be read" in said) == (2, True), said
        two = token_file(tmp_path, "one\ntwo", "two")
        async with tail(tmp_path, "--url", served.url, "--token-file", two) as told:
            code, said = await told.end()
            assert (code, "on one line" in said) == (2, True), said
    async with tail(tmp_path, "--url", "http://127.0.0.1:1", "--token-file", wrong) as told:
        code, said = await told.end()
        assert (code, "is it running" in said) == (4, True), said
