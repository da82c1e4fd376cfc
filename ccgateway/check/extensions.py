"""extensions.conf: our dialplan, included and loaded, and the globals that it is set up by."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from ccgateway.check.dialplan import OURS, Dialplan
from ccgateway.check.finding import Mend, Problem, Unseen, command, warning
from ccgateway.check.lines import add, address_of, first, instead, is_address, is_true, rx, write
from ccgateway.check.system import Pbx
from ccgateway.conffile import read
from ccgateway.config import Config
from ccgateway.shipped import shipped

FILE = "extensions.conf"
RELOAD = "dialplan reload"
FEATURES = "ccg-features.conf"
DEFAULT_PORT = 4573
INCLUDE = "#include ccgateway/ccgateway.conf"
NUMBER = "NUMBER"
"""The word that stands for the number in CCG_TRUNK."""


def shipped_contexts() -> frozenset[str]:
    """The names of the contexts of our dialplan."""
    files = [f for f in shipped("dialplan").glob("ccg-*.conf") if f.name != FEATURES]
    return frozenset(s.name for file in files for s in read(file).sections)


def globals_of(pbx: Pbx) -> Mapping[str, str]:
    """The globals as they are written, else as they are set. Raises Unseen."""
    if pbx.files and FILE not in pbx.files.unread:
        section = pbx.files.section(FILE, "globals")
        return {s.key: s.value for s in (section.settings if section else ())}
    variables = pbx.manager.variables
    if variables is None:
        raise Unseen("AMI tells no globals")
    return variables


def _global(pbx: Pbx, name: str, value: str, *, secret: bool = False) -> Mend | None:
    """The line that sets a global, in place of the one that sets it now: the last."""
    if not pbx.files or FILE in pbx.files.unread:
        lines = ("[globals](+)", f"{name}={value}")
        return Mend(lines, Path(FILE), secret=value if secret else "")
    section = pbx.files.section(FILE, "globals")
    old = next((s for s in reversed(section.settings if section else ()) if s.key == name), None)
    line = f"{name}={value}"
    if old:
        mend = instead(pbx.files, old, line, reload=RELOAD)
    else:
        mend = add(pbx.files, FILE, "globals", line, reload=RELOAD)
    hidden = value if secret else ""
    return Mend(mend.lines, mend.file, mend.replaces, then=mend.then, secret=hidden)


def dialplan_copied(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The dialplan is the half of the gateway that goes on while the other half is dead. It must be
    whole, and of this release: each knows the other's variables."""
    folder = pbx.conf.etc / "ccgateway"
    for name, same in sorted(pbx.conf.copies.items()):
        if not same:
            source = shipped(f"dialplan/{name}")
            lines = (
                f"mkdir -p {shlex.quote(str(folder))}",
                f"cp {shlex.quote(str(source))} {shlex.quote(str(folder / name))}",
            )
            what = f"{folder / name} is missing, or not as this release ships it"
            yield Problem(what, Mend(lines, then=rx(pbx.conf, RELOAD)))


def dialplan_included(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Only what extensions.conf includes is read: without the line every Goto(ccg-inbound,...)
    hangs up on the caller."""
    missing = shipped_contexts() - pbx.dialplan.contexts.keys()
    if "ccg-inbound" in missing:
        if not pbx.files:
            yield Problem("ccg-inbound is not loaded", Mend((INCLUDE,), Path(FILE)))
            return
        mend = Mend((INCLUDE,), pbx.files.home[FILE], then=rx(pbx.files, RELOAD))
        yield Problem(f"{FILE} does not include our dialplan", mend)
    elif missing:
        what = f"contexts of ours are missing: {', '.join(sorted(missing))}"
        yield Problem(what, Mend((INCLUDE,), Path(FILE)) if not pbx.files else None)


def dialplan_loaded(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """What stands in the files counts only once Asterisk has read them."""
    written = Dialplan.of_file(pbx.conf.of(FILE))
    loaded = pbx.manager.dialplan
    if loaded is None:
        raise Unseen("AMI does not show the dialplan")
    stale = sorted(
        name
        for name, context in written.contexts.items()
        if name.startswith(OURS) and _extent(loaded, name) != len(context.steps)
    )
    if stale:
        what = f"Asterisk has not read the dialplan as it is written: {', '.join(stale)}"
        yield Problem(what, command(rx(pbx.conf, RELOAD)))


def _extent(dialplan: Dialplan, name: str) -> int:
    context = dialplan.contexts.get(name)
    return len(context.steps) if context else 0


def globals_loaded(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A global that was changed in the file counts only once Asterisk has read it."""
    if pbx.manager.variables is None:
        raise Unseen("AMI tells no globals")
    section = pbx.conf.section(FILE, "globals")
    written = {s.key: s.value for s in (section.settings if section else ())}
    stale = [n for n, v in pbx.manager.variables.items() if n in written and v != written[n]]
    if stale:
        what = f"Asterisk has other values than are written: {', '.join(sorted(stale))}"
        yield Problem(what, command(rx(pbx.conf, RELOAD)))


def agi_address(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The dialplan asks the gateway at CCG_AGI. At a wrong address nobody answers; a name must be
    looked up, and a look-up can hold a caller for seconds."""
    here, port = config.agi.listen, config.agi.port or DEFAULT_PORT
    address = globals_of(pbx).get("CCG_AGI", "")
    named, asked = _asked(address)
    wrong_port = bool(config.agi.port and asked != config.agi.port)
    host = named if wrong_port and is_address(named) else address_of(here)
    mend = _global(pbx, "CCG_AGI", f"agi://{host}:{port}")
    if not named or not asked:
        yield Problem(f"CCG_AGI is {address or 'not set'}, not agi:// with address and port", mend)
    elif wrong_port:
        yield Problem(f"CCG_AGI asks at port {asked}, the gateway listens at {port}", mend)
    elif not is_address(named):
        yield warning(f"CCG_AGI names {named}, which must be looked up for every caller", mend)
    elif is_address(here) and ip_address(here).is_loopback != ip_address(named).is_loopback:
        yield Problem(f"CCG_AGI asks at {named}, the gateway listens at {here}", mend)


def _asked(url: str) -> tuple[str, int]:
    """Host and port of an agi:// URL; '' and 0 where it is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "", 0
    return (host or "", port or 0) if parts.scheme == "agi" else ("", 0)


def agi_secret(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The gateway answers only who shows agi.secret; all others take the static branch."""
    secret = config.agi.secret.get_secret_value()
    if globals_of(pbx).get("CCG_AGI_SECRET") != secret:
        mend = _global(pbx, "CCG_AGI_SECRET", secret, secret=True)
        yield Problem("CCG_AGI_SECRET is not agi.secret of the TOML", mend)


def fallback_named(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """CCG_FALLBACK_QUEUE is where callers go while the gateway is away; the gateway must know that
    this queue is not its own."""
    wanted = pbx.node.fallback_queue
    found = globals_of(pbx).get("CCG_FALLBACK_QUEUE", "")
    if found != wanted:
        what = f"CCG_FALLBACK_QUEUE is {found or 'not set'}, fallback_queue of the node is {wanted}"
        yield Problem(what, _global(pbx, "CCG_FALLBACK_QUEUE", wanted))


def node_named(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Where one gateway serves several Asterisks, each must say which one it is: else the gateway
    takes a caller for another one's, and finds no call."""
    found = globals_of(pbx).get("CCG_NODE", "")
    wrong = found != pbx.node.name if len(config.nodes) > 1 else found not in ("", pbx.node.name)
    if wrong:
        what = f"CCG_NODE is {found or 'not set'}, this node is {pbx.node.name}"
        yield Problem(what, _global(pbx, "CCG_NODE", pbx.node.name))


def trunk_named(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Agents' calls to the outside, calls by click, and numbers on call are dialled by CCG_TRUNK;
    without it nobody outside is."""
    needed = any(
        s.outbound_prefix or any(target.on_call for target in s.targets) for s in config.services
    )
    trunk = globals_of(pbx).get("CCG_TRUNK", "")
    if NUMBER not in trunk and (needed or any(s.own_numbers for s in config.services)):
        wrong = f"is {trunk}, without the word {NUMBER} where the number goes"
        what = f"CCG_TRUNK {wrong if trunk else 'is not set'}"
        mend = _global(pbx, "CCG_TRUNK", f"PJSIP/{NUMBER}@{_trunk(pbx)}")
        yield Problem(what, mend) if needed else warning(what, mend)


def _trunk(pbx: Pbx) -> str:
    """The name of the PBX's trunk: the endpoint that is known by its address; else a guess."""
    if pbx.files and "pjsip.conf" not in pbx.files.unread:
        for section in pbx.files.of("pjsip.conf").sections:
            if section.get("type") == "identify" and (endpoint := section.get("endpoint")):
                return endpoint
    return "trunk"


def globals_kept(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """With clearglobalvars = yes each dialplan reload takes away what the gateway keeps in Asterisk
    (heartbeat, lines): until it tells them anew, callers take the static branch."""
    setting = first(pbx.conf, FILE, "general", "clearglobalvars")
    if setting and is_true(setting.value):
        mend = write(pbx.conf, FILE, "general", "clearglobalvars = no", reload=RELOAD)
        yield warning("clearglobalvars is on", mend)


def dangerous_functions(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """With live_dangerously = yes whoever may set a variable over AMI or ARI runs shell commands
    as Asterisk; nothing of ours needs it."""
    section = pbx.conf.section("asterisk.conf", "options")
    if section and is_true(section.get("live_dangerously")):
        mend = add(pbx.conf, "asterisk.conf", "options", "live_dangerously = no")
        restart = rx(pbx.conf, "core restart when convenient")
        yield warning("live_dangerously is on", Mend(mend.lines, mend.file, then=restart))
