"""``ccgateway backup`` and ``restore``: the whole database."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Annotated

import typer

from ccgateway.cli.common import DEFAULT_CONFIG, ConfigOption, command, out, read
from ccgateway.cli.database import database_of
from ccgateway.config.fault import quoted
from ccgateway.errors import ConfigError
from ccgateway.postgres import dump
from ccgateway.state_dir import held

FileArgument = Annotated[Path, typer.Argument(help="The file; its folder must be there.")]


@command
async def backup(file: FileArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Write the whole database into a file, while the gateway runs or not.

    It is what [bold]pg_dump --format=custom[/bold] makes, of your PostgreSQL or the embedded one;
    pg_restore reads it. It holds people's numbers: nobody but you may read it. Configuration and
    secrets are not in it: copy the TOML file, and the files it names, too.
    """
    file = _checked(file)
    async with database_of(read(config)) as dsn:
        await dump.backup(dsn, file)
    out.print(f"{file}: {file.stat().st_size} bytes", markup=False, highlight=False)


@command
async def restore(file: FileArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Put the database back as a backup has it; what was written since is lost, but for the calls
    that Asterisk's journals still tell.

    Stop the gateway first. A backup of an older release is brought to the newest schema at the
    next start.
    """
    settings = read(config)
    file = _checked(file)
    if not file.is_file():
        raise ConfigError(f"{file}: there is no such file")
    with held(settings.gateway.state_dir):
        async with database_of(settings) as dsn:
            await dump.restore(dsn, file)
    out.print(f"restored from {file}", markup=False, highlight=False)


def _checked(file: Path) -> Path:
    """The whole path of a file that is or may be: pg_restore would take one that begins with - for
    an option. Raises ConfigError."""
    whole, said = file.absolute(), quoted(str(file))
    try:
        if stat.S_ISDIR(whole.stat().st_mode):
            raise ConfigError(f"{said} is a folder; name a file in it")
    except FileNotFoundError:
        return whole
    except OSError as error:
        raise ConfigError(f"{said} cannot be: {error.strerror}; name another file") from error
    return whole
