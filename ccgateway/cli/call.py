"""``ccgateway call``: the record of calls."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from ccgateway.calls.call import Call, Disposition
from ccgateway.calls.listed import ListedCall, Search
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
from ccgateway.cli.story import story
from ccgateway.engine.view import WITHHELD
from ccgateway.errors import Refused
from ccgateway.postgres.calls import find_by_case, find_call, list_calls, load_call
from ccgateway.postgres.pool import Pool

A_DAY = 24.0  # hours

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
    """The newest calls first. Times are UTC (with the day, where more hours than a day's are asked
    for); wait and talk in seconds."""
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
    table = Table(box=None, pad_edge=False)  # its columns stand in 80 characters
    for name in ("call", "case", "started", "caller", "service", "disposition", "wait", "agents"):
        table.add_column(name, overflow="fold", no_wrap=name not in {"service", "agents"})
    table.add_column("talk", no_wrap=True)
    for call in calls:
        table.add_row(
            str(call.call_id)[:8],
            "" if call.case is None else f"#{call.case}",
            f"{call.started_at:%H:%M:%S}" if hours <= A_DAY else f"{call.started_at:%m-%d %H:%M}",
            _caller(call),
            " > ".join([call.service or call.did, *call.path]),
            call.disposition.value,
            _seconds(call.wait_seconds),
            ", ".join(dict.fromkeys(call.agents)),
            _seconds(call.talk_seconds),
        )
    out.print(table)


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


async def _one(pool: Pool, prefix: str) -> Call:
    case = prefix.removeprefix("#")
    by_case = prefix != case and case.isdecimal()
    ids = await (find_by_case(pool, int(case)) if by_case else find_call(pool, prefix))
    if not ids and by_case:
        raise Refused(f"no call has the case {prefix}; `ccgateway call list` shows them")
    if not ids:
        raise Refused(f"no call is or begins with {prefix!r}; `ccgateway call list` shows them")
    if len(ids) > 1:
        known = ", ".join(str(i)[:12] for i in ids)
        raise Refused(f"{len(ids)} calls are or begin with {prefix!r}: {known}; name one")
    found = await load_call(pool, ids[0])
    if found is None:
        raise Refused(f"call {ids[0]} is gone")
    return found


def _caller(call: ListedCall) -> str:
    return WITHHELD if call.withheld else call.caller_number or "anonymous"


def _shown(call: ListedCall) -> dict[str, object]:
    return {**asdict(call), "caller_number": _caller(call)}


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
