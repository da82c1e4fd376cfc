"""``ccgateway init``: this machine's Asterisk gets its guest."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

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
from ccgateway.errors import ConfigError
from ccgateway.guest.answers import Answers, checked_phone
from ccgateway.guest.arrive import Here, arrive, look_around
from ccgateway.guest.asterisk import Asterisk, find
from ccgateway.guest.fault import NoAsterisk
from ccgateway.guest.first import First, country_at, country_of, timezone_of
from ccgateway.guest.phones import Phone
from ccgateway.guest.snippets import LOOPBACK
from ccgateway.guest.write import carry_out

ALL = "all"
FALLBACK = "ccg-fallback"
AMI_PORT = 5038
"""Asterisk's, where manager.conf says none."""


@command
async def init(
    did: Annotated[
        list[str] | None,
        typer.Option(help="A number that callers dial, as your trunk says it. Repeat it."),
    ] = None,
    phone: Annotated[
        list[str] | None,
        typer.Option(help="An agent's phone, as PJSIP/101; or 'all' that are found. Repeat it."),
    ] = None,
    trunk_context: Annotated[
        str, typer.Option(help="The context that your trunk's callers arrive in.")
    ] = "",
    phones_context: Annotated[
        str, typer.Option(help="The context that the agents' phones dial in.")
    ] = "",
    trunk: Annotated[
        str, typer.Option(help="How the outside is dialled, as PJSIP/NUMBER@trunk.")
    ] = "",
    fallback_queue: Annotated[
        str, typer.Option(help="A queue of yours, with static members, for when we are away.")
    ] = FALLBACK,
    fallback: Annotated[
        list[str] | None,
        typer.Option(help="A phone in the fallback queue that is made for you; else all agents'."),
    ] = None,
    timezone: Annotated[str, typer.Option(help="As Europe/Helsinki; else the machine's.")] = "",
    country: Annotated[str, typer.Option(help="As FI; else the numbers', or the zone's.")] = "",
    node: Annotated[str, typer.Option(help=r"Which \[\[node]] of the TOML this Asterisk is.")] = "",
    etc: EtcOption = None,
    root: RootOption = Path("/"),
    config: ConfigOption = DEFAULT_CONFIG,
    apply: ApplyOption = False,
    reload: ReloadOption = False,
) -> None:
    """Make ccgateway a guest of this machine's Asterisk.

    Without [bold]--apply[/bold] it writes nothing, and shows what it would write: one line in each
    of Asterisk's files (in FreePBX's and Issabel's *_custom.conf), which includes a file of ours in
    /etc/asterisk/ccgateway/; and a TOML file, where there is none. What is not said is found in
    pjsip.conf, or asked for. [bold]ccgateway uninstall[/bold] takes it all out.

    Run it again after each change of the TOML that Asterisk must know of: queues, numbers, agents'
    phones, secrets. What was said once need not be said again. The second run changes nothing.
    """
    with readable():
        here = look_around(_asterisk(etc, root), config)
    said = Answers(trunk_context, phones_context, trunk, tuple(fallback or ()))
    first = None
    if here.config is None:
        dids = did or _asked("The numbers that callers dial, with blanks between them", "--did")
        zone = timezone or timezone_of()
        first = First(
            dids=dids,
            agents=_agents(here, phone),
            timezone=zone,
            country=country or country_of(dids) or country_at(zone) or "US",
            ami_host=_ami_host(here),
            ami_port=_ami_port(here),
            fallback_queue=fallback_queue,
            journals=str(here.asterisk.log),
        )
    else:
        _not_twice(
            config,
            dids=did,
            agents=phone,
            timezone=timezone,
            country=country,
            fallback_queue=fallback_queue if fallback_queue != FALLBACK else "",
        )
    with readable():
        plan = arrive(here, said, first, node)
    show(plan, here.asterisk)
    if not apply:
        if not plan.is_empty:
            say("Nothing is written yet: --apply does it.")
        return
    carry_out(plan, datetime.now(UTC))
    tell_asterisk(here.asterisk, plan, reload=reload)


def _not_twice(config: Path, **said: object) -> None:
    """Raises ConfigError for what goes into a first TOML only, and there is one."""
    if names := [name for name, value in said.items() if value]:
        raise ConfigError(f"{config} is there already: write {', '.join(names)} into it")


def _asterisk(etc: Path | None, root: Path) -> Asterisk:
    """The Asterisk that is found, or that the administrator says."""
    try:
        return find(etc, root)
    except NoAsterisk:
        if etc or not sys.stdin.isatty():
            raise
    return find(Path(typer.prompt("The folder of Asterisk's configuration")), root)


def _agents(here: Here, given: list[str] | None) -> list[Phone]:
    """The agents' phones, with the names that pjsip.conf has for them."""
    found = {phone.interface: phone for phone in here.phones}
    if not given:
        said = f" (found: {', '.join(found)})" if found else ""
        question = f"The agents' phones, as PJSIP/101, with blanks between them{said}"
        given = _asked(question, "--phone", f"--phone {ALL}{said}" if found else "")
    if given == [ALL]:
        given = list(found)
    return [found.get(phone) or Phone(checked_phone("--phone", phone), "", "") for phone in given]


def _asked(question: str, option: str, or_else: str = "") -> list[str]:
    """What the administrator answers. Raises ConfigError where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise ConfigError(f"{question}: say them by {' or '.join(filter(None, (option, or_else)))}")
    answer: str = typer.prompt(question)
    return answer.replace(",", " ").split()


def _ami_host(here: Here) -> str:
    """Where AMI is to be found from this machine."""
    try:
        address = ip_address(here.his["manager.conf"].get("general", "bindaddr") or LOOPBACK)
    except ValueError:  # a name, which Asterisk looks up
        return LOOPBACK
    return LOOPBACK if address.is_unspecified else str(address)


def _ami_port(here: Here) -> int:
    said = here.his["manager.conf"].get("general", "port") or ""
    return int(said) if said.isdecimal() else AMI_PORT
