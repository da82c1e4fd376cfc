"""``ccgateway audit``: who did what over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    command,
    hours_ago,
    out,
    print_json,
    read,
)
from ccgateway.cli.database import pool_of
from ccgateway.log import plain
from ccgateway.postgres.audit import newest

A_WEEK = 7 * 24.0  # hours


@command
async def audit(
    hours: Annotated[float, typer.Option(min=0.01, help="Of the last so many hours.")] = A_WEEK,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    who: Annotated[str, typer.Option(help="Of the token with this name or id only.")] = "",
    what: Annotated[
        str, typer.Option(help="Of this route or command only, as originate or 'token create'.")
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """What was done by API, page and token commands, newest first; also what was refused (its HTTP
    status is 400 or more). What agents do by phone is in the calls' own stories."""
    since = hours_ago(hours)
    async with pool_of(read(config)) as pool:
        acts = await newest(pool, limit, since=since, who=who, what=what)
    if json:
        print_json([asdict(act) for act in acts])
        return
    table = Table("at (UTC)", "who", "token", "role", "what", "target", "status", "from")
    for act in acts:
        at = f"{act.at:%Y-%m-%d %H:%M:%S}"
        words = (at, act.who, act.token, act.role, act.what, plain(act.target), str(act.status))
        table.add_row(*map(Text, (*words, act.address)))
    out.print(table)
