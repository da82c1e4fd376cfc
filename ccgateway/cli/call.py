"""``ccgateway call``: the record of calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from ccgateway.calls.call import Call, Disposition
from ccgateway.calls.listed import ListedCall, Search
from ccgateway.cli.calls_table import CallsTable, caller, gaps_table
from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    EXIT_CODES,
    ConfigOption,
    JsonOption,
    command,
    hours_ago,
    out,
    print_json,
    read,
)
from ccgateway.cli.database import pool_of
from ccgateway.cli.line import complete, escalate, join, note, take
from ccgateway.cli.naming import one_call
from ccgateway.cli.story import story
from ccgateway.engine.view import WITHHELD
from ccgateway.errors import Refused
from ccgateway.postgres.calls import list_calls, load_call
from ccgateway.postgres.gaps import list_gaps
from ccgateway.postgres.pool import Pool

A_DAY = 24.0  # hours
A_WEEK = 7 * A_DAY
MOST_GAPS = 1_000
"""Of one list: a link that comes and goes all day makes fewer."""

app = typer.Typer(
    help="Calls: a list, or the whole story of one.", no_args_is_help=True, epilog=EXIT_CODES
)


for verb in (escalate, take, join, complete, note):
    app.command()(verb)


@app.command(name="list")
@command
async def list_(
    config: ConfigOption = DEFAULT_CONFIG,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    hours: Annotated[float, typer.Option(min=0, help="Of the last so many hours.")] = 24.0,
    service: Annotated[str, typer.Option(help="Of this service only.")] = "",
    client: Annotated[str, typer.Option(help="Of this client only.")] = "",
    agent: Annotated[str, typer.Option(help="That this agent talked in.")] = "",
    disposition: Annotated[
        Disposition | None, typer.Option(help="That ended so (or are live).")
    ] = None,
    json: JsonOption = False,
) -> None:
    """The newest calls first, and between them the gaps: when not all was seen. ~ after a call:
    Asterisk's journals made it whole; ?: part of it nobody saw. Times are UTC (with the day, where
    more hours than a day's are asked for); wait and talk in seconds. The JSON is of the calls
    alone: [bold]ccgateway call gaps --json[/bold] has the gaps."""
    since = hours_ago(hours)
    async with pool_of(read(config)) as pool:
        calls = await list_calls(
            pool,
            limit,
            Search(
                since=since,
                client=client or None,
                service=service or None,
                disposition=disposition,
                agent=agent or None,
            ),
        )
        if json:
            print_json([_shown(call) for call in calls])
            return
        gaps = await list_gaps(pool, _oldest(calls, limit, since), None, MOST_GAPS)
    out.print(CallsTable(calls, gaps, with_day=hours > A_DAY))


@app.command()
@command
async def gaps(
    config: ConfigOption = DEFAULT_CONFIG,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    hours: Annotated[float, typer.Option(min=0, help="Of the last so many hours.")] = A_WEEK,
    json: JsonOption = False,
) -> None:
    """The newest gaps first: when not all that happened was seen, why, and since when the calls of
    that time are as Asterisk's journals tell them. Times are UTC."""
    async with pool_of(read(config)) as pool:
        found = await list_gaps(pool, hours_ago(hours), None, limit)
    if json:
        print_json([asdict(gap) for gap in found])
    else:
        out.print(gaps_table(found))


@app.command()
@command
async def show(
    call: Annotated[
        str, typer.Argument(help="Its id, enough of its beginning, or '#1042', its case.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """The whole story of a call on one screen: what happened when, and why."""
    async with pool_of(read(config)) as pool:
        found = await _one(pool, call)
    if json:
        shown = asdict(found)
        if found.withheld:
            shown["caller_number"] = WITHHELD
        print_json(shown)
    else:
        out.print(story(found))


async def _one(pool: Pool, name: str) -> Call:
    call_id = await one_call(pool, name)
    found = await load_call(pool, call_id)
    if found is None:
        raise Refused(f"there is no call {call_id}; `ccgateway call list` shows them")
    return found


def _oldest(calls: Sequence[ListedCall], limit: int, since: datetime) -> datetime:
    """Where the list ends: the gaps before that are no part of it."""
    return calls[-1].started_at if len(calls) == limit else since


def _shown(call: ListedCall) -> dict[str, object]:
    return {**asdict(call), "caller_number": caller(call)}
