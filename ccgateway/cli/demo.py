"""``ccgateway demo``: the whole thing on one machine, with simulated callers."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

from ccgateway.cli.common import FAULT, JsonOption, command, err, out, print_json
from ccgateway.cli.terminal import Terminal
from ccgateway.rig import demo as rig
from ccgateway.rig.installs import CHOICE, DEFAULT
from ccgateway.rig.plan import kinds, plan
from ccgateway.rig.screen import as_json, result, summary

WIDE = 140  # columns for the table where no terminal says how many there are


@command
async def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Place --calls calls, compare, and end.")
    ] = False,
    calls: Annotated[int, typer.Option(min=0, help="How many calls --once places.")] = 30,
    json: JsonOption = False,
    state: Annotated[
        Path | None,
        typer.Option(help="Write the addresses of all that runs to this file, as JSON."),
    ] = None,
    asterisk: Annotated[
        str,
        typer.Option(
            envvar=CHOICE,
            help="rootfs (its own, 22, built once), debian11 (the same with 16), installed (on the"
            " PATH), or docker.",
        ),
    ] = DEFAULT,
    seed: Annotated[int | None, typer.Option(help="The same seed places the same calls.")] = None,
) -> None:
    """Show a call centre at work: a real Asterisk, PostgreSQL, the gateway, simulated phones
    and callers, all on this machine's loopback, and nothing of it left behind.

    It runs until Ctrl-C. With [bold]--once[/bold] it places exactly so many calls of mixed kinds,
    holds the record in PostgreSQL against the phones' own logs, call by call, and ends with 0 only
    where each of them was placed and agrees (times within 100 ms), else with 1.
    """
    settings = rig.Settings(err if json else out, asterisk, state, seed)
    if not once:
        await rig.until_stopped(settings)
        return
    try:
        comparison = await rig.once(settings, calls)
    except rig.Terminated as error:
        raise typer.Exit(128 + signal.SIGTERM) from error  # as shells have it
    meant = kinds(plan(calls, seed if seed is not None else 1, crew=True))
    if json:
        print_json(as_json(comparison, meant))
    else:
        wide = out if out.is_terminal else Terminal(width=WIDE)
        wide.print(result(comparison, meant))
        wide.print(summary(comparison, meant))
        for fault in comparison.faults:
            out.print(fault, style="red", markup=False, highlight=False)
        wrong = sum(bool(row.differences) for row in comparison.rows)
        placed = f"{comparison.placed} of {calls} calls placed"
        out.print(f"{placed}, {len(comparison.rows) - wrong} agree, {wrong} do not.")
    if not comparison.agrees:
        raise typer.Exit(FAULT)
