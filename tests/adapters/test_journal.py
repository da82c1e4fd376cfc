"""Asterisk's journals are followed, beside it or through the API, and no line is kept twice."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from ccgateway.errors import StoreUnavailable
from ccgateway.journal import follow
from ccgateway.journal import intake as intake_module
from ccgateway.journal.follow import FILES, Follower
from ccgateway.journal.intake import Intake
from ccgateway.journal.tail import CUT
from ccgateway.rig.waiting import until
from ccgateway.telephony.facts import Source
from ccgateway.web.journal import LARGEST_CHUNK
from ccgateway.web.ops import Ops
from tests.adapters.journal_store import Kept
from tests.adapters.served import TOKEN, Served
from tests.adapters.unasked import Unasked

NODES = ("pbx1", "pbx2")
AWAY = (StoreUnavailable,)
CEL = Source.CEL
QUEUE_LOG = Source.QUEUE_LOG


class Asterisk:
    """Writes its journals: a call a number."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / FILES[CEL]).parent.mkdir()
        self.calls = 0

    def calls_come(self, count: int) -> list[str]:
        """What CEL and queue_log tell of each."""
        numbers = [f"1795372983.{self.calls + n}" for n in range(count)]
        self.calls += count
        self.write(CEL, "".join(f'"{TIME}","ANSWER","{n}"{EMPTY}\n' for n in numbers))
        self.write(QUEUE_LOG, "".join(f"1795372983|{n}|q|NONE|ENTERQUEUE||1|1\n" for n in numbers))
        return numbers

    def write(self, source: Source, text: str) -> None:
        with (self.folder / FILES[source]).open("a") as file:
            file.write(text)

    def rotate(self, age: int) -> None:
        for file in FILES.values():
            path = self.folder / file
            path.rename(path.with_name(f"{path.name}.{age}"))


TIME = "2026-11-22T18:36:54.253478+0000"


class Clock:
    """Of the day that the journals tell of."""

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 19, tzinfo=UTC)


THEN = Clock()
EMPTY = ',""' * 8
"""The other values of a record of CEL."""


@pytest.fixture
def asterisk(tmp_path: Path) -> Asterisk:
    return Asterisk(tmp_path)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def follower(asterisk: Asterisk, kept: Kept) -> Iterator[Follower]:
    made = a_follower(asterisk, kept)
    yield made
    made.close()


def a_follower(asterisk: Asterisk, kept: Kept, node: str = "pbx1") -> Follower:
    return Follower(node, asterisk.folder, Intake(kept, NODES, THEN), away=AWAY)


class TestFollowing:
    async def test_from_its_first_start_on(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        asterisk.calls_come(3)
        await follower.catch_up()
        assert kept.subjects("pbx1") == []
        told = asterisk.calls_come(2)
        await follower.catch_up()
        assert kept.subjects("pbx1") == told == kept.subjects("pbx1", QUEUE_LOG)
        assert {("pbx1", CEL), ("pbx1", QUEUE_LOG)} == set(kept.ends)

    async def test_a_long_time_away_is_read_in_slices(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        await follower.catch_up()
        told = asterisk.calls_come(8_000)
        asterisk.rotate(1)
        told += asterisk.calls_come(8_000)
        await follower.catch_up()
        assert kept.subjects("pbx1") == told == kept.subjects("pbx1", QUEUE_LOG)

    async def test_started_anew_it_goes_on_where_it_was(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        await follower.catch_up()
        told = asterisk.calls_come(2)
        await follower.catch_up()
        follower.close()
        told += asterisk.calls_come(2)
        asterisk.rotate(1)
        told += asterisk.calls_come(2)
        again = a_follower(asterisk, kept)
        await again.catch_up()
        again.close()
        assert kept.subjects("pbx1") == told

    async def test_what_could_not_be_kept_is_read_again(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        await follower.catch_up()
        told = asterisk.calls_come(2)
        kept.away = True
        with pytest.raises(StoreUnavailable):
            await follower.catch_up()
        kept.away = False
        kept.forgetful = 2  # it is kept, but nobody says so
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await follower.catch_up()
        told += asterisk.calls_come(1)
        await follower.catch_up()
        assert kept.subjects("pbx1") == told == kept.subjects("pbx1", QUEUE_LOG)

    async def test_one_that_cannot_be_read_does_not_hold_up_the_other(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        asterisk.write(CEL, "")
        queue_log = asterisk.folder / FILES[QUEUE_LOG]
        queue_log.mkdir()
        with pytest.raises(OSError, match="queue_log"):
            await follower.catch_up()
        asterisk.write(CEL, f'"{TIME}","ANSWER","1.1"{EMPTY}\n')
        with pytest.raises(OSError, match="queue_log"):
            await follower.catch_up()
        assert kept.subjects("pbx1") == ["1.1"]
        queue_log.rmdir()
        await follower.catch_up()
        told = asterisk.calls_come(1)
        await follower.catch_up()
        assert kept.subjects("pbx1", QUEUE_LOG) == told

    async def test_two_who_read_the_same_keep_it_once(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        other = a_follower(asterisk, kept)
        told: list[str] = []
        for _ in range(3):
            for each in (follower, other):
                await each.catch_up()
                told += asterisk.calls_come(2)
        await asyncio.gather(follower.catch_up(), other.catch_up())
        other.close()
        assert kept.subjects("pbx1") == told

    async def test_what_was_cut_is_told(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        asterisk.calls_come(2)
        await follower.catch_up()
        os.truncate(asterisk.folder / FILES[CEL], 0)
        await follower.catch_up()
        assert kept.lost == [(("pbx1", CEL), CUT)]

    async def test_where_the_database_is_another_it_goes_on(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        await follower.catch_up()
        told = asterisk.calls_come(1)
        await follower.catch_up()
        kept.positions.clear()
        told += asterisk.calls_come(2)
        await follower.catch_up()
        assert kept.subjects("pbx1") == told == kept.subjects("pbx1", QUEUE_LOG)

    async def test_what_is_of_no_time_of_ours_is_odd(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        """A day has a partition in PostgreSQL; and after the last one there is none."""
        await follower.catch_up()
        for day in ("9999-12-31", "2026-11-24", "2001-01-01"):
            asterisk.write(CEL, f'"{day}{TIME[10:]}","ANSWER","1.1"{EMPTY}\n')
        told = asterisk.calls_come(1)
        await follower.catch_up()
        assert kept.subjects("pbx1") == told

    async def test_a_fault_of_ours_does_not_end_it(
        self, asterisk: Asterisk, kept: Kept, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Calls go on without the journals."""
        monkeypatch.setattr(follow, "EVERY_S", 0.01)
        asked = 0

        async def position(node: str, source: Source) -> str:
            nonlocal asked
            asked += 1
            raise ZeroDivisionError

        monkeypatch.setattr(kept, "position", position)
        following = asyncio.create_task(a_follower(asterisk, kept).keep())
        await until(lambda: asked > 1, "it is tried again", seconds=20)
        following.cancel()

    async def test_how_far_it_is_behind(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        await follower.catch_up()
        asterisk.calls_come(1)
        kept.away = True
        with pytest.raises(StoreUnavailable):
            await follower.catch_up()
        assert follower.behind == (asterisk.folder / FILES[QUEUE_LOG]).stat().st_size
        kept.away = False
        await follower.catch_up()
        assert follower.behind == 0

    async def test_what_may_not_be_read_is_tried_again(
        self, asterisk: Asterisk, kept: Kept, follower: Follower
    ) -> None:
        path = asterisk.folder / FILES[QUEUE_LOG]
        path.mkdir()  # that no one can read
        following = asyncio.create_task(follower.keep())
        await asyncio.sleep(0.1)
        path.rmdir()
        asterisk.calls_come(1)
        await until(lambda: bool(kept.ends), "both are read to the end", seconds=20)
        following.cancel()


class Away(Unasked):
    """A loop that is asked nothing."""


@asynccontextmanager
async def served(kept: Kept) -> AsyncIterator[Served[Away]]:
    async with Served(Away(), ops=Ops(journal=Intake(kept, NODES, THEN))) as running:
        yield running


@asynccontextmanager
async def shipping(asterisk: Asterisk, url: str, node: str = "pbx2") -> AsyncIterator[None]:
    """``ccgateway journal ship``, beside an Asterisk."""
    token = asterisk.folder / "token"
    token.write_text(TOKEN)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ccgateway", "journal", "ship", "--to", url),
        *("--token-file", token, "--log", asterisk.folder, "--node", node),
    )
    try:
        yield
        assert process.returncode is None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_shipper_sends_all_through_breaks_of_everybody(
    asterisk: Asterisk, kept: Kept
) -> None:
    async with served(kept) as running:
        url, port = running.url, running.server.port
        async with shipping(asterisk, url):
            await until(lambda: len(kept.positions) == 2, "it began", seconds=30)
            told = asterisk.calls_come(3_000)
            await until(lambda: kept.subjects("pbx2") == told, "all is there", seconds=30)
            kept.forgetful = 1
            told += asterisk.calls_come(2)
            await until(lambda: kept.subjects("pbx2") == told, "all is there again", seconds=30)
        told += asterisk.calls_come(2)  # nobody ships
        asterisk.rotate(1)
        async with shipping(asterisk, url):
            told += asterisk.calls_come(2)
            await until(lambda: kept.subjects("pbx2") == told, "the rest is there", seconds=30)
            await running.server.stop()
            told += asterisk.calls_come(2)
            again = Served(Away(), port=port, ops=Ops(journal=Intake(kept, NODES, THEN)))
            async with again:
                await until(lambda: kept.subjects("pbx2") == told, "it went on", seconds=60)
                await until(
                    lambda: kept.subjects("pbx2", QUEUE_LOG) == told,
                    "the other journal went on",
                    seconds=60,
                )
    assert set(kept.ends) == {("pbx2", CEL), ("pbx2", QUEUE_LOG)}


@pytest.mark.parametrize(
    ("node", "token", "code", "why"),
    [("pbx9", TOKEN, 3, "pbx9"), ("pbx2", "ccg_wrong", 3, "opens nothing")],
)
async def test_a_shipper_that_is_refused_says_so_and_ends(
    asterisk: Asterisk, kept: Kept, node: str, token: str, code: int, why: str
) -> None:
    (asterisk.folder / "token").write_text(token)
    async with served(kept) as running:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ccgateway", "journal", "ship", "--to", running.url),
            *("--token-file", asterisk.folder / "token", "--log", asterisk.folder, "--node", node),
            stderr=asyncio.subprocess.PIPE,
        )
        _, told = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == code
    assert why in told.decode()


WHERE = {"journal": "cel", "position": "1.1.0."}


@pytest.mark.parametrize(
    ("node", "query", "size", "status"),
    [
        ("pbx1", WHERE, 10, 200),
        ("pbx1", WHERE, LARGEST_CHUNK, 200),
        ("pbx1", WHERE, LARGEST_CHUNK + 1, 413),
        ("pbx9", WHERE, 10, 404),
        ("pbx1", {"journal": "cdr", "position": "1.1.0."}, 10, 400),
        ("pbx1", {"journal": "cel", "position": "1.1.0. OR 1"}, 10, 400),
        ("pbx1", {"journal": "cel", "position": "1.1"}, 10, 409),
        ("pbx1", {"journal": "cel"}, 10, 400),
        ("pbx1", {**WHERE, "final": "perhaps"}, 10, 400),
    ],
)
async def test_what_is_sent_is_checked(
    kept: Kept, node: str, query: dict[str, str], size: int, status: int
) -> None:
    async with served(kept) as running, running.client() as client:
        at = f"/api/journal/{node}"
        async with client.post(at, params=query, data=b"x" * size) as response:
            told = await response.json()
        assert response.status == status, told
        assert ("position" in told) == (status == 200)


async def test_one_asterisk_is_shipped_by_one(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another's file is another: it would be sent whole, again and again, and under one name."""
    intake = Intake(kept, NODES, THEN, followed=["pbx2"])
    async with Served(Away(), ops=Ops(journal=intake)) as running, running.client() as client:

        async def ship(node: str, shipper: str) -> tuple[int, str]:
            at = f"/api/journal/{node}"
            where = {**WHERE, "since": kept.positions.get((node, CEL), "")}
            async with client.post(at, params={**where, "shipper": shipper}) as response:
                return response.status, (await response.json()).get("detail", "")

        assert await ship("pbx1", "aa") == (200, "")
        status, why = await ship("pbx1", "bb")
        assert (status, "--node" in why) == (409, True)
        assert await ship("pbx1", "aa") == (200, "")
        status, why = await ship("pbx2", "bb")
        assert (status, "itself" in why) == (409, True)
        monkeypatch.setattr(intake_module, "SHIPPER_GONE_S", 0.0)  # its machine was replaced
        assert await ship("pbx1", "bb") == (200, "")


async def test_postgresql_away_is_told_and_nothing_is_kept(kept: Kept) -> None:
    kept.away = True
    async with served(kept) as running, running.client() as client:
        async with client.post("/api/journal/pbx1", params=WHERE, data=b"x") as response:
            assert response.status == 503
        async with client.get("/api/journal/pbx1", params={"journal": "cel"}) as response:
            assert response.status == 503
        kept.away = False
        async with client.get("/api/journal/pbx1", params={"journal": "cel"}) as response:
            assert await response.json() == {"position": ""}


async def test_a_body_that_trickles_holds_up_nobody(kept: Kept) -> None:
    """More than are taken at once, and none comes to its end."""

    async def trickle() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(60)

    async with served(kept) as running, aiohttp.ClientSession(running.url) as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        slow = [
            asyncio.create_task(
                client.post(
                    "/api/journal/pbx1", params=WHERE, data=trickle(), headers=headers
                ).__aenter__()
            )
            for _ in range(5)
        ]
        done, waiting = await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result().status for task in done] == [429]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
