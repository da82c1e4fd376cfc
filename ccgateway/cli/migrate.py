"""``ccgateway migrate``: the database's schema."""

from __future__ import annotations

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
async def migrate(config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False) -> None:
    """Bring the database to the newest schema.

    [bold]run[/bold] does it at its start, too. It is safe to run twice, and by two at once.
    """
    async with database_of(read(config)) as dsn:
        applied = await schema.migrate(dsn)
        current = await schema.current(dsn)
    if json:
        print_json({"applied": applied, "current": current})
        return
    for revision in applied:
        out.print(f"applied {revision}")
    out.print(f"the schema is at {current}")
