"""``ccgateway replay``: calls told anew by the reducer, and held against what is stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import orjson
import typer
from rich.table import Table
from rich.text import Text

from ccgateway.calls.call import Call
from ccgateway.calls.reduce import fold
from ccgateway.cli.bar import counted, progress
from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    FAULT,
    ConfigOption,
    JsonOption,
    command,
    out,
    print_json,
    read,
)
from ccgateway.cli.database import pool_of
from ccgateway.cli.naming import one_call
from ccgateway.cli.times import moment
from ccgateway.errors import Refused
from ccgateway.log import plain
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.replayed import Stored, calls_between, stored
from ccgateway.replay import files
from ccgateway.replay.differences import Difference, compare
from ccgateway.replay.player import calls_of
from ccgateway.replay.record import Record, record_of

ONE_OF = "give one of: a recording's FILE, --call ID, or --from and --to"
LONGEST_VALUE = 60
"""Characters of a value in the table; --json has all of it."""


@dataclass(slots=True)
class Found:
    """How the calls of a run agree. ``differ`` has no more than ``most`` calls, ``differing``
    counts them all."""

    most: int
    calls: int = 0
    differing: int = 0
    differ: dict[str, list[Difference]] = field(default_factory=dict)

    def take(self, call_id: str, stored: Record | None, told: Record | None) -> None:
        """Compare one call."""
        self.add(call_id, compare(stored, told))

    def add(self, call_id: str, differences: list[Difference]) -> None:
        """One call, with what differs in it."""
        self.calls += 1
        if differences:
            self.differing += 1
            if len(self.differ) < self.most:
                self.differ[call_id] = differences


@command
async def replay(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A recording (ccgateway capture writes them).",
            metavar="[FILE]",
            show_default=False,
        ),
    ] = None,
    call: Annotated[
        str, typer.Option(help="A stored call: its id, enough of its beginning, or '#1042'.")
    ] = "",
    since: Annotated[
        str,
        typer.Option(
            "--from",
            help="Stored calls that began then or later, as 2026-11-22T08:00+02:00: with the UTC "
            "offset, or Z.",
        ),
    ] = "",
    before: Annotated[str, typer.Option("--to", help="Stored calls that began before.")] = "",
    expect: Annotated[
        bool, typer.Option("--expect", help="Write what FILE tells as what is expected of it.")
    ] = False,
    against: Annotated[
        bool,
        typer.Option("--stored", help="Hold FILE against the calls that are stored in PostgreSQL."),
    ] = False,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="Show so many calls that differ at most.")
    ] = 100,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Tell calls anew from what was heard, and show where the record says something else.

    Of a FILE each line goes through the gateway's own way, from Asterisk's event to the call. What
    it tells is held against FILE's .expected.json beside it, or with [bold]--stored[/bold] against
    PostgreSQL. Stored calls (--call, --from and --to) are told anew from their stored facts.

    Exit code 0 where all agree, 1 where not: then each call is shown with the fields, as they are
    stored and as they are told anew. Nothing is changed.
    """
    by_time = bool(since or before)
    if bool(file) + bool(call) + by_time != 1 or by_time != bool(since and before):
        raise typer.BadParameter(ONE_OF)
    if (expect or against) and file is None:
        raise typer.BadParameter("--expect and --stored are for a FILE")
    found = Found(limit)
    if file is not None:
        told = _told(file)
        if expect:
            files.write_expected(files.beside(file), told)
        await _hold(told, file, config if against else None, found)
    else:
        times = (moment(since, "--from"), moment(before, "--to")) if by_time else None
        await _anew(config, call, times, found)
    _show(found, json=json)


def _told(file: Path) -> list[Call]:
    """The calls that a recording tells."""
    with progress("reading", files.size_of(file)) as moved:
        recording = files.read(file, moved)
    with progress("telling", len(recording.heard)) as moved:
        return calls_of(recording.head, counted(recording.heard, moved))


async def _hold(told: list[Call], file: Path, config: Path | None, found: Found) -> None:
    """Against PostgreSQL by ``config``, or what stands beside the file."""
    records = {str(call.call_id): record_of(call) for call in told}
    if config is not None:
        async with pool_of(read(config)) as pool:
            async for one in stored(pool, [call.call_id for call in told]):
                record = record_of(one.call) if one.call else None
                found.take(str(one.call_id), record, records[str(one.call_id)])
        return
    expected = {str(one["call_id"]): one for one in files.read_expected(files.beside(file))}
    for call_id in dict.fromkeys((*expected, *records)):
        found.take(call_id, expected.get(call_id), records.get(call_id))


async def _anew(
    config: Path, name: str, times: tuple[datetime, datetime] | None, found: Found
) -> None:
    """Stored calls, from their stored facts."""
    async with pool_of(read(config)) as pool:
        with progress("looking for calls", None):
            ids = await (calls_between(pool, *times) if times else _named(pool, name))
        with progress("telling anew", len(ids)) as moved:
            async for one in stored(pool, ids):
                moved(1)
                _compare(one, times, found)


async def _named(pool: Pool, name: str) -> list[UUID]:
    return [await one_call(pool, name)]


def _compare(one: Stored, times: tuple[datetime, datetime] | None, found: Found) -> None:
    record = record_of(one.call) if one.call else None
    told: Call | None = None
    if one.facts:
        try:
            told = fold(one.call_id, one.facts[0].node, one.facts)
        except Exception as error:  # of one call: it must not hide the others
            name = type(error).__name__
            found.add(str(one.call_id), [Difference("call", "stored", f"cannot be told: {name}")])
            return
    if record is None and told is None:
        if times is None:
            raise Refused(f"there is no call {one.call_id}; `ccgateway call list` shows them")
        return
    if record is None and told and times and not times[0] <= told.started_at < times[1]:
        return
    found.take(str(one.call_id), record, record_of(told) if told else None)


# -- what is shown


def _show(found: Found, *, json: bool) -> None:
    agree = found.calls - found.differing
    if json:
        differ = [
            {"call_id": call_id, "differences": [asdict(one) for one in differences]}
            for call_id, differences in found.differ.items()
        ]
        counts = {"calls": found.calls, "agree": agree, "differ": found.differing}
        print_json({**counts, "differences": differ})
    else:
        for call_id, differences in found.differ.items():
            out.print(_table(call_id, differences))
        if found.differing > len(found.differ):
            out.print(f"... and {found.differing - len(found.differ)} more: see --limit")
        out.print(f"{found.calls} calls: {agree} agree, {found.differing} differ")
    if found.differing:
        raise typer.Exit(FAULT)


def _table(call_id: str, differences: list[Difference]) -> Table:
    table = Table(title=f"call {call_id}", title_justify="left", box=None)
    for name in ("field", "stored", "told anew"):
        table.add_column(name, overflow="fold")
    for one in differences:
        table.add_row(Text(plain(one.field)), _value(one.stored), _value(one.told))
    return table


def _value(value: object) -> Text:
    if value is None:
        return Text("-", style="dim")
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    shown = plain(text)
    return Text(shown if len(shown) <= LONGEST_VALUE else f"{shown[:LONGEST_VALUE]}…")
