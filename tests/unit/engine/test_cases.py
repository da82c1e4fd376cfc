"""Case numbers come from blocks; nobody waits for PostgreSQL for one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from ccgateway.engine import cases as cases_module
from ccgateway.engine.cases import LOW, Cases
from ccgateway.errors import StoreUnavailable
from ccgateway.rig.waiting import until
from tests.unit.engine.world import MemoryStore


class Blocks(MemoryStore):
    """Gives blocks of ``size``, unless it is away; counts how often it was asked."""

    def __init__(self, size: int = LOW) -> None:
        super().__init__()
        self.size = size
        self.asked = 0

    async def case_numbers(self) -> range:
        self.asked += 1
        if self.away:
            raise StoreUnavailable
        first, self.next_case = self.next_case, self.next_case + self.size
        return range(first, self.next_case)


@asynccontextmanager
async def kept(store: Blocks) -> AsyncIterator[Cases]:
    """Cases whose keeper runs, and has asked at least once."""
    cases = Cases(store)
    keeper = asyncio.create_task(cases.keep())
    await until(lambda: store.asked > 0, "a block was asked for")
    yield cases
    keeper.cancel()
    with suppress(asyncio.CancelledError):
        await keeper


async def test_each_call_gets_the_next_number_across_blocks() -> None:
    store = Blocks()
    async with kept(store) as cases:
        taken = []
        for _ in range(3 * LOW):
            taken.append(cases.take())
            await asyncio.sleep(0)
    assert taken == list(range(1001, 1001 + 3 * LOW))


async def test_blocks_that_are_small_are_heaped() -> None:
    store = Blocks(size=7)
    async with kept(store) as cases:
        await until(lambda: store.asked >= LOW // 7, "enough was asked for")
        assert [cases.take() for _ in range(LOW)] == list(range(1001, 1001 + LOW))


async def test_without_postgres_the_rest_is_used_up_then_calls_go_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cases_module, "AGAIN_S", 0.01)
    store = Blocks()
    async with kept(store) as cases:
        store.away = True
        assert [cases.take() for _ in range(LOW + 2)] == [*range(1001, 1001 + LOW), None, None]
        await until(lambda: store.asked > 3, "it was asked for again")
        assert cases.take() is None
        store.away = False
        await until(lambda: (number := cases.take()) == 1001 + LOW or number, "numbers again")


async def test_nobody_waits_for_a_number_that_postgres_does_not_give() -> None:
    class Hanging(Blocks):
        async def case_numbers(self) -> range:
            self.asked += 1
            await asyncio.Event().wait()
            raise AssertionError

    async with kept(Hanging()) as cases:
        assert cases.take() is None
