"""This machine, and the gateway on it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from ipaddress import ip_address

from ccgateway.check.finding import Problem, Unseen, command, warning
from ccgateway.check.lines import address_of, in_toml
from ccgateway.check.manager import FILE, plain_port, tls_port
from ccgateway.check.system import System, seen
from ccgateway.config import Config
from ccgateway.postgres.spool import ALARM_AT

LOW_BYTES = 1 << 30
FULL_BYTES = 200 << 20
"""A busy day's facts; the embedded PostgreSQL stops at a full disk."""
LEAST_SPOOL_MB = 16
"""The least that the TOML allows."""
NARROW_BITS = 8
"""A network with fewer bits before the slash is nobody's own."""


def _config(system: System) -> Config:
    return seen(system.config, "the configuration is wrong")


def configuration(system: System) -> Iterator[Problem]:
    """The gateway starts with a whole configuration only; a broken one is refused."""
    for fault in system.faults:
        yield Problem(str(fault))


def configuration_kept(system: System) -> Iterator[Problem]:
    """The TOML holds the secrets of AMI, AGI and API: who reads it can act as the gateway."""
    for text in _config(system).warnings:
        file = shlex.quote(str(system.file))  # the gateway's user must still read it
        yield warning(text, command(f"chgrp ccgateway {file} && chmod g+r,o= {file}"))


def configuration_readable(system: System) -> Iterator[Problem]:
    """The service runs as the user ccgateway, who must be able to read the TOML: else it does not
    start."""
    if system.host.readable is None:
        raise Unseen("our systemd unit has another file, or its user ccgateway is not there")
    if not system.host.readable:
        file = shlex.quote(str(system.file))
        mend = command(f"chgrp ccgateway {file} && chmod g+r {file}")
        yield Problem(f"the user ccgateway may not read {system.file}", mend)


def journals_readable(system: System) -> Iterator[Problem]:
    """The gateway is not ready, and says so, where it may not read the journals of the Asterisk
    beside it: what it does not hear, while it is away or cut off, would be in no record."""
    closed = system.host.closed
    if closed is None:
        raise Unseen("our systemd unit has another file, or its user ccgateway is not there")
    for path, group in closed.items():
        line = f"chmod o+rX {shlex.quote(str(path))}"
        if group:
            line = f"usermod --append --groups {group} ccgateway && systemctl restart ccgateway"
        yield warning(f"the user ccgateway may not read {path}", command(line))


def agi_open_to_asterisk(system: System) -> Iterator[Problem]:
    """The gateway answers AGI only from the networks of agi.allow: Asterisk's must be among them,
    else every caller takes the static branch."""
    config = _config(system)
    for node in config.nodes:
        here = node.host == "localhost" or node.host in system.host.addresses
        try:  # who asks at an address of his own machine comes from there
            host = ip_address(address_of(config.agi.listen) if here else node.host)
        except ValueError:
            continue
        if not any(host in network for network in config.agi.allow):
            nets = ", ".join(f'"{net}"' for net in [*config.agi.allow, _alone(str(host))])
            mend = in_toml(system.file, ("agi", "allow"), f"allow = [{nets}]")
            yield Problem(f"agi.allow keeps out {host}, the Asterisk {node.name}", mend)


def _alone(host: str) -> str:
    return f"{host}/128" if ":" in host else f"{host}/32"


def agi_closed_to_others(system: System) -> Iterator[Problem]:
    """Who may ask over AGI learns callers' names and acts for agents: the secret alone is a thin
    door, for Asterisk writes it into its logs."""
    config = _config(system)
    if any(network.prefixlen < NARROW_BITS for network in config.agi.allow):
        mend = in_toml(system.file, ("agi", "allow"), 'allow = ["127.0.0.1/32"]')
        yield warning("agi.allow lets in whole continents", mend)


def ami_private(system: System) -> Iterator[Problem]:
    """Over a network without TLS the AMI's secret, callers' numbers and names can be read by all
    who are on the way."""
    for number, node in enumerate(_config(system).nodes):
        try:
            local = ip_address(node.host).is_loopback
        except ValueError:
            local = node.host == "localhost"
        if not local and not node.tls and node.host not in system.host.addresses:
            mend = in_toml(system.file, ("node", number, "tls"), "tls = true")
            yield warning(f"AMI of {node.host} goes over the network in the clear", mend)


def ami_tls_port(system: System) -> Iterator[Problem]:
    """Asterisk's AMI without TLS and with it are two doors: one port cannot be both's, and the
    gateway would talk TLS to the one that does not."""
    for number, node in enumerate(_config(system).nodes):
        files = next((pbx.files for pbx in system.pbxes if pbx.node == node), None)
        if not node.tls or files is None or FILE in files.unread:
            continue
        if plain_port(files) == str(node.port):
            what = f"node {node.name} has tls = true and the port of AMI without TLS, {node.port}"
            mend = in_toml(system.file, ("node", number, "port"), f"port = {tls_port(files, node)}")
            yield Problem(what, mend)


def zones_fit(system: System) -> Iterator[Problem]:
    """Opening hours are in the service's time zone, numbers of its country: a zone of another
    country is mostly a slip, by which the service opens at night."""
    zones = seen(system.host.zones or None, "this machine has no table of zones and countries")
    for number, service in enumerate(_config(system).services):
        here = zones.get(service.country, frozenset())
        known = any(service.timezone.key in of for of in zones.values())
        if here and known and service.timezone.key not in here:
            what = f"{service.id} is in {service.country}, its time zone {service.timezone.key} not"
            key, value = "timezone", min(here)
            if not any(did.startswith("+") for did in service.dids):  # nothing proves the country
                key = "country"
                value = min(name for name, of in zones.items() if service.timezone.key in of)
            mend = in_toml(system.file, ("service", number, key), f'{key} = "{value}"')
            yield warning(what, mend)


def disk_has_room(system: System) -> Iterator[Problem]:
    """On a full disk PostgreSQL stops, and the record with it."""
    free = system.host.free_bytes
    if free < LOW_BYTES:
        mount = shlex.quote(str(system.host.mount))
        what = (
            f"{free >> 20} MB are free where state_dir is; what takes the most: "
            f"du -xh --max-depth=3 {mount} | sort -h | tail"
        )
        yield Problem(what) if free < FULL_BYTES else warning(what)


def spool_has_room(system: System) -> Iterator[Problem]:
    """While PostgreSQL is away the record waits on this disk, up to spool_mb: where that has no
    room, it ends sooner, and facts are lost."""
    allowed = _config(system).database.spool_mb << 20
    room = system.host.free_bytes + system.host.spool_size
    if room < allowed:
        what = f"{room >> 20} MB are there for the spool, spool_mb is {allowed >> 20}"
        line = f"spool_mb = {max((room - FULL_BYTES) >> 20, LEAST_SPOOL_MB)}"
        yield warning(what, in_toml(system.file, ("database", "spool_mb"), line))


def spool_empty(system: System) -> Iterator[Problem]:
    """What waits on disk is not in PostgreSQL: calls are missing there until it is written."""
    held, allowed = system.host.spool_bytes, _config(system).database.spool_mb << 20
    if held:
        what = (
            f"the spool is {held / allowed:.0%} full ({held >> 20} of {allowed >> 20} MB): "
            f"PostgreSQL is away, or was until now"
        )
        yield Problem(what) if held >= ALARM_AT * allowed else warning(what)


def state_dir_kept(system: System) -> Iterator[Problem]:
    """state_dir holds the embedded database and what was not written yet: in memory it is gone
    after a restart."""
    if system.host.in_memory:
        line = 'state_dir = "/var/lib/ccgateway"'
        mend = in_toml(system.file, ("gateway", "state_dir"), line)
        yield warning("state_dir is in memory (tmpfs)", mend)


def state_dir_writable(system: System) -> Iterator[Problem]:
    """The gateway must be able to write in state_dir, else it does not start."""
    if system.host.writable is None:
        raise Unseen("state_dir is not there yet (the first start makes it), or is not to be seen")
    if not system.host.writable:
        folder = shlex.quote(str(_config(system).gateway.state_dir))
        yield Problem("state_dir cannot be written to", command(f"chown ccgateway: {folder}"))


def clock_kept(system: System) -> Iterator[Problem]:
    """Calls are told by the clock; without NTP it drifts away from Asterisk's and PostgreSQL's."""
    if system.host.synchronised is None:
        raise Unseen("nothing here tells whether the clock is kept by NTP")
    if not system.host.synchronised:
        yield warning("the clock is not kept by NTP", command("timedatectl set-ntp true"))


def ports_free(system: System) -> Iterator[Problem]:
    """The gateway does not start where another program has its port."""
    for name, port in system.host.taken.items():
        table, _, key = name.partition(".")
        mend = in_toml(system.file, (table, key), f"{key} = {port + 1}")
        yield Problem(f"port {port} ({name}) is another program's", mend)


def gateway_ready(system: System) -> Iterator[Problem]:
    """A gateway that runs, and is not ready, leaves callers to the static branch, or the record to
    the spool."""
    if not system.gateway.running:
        raise Unseen("no gateway runs here now")
    for part in system.gateway.not_ready:
        yield Problem(f"the gateway that runs is not ready: {part}")
