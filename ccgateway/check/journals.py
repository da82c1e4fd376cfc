"""Asterisk's own journals: CEL and queue_log, which it writes also while the gateway is away."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime

from ccgateway.check.finding import Mend, Problem, command, warning
from ccgateway.check.host import FULL_BYTES
from ccgateway.check.lines import add, first, is_true, merged, rx, write
from ccgateway.check.system import Pbx, seen
from ccgateway.config import Config
from ccgateway.guest.snippets import DATE_MOST, DATES
from ccgateway.journal.standing import CEL as JOURNAL

CEL = "cel.conf"
CUSTOM = "cel_custom.conf"
LOGGER = "logger.conf"
RELOAD_CEL = "module reload cel"
RELOAD_CUSTOM = "module reload cel_custom.so"
RELOAD_LOGGER = "logger reload"
EVENTS = (
    "CHAN_START",
    "CHAN_END",
    "ANSWER",
    "HANGUP",
    "BRIDGE_ENTER",
    "BRIDGE_EXIT",
    "BLINDTRANSFER",
    "ATTENDEDTRANSFER",
    "LOCAL_OPTIMIZE",
    "USER_DEFINED",
    "LINKEDID_END",
)
COLUMNS = (
    "${eventtime}",
    "${eventtype}",
    *(f"${{CHANNEL({name})}}" for name in ("uniqueid", "linkedid", "channame", "exten")),
    *(f"${{CHANNEL({name})}}" for name in ("context", "appname", "peer")),
    "${CALLERID(num)}",
    "${eventextra}",
)
"""The values of a record, in their order (``journal.cel``): of the test PBX, known to work."""

MAPPING = ",".join(f"${{CSV_QUOTE({column})}}" for column in COLUMNS)
FRACTION, ZONE = "%6q", "%z"
"""Microseconds, and the zone, in Asterisk's dateformat."""


def cel_written(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """CEL is Asterisk's own journal of what calls do. It goes on while the gateway is away, and
    from it alone can be told what happened then."""
    if not _is_on(pbx):
        mend = add(pbx.conf, CEL, "general", "enable = yes", reload=RELOAD_CEL)
        yield warning("Asterisk writes no CEL", mend)


def cel_events(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A journal without these events does not tell when a call began, who was in it, and how it
    ended."""
    events = _events(pbx)
    if "ALL" not in events and not events.issuperset(EVENTS):
        missing = ", ".join(e for e in EVENTS if e not in events)
        mend = add(pbx.conf, CEL, "general", "events = ALL", reload=RELOAD_CEL)
        yield warning(f"CEL leaves out {missing}", mend)


def cel_loaded(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Events that stand in cel.conf are written once Asterisk has read it."""
    if not _is_on(pbx):
        return
    events = _events(pbx)
    written = frozenset(EVENTS) & (frozenset(EVENTS) if "ALL" in events else events)
    if stale := written - pbx.console.cel:
        what = f"Asterisk has not read {', '.join(sorted(stale))} in {CEL}"
        yield warning(what, command(rx(pbx.conf, RELOAD_CEL)))


def _is_on(pbx: Pbx) -> bool:
    values = [s.value for s in merged(pbx.conf, CEL, "general") if s.key.lower() == "enable"]
    return is_true(values[-1] if values else "no")


def _events(pbx: Pbx) -> frozenset[str]:
    lines = merged(pbx.conf, CEL, "general")
    return frozenset(
        e.strip().upper() for s in lines if s.key == "events" for e in s.value.split(",")
    )


def cel_times(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Whole seconds do not tell the order of what happens in a call; and without its zone a time is
    another one where the gateway's machine is elsewhere, or the clocks go back an hour."""
    values = [s.value for s in merged(pbx.conf, CEL, "general") if s.key == "dateformat"]
    if fault := _fault_of(values[-1] if values else ""):
        mend = add(pbx.conf, CEL, "general", f"dateformat = {DATES}", reload=RELOAD_CEL)
        yield warning(f"CEL's times {fault}", mend)


def _fault_of(dateformat: str) -> str:
    if FRACTION not in dateformat:
        return "have no microseconds"
    if ZONE not in dateformat:
        return "have no zone"
    example = datetime(2026, 12, 31, tzinfo=UTC).strftime(dateformat.replace(FRACTION, "123456"))
    if len(example) > DATE_MOST:
        return f"are longer than {DATE_MOST} characters: most versions of Asterisk cut off the rest"
    return ""


def cel_file(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """cel_custom.conf says which columns the journal has; without a mapping there is no file."""
    mappings = [s for s in merged(pbx.conf, CUSTOM, "mappings") if s.key == JOURNAL.name]
    if not mappings or not _is_whole(mappings[-1].value):
        line = f"{JOURNAL.name} => {MAPPING}"
        mend = add(pbx.conf, CUSTOM, "mappings", line, reload=RELOAD_CUSTOM)
        yield warning(f"CEL goes to no {JOURNAL.name} with the columns that are needed", mend)


def _is_whole(mapping: str) -> bool:
    """Whether it has the columns that the reader expects, and no others."""
    return "".join(mapping.split()) == MAPPING


def cel_folder(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Where the folder of the journal is missing, or not Asterisk's to write in, each line of it is
    an error in Asterisk's log, and lost."""
    folder = seen(pbx.conf.cel, "Asterisk's log folder is not to be seen from here")
    path = shlex.quote(str(folder.path))
    above = shlex.quote(str(folder.path.parent))
    if not folder.exists:
        lines = (f"mkdir -p {path}", f"chown --reference={above} {path}")
        yield warning(f"{folder.path} is missing", Mend(lines))
    elif not folder.owned:
        line = command(f"chown --reference={above} {path}")
        yield warning(f"{folder.path} is not Asterisk's, as the folder above is", line)
    elif not folder.mode & 0o200:
        yield warning(f"{folder.path} cannot be written to", command(f"chmod u+w {path}"))


def cel_room(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """On a full disk Asterisk's journals end, CEL's and queue_log both, and nothing says so."""
    folder = seen(pbx.conf.cel, "Asterisk's log folder is not to be seen from here")
    if folder.free < FULL_BYTES:
        place = shlex.quote(str(folder.path.parent))
        yield warning(
            f"{folder.free >> 20} MB are free where Asterisk's journals are; what takes the most: "
            f"du -xh --max-depth=2 {place} | sort -h | tail"
        )


def queue_log_written(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """queue_log tells who waited where, how long, and who answered, also while the gateway is
    away."""
    setting = first(pbx.conf, LOGGER, "general", "queue_log")
    if setting and not is_true(setting.value):
        mend = write(pbx.conf, LOGGER, "general", "queue_log = yes", reload=RELOAD_LOGGER)
        yield warning("queue_log is switched off", mend)


def cel_module(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The module cel_custom writes the journal."""
    if "cel_custom.so" not in pbx.console.modules:
        line = rx(pbx.conf, "module load cel_custom.so")
        yield warning("cel_custom.so is not loaded", command(line))
