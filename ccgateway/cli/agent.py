"""``ccgateway agent``: the agents' states, asked of the running gateway."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    EXIT_CODES,
    ConfigOption,
    JsonOption,
    command,
    out,
    print_json,
)
from ccgateway.cli.gateway import UrlOption, client_of

app = typer.Typer(
    help="Log agents in and out, pause them, and see what they do.",
    no_args_is_help=True,
    epilog=EXIT_CODES,
)

AgentArgument = Annotated[str, typer.Argument(help="The agent's id, as in the TOML file.")]
REASON_HELP = "One of the reasons under pause in the TOML file; the first if not given."


@app.command(name="list")
@command
async def list_agents(
    config: ConfigOption = DEFAULT_CONFIG, url: UrlOption = "", json: JsonOption = False
) -> None:
    """Every agent: what they do, since when, why."""
    async with client_of(config, url) as gateway:
        state = await gateway.state()
    agents = state["agents"]
    if json:
        print_json(agents)
        return
    table = Table("agent", "name", "phone", "state", "for", "reason", "queues")
    for agent in agents:
        since = datetime.fromisoformat(agent["since"])
        table.add_row(
            agent["id"],
            agent["name"],
            agent["phone"],
            agent["state"],
            f"{(datetime.now(UTC) - since).total_seconds():.0f} s",
            agent["reason"],
            ", ".join(agent["queues"]),
        )
    out.print(table)


@app.command()
@command
async def login(
    agent: AgentArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    json: JsonOption = False,
) -> None:
    """Log an agent in: their phone joins their queues."""
    await _ask("login", agent, "", config=config, url=url, json=json)


@app.command()
@command
async def logout(
    agent: AgentArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    json: JsonOption = False,
) -> None:
    """Log an agent out: their phone leaves their queues; a talk goes on."""
    await _ask("logout", agent, "", config=config, url=url, json=json)


@app.command()
@command
async def pause(
    agent: AgentArgument,
    reason: Annotated[str, typer.Argument(help=REASON_HELP, show_default=False)] = "",
    reason_option: Annotated[
        str, typer.Option("--reason", "-r", help="The same, as an option.", show_default=False)
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    json: JsonOption = False,
) -> None:
    """Pause an agent: no calls are offered; a talk goes on."""
    if reason and reason_option and reason != reason_option:
        raise typer.BadParameter(
            f"{reason} and {reason_option}: give one reason", param_hint="REASON and --reason"
        )
    await _ask("pause", agent, reason or reason_option, config=config, url=url, json=json)


@app.command()
@command
async def ready(
    agent: AgentArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    json: JsonOption = False,
) -> None:
    """End an agent's pause."""
    await _ask("ready", agent, "", config=config, url=url, json=json)


async def _ask(
    verb: str, agent: str, reason: str, *, config: ConfigOption, url: str, json: bool
) -> None:
    async with client_of(config, url) as gateway:
        state = await gateway.agent(verb, agent, reason)
    if json:
        print_json({"agent": agent, "state": state})
    else:
        out.print(f"agent {agent} is {state}", markup=False, highlight=False)
