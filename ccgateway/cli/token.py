"""``ccgateway token``: who may ask the gateway over HTTP, besides this machine's administrator."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from getpass import getuser
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ccgateway.access.token import Token
from ccgateway.access.who import Role, Scope
from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    EXIT_CODES,
    ConfigOption,
    JsonOption,
    command,
    out,
    print_json,
    read,
)
from ccgateway.cli.database import pool_of
from ccgateway.cli.gateway import address_of
from ccgateway.config import Config
from ccgateway.errors import Refused
from ccgateway.postgres import tokens
from ccgateway.web.identify import CONFIGURED

app = typer.Typer(
    help="Tokens: who may ask the gateway over HTTP, and what they see.",
    no_args_is_help=True,
    epilog=EXIT_CODES,
)

ROLES = {role.name.lower(): role for role in Role}
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}
LASTS = re.compile(r"(?P<count>[1-9][0-9]{0,4})(?P<unit>[hd])", re.ASCII)
LONGEST_NAME = 64
"""Characters: it stands in each line of the audit."""

ClientsOption = Annotated[
    list[str] | None,
    typer.Option("--client", help="Show this client's only; may be given again.", metavar="ID"),
]
ServicesOption = Annotated[
    list[str] | None,
    typer.Option("--service", help="Show this service's only; may be given again.", metavar="ID"),
]
QueuesOption = Annotated[
    list[str] | None,
    typer.Option("--queue", help="Show this queue's only; may be given again.", metavar="NAME"),
]


@app.command()
@command
async def create(
    name: Annotated[str, typer.Option(help="Whose it is, as audit and list show it.")],
    role: Annotated[
        str,
        typer.Option(
            help="agent (own state and calls), supervisor (all agents and calls that it shows), "
            "administrator (everything) or shipper (ccgateway journal ship, nothing else)."
        ),
    ],
    agent: Annotated[
        str,
        typer.Option(help="The agent it stands for; the role agent needs one.", metavar="ID"),
    ] = "",
    client: ClientsOption = None,
    service: ServicesOption = None,
    queue: QueuesOption = None,
    expires: Annotated[
        str,
        typer.Option(help="It ends after this time, as 90d or 12h; if not given, never."),
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Make a token, and show it: this once, since its hash alone is kept.

    Without --client, --service and --queue a supervisor sees everything, and an agent what comes to
    the queues that the TOML file gives that agent. What is given must all be fulfilled.
    """
    settings = read(config)
    clients, services, queues = map(frozenset, (client or (), service or (), queue or ()))
    scope = Scope(clients, services, queues, agent)
    asked = _role(role)
    _check(settings, _name(name), asked, scope)
    ends = datetime.now(UTC) + _lasts(expires) if expires else None
    async with pool_of(settings) as pool:
        token, secret = await tokens.create(pool, name, asked, scope, expires_at=ends, by=getuser())
    link = f"{address_of(settings.web or settings.http)}/sign-in#{secret}"
    if json:
        signing_in = {} if asked is Role.SHIPPER else {"link": link}
        print_json({**_shown(token), "token": secret, **signing_in})
        return
    out.print(f"token {token.id} for {name}. It is not shown again:", markup=False)
    typer.echo(secret)
    if asked is Role.SHIPPER:
        out.print("For ccgateway journal ship --token-file, beside the remote Asterisk.")
        return
    out.print("Programs send it as Authorization: Bearer. A browser is signed in by:")
    typer.echo(link)


@app.command(name="list")
@command
async def list_(
    every: Annotated[
        bool, typer.Option("--all", help="Also those that were revoked or have run out.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """The tokens: role, what they show, until when, and when they were used last (which is written
    with a delay of a minute). The TOML file's own is not among them."""
    async with pool_of(read(config)) as pool:
        found = await tokens.list_tokens(pool, ended=every)
    if json:
        print_json([_shown(token) for token in found])
        return
    table = Table("id", "name", "role", "agent", "shows", "ends", "last used")
    for token in found:
        table.add_row(
            token.id,
            Text(token.name),
            token.role.name.lower(),
            token.scope.agent,
            Text(_limits(token)),
            _end(token),
            _when(token.used_at) or "never",
        )
    out.print(table)


@app.command()
@command
async def revoke(
    token: Annotated[str, typer.Argument(help="Its id, or its name.")],
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """End a token, and the sessions that began with it: within seconds, open pages too."""
    async with pool_of(read(config)) as pool:
        token_id = await tokens.revoke(pool, token, getuser())
    if json:
        print_json({"revoked": token_id})
    else:
        out.print(f"token {token_id} is revoked", markup=False)


def _name(name: str) -> str:
    """Raises Refused."""
    if not 1 <= len(name) <= LONGEST_NAME or name == CONFIGURED:
        raise Refused(
            f"--name: 1 to {LONGEST_NAME} characters, and not {CONFIGURED!r}, as the TOML file's "
            "own token is called"
        )
    return name


def _role(role: str) -> Role:
    """Raises Refused."""
    if role not in ROLES:
        raise Refused(f"--role: one of {', '.join(ROLES)}, not {role!r}")
    return ROLES[role]


def _lasts(expires: str) -> timedelta:
    """Raises Refused."""
    found = LASTS.fullmatch(expires)
    if found is None:
        raise Refused(f"--expires: a number with d or h, as 90d or 12h, not {expires!r}")
    return int(found["count"]) * UNITS[found["unit"]]


def _check(config: Config, name: str, role: Role, scope: Scope) -> None:
    """That the configuration has what the token names, and that the role allows it. Raises
    Refused."""
    if role is Role.SHIPPER and (scope.agent or not scope.is_all):
        raise Refused("a shipper sees nothing: no --agent, --client, --service or --queue")
    if role is Role.ADMINISTRATOR and not scope.is_all:
        raise Refused("an administrator sees everything: no --client, --service or --queue")
    if role is Role.AGENT and not scope.agent:
        raise Refused("--role agent needs --agent: whom the token stands for")
    _known("--agent", {scope.agent} - {""}, [agent.id for agent in config.agents])
    _known("--client", scope.clients, [client.id for client in config.clients])
    _known("--service", scope.services, [service.id for service in config.services])
    _known("--queue", scope.queues, [queue.name for queue in config.queues])


def _known(option: str, named: Collection[str], there: Sequence[str]) -> None:
    for name in sorted(named):
        if name not in there:
            shown = ", ".join(there) or "none is there"
            raise Refused(f"{option}: {name!r} is not in the configuration ({shown})")


def _shown(token: Token) -> dict[str, object]:
    scope = token.scope
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.name.lower(),
        "agent": scope.agent,
        "clients": sorted(scope.clients),
        "services": sorted(scope.services),
        "queues": sorted(scope.queues),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "used_at": token.used_at,
    }


def _limits(token: Token) -> str:
    scope = token.scope
    limits = (
        ("client", scope.clients),
        ("service", scope.services),
        ("queue", scope.queues),
    )
    said = [f"{what} {', '.join(sorted(names))}" for what, names in limits if names]
    otherwise = "the agent's queues" if token.role is Role.AGENT else "everything"
    return "; ".join(said) or otherwise


def _end(token: Token) -> str:
    if token.revoked_at is not None:
        return f"revoked {_when(token.revoked_at)}"
    return _when(token.expires_at) or "never"


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
