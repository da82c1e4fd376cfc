"""``ccgateway web``: the web side as a process of its own."""

from __future__ import annotations

import structlog

from ccgateway.cli.common import DEFAULT_CONFIG, ConfigOption, command, read
from ccgateway.cli.gateway import client_of
from ccgateway.log import configure

log = structlog.get_logger()


@command
async def web(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Serve page, API and live feed from a process of its own, until SIGTERM or Ctrl-C.

    It listens where [bold]\\[web][/bold] of the TOML file says, follows the gateway of the same
    file at [bold]\\[http][/bold], and needs its PostgreSQL. A hundred watchers, long lists of calls
    and attacks on its port then take none of the gateway's time. Where the gateway is away the page
    says so, and history is still read; where this process ends, calls do not notice.

    Where [bold]\\[http][/bold] or [bold]\\[web][/bold] changed, start it anew.
    """
    from ccgateway.web_process import serve_web  # noqa: PLC0415 - as in run.py

    settings = read(config)
    configure(settings.log.format, settings.log.level)
    for warning in settings.warnings:
        log.warning("configuration", why=warning)
    async with client_of(config, "") as gateway:
        await serve_web(settings, gateway)
