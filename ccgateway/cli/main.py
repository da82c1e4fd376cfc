"""The commands, mounted."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ccgateway import __version__
from ccgateway.cli.common import EXIT_CODES

COMMANDS = {
    "run": "run",
    "web": "web",
    "demo": "demo",
    "init": "init",
    "uninstall": "uninstall",
    "check": "check",
    "migrate": "migrate",
    "backup": "backup",
    "restore": "backup",
    "reload": "reload",
    "tail": "tail",
    "originate": "originate",
    "audit": "audit",
    "replay": "replay",
    "capture": "capture",
    "agent": "agent",
    "call": "call",
    "customer": "customer",
    "journal": "journal",
    "token": "token",
}
"""Each in the order of the help, and its file beside this one: there it is a function of that name,
or `app`, which has commands of its own."""


class Named(TyperGroup):
    """Loads what is typed and no more: all that the others need would double a command's time, and
    stay in the gateway's memory. For the help, and for who mistypes, it loads all."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        for name in [cmd_name] if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                self.commands[name] = _load(name)
        return self.commands.get(cmd_name)


def _load(name: str) -> Any:
    """A click command; typer has a click of its own within it, which has no public name."""
    module = import_module(f"ccgateway.cli.{COMMANDS[name]}")
    alone = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    alone.callback()(lambda: None)
    if hasattr(module, "app"):
        alone.add_typer(module.app, name=name)
    else:
        alone.command(name)(getattr(module, name))
    return typer.main.get_group(alone).commands[name]


app = typer.Typer(
    name="ccgateway",
    cls=Named,
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
