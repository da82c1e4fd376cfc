"""The commands, mounted."""

from __future__ import annotations

from typing import Annotated

import typer

from ccgateway import __version__
from ccgateway.cli import (
    agent,
    audit,
    backup,
    call,
    check,
    customer,
    demo,
    init,
    migrate,
    originate,
    reload,
    run,
    tail,
    token,
    uninstall,
    web,
)
from ccgateway.cli.common import EXIT_CODES

app = typer.Typer(
    name="ccgateway",
    help="The call-centre gateway that runs beside an Asterisk PBX, as its guest.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"ccgateway {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """The call-centre gateway that runs beside an Asterisk PBX, as its guest."""


app.command()(run.run)
app.command()(web.web)
app.command()(demo.demo)
app.command()(init.init)
app.command()(uninstall.uninstall)
app.command()(check.check)
app.command()(migrate.migrate)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(reload.reload)
app.command()(tail.tail)
app.command()(originate.originate)
app.command()(audit.audit)
app.add_typer(agent.app, name="agent")
app.add_typer(call.app, name="call")
app.add_typer(customer.app, name="customer")
app.add_typer(token.app, name="token")
