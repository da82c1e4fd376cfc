"""Asterisk's own journals: CEL and queue_log, which it writes also while the gateway is away."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ccgateway.check.finding import Mend, Problem, command, warning
from ccgateway.check.host import FULL_BYTES
from ccgateway.check.lines import add, first, is_true, merged, rx, write
from ccgateway.check.system import Pbx, seen
from ccgateway.config import Config
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
    "LINKEDID_END",
)
COLUMNS = ("eventtime", "eventtype", "uniqueid", "linkedid", "channame", "eventextra")
FRACTION = "%6q"
"""Microseconds, in Asterisk's dateformat."""


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
    """Whole seconds do not tell the order of what happens in a call."""
    values = [s.value for s in merged(pbx.conf, CEL, "general") if s.key == "dateformat"]
    if not values or FRACTION not in values[-1]:
        line = f"dateformat = %Y-%m-%dT%H:%M:%S.{FRACTION}"
        mend = add(pbx.conf, CEL, "general", line, reload=RELOAD_CEL)
        yield warning("CEL's times have no microseconds", mend)


def cel_file(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """cel_custom.conf says which columns the journal has; without a mapping there is no file."""
    mappings = [s for s in merged(pbx.conf, CUSTOM, "mappings") if s.key == JOURNAL.name]
    if not mappings or not _is_whole(mappings[-1].value):
        mend = add(pbx.conf, CUSTOM, "mappings", _mapping(), reload=RELOAD_CUSTOM)
        yield warning(f"CEL goes to no {JOURNAL.name} with the columns that are needed", mend)


def _is_whole(mapping: str) -> bool:
    return all(column in mapping for column in COLUMNS)


def _mapping() -> str:
    """The line of the test PBX, which is known to work."""
    columns = (
        "${eventtime}",
        "${eventtype}",
        *(f"${{CHANNEL({name})}}" for name in ("uniqueid", "linkedid", "channame", "exten")),
        *(f"${{CHANNEL({name})}}" for name in ("context", "appname", "peer")),
        "${CALLERID(num)}",
        "${eventextra}",
    )
    return f"{JOURNAL.name} => " + ",".join(f"${{CSV_QUOTE({column})}}" for column in columns)


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
