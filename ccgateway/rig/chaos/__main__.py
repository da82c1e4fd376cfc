"""``python -m ccgateway.rig.chaos``: faults of all kinds under load, then every call is held
against the record. Ends with 0 only where nothing is lost and every fault bit, else with 1."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from ccgateway.errors import CcgError
from ccgateway.rig.chaos.report import as_json, show
from ccgateway.rig.chaos.run import RATE, Wanted, run
from ccgateway.rig.chaos.schedule import Kind, under_load

FAILED, FAULT = 1, 2


def main(  # noqa: PLR0917 -- typer reads a command's options from its parameters
    minutes: Annotated[
        float,
        typer.Option(
            min=0.5, help="How long calls are placed; at least a minute beyond --outage or --away."
        ),
    ] = 3.0,
    seed: Annotated[int, typer.Option(help="The same seed: the same calls and faults.")] = 1,
    rate: Annotated[float, typer.Option(min=0.1, help="Calls a second.")] = RATE,
    json: Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write lag and spool over time, SVG.")] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Keep logs, wrong calls and result.json in this folder.")
    ] = None,
    outage: Annotated[
        float | None,
        typer.Option(help="In place of all faults: PostgreSQL away for so many seconds."),
    ] = None,
    away: Annotated[
        float | None, typer.Option(help="The same with the gateway: killed, away for so long.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Only these faults, by the names of the table.")
    ] = None,
) -> None:
    """Faults of all kinds under load; then every call is held against the record."""
    told = Console(stderr=True)
    began = time.monotonic()

    def tell(what: str) -> None:
        told.print(f"[{time.monotonic() - began:4.0f} s] {what}", markup=False, highlight=False)

    titles = [kind.title for kind in Kind]
    if odd := [name for name in only or () if name not in titles]:
        told.print(f"no such fault: {', '.join(odd)}; there are: {', '.join(titles)}", markup=False)
        raise typer.Exit(FAULT)
    kinds = tuple(kind for kind in Kind if not only or kind.title in only)
    seconds = under_load(minutes * 60, outage or away)
    wanted = Wanted(seconds, seed, rate, kinds, plot, outage, away, keep)
    try:
        result = asyncio.run(run(wanted, tell))
    except CcgError as error:
        told.print(f"the world could not be played: {error}", style="red", markup=False)
        raise typer.Exit(FAULT) from error
    whole = orjson.dumps(as_json(result), option=orjson.OPT_INDENT_2)
    if keep:
        (keep / "result.json").write_bytes(whole)
    if json:
        typer.echo(whole.decode())
    else:
        show(result, Console())
    if not result.holds:
        raise typer.Exit(FAILED)


if __name__ == "__main__":
    typer.run(main)
