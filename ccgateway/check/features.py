"""features.conf: the agents' keys during a talk."""

from __future__ import annotations

from collections.abc import Iterator

from ccgateway.check.extensions import FEATURES
from ccgateway.check.finding import Mend, Problem, command, warning
from ccgateway.check.lines import add, merged, rx, without
from ccgateway.check.system import Pbx
from ccgateway.check.versions import NO_GONE_KEY
from ccgateway.conffile import Setting, read
from ccgateway.config import Config
from ccgateway.guest.notes import GONE_KEY
from ccgateway.shipped import shipped

FILE = "features.conf"
RELOAD = "module reload features"
MAP = "applicationmap"
GROUP = "ccg-agent"
LEAST_TIMEOUT_MS = 1000
"""Between two keys of a code: who is faster is a machine."""


def keys_included(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Agents pass calls on by keys during the talk. Without our codes in features.conf the keys are
    tones, which the customer hears."""
    groups = {s.name for s in pbx.conf.of(FILE).sections}
    if not _shipped() <= _written(pbx) or GROUP not in groups:
        line = f"#include ccgateway/{FEATURES}"
        mend = Mend((line,), pbx.conf.home[FILE], then=rx(pbx.conf, RELOAD))
        yield Problem(f"{FILE} does not include our keys", mend)


def _shipped() -> set[str]:
    return {s.key for s in read(shipped(f"dialplan/{FEATURES}")).named(MAP)[0].settings}


def _written(pbx: Pbx) -> set[str]:
    return {s.key for s in merged(pbx.conf, FILE, MAP)}


def keys_loaded(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """Codes that stand in features.conf count only once Asterisk has read it."""
    stale = (_written(pbx) & _shipped()) - pbx.console.keys
    refused = _refused(pbx)
    if refused:
        what = f"Asterisk has no {refused.key} any more, and reads nothing of {FILE} with it"
        yield Problem(what, without(pbx.conf, refused, reload=RELOAD))
    elif stale:
        what = f"Asterisk has not read {', '.join(sorted(stale))} in {FILE}"
        yield Problem(what, command(rx(pbx.conf, RELOAD)))


def _refused(pbx: Pbx) -> Setting | None:
    """A line of his by which Asterisk, from some version on, takes the whole file for wrong."""
    version = pbx.console.version
    keys = merged(pbx.conf, FILE, "featuremap")
    gone = [setting for setting in keys if setting.key.lower() == GONE_KEY]
    return gone[0] if gone and version and version >= NO_GONE_KEY else None


def keys_in_time(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """featuredigittimeout is the time between two keys of a code; with too little of it agents
    press *22, and the customer hears tones."""
    values = [s for s in merged(pbx.conf, FILE, "general") if s.key == "featuredigittimeout"]
    if values and values[-1].value.isdigit() and int(values[-1].value) < LEAST_TIMEOUT_MS:
        line = add(pbx.conf, FILE, "general", "featuredigittimeout = 1500", reload=RELOAD)
        yield warning(f"agents have {values[-1].value} ms between two keys", line)
