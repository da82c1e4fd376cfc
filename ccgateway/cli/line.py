"""``ccgateway call escalate``, ``take``, ``join``, ``complete`` and ``note``: what is asked of a
running call."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    command,
    out,
    print_json,
)
from ccgateway.cli.gateway import UrlOption, client_of

CallArgument = Annotated[
    str, typer.Argument(help="The call's id, enough of its beginning, or '#1042', its case.")
]


@command
async def escalate(
    call: CallArgument,
    to: Annotated[
        str,
        typer.Option(
            help="The name of one of the service's targets, next (line up) or back (a line)."
        ),
    ],
    mode: Annotated[
        str, typer.Option(help="cold: the agent is free at once; warm: the agents speak first.")
    ] = "cold",
    agent: Annotated[
        str, typer.Option(help="Which agent passes it on, where several talk in it.")
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    json: JsonOption = False,
) -> None:
    """Pass a call on to another line, as the agent who talks in it would by keys."""
    async with client_of(config, url) as gateway:
        done = await gateway.escalate(call, to, mode, agent)
    if json:
        print_json(done)
    else:
        told = f"agent {done['agent']} passes call {done['call_id'][:8]} on to {done['to']}"
        out.print(f"{told} ({done['mode']})", markup=False, highlight=False)


async def _consult(call: str, do: str, config: Path, url: str, *, json: bool, says: str) -> None:
    async with client_of(config, url) as gateway:
        done = await gateway.consult(call, do)
    if json:
        print_json(done)
    else:
        told = f"agent {done['agent']} {says} (call {done['call_id'][:8]})"
        out.print(told, markup=False, highlight=False)


@command
async def take(
    call: CallArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    json: JsonOption = False,
) -> None:
    """End a consultation: the agent who consults has the caller again, as by *1."""
    await _consult(call, "take", config, url, json=json, says="has the caller again")


@command
async def join(
    call: CallArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    json: JsonOption = False,
) -> None:
    """End a consultation: both agents and the caller talk, as by *4."""
    await _consult(call, "join", config, url, json=json, says="brings the caller into the talk")


@command
async def complete(
    call: CallArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    json: JsonOption = False,
) -> None:
    """End a consultation: the agent who consults hangs up, the other one has the caller."""
    await _consult(call, "complete", config, url, json=json, says="leaves the caller there")


@command
async def note(
    call: CallArgument,
    text: Annotated[str, typer.Argument(help="What the next agent should know.")],
    by: Annotated[str, typer.Option(help="Whose note it is: an agent's id.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    json: JsonOption = False,
) -> None:
    """Note something down in a call that is live, or ended within the last minute."""
    async with client_of(config, url) as gateway:
        call_id = await gateway.note(call, text, by)
    if json:
        print_json({"call_id": call_id})
    else:
        out.print(f"noted in call {call_id[:8]}", markup=False, highlight=False)
