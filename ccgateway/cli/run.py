"""``ccgateway run``: the gateway itself."""

from __future__ import annotations

from ccgateway.app import serve
from ccgateway.cli.common import DEFAULT_CONFIG, ConfigOption, command, read
from ccgateway.log import configure


@command
async def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the gateway until SIGTERM or Ctrl-C.

    It brings the database to the newest schema, takes up the calls that are under way, and keeps
    trying where Asterisk cannot be reached. Callers reach the static fallback queue while it is
    not running. Logs go to stderr.
    """
    settings = read(config)
    configure(settings.log.format, settings.log.level)
    await serve(settings)
