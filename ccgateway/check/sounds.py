"""What callers hear: music while they wait, and the stock prompts."""

from __future__ import annotations

from collections.abc import Iterator

from ccgateway.check.finding import Problem, command, warning
from ccgateway.check.lines import add
from ccgateway.check.system import Pbx, seen
from ccgateway.config import Config

FILE = "musiconhold.conf"
PROMPTS = ("queue-periodic-announce", "agent-loginok", "sorry", "feature-not-avail-line")
"""Of Asterisk's core sounds, and of our dialplan's."""


def music_there(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """A caller who waits in silence takes the line for dead, and hangs up."""
    section = pbx.conf.section(FILE, "default")
    if section is None:
        lines = ("mode = files", "directory = moh")
        mend = add(pbx.conf, FILE, "default", *lines, reload="moh reload")
        yield Problem("there is no music class default", mend)
    elif pbx.conf.music and not pbx.conf.music.entries and section.get("mode") == "files":
        mend = command("apt-get install asterisk-moh-opsound-gsm")
        yield warning(f"there is no music in {pbx.conf.music.path}", mend)


def prompts_there(pbx: Pbx, config: Config) -> Iterator[Problem]:
    """The dialplan speaks by Asterisk's stock prompts; without them agents and callers hear
    nothing, or a congestion tone."""
    folder = seen(pbx.conf.sounds, "Asterisk's sounds are not to be seen from here")
    names = {name.partition(".")[0] for name in folder.entries}
    missing = [name for name in PROMPTS if name not in names]
    if missing:
        mend = command("apt-get install asterisk-core-sounds-en-gsm")
        yield warning(f"{folder.path} lacks {', '.join(missing)}", mend)
