"""The spool: what is on disk stays there until it is taken out, whatever happens meanwhile."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ccgateway.errors import Refused
from ccgateway.outbound.attempt import Stage
from ccgateway.postgres import spool_beside, spool_file
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.batch import Batch
from ccgateway.postgres.rows import FactOf
from ccgateway.postgres.spool import Spool
from ccgateway.postgres.spool_keeper import SpoolFull
from tests.adapters.postgres_samples import (
    T0,
    at,
    attempt,
    created,
    ended,
    escalated_call,
    live_call,
    noted,
    whole_call,
)
from tests.adapters.spool_process import FACTS_EACH, LIMIT, facts_of
from tests.adapters.tiny_disk import tiny_disk

MB = 1 << 20


@asynccontextmanager
async def opened(folder: Path, limit: int = LIMIT) -> AsyncIterator[Spool]:
    """A run's spool, with what the one before left."""
    spool = Spool(folder, limit)
    await spool.load()
    yield spool
    await spool.close()


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with opened(tmp_path) as spool:
        yield spool


async def drained(spool: Spool) -> list[Batch]:
    """All batches, oldest first, taken out."""
    found = []
    while (batch := await spool.head()) is not None:
        found.append(batch)
        await spool.drop()
    return found


async def facts_in(spool: Spool) -> list[FactOf]:
    return [fact for batch in await drained(spool) for fact in batch.facts]


async def test_what_is_put_comes_back_as_it_was(tmp_path: Path) -> None:
    call, pair = escalated_call(1), (live_call(2).call_id, live_call(3).call_id)
    facts = [(created(1, caller_name="Zoë"), call.call_id), (ended(1), None)]
    facts += [(noted(1, note), call.call_id) for note in call.notes]
    agent = StoredAgent("101", "paused", T0, "lunch", "PJSIP/101")
    put = Batch(facts, [pair], [call], [agent], [attempt(1, "key")])
    async with opened(tmp_path) as spool:
        await spool.append(put)
    async with opened(tmp_path) as other:
        assert (other.facts, other.is_empty) == (4, False)
        assert await drained(other) == [put]
        assert (other.facts, other.used, other.is_empty) == (0, 0, True)
    assert names(tmp_path) == []


async def test_the_oldest_comes_first_and_of_a_call_the_latest_with_its_last_fact(
    spool: Spool,
) -> None:
    versions = [replace(live_call(1), facts=number) for number in range(1200)]
    for number, call in enumerate(versions):
        fact = replace(created(number), ordinal=number)
        await spool.append(Batch(facts=[(fact, call.call_id)], calls=[call]))
    batches = await drained(spool)
    assert [fact.ordinal for batch in batches for fact, _ in batch.facts] == list(range(1200))
    assert [len(batch.facts) for batch in batches] == [500, 500, 200]
    assert [batch.calls for batch in batches] == [[], [], [versions[-1]]]


async def test_what_comes_between_head_and_drop_is_not_dropped(spool: Spool) -> None:
    call = live_call(1)
    await spool.append(Batch(facts=[(created(1), call.call_id)], calls=[call]))
    await spool.head()
    newer = whole_call(1)
    await spool.append(Batch(facts=[(ended(1), call.call_id)], calls=[newer]))
    await spool.drop()
    assert spool.facts == 1
    assert await drained(spool) == [Batch([(ended(1), call.call_id)], [], [newer], [], [])]


@pytest.mark.parametrize("text", ["a\0b", "\ud83d half", "😀\r\n\x1b\u2028", "x" * 70_000])
async def test_any_text_can_wait(spool: Spool, text: str) -> None:
    await spool.append(Batch(facts=[(created(1, caller_name=text), None)]))
    ((fact, _),) = await facts_in(spool)
    assert fact.detail["caller_name"] == text.replace("\ud83d", "\ufffd")
    assert spool.bad == 0


async def test_what_can_be_no_record_keeps_nothing_else_out(spool: Spool) -> None:
    with capture_logs() as lines:
        await spool.append(Batch(facts=[(replace(created(1), ordinal=2**70), None)]))
        await spool.append(Batch(facts=[(created(2), None)]))
    assert [line["event"] for line in lines] == ["spool_unfit"]
    assert (spool.bad, spool.facts) == (1, 1)
    assert await facts_in(spool) == [(created(2), None)]


async def test_a_damaged_record_is_set_aside_and_told_and_the_rest_drains(tmp_path: Path) -> None:
    async with opened(tmp_path) as spool:
        for serial in range(10):
            await spool.append(Batch(facts=[(created(serial), None)], calls=[live_call(serial)]))
    with closing(sqlite3.connect(tmp_path / spool_file.NAME)) as file, file:
        changed = "UPDATE facts SET body = cast(replace(body, 'trunk', 'tronk') AS BLOB)"
        file.execute(f"{changed} WHERE seq = 7")
        file.execute("UPDATE latest SET body = x'00' WHERE seq = 6")
    with capture_logs() as lines:
        async with opened(tmp_path) as spool:
            batches = await drained(spool)
            assert spool.bad == 2
    facts = [fact for batch in batches for fact, _ in batch.facts]
    assert facts == [created(serial) for serial in range(10) if serial != 3]
    calls = [call for batch in batches for call in batch.calls]
    assert calls == [live_call(serial) for serial in range(10) if serial != 2]
    assert [line["records"] for line in lines if line["event"] == "spool_records_bad"] == [2]
    kept = tmp_path / spool_beside.BAD
    assert "PJSIP/tronk-00000003" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    assert "tronk" not in str(lines)


@pytest.mark.parametrize("where", [0, 40, 100])
async def test_of_a_damaged_file_what_can_be_read_drains(tmp_path: Path, where: int) -> None:
    """``where``: the first of two pages that are overwritten; 0 is the file's head."""
    async with opened(tmp_path) as spool:
        for serial in range(40):
            told = [(created(serial * 100 + n, exten="1" * 200), None) for n in range(100)]
            await spool.append(Batch(facts=told))
    with (tmp_path / spool_file.NAME).open("r+b") as file:
        file.seek(where * 4096)
        file.write(random.Random(where).randbytes(2 * 4096))
    with capture_logs() as lines:
        async with opened(tmp_path) as spool:
            found = await facts_in(spool)
            assert spool.bad >= 1
            await spool.append(Batch(facts=[(ended(1), None)]))
            assert await facts_in(spool) == [(ended(1), None)]
    assert "spool_damaged" in {line["event"] for line in lines}
    assert (tmp_path / "spool.damaged.1").exists()
    # Two pages hold some twenty facts; where they lead to others, hundreds.
    assert len(found) == len({fact.subject for fact, _ in found}) >= (3000 if where else 0)


async def test_what_was_acknowledged_outlives_a_kill_in_the_middle_of_writing(
    tmp_path: Path,
) -> None:
    """Each batch is there whole or not at all."""
    for round_ in range(3):
        folder = tmp_path / str(round_)
        folder.mkdir()
        with spooling("append", str(folder)) as process:
            told = [_line(process) for _ in range(20 + 13 * round_)]
            process.send_signal(signal.SIGKILL)
            told += [int(line) for line in process.stdout or () if line.endswith("\n")]
        async with opened(folder) as spool:
            found = await facts_in(spool)
        whole = [
            fact for serial in range(len(found) // FACTS_EACH) for fact in facts_of(serial).facts
        ]
        assert found == whole
        assert len(found) // FACTS_EACH >= max(told) + 1


async def test_two_processes_never_have_one_spool(tmp_path: Path) -> None:
    with spooling("append", str(tmp_path)) as process:
        _line(process)
        spool = Spool(tmp_path, LIMIT)
        with pytest.raises(Refused, match="another process has"):
            await spool.load()
        with pytest.raises(SpoolFull, match="locked"):
            await spool.append(facts_of(1))
        process.send_signal(signal.SIGKILL)
        process.wait()
    await spool.load()
    assert spool.facts >= FACTS_EACH
    await spool.close()


async def test_past_its_limit_nothing_more_goes_in_until_some_is_out(tmp_path: Path) -> None:
    with capture_logs() as lines:
        async with opened(tmp_path, 2 * MB) as spool:
            put = await filled(spool, "spool_mb .* is reached: 2 MB")
            alarming = [spool.is_alarming]
            assert (tmp_path / spool_file.NAME).stat().st_size <= 2 * MB
            await spool.head()
            await spool.drop()
            await spool.append(facts_of(put))
            assert len(await facts_in(spool)) == (put + 1) * FACTS_EACH - 500
            alarming.append(spool.is_alarming)
    assert alarming == [True, False]
    told = [line["bytes"] / line["limit"] for line in lines if line["event"] == "spool_filling"]
    assert [0.8 <= ratio < 0.85 for ratio in told] == [True]


async def test_on_a_full_disk_what_is_there_drains_and_makes_room(tmp_path: Path) -> None:
    """Also where others take every byte that is left."""
    with tiny_disk(tmp_path / "disk", 16 * MB) as folder:
        async with opened(folder) as spool:
            put = await filled(spool, "the disk of .* is full")
            fill(folder / "others")
            found = await facts_in(spool)
            assert found == [fact for serial in range(put) for fact in facts_of(serial).facts]
            assert names(folder) == ["others"]


async def test_a_full_disk_drains_though_all_the_while_more_comes(tmp_path: Path) -> None:
    """What comes does not take the room that taking out needs."""
    with tiny_disk(tmp_path / "disk", 16 * MB) as folder:
        async with opened(folder) as spool:
            put = await filled(spool, "the disk of .* is full")
            found: list[FactOf] = []
            while not spool.is_empty:
                batch = await spool.head()
                assert batch
                found += batch.facts
                await spool.drop()
                with suppress(SpoolFull):
                    while not spool.is_empty:
                        await spool.append(facts_of(put))
                        put += 1
            assert found == [fact for serial in range(put) for fact in facts_of(serial).facts]


async def test_a_disk_that_others_fill_is_told_and_tried_again(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk", 12 * MB) as folder:
        fill(folder / "others")
        async with opened(folder) as spool:
            with pytest.raises(SpoolFull):
                await spool.append(facts_of(1))
            (folder / "others").unlink()
            await spool.append(facts_of(1))
            fill(folder / "others")
            assert await facts_in(spool) == list(facts_of(1).facts)


async def test_a_state_that_stays_is_found_live_and_what_ended_is_named(spool: Spool) -> None:
    live, over, old = live_call(1), whole_call(20), live_call(40)
    await spool.append(
        Batch(
            facts=[
                (created(1), live.call_id),
                (created(20), over.call_id),
                (created(40), old.call_id),
            ],
            absorbed=[(old.call_id, live.call_id)],
            calls=[live, over],
            attempts=[attempt(1), replace(attempt(2), stage=Stage.ENDED, ended_at=at(5))],
            agents=[StoredAgent("101", "ready", T0)],
        )
    )
    batch, ended_ones = await spool.live()
    assert batch.calls == [live]
    assert {fact.subject for fact, _ in batch.facts} == {created(1).subject, created(40).subject}
    assert batch.absorbed == [(old.call_id, live.call_id)]
    assert [found.id for found in batch.attempts] == [attempt(1).id]
    assert [found.agent for found in batch.agents] == ["101"]
    assert ended_ones == {str(over.call_id), attempt(2).id}


async def filled(spool: Spool, match: str) -> int:
    """Fill it; how many calls went in."""
    with pytest.raises(SpoolFull, match=match):  # noqa: PT012 - which of them is refused is the answer
        for serial in range(200_000):
            await spool.append(facts_of(serial))
            put = serial + 1
    return put


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def fill(file: Path) -> None:
    """Take all that the disk has left."""
    with file.open("wb", buffering=0) as open_file:
        for size in (MB, 4096, 1):
            try:
                while True:
                    open_file.write(b"\0" * size)
            except OSError:
                continue


@contextmanager
def spooling(*words: str) -> Iterator[subprocess.Popen[str]]:
    """The process of ``spool_process``, killed at the end."""
    command = [sys.executable, "-m", "tests.adapters.spool_process", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def _line(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())
