"""manager.conf: the AMI, and our user in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from ccgateway.ami.decode import ALWAYS
from ccgateway.ami.protocol import EVENTS
from ccgateway.ami.rights import READ, WRITE
from ccgateway.check.finding import Mend, Problem, command, warning
from ccgateway.check.lines import add, address_of, is_true, last, without
from ccgateway.check.system import Files, Pbx
from ccgateway.check.versions import EVENTFILTER
from ccgateway.conffile import Setting
from ccgateway.config import Config
from ccgateway.config.tables import NodeSettings

FILE = "manager.conf"
RELOAD = "manager reload"
DEFAULT_PORT = "5038"
DEFAULT_TLS_PORT = "5039"
DEFAULT_TIMEOUT = "100"
LEAST_TIMEOUT_MS = 1000
"""On a busy machine the reader can be late by more than the 100 ms of the default."""
OUR_TIMEOUT_MS = 5000
"""As `init` writes it: far more than our loop is ever late, far less than a dead link is kept."""
DANGEROUS = ("command", "system", "config", "all")
NEEDED = frozenset(EVENTS.split(","))

_STRUCTURED = re.compile(r"eventfilter\((?P<criteria>.*)\)", re.IGNORECASE)


def _user(pbx: Pbx) -> list[Setting]:
    """The lines of our user, in order: of two sections of the name the later lines count."""
    found = pbx.conf.of(FILE).named(pbx.node.username)
    return [setting for section in found for setting in section.settings]


def _of_user(pbx: Pbx, key: str) -> str | None:
    values = [s.value for s in _user(pbx) if s.key.lower() == key]
    return values[-1] if values else None


def _rights(text: str | None) -> frozenset[str]:
    rights = frozenset(part.strip().lower() for part in (text or "").split(",")) - {""}
    everything = frozenset(f"{READ},{WRITE}".split(","))
    return rights | everything if "all" in rights else rights


def _add(pbx: Pbx, *lines: str) -> Mend:
    return add(pbx.conf, FILE, pbx.node.username, *lines, reload=RELOAD)


def _general(files: Files, line: str) -> Mend:
    return add(files, FILE, "general", line, reload=RELOAD)


def manager_enabled(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Without the manager interface (AMI) the gateway hears nothing from Asterisk, and can tell it
    nothing: every caller takes the static branch."""
    if not is_true(last(pbx.conf, FILE, "general", "enabled")):
        yield Problem("the AMI is switched off", _general(pbx.conf, "enabled = yes"))


def manager_port(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The gateway connects to the port that its [[node]] names; Asterisk must listen there."""
    node = pbx.node
    port = plain_port(pbx.conf)
    if node.tls:
        said = _port_in(last(pbx.conf, FILE, "general", "tlsbindaddr"))
        if not is_true(last(pbx.conf, FILE, "general", "tlsenable")):
            yield Problem("the node has tls = true, and AMI has no TLS", _tls(pbx.conf, node))
        elif said != str(node.port) and port != str(node.port):  # ami-tls-port tells of the other
            what = f"AMI with TLS listens on port {said}, the gateway asks at {node.port}"
            yield Problem(what, _tls(pbx.conf, node))
    elif port != str(node.port):
        what = f"AMI listens on port {port}, the gateway asks at {node.port}"
        yield Problem(what, _general(pbx.conf, f"port = {node.port}"))


def plain_port(files: Files) -> str:
    """Where AMI without TLS listens."""
    return last(files, FILE, "general", "port") or DEFAULT_PORT


def tls_port(files: Files, node: NodeSettings) -> str:
    """Where AMI with TLS is to listen: as the node says, but where the other door is."""
    plain = plain_port(files)
    if plain != str(node.port):
        return str(node.port)
    there = _port_in(last(files, FILE, "general", "tlsbindaddr"))
    return there if there != plain else str(node.port + 1)


def _port_in(address: str | None) -> str:
    """The port of ``tlsbindaddr``, as ``0.0.0.0:5039`` or ``[::]:5039``."""
    host, _, port = (address or "").rpartition(":")
    return port if host and "[" not in port and port.isdigit() else DEFAULT_TLS_PORT


def _tls(files: Files, node: NodeSettings) -> Mend:
    host = address_of(node.host)
    host = f"[{host}]" if ":" in host else host
    lines = ("tlsenable = yes", f"tlsbindaddr = {host}:{tls_port(files, node)}")
    return add(files, FILE, "general", *lines, reload=RELOAD)


def manager_address(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The AMI must listen at the address that the gateway connects to."""
    bind = last(pbx.conf, FILE, "general", "bindaddr") or "0.0.0.0"  # noqa: S104 - its default
    host = "127.0.0.1" if pbx.node.host == "localhost" else pbx.node.host
    try:
        here, there = ip_address(bind), ip_address(host)
    except ValueError:  # a name: only a resolver knows
        return
    if not pbx.node.tls and not here.is_unspecified and here != there:
        what = f"AMI listens at {bind}, the gateway asks at {host}"
        yield Problem(what, _general(pbx.conf, f"bindaddr = {host}"))


def manager_timestamps(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Without timestampevents events have no time of their own: waits and talks are measured when
    we receive them, and a gateway that is late measures wrong."""
    if not is_true(last(pbx.conf, FILE, "general", "timestampevents")):
        yield Problem("events have no timestamp", _general(pbx.conf, "timestampevents = yes"))


def manager_logins(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """With allowmultiplelogin = no a gateway that comes back after a cut cable is kept out, until
    Asterisk notices that the old connection is dead; so is this check, while a gateway runs."""
    if (last(pbx.conf, FILE, "general", "allowmultiplelogin") or "yes").lower() == "no":
        line = _general(pbx.conf, "allowmultiplelogin = yes")
        yield warning("a user may log in only once at a time", line)


def manager_user(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The gateway logs in as an AMI user of its own, with no more rights than it needs."""
    node = pbx.node
    if not pbx.conf.of(FILE).named(node.username):
        secret = _secret(node)
        lines = (
            f"[{node.username}]",
            f"secret = {secret}",
            "deny = 0.0.0.0/0.0.0.0",
            f"permit = {_from(config)}",
            f"read = {READ}",
            f"write = {WRITE}",
            f"writetimeout = {OUR_TIMEOUT_MS}",
        )
        then = _general(pbx.conf, "").then
        mend = Mend(lines, pbx.conf.home[FILE], then=then, secret=secret)
        yield Problem(f"there is no AMI user {node.username}", mend)


def _secret(node: NodeSettings) -> str:
    """The secret as manager.conf has it: a ; begins a comment."""
    return node.secret.get_secret_value().replace(";", r"\;")


def _from(config: Config) -> str:
    """Where the gateway comes from, as far as the TOML tells."""
    return _alone(ip_address(address_of(config.agi.listen)))


def _alone(address: IPv4Address | IPv6Address) -> str:
    return f"{address}/{'255.255.255.255' if isinstance(address, IPv4Address) else '128'}"


def manager_secret(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """With another secret than the TOML's, Asterisk refuses the gateway, and logs an attack."""
    if _user(pbx) and _of_user(pbx, "secret") != pbx.node.secret.get_secret_value():
        secret = _secret(pbx.node)
        lines = _add(pbx, f"secret = {secret}")
        mend = Mend(lines.lines, lines.file, then=lines.then, secret=secret)
        yield Problem(f"the secret of {pbx.node.username} is not that of the [[node]]", mend)


def manager_permit(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """permit and deny say who may log in as this user; of all lines that match, the last counts."""
    try:
        ours = ip_address("127.0.0.1" if pbx.node.host == "localhost" else pbx.node.host)
    except ValueError:
        return
    if not ours.is_loopback:  # from which address we come to another machine, it alone knows
        return
    allowed = True
    for setting in _user(pbx):
        if setting.key.lower() in ("permit", "deny"):
            for network in setting.value.split(","):  # with ! it is the other way round
                if _holds(network.strip().removeprefix("!"), str(ours)):
                    allowed = (setting.key.lower() == "permit") != network.strip().startswith("!")
    if not allowed:
        what = f"{pbx.node.username} may not log in from this machine, {ours}"
        yield Problem(what, _add(pbx, f"permit = {_alone(ours)}"))


def _holds(network: str, address: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False


def manager_read(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Events of a class that the user may not read never come, and nothing says so: calls would be
    missing in the record, or have no end."""
    missing = NEEDED - _rights(_of_user(pbx, "read"))
    if _user(pbx) and missing:
        what = f"{pbx.node.username} may not read {', '.join(sorted(missing))}"
        yield Problem(what, _add(pbx, f"read = {READ}"))


def manager_write(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Without them Asterisk refuses the heartbeat, the queues' members, the snapshot after a
    reconnect, or calls by click."""
    missing = set(WRITE.split(",")) - _rights(_of_user(pbx, "write"))
    if _user(pbx) and missing:
        what = f"{pbx.node.username} may not write {', '.join(sorted(missing))}"
        yield Problem(what, _add(pbx, f"write = {WRITE}"))


def manager_rights_narrow(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A guest needs no shell: who steals a secret with command, system or config to write owns the
    PBX. The gateway uses none of them."""
    write = (_of_user(pbx, "write") or "").lower().replace(" ", "").split(",")
    wide = [right for right in DANGEROUS if right in write]
    if wide:
        what = f"{pbx.node.username} may write {', '.join(wide)}, which the gateway never needs"
        yield warning(what, _add(pbx, f"write = {WRITE}"))


def manager_timeout(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Asterisk cuts off a reader that takes longer than writetimeout: then everything of the
    meantime must be repaired by a snapshot, and its calls are marked partial."""
    timeout = _of_user(pbx, "writetimeout") or DEFAULT_TIMEOUT
    if _user(pbx) and (not timeout.isdigit() or int(timeout) < LEAST_TIMEOUT_MS):
        what = f"writetimeout is {timeout} ms"
        yield Problem(what, _add(pbx, f"writetimeout = {OUR_TIMEOUT_MS}"))


def manager_filters(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """An eventfilter drops events before they reach the gateway, and nothing says so. One that
    includes some drops all others."""
    for setting in _user(pbx):
        if setting.key.lower().startswith("eventfilter") and (hidden := _hides(setting)):
            yield Problem(
                f"an eventfilter hides {hidden}", without(pbx.conf, setting, reload=RELOAD)
            )


def _hides(setting: Setting) -> str:
    """What a filter takes from us; '' for nothing. Both of Asterisk's forms."""
    structured = _STRUCTURED.fullmatch(setting.key.strip())
    if structured:
        criteria = structured["criteria"].replace(" ", "")
        if "action(exclude)" not in criteria:
            return "all events but those it includes"
        name = re.search(r"name\(([^)]*)\)", criteria)
        hidden = {name[1]} & ALWAYS if name else frozenset(ALWAYS)
        return ", ".join(sorted(hidden))
    if not setting.value.startswith("!"):
        return "all events but those it includes"
    try:
        pattern = re.compile(setting.value[1:])
    except re.error:  # POSIX has forms that Python has not
        return ""
    return ", ".join(sorted(name for name in ALWAYS if pattern.search(f"Event: {name}")))


def manager_filter_form(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The form eventfilter(...) is known from Asterisk 18.26, 20.11, 21.6 and 22.1 on; older ones
    pass it over without a word."""
    version = (pbx.running.version if pbx.running else None) or pbx.ami.version
    if not version or EVENTFILTER.works_on(version):
        return
    for setting in _user(pbx):
        if _STRUCTURED.fullmatch(setting.key.strip()):
            what = f"Asterisk {version} does not know {setting.key}"
            yield warning(what, without(pbx.conf, setting, reload=RELOAD))


def secrets_kept(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Who reads the AMI's secret, or the AGI's, can act as the gateway."""
    places = [s.place.file for s in _user(pbx) if s.key.lower() == "secret"]
    for section in pbx.conf.of("extensions.conf").named("globals"):
        places += [s.place.file for s in section.settings if s.key == "CCG_AGI_SECRET"]
    for file in dict.fromkeys(places):
        if pbx.conf.modes.get(file, 0) & 0o007:
            name = shlex.quote(str(file))
            group = '"$(ps -o group= -C asterisk | head -n 1)"'  # whose it must stay to read
            mend = command(f"chgrp {group} {name} && chmod g+r,o= {name}")
            yield warning(f"others may read {file}", mend)
