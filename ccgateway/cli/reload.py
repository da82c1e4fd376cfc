"""``ccgateway reload``: the running gateway reads its file again."""

from __future__ import annotations

import typer

from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    command,
    out,
    print_json,
)
from ccgateway.cli.gateway import TokenFileOption, UrlOption, client_of
from ccgateway.errors import NoGateway, Refused

BY_SIGNAL = (
    "where [http] itself is what you changed, the gateway still listens by the old one: let it "
    "read the file by systemctl reload ccgateway, or kill -HUP"
)


@command
async def reload(
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Let the running gateway read its TOML file again, without dropping a call.

    What changed is printed, a line each. Ports, the database and the addresses of Asterisks need a
    restart, which is said; until then the old goes on. A faulty file is refused (exit code 2), and
    nothing changes. Agents who are taken out of the file are logged out; their talks go on.

    The same by a signal: systemctl reload ccgateway, or kill -HUP; the log has the lines then.
    """
    try:
        async with client_of(config, url, token_file) as gateway:
            changes = await gateway.reload()
    except Refused as error:
        raise Refused(f"{error}; {BY_SIGNAL}") from error
    except NoGateway as error:
        raise NoGateway(f"{error}; {BY_SIGNAL}") from error
    if json:
        print_json(changes)
        return
    for change in changes:
        restart = " (needs a restart)" if change["restart"] else ""
        line = f"{change['where']}: {change['what']}{restart}"
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    if not changes:
        typer.echo("nothing changed")
