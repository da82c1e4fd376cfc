"""``ccgateway replay`` and ``capture`` beside a PostgreSQL: what was changed there is found, and
what goes out tells of nobody."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from typer.testing import CliRunner, Result

from ccgateway.calls.call import Call
from ccgateway.calls.recorded import head_of, heard_of
from ccgateway.cli.main import app
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.replayed import calls_between
from ccgateway.postgres.writer import Writer
from ccgateway.replay import files
from ccgateway.replay.files import read
from ccgateway.replay.player import Player
from ccgateway.rig.waiting import until
from tests.hostile.conftest import written
from tests.hostile.texts import ACTS
from tests.scenarios.test_recordings import RECORDINGS

DAY = ("--from", "2026-11-22T00:00Z", "--to", "2026-11-23T00:00Z")
QUEUE_CALL = RECORDINGS / "queue_call.jsonl"
SECONDS = 1795327344  # about when it was recorded: 2026-11-22 06:02:24 UTC
START = datetime.fromtimestamp(SECONDS, UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@dataclass
class Centre:
    """A database with calls, and the commands."""

    config: Path
    pool: Pool
    calls: list[Call]

    async def asked(self, *words: str) -> Result:
        given = (*words, "--config", str(self.config))
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, given))

    async def replayed(self, *words: str) -> tuple[int, dict[str, Any]]:
        told = await self.asked("replay", *words, "--json")
        return told.exit_code, orjson.loads(told.stdout)

    async def fields(self, *words: str) -> dict[str, list[str]]:
        """What differs, by call."""
        code, told = await self.replayed(*words)
        assert code == bool(told["differ"])
        return {
            one["call_id"]: [each["field"] for each in one["differences"]]
            for one in told["differences"]
        }


async def stored(writer: Writer, file: Path) -> list[Call]:
    """Put what a recording tells into PostgreSQL, as a gateway does."""
    recording = read(file)
    player = Player(recording.head)
    for heard in recording.heard:
        player.take(heard)
    stories = player.stories()
    for story in stories:
        writer.put_facts(story.facts, story.call())
    async with asyncio.timeout(20):
        await writer.flush()
    return [story.call() for story in stories]


def moved_to(folder: Path, at: int, name: str) -> Path:
    """The recording of a call in a queue, as of another time."""
    text = QUEUE_CALL.read_text()
    file = folder / f"{name}.jsonl"
    shifted = re.sub(r"\b17953\d{5}\b", lambda found: str(int(found[0]) - SECONDS + at), text)
    file.write_text(shifted)
    return file


@pytest.fixture
async def centre(tmp_path: Path, dsn: str, pool: Pool, writer: Writer) -> Centre:
    calls = [
        call
        for name in ("queue_call", "hold", "two_callers_one_agent")
        for call in await stored(writer, RECORDINGS / f"{name}.jsonl")
    ]
    return Centre(written(tmp_path, dsn), pool, calls)


async def test_what_is_stored_is_what_the_facts_tell(centre: Centre) -> None:
    code, told = await centre.replayed(*DAY)
    assert (code, told["calls"], told["agree"], told["differ"]) == (0, 4, 4, 0)
    code, told = await centre.replayed("--call", str(centre.calls[0].call_id)[:13])
    assert (code, told["calls"]) == (0, 1)
    file = str(RECORDINGS / "hold.jsonl")
    assert (await centre.replayed(file, "--stored"))[0] == 0


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE legs SET ended_at = ended_at + interval '1 s' WHERE ordinal = 0", "legs["),
        ("UPDATE talks SET began_at = began_at - interval '1 ms'", "talks["),
        ("DELETE FROM talks", "talks["),
        ("DELETE FROM offers", "visits["),
        ("UPDATE queue_visits SET queue = 'other'", "visits["),
        ("UPDATE holds SET by = 'caller'", "holds["),
        ("UPDATE calls SET disposition = 'abandoned'", "disposition"),
        ("UPDATE calls SET did = '2000'", "did"),
        ("DELETE FROM facts WHERE kind = 'bridge_left'", "facts"),
        ("UPDATE facts SET at = at + interval '1 s' WHERE kind = 'channel_answered'", "legs["),
        ("DELETE FROM calls", "call"),
        ("UPDATE facts SET call_id = NULL", "call"),
    ],
)
async def test_what_was_changed_in_postgresql_is_shown(
    centre: Centre, change: str, found: str
) -> None:
    [other, changed] = [centre.calls[0].call_id, centre.calls[1].call_id]
    where = "AND" if "WHERE" in change else "WHERE"
    assert await centre.pool.execute(f"{change} {where} call_id = $1", changed)
    differs = await centre.fields(*DAY)
    assert list(differs) == [str(changed)]
    assert any(field.startswith(found) for field in differs[str(changed)]), differs
    assert await centre.fields("--call", str(changed)) == differs
    assert await centre.fields("--call", str(other)) == {}


async def test_what_was_moved_to_another_call_is_shown_in_both(centre: Centre) -> None:
    one, two = centre.calls[0].call_id, centre.calls[1].call_id
    moved = "UPDATE facts SET call_id = $1 WHERE call_id = $2 AND kind = 'queue_joined'"
    assert await centre.pool.execute(moved, one, two) == "UPDATE 1"
    assert set(await centre.fields(*DAY)) == {str(one), str(two)}


async def test_the_table_shows_the_field_as_it_is_stored_and_as_it_is_told(centre: Centre) -> None:
    await centre.pool.execute("UPDATE calls SET did = '2000' WHERE direction = 'inbound'")
    told = await centre.asked("replay", *DAY, "--limit", "2")
    assert told.exit_code == 1
    assert re.search(r"did +2000 +1000", told.stdout)
    assert told.stdout.count("call ") >= 2
    assert "... and 2 more" in told.stdout
    assert "4 calls: 0 agree, 4 differ" in told.stdout


async def test_the_hour_that_comes_twice(
    tmp_path: Path, dsn: str, pool: Pool, writer: Writer
) -> None:
    """Helsinki, 2026-10-25: at 04:00 (UTC+3) it is 03:00 again (UTC+2)."""
    first, second = 1792888200, 1792891800  # 00:30 and 01:30 UTC: both are 03:30 there
    for name, at in (("first", first), ("second", second)):
        await stored(writer, moved_to(tmp_path, at, name))
    centre = Centre(written(tmp_path, dsn), pool, [])

    async def calls(since: str, before: str) -> int:
        words = ("--from", f"2026-10-25T{since}", "--to", f"2026-10-25T{before}")
        code, told = await centre.replayed(*words)
        assert code == 0
        return int(told["calls"])

    assert await calls("03:00+03:00", "03:00+02:00") == 1
    assert await calls("03:00+02:00", "04:00+02:00") == 1
    assert await calls("03:00+03:00", "04:00+02:00") == 2
    assert await calls("03:30:00+03:00", "03:29:00+02:00") == 1
    assert await calls("00:00Z", "00:30Z") == 0


async def test_times_at_the_edge_of_the_calendar_are_times(centre: Centre) -> None:
    edges = ("--from", "0001-01-01T00:00Z", "--to", "9999-12-31T23:59Z")
    assert (await centre.replayed(*edges))[1]["calls"] == 4


async def test_of_calls_without_a_row_only_those_of_the_time_are_looked_at(
    centre: Centre, tmp_path: Path, writer: Writer
) -> None:
    """Not all of the day: reading their facts takes its time."""
    [later] = await stored(writer, moved_to(tmp_path, SECONDS + 5 * 3600, "later"))
    await centre.pool.execute("DELETE FROM calls")
    call = centre.calls[0]
    found = await calls_between(centre.pool, call.started_at, call.started_at + SECOND)
    assert call.call_id in found
    assert later.call_id not in found
    whole = await calls_between(centre.pool, call.started_at, later.started_at + SECOND)
    assert {call.call_id, later.call_id} <= set(whole)


async def test_the_question_which_calls_there_are_may_take_its_time(
    centre: Centre, dsn: str
) -> None:
    """Longer than other questions: whole days of facts are read for it."""
    async with asyncpg.create_pool(dsn, command_timeout=0.2) as hasty:
        async with centre.pool.acquire() as other, other.transaction():
            await other.execute("LOCK TABLE facts")
            asked = asyncio.create_task(calls_between(hasty, START - HOUR, START + HOUR))
            counted = """SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                         AND clock_timestamp() > query_start + interval '0.5 s'"""

            async def is_late() -> bool:
                return asked.done() or bool(await centre.pool.fetchval(counted))

            await until(is_late, "the answer is late")
        assert len(await asked) == len(centre.calls)


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "2026-10-25T03:30", "--to", "2026-10-25T05:00Z"),
        ("--from", "yesterday", "--to", "today"),
        ("--from", "2026-13-25T03:30Z", "--to", "2026-10-25T05:00Z"),
        ("--from", "2026-10-25T03:30Z"),
        ("--call", "0", *DAY),
        (),
        ("--expect",),
        ("none.jsonl",),
        ("none.txt",),
    ],
)
async def test_what_is_asked_for_wrongly_is_said(centre: Centre, words: tuple[str, ...]) -> None:
    told = await centre.asked("replay", *words)
    assert told.exit_code == 2
    assert told.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "line 1: the first line must be a recording's head"),
        (b'{"Event": "Hangup"}\n', "line 1"),
        (b'{"recording": 1, "nodes": {"pbx1": {}}}\n{"Event": 1}\n', "line 2"),
        (b'{"recording": 1, "nodes": {"pbx1": {}}}\n\n\xff\n', "line 3"),
        (b'{"recording": 7, "nodes": {"pbx1": {}}}\n', "newer ccgateway"),
    ],
)
async def test_a_file_that_is_none_is_refused_with_its_line(
    centre: Centre, tmp_path: Path, text: bytes, said: str
) -> None:
    file = tmp_path / "x.jsonl"
    file.write_bytes(text)
    told = await centre.asked("replay", str(file))
    assert told.exit_code == 2
    assert said in told.stderr.replace("\n", " ")


async def test_a_file_that_is_too_large_is_not_read(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST_FILE", 1_000)
    file = tmp_path / "x.jsonl"
    file.write_bytes(b'{"recording": 1, "nodes": {"pbx1": {}}}\n' + b"\n" * 1_000)
    told = await centre.asked("replay", str(file))
    assert told.exit_code == 2
    assert "more than 1000 bytes" in told.stderr.replace("\n", " ")


async def test_what_a_recording_says_does_nothing_to_a_terminal(
    centre: Centre, tmp_path: Path
) -> None:
    evil = "\x1b[2J\u202e[/b]\x9b"
    file = tmp_path / "evil.jsonl"
    file.write_text(QUEUE_CALL.read_text().replace("Ääkkönen", json.dumps(evil)[1:-1]))
    (tmp_path / "evil.expected.json").write_text(
        QUEUE_CALL.with_name("queue_call.expected.json").read_text()
    )
    for words in ((), ("--json",)):
        told = await centre.asked("replay", str(file), *words)
        assert told.exit_code == 1
        assert "caller_name" in told.stdout
        assert not ACTS & set(told.stdout)


async def test_what_is_expected_is_written_and_held_against(centre: Centre, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_bytes(QUEUE_CALL.read_bytes())
    assert "--expect" in (await centre.asked("replay", str(file))).stderr
    assert (await centre.asked("replay", str(file), "--expect")).exit_code == 0
    assert (await centre.asked("replay", str(file))).exit_code == 0
    beside = tmp_path / "mine.expected.json"
    beside.write_text(beside.read_text().replace('"answered"', '"abandoned"', 1))
    told = await centre.asked("replay", str(file))
    assert told.exit_code == 1
    assert re.search(r"disposition +abandoned +answered", told.stdout)
    beside.write_text("[]")
    assert (await centre.asked("replay", str(file))).exit_code == 2


async def test_a_stored_call_goes_out_without_persons_and_is_a_test(
    centre: Centre, tmp_path: Path
) -> None:
    call = centre.calls[0]
    out = tmp_path / "report.jsonl"
    told = await centre.asked("capture", "--call", str(call.call_id), "--out", str(out))
    assert told.exit_code == 0, told.output
    said = out.read_text() + (tmp_path / "report.expected.json").read_text()
    for secret in (call.caller_number, call.caller_name, "stations", "trunk"):
        assert secret not in said
    assert out.stat().st_mode & 0o077 == 0
    assert (await centre.asked("replay", str(out))).exit_code == 0
    head, *lines = out.read_bytes().splitlines()
    nodes = head_of(head).ours
    assert len([heard_of(line, nodes) for line in lines]) == call.facts
    again = await centre.asked("capture", "--call", str(call.call_id), "--out", str(out))
    assert again.exit_code == 2
    assert "there already" in again.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--call", "ffffffff"), 3),
        (("--call", "00000000-0000-4000-8000-000000000000"), 3),
        (("--call", "0", "--minutes", "1"), 2),
        (("--minutes", "61"), 2),
        (("--out", "x.json"), 2),
        ((), 4),
    ],
)
async def test_what_cannot_be_captured_is_said(
    centre: Centre,
    words: tuple[str, ...],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    told = await centre.asked("capture", *words)
    assert (told.exit_code, bool(told.stderr)) == (code, True), told.output
    assert await asyncio.to_thread(lambda: list(tmp_path.glob("*.jsonl"))) == []
