"""``ccgateway migrate``: the database's schema."""

from __future__ import annotations

from typing import Annotated

import typer

from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    command,
    out,
    print_json,
    read,
)
from ccgateway.cli.database import database_of
from ccgateway.postgres import migrate as schema


@command
async def migrate(
    back: Annotated[
        bool,
        typer.Option(
            "--back",
            help="Before you install the release before again, with no gateway running: let it "
            "have this database. Nothing in it is lost.",
        ),
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Bring the database to the newest schema.

    [bold]run[/bold] does it at its start, too. It is safe to run twice, and by two at once.
    """
    async with database_of(read(config)) as dsn:
        done = await (schema.step_back(dsn) if back else schema.migrate(dsn))
        current = await schema.current(dsn)
    what = "taken back" if back else "applied"
    if json:
        print_json({what.replace(" ", "_"): done, "current": current})
        return
    for revision in done:
        out.print(f"{what} {revision}")
    out.print(f"the schema is at {current}")
