"""The spool on a disk that lies: what can be read drains, and what cannot is kept and told once."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ccgateway.postgres import spool as spooling_on
from ccgateway.postgres import spool_beside, spool_file, spooled
from ccgateway.postgres.batch import Batch
from ccgateway.postgres.rows import FactOf
from ccgateway.postgres.spool import Spool
from ccgateway.postgres.spool_keeper import SpoolFull
from ccgateway.postgres.spooled import Read, Record, checksum
from ccgateway.telephony.facts import Kind
from tests.adapters.postgres_samples import created, ended, live_call
from tests.adapters.test_spool import MB, drained, facts_in, fill, names, opened, spooling
from tests.adapters.tiny_disk import tiny_disk

PAGE = 4096


async def put(folder: Path, calls: int, each: int = 1, **detail: str) -> list[FactOf]:
    """The facts of so many calls, on disk."""
    told: list[FactOf] = []
    async with opened(folder) as spool:
        for serial in range(calls):
            call = live_call(serial)
            facts: list[FactOf] = [
                (created(serial * 1000 + n, **detail), call.call_id) for n in range(max(each, 1))
            ]
            await spool.append(Batch(facts=facts, calls=[call]))
            told += facts
    return told


def changed(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / spool_file.NAME)) as file, file:
        assert file.execute(statement).rowcount == 1


def overwrite(folder: Path, page: int) -> None:
    with (folder / spool_file.NAME).open("r+b") as file:
        file.seek(page * PAGE)
        file.write(random.Random(page).randbytes(PAGE))


def middle(folder: Path) -> int:
    return (folder / spool_file.NAME).stat().st_size // 2 // PAGE


@pytest.mark.parametrize(
    "damage",
    [
        "name = cast(x'ff6162' AS TEXT)",
        "name = x'ff6162'",
        "body = cast(x'ff6162' AS TEXT)",
        "crc = 'x'",
        "crc = crc + 1",
        "seq = seq + 100000",
    ],
)
async def test_damage_in_any_column_is_one_record_that_is_set_aside(
    tmp_path: Path, damage: str
) -> None:
    told = await put(tmp_path, 10)
    changed(tmp_path, f"UPDATE facts SET {damage} WHERE seq = 7")  # noqa: S608 - from above
    async with opened(tmp_path) as spool:
        batch, _ = await spool.live()
        assert len(batch.calls) == 10
        assert await facts_in(spool) == [fact for fact in told if fact != told[3]]
        assert spool.bad == 1
    (line,) = (tmp_path / spool_beside.BAD).read_text().splitlines()
    assert json.loads(line)["what"] == "fact"


@pytest.mark.parametrize(
    "damage", ["what = cast(x'e9' AS TEXT)", "name = cast(x'ff' AS TEXT)", "live = 'x'"]
)
async def test_damage_in_the_row_of_a_call_keeps_no_other_back(tmp_path: Path, damage: str) -> None:
    await put(tmp_path, 10)
    changed(tmp_path, f"UPDATE latest SET {damage} WHERE seq = 8")  # noqa: S608 - from above
    async with opened(tmp_path) as spool:
        await spool.live()
        calls = [call for batch in await drained(spool) for call in batch.calls]
    assert [call for call in calls if call != live_call(3)] == [
        live_call(serial) for serial in range(10) if serial != 3
    ]


async def test_a_flipped_bit_anywhere_ends_no_drain(tmp_path: Path) -> None:
    told = await put(_folder(tmp_path, "whole"), 12, each=12)
    drawn = random.Random(20)
    lost = []
    for number in range(60):
        folder = _folder(tmp_path, str(number))
        file = folder / spool_file.NAME
        shutil.copy(tmp_path / "whole" / spool_file.NAME, file)
        data = bytearray(file.read_bytes())
        data[drawn.randrange(len(data))] ^= 1 << drawn.randrange(8)
        file.write_bytes(data)
        async with opened(folder) as spool:
            with suppress(SpoolFull):
                await spool.live()
            found = await _in_the_end(spool)
        assert set(_subjects(found)) <= set(_subjects(told))
        lost.append(len(told) - len(found))
    assert sum(some < 2 for some in lost) > 40, lost  # the others hit what leads to many


async def _in_the_end(spool: Spool, tries: int = 30) -> list[FactOf]:
    """What drains, by a writer that tries again; not for ever."""
    found: list[FactOf] = []
    for _ in range(tries):
        try:
            batch = await spool.head()
            if batch is None:
                return found
            await spool.drop()
        except SpoolFull:
            continue
        found += batch.facts
    raise AssertionError("it never ends")


async def test_a_damaged_record_is_counted_once_however_often_it_is_tried(tmp_path: Path) -> None:
    await put(tmp_path, 3)
    changed(tmp_path, "UPDATE facts SET body = x'00' WHERE seq = 3")
    with capture_logs() as lines:
        async with opened(tmp_path) as spool:
            for _ in range(20):
                assert len((await spool.head() or Batch()).facts) == 2
            await spool.drop()
            assert spool.bad == 1
    assert [line["event"] for line in lines].count("spool_records_bad") == 1
    assert len((tmp_path / spool_beside.BAD).read_text().splitlines()) == 1


async def test_a_record_that_only_a_newer_release_understands_waits_for_that_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older release is one that does not know a kind of fact."""
    call = live_call(1)
    with monkeypatch.context() as patch:
        patch.setattr(spooling_on, "read", _older)
        with capture_logs() as lines:
            async with opened(tmp_path) as spool:
                await spool.append(Batch([(created(1), call.call_id)], [], [call]))
                await spool.append(Batch([(ended(1), call.call_id)]))
                await spool.append(Batch([(created(2), None)]))
                batches = await drained(spool)
                assert spool.is_empty
                assert (spool.bad, spool.facts) == (0, 0)
            async with opened(tmp_path) as spool:
                assert await spool.head() is None
                await spool.append(Batch([(created(3), None)]))
                assert await facts_in(spool) == [(created(3), None)]
    assert [fact for batch in batches for fact, _ in batch.facts] == [created(1), created(2)]
    told = [line for line in lines if line["event"] == "spool_records_of_another_release"]
    assert [line["records"] for line in told] == [1, 1]  # when it was drained, and at the start
    assert all("start the newer" in line["what_to_do"] for line in told)
    assert not (tmp_path / spool_beside.BAD).exists()
    async with opened(tmp_path) as spool:
        assert await facts_in(spool) == [(ended(1), call.call_id)]
    assert names(tmp_path) == []


def _older(found: Iterable[Record]) -> Read:
    """Does not know that channels end."""
    read = spooled.read(found)
    unknown = [fact for fact in read.batch.facts if fact[0].kind is Kind.CHANNEL_ENDED]
    strange = [record for record in found if b'"channel_ended"' in record.body]
    assert len(unknown) == len(strange)
    facts = [fact for fact in read.batch.facts if fact not in unknown]
    return replace(read, batch=replace(read.batch, facts=facts), strange=strange)


@pytest.mark.parametrize("what", ["fact", "voicemail"])
def test_a_whole_record_that_is_not_understood_is_not_damaged(what: str) -> None:
    body = b'{"kind": "of 2031"}'
    record = Record(1, what, "", False, body, checksum(1, what, "", body))
    assert spooled.read([record]) == Read(Batch([], [], [], [], []), [], [record])


async def test_a_damaged_file_that_has_no_room_to_be_mended_is_read_out_where_it_is(
    tmp_path: Path,
) -> None:
    with tiny_disk(tmp_path / "disk", 24 * MB) as folder:
        told: list[FactOf] = []
        async with opened(folder) as spool:
            while spool.used < 14 * MB:
                serial = len(told)
                told += [(created(serial + n, exten="1" * 300), None) for n in range(500)]
                await spool.append(Batch(facts=told[serial:]))
        overwrite(folder, middle(folder))
        async with opened(folder) as spool:
            found = await _in_the_end(spool, 200)
            assert len(told) > len(found) == len(set(_subjects(found))) >= len(told) - 20
            assert (spool.is_empty, spool.is_alarming, spool.bad) == (True, False, 1)
            (folder / "spool.damaged.1").unlink()
            await spool.append(Batch(facts=told[:1]))
            assert await facts_in(spool) == told[:1]


async def test_a_damaged_file_that_has_no_room_takes_nothing_and_says_so(tmp_path: Path) -> None:
    """Until there is room: then it is mended."""
    with tiny_disk(tmp_path / "disk", 16 * MB) as folder:
        await put(folder, 40, each=50, exten="1" * 300)
        fill(folder / "others")
        (folder / "spool.reserve").unlink(missing_ok=True)
        fill(folder / "more")
        overwrite(folder, middle(folder))
        async with opened(folder) as spool:
            with pytest.raises(SpoolFull):
                await spool.live()
            alarming = [spool.is_alarming]
            head = await spool.head()
            assert len((head or Batch()).facts) == 500
            with pytest.raises(SpoolFull, match="damaged, and cannot be mended now"):
                await spool.append(Batch([(ended(1), None)]))
            assert await spool.head() == head
            for other in ("others", "more"):
                (folder / other).unlink()
            await spool.append(Batch([(ended(1), None)]))
            found = await facts_in(spool)
            assert [*alarming, spool.is_alarming] == [True, False]
    assert len(found) >= 2000 - 20
    assert found[-1] == (ended(1), None)


@pytest.mark.parametrize("moment", ["append 3", "rename 1", "rename 2", "rename 3"])
async def test_a_kill_while_it_is_mended_loses_nothing(tmp_path: Path, moment: str) -> None:
    told = await put(tmp_path, 40, each=50, exten="1" * 300)
    overwrite(tmp_path, middle(tmp_path))
    with spooling("mend", str(tmp_path), *moment.split()) as process:
        assert process.wait(60) == -9
    async with opened(tmp_path) as spool:
        found = await facts_in(spool)
        assert spool.is_empty
    assert len(found) >= len(told) - 20
    assert "spool.damaged.1" in names(tmp_path)
    assert not {"spool.mending", "spool.mended", "spool.sqlite"} & set(names(tmp_path))


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def _subjects(found: list[FactOf]) -> list[str]:
    return [fact.subject for fact, _ in found]
