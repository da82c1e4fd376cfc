"""``ccgateway uninstall``: the guest leaves, and the house is as it was."""

from __future__ import annotations

from pathlib import Path

from ccgateway.cli.common import DEFAULT_CONFIG, ConfigOption, command
from ccgateway.cli.guest import (
    ApplyOption,
    EtcOption,
    ReloadOption,
    RootOption,
    readable,
    say,
    show,
    tell_asterisk,
)
from ccgateway.guest.asterisk import find
from ccgateway.guest.leave import leave
from ccgateway.guest.write import carry_out, drop_backups


@command
async def uninstall(
    etc: EtcOption = None,
    root: RootOption = Path("/"),
    config: ConfigOption = DEFAULT_CONFIG,
    apply: ApplyOption = False,
    reload: ReloadOption = False,
) -> None:
    """Take ccgateway out of this machine's Asterisk.

    Without [bold]--apply[/bold] it changes nothing, and shows what it would do. Afterwards
    Asterisk's files are byte for byte as they were before [bold]ccgateway init[/bold]; what you
    have changed in them since stays. The backups that are the same as the files go too. The TOML,
    PostgreSQL's data and Asterisk's journal of calls stay.

    Send your callers elsewhere first: lines of your own that lead to ccg-... contexts stay.
    """
    with readable():
        asterisk = find(etc, root)
        plan = leave(asterisk)
    show(plan, asterisk)
    if not apply:
        if not plan.is_empty:
            say("Nothing is changed yet: --apply does it.")
        return
    carry_out(plan, None)  # his own lines stay as they are: there is nothing to lose
    kept = drop_backups([change for change in plan.changes if change.path.parent == asterisk.etc])
    for backup in kept:
        say(f"{backup} stays: the file was changed since")
    if config.exists():
        say(f"{config} stays")
    tell_asterisk(asterisk, plan, reload=reload)
