"""One question to PostgreSQL serves all who ask how we are."""

from __future__ import annotations

import asyncio

import pytest

from ccgateway.errors import StoreUnavailable
from ccgateway.postgres import answering
from ccgateway.postgres.answering import Answering


class Database:
    """Answers when the test lets it."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False
        self.answers = asyncio.Event()

    async def ping(self) -> None:
        self.asked += 1
        await self.answers.wait()
        if self.away:
            raise StoreUnavailable


@pytest.fixture
async def database() -> Database:
    return Database()


async def test_all_who_ask_at_once_get_the_one_answer(database: Database) -> None:
    """Also the first: what is not known yet is not told as a no."""
    shared = Answering(database.ping)
    asking = [asyncio.ensure_future(shared.now()) for _ in range(100)]
    await asyncio.sleep(0)
    asking[0].cancel()  # who hangs up takes it from nobody
    await asyncio.sleep(0)
    database.answers.set()
    assert await asyncio.gather(*asking[1:]) == [True] * 99
    assert await shared.now()
    assert database.asked == 1


async def test_it_is_asked_again_after_a_while(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "ASKED_AGAIN_S", 0.0)
    shared = Answering(database.ping)
    database.answers.set()
    told = []
    for database.away in (False, True, False):
        told.append(await shared.now())
    assert told == [True, False, True]
