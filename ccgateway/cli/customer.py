"""``ccgateway customer``: our own customer table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

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
from ccgateway.errors import Refused
from ccgateway.postgres import customers
from ccgateway.routing.service import Service
from ccgateway.telephony.numbers import normalise

LONGEST_NAME = 100
"""Characters, as an agent's in the TOML file; a phone's display shows 40."""

app = typer.Typer(
    help="Customers: who calls, by client and number.", no_args_is_help=True, epilog=EXIT_CODES
)


@app.command(name="list")
@command
async def list_(
    config: ConfigOption = DEFAULT_CONFIG,
    client: Annotated[str, typer.Option(help="Of this client only.")] = "",
    json: JsonOption = False,
) -> None:
    """The customers, by name."""
    async with pool_of(read(config)) as pool:
        found = await customers.list_customers(pool, client or None)
    if json:
        print_json([asdict(customer) for customer in found])
        return
    table = Table("client", "number", "name", "language", "priority", "blocked")
    for customer in found:
        table.add_row(
            customer.client,
            customer.number,
            Text(customer.name),
            customer.language,
            str(customer.priority),
            "blocked" if customer.blocked else "",
        )
    out.print(table)


@app.command(name="set")
@command
async def set_(
    number: Annotated[str, typer.Argument(help="The telephone number.")],
    client: Annotated[str, typer.Option(help="The client whose customer it is.")],
    name: Annotated[str, typer.Option(help="The customer's name, as Station 17.")],
    country: Annotated[
        str,
        typer.Option(
            help="Of a number without country code, as FI; that of the client's services, if they "
            "have one in common.",
            show_default=False,
        ),
    ] = "",
    language: Annotated[str, typer.Option(help="Of Asterisk's sounds, as en or pt_BR.")] = "",
    priority: Annotated[int, typer.Option(min=0, max=1000, help="Added to the service's.")] = 0,
    blocked: Annotated[bool, typer.Option(help="Refuse their calls.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Add a customer, or change the one with this number."""
    settings = read(config)
    clients = [known.id for known in settings.clients]
    if client not in clients:
        raise Refused(f"no client {client!r} in {config}; there are {', '.join(clients)}")
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refused(f"--name: 1 to {LONGEST_NAME} characters, not {len(name)}")
    home = country or _home(settings.services, client)
    if not home and not number.strip().startswith("+"):
        raise Refused(f"{number!r} has no country code: give it, or --country")
    e164 = normalise(number, home)
    if e164 is None or not e164.startswith("+"):
        raise Refused(f"{number!r} is no telephone number{f' of {home}' if home else ''}")
    async with pool_of(settings) as pool:
        customer = await customers.upsert(
            pool, client, e164, name, language=language, priority=priority, blocked=blocked
        )
    if json:
        print_json(asdict(customer))
    else:
        out.print(f"customer {customer.id}: {customer.number} {customer.name}", markup=False)


def _home(services: Iterable[Service], client: str) -> str:
    """The country of the client's services; '' where they have none in common."""
    countries = {service.country for service in services if service.client == client}
    return countries.pop() if len(countries) == 1 else ""
