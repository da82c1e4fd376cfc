"""The AMI as it answers, and the running Asterisk behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ccgateway.ami.nodetime import SKEW
from ccgateway.ami.rights import READ, WRITE
from ccgateway.check.finding import Mend, Problem, Unseen, command, warning
from ccgateway.check.lines import add, rx
from ccgateway.check.manager import FILE, NEEDED, RELOAD
from ccgateway.check.system import Pbx
from ccgateway.check.versions import DIALPLAN, RISKS, Version
from ccgateway.config import Config

THERE = f"asterisk -rx '{RELOAD}'"
"""On Asterisk's own machine."""


def ami_answers(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The gateway lives by the AMI: without it there are no agents in the queues, no record, and
    every caller takes the static branch."""
    ami = pbx.ami
    if not ami.problem:
        return
    what = f"{pbx.node.host}:{pbx.node.port}: {ami.problem}"
    if ami.refused:
        mend = command(rx(pbx.files, RELOAD)) if pbx.files else None
        yield Problem(f"{what} (user {pbx.node.username})", mend)
    elif pbx.files:
        runs = pbx.running is not None  # and has not read what manager.conf says now
        mend = command(rx(pbx.files, RELOAD) if runs else "systemctl start asterisk")
        yield Problem(what, mend, away=True)
    else:
        yield Problem(what, away=True)


def ami_rights(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """What counts are the rights that Asterisk has loaded: of a missing one nothing tells but
    silence."""
    missing = pbx.manager.missing
    if not missing:
        return
    lines = []
    if any(right.startswith("read ") for right in missing):
        lines.append(f"read = {READ}")
    if any(right.startswith("write ") for right in missing):
        lines.append(f"write = {WRITE}")
    what = f"{pbx.node.username} was found to lack: {', '.join(sorted(missing))}"
    if pbx.files and FILE not in pbx.files.unread:
        yield Problem(what, add(pbx.files, FILE, pbx.node.username, *lines, reload=RELOAD))
    else:
        yield Problem(what, Mend((f"[{pbx.node.username}](+)", *lines), Path(FILE), then=THERE))


def ami_user_loaded(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A user, or a right, that stands in manager.conf counts only once Asterisk has read it."""
    user = pbx.console.users.get(pbx.node.username)
    written = bool(pbx.conf.of(FILE).named(pbx.node.username))
    reload = command(rx(pbx.conf, RELOAD))
    if user is None:
        if written:
            yield Problem(f"Asterisk has not read the user {pbx.node.username}", reload)
        return
    missing = NEEDED - user[0] if "all" not in user[0] else frozenset()
    if missing and written:
        yield Problem(f"Asterisk lets {pbx.node.username} not read {', '.join(missing)}", reload)


def clocks_agree(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Where Asterisk's clock and ours are apart, events of one call are told in two times, and the
    record's waits are wrong by as much."""
    offset = pbx.manager.offset
    if offset is None:
        raise Unseen("Asterisk did not tell its time")
    if abs(offset) > SKEW.total_seconds():
        what = (
            f"Asterisk's clock is {abs(offset):.1f} s {'ahead of' if offset > 0 else 'behind'} ours"
        )
        yield Problem(what, command("timedatectl set-ntp true"))


def asterisk_version(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Our dialplan calls functions and applications that older versions do not have: its line fails
    there, and the caller with it."""
    version = _version(pbx)
    for since in DIALPLAN:
        if not since.works_on(version):
            what = f"Asterisk {version} has no {since.name}: {since.serves}"
            yield Problem(f"{what}; upgrade it: {since.told} have it")


def asterisk_risks(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Some versions have faults that take calls down; what triggers them is kept off here, and had
    better not be used by others either."""
    version = _version(pbx)
    for risk in RISKS:
        if version == risk.version:
            yield warning(f"Asterisk {version}: {risk.what}; upgrade to {risk.instead}")


def _version(pbx: Pbx) -> Version:
    found = (pbx.running.version if pbx.running else None) or pbx.ami.version
    if found is None:
        raise Unseen("neither AMI nor the console tells the version")
    return found
