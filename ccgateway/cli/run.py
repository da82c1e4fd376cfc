"""``ccgateway run``: the gateway itself."""

from __future__ import annotations

import structlog

from ccgateway.cli.common import DEFAULT_CONFIG, ConfigOption, command, read
from ccgateway.log import configure

log = structlog.get_logger()


@command
async def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the gateway until SIGTERM or Ctrl-C.

    It brings the database to the newest schema, takes up the calls that are under way, and keeps
    trying where Asterisk cannot be reached. Callers reach the static fallback queue while it is
    not running. Logs go to stderr. SIGHUP reads the file again, as `ccgateway reload` does.

    A PostgreSQL by DSN that is not there yet is waited for, with warnings, for a minute; callers
    reach the static fallback queue meanwhile. Then it ends with exit code 4. An embedded one is
    started. One gateway runs with a state_dir: a second one is refused (3).
    """
    from ccgateway.app import serve  # noqa: PLC0415 - what all else that is typed need not wait for

    settings = read(config)
    configure(settings.log.format, settings.log.level)
    for warning in settings.warnings:
        log.warning("configuration", why=warning)
    await serve(settings, config)
