"""A small PBX as files in a folder, ``ccgateway init`` run on it, with the world around it as
values: what is broken here, and mended as a finding says, is judged as on a real machine."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from typer.testing import CliRunner

from ccgateway.check.dialplan import Dialplan
from ccgateway.check.finding import Finding, Mend, Severity
from ccgateway.check.journals import EVENTS
from ccgateway.check.judge import judge
from ccgateway.check.modules import NEEDED
from ccgateway.check.probe_files import look
from ccgateway.check.sounds import PROMPTS
from ccgateway.check.system import Ami, Console, Database, Files, Gateway, Host, Member, Pbx, System
from ccgateway.check.versions import Version
from ccgateway.cli.main import app
from ccgateway.conffile import read
from ccgateway.config import FaultyConfig, load
from ccgateway.guest.asterisk import find

THEIRS = {
    "asterisk.conf": "[directories](!)\nastetcdir => /etc/asterisk\n\n[options]\n",
    "manager.conf": "[general]\nenabled = no\nport = 5038\nbindaddr = 127.0.0.1\n",
    "extensions.conf": """\
[general]
static = yes

[globals]

[from-trunk]
exten => 100,1,Dial(PJSIP/101)

[from-internal]
exten => _1XX,1,Dial(PJSIP/${EXTEN},20)
""",
    "queues.conf": "[general]\npersistentmembers = yes\n\n[office]\nmember => PJSIP/101\n",
    "features.conf": "[general]\n\n[featuremap]\n\n[applicationmap]\n",
    "cel.conf": "[general]\n",
    "cel_custom.conf": "[mappings]\n",
    "logger.conf": "[general]\n\n[logfiles]\nmessages => notice,warning,error\n",
    "modules.conf": "[modules]\nautoload = yes\nnoload => chan_alsa.so\n",
    "musiconhold.conf": "[default]\nmode = files\ndirectory = moh\n",
    "pjsip.conf": """\
[udp]
type = transport
protocol = udp

[phone](!)
type = endpoint
context = from-internal
disallow = all
allow = ulaw,alaw
direct_media = no

[101](phone)
callerid = Anna <101>

[102](phone)
callerid = Boris <102>

[trunk]
type = endpoint
context = from-trunk
disallow = all
allow = alaw
direct_media = no

[trunk]
type = identify
endpoint = trunk
match = 192.0.2.1
""",
}
DID = "+358942454000"
BAD = (Severity.FAULT, Severity.WARNING)

_DATABASE = Database(version=180004, revision="0004", newest="0004", revisions=("0004", "0003"))
_ZONES = {"FI": frozenset({"Europe/Helsinki"}), "US": frozenset({"America/New_York"})}
_HOST = Host(synchronised=True, zones=_ZONES)
_GATEWAY = Gateway(running=True)


@dataclass
class House:
    """The system. Break it by its methods or by putting other values in its fields."""

    root: Path
    ami: Ami = field(default_factory=Ami)
    console: Console | None = None
    database: Database = field(default_factory=lambda: _DATABASE)
    host: Host = field(default_factory=lambda: _HOST)
    gateway: Gateway = field(default_factory=lambda: _GATEWAY)
    journal_free: int = 1 << 40

    @property
    def etc(self) -> Path:
        return self.root / "etc/asterisk"

    @property
    def toml(self) -> Path:
        return self.root / "etc/ccgateway/ccgateway.toml"

    def build(self) -> None:
        """Their files, then ``ccgateway init``."""
        self.etc.mkdir(parents=True)
        for name, text in THEIRS.items():
            (self.etc / name).write_text(text)
            (self.etc / name).chmod(0o640)
        for name in ("var/log/asterisk", "usr/share/asterisk/sounds/en", "usr/share/asterisk/moh"):
            (self.root / name).mkdir(parents=True)
        for name in PROMPTS:
            (self.root / f"usr/share/asterisk/sounds/en/{name}.gsm").touch()
        (self.root / "usr/share/asterisk/moh/calm.gsm").touch()
        words = ["init", "--root", str(self.root), "--config", str(self.toml), "--did", DID]
        words += ["--phone", "all", "--timezone", "Europe/Helsinki", "--apply"]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output

    def read_all(self) -> None:
        """Asterisk starts: it has read everything."""
        rights = frozenset(["system", "call", "agent", "user", "reporting", "dtmf", "cdr"])
        codecs = {"codec_alaw.so", "codec_gsm.so", "codec_ulaw.so"}
        modules = frozenset(NEEDED) | {"cel_custom.so"} | codecs
        self.console = Console(Version(22, 10, 1), modules, {"ccgateway": (rights, rights)})
        self.ami = Ami(version=Version(22, 10, 1), offset=0.0)
        for command in (
            "dialplan reload",
            "queue reload all",
            "module reload features",
            "module reload cel",
        ):
            self.told(command)

    def told(self, command: str) -> None:
        """``asterisk -rx``: what Asterisk does, as far as the checks look at it."""
        console = self.console
        assert console
        match command.split():
            case ["dialplan", "reload"]:
                file = read(self.etc / "extensions.conf")
                settings = [s for found in file.named("globals") for s in found.settings]
                self.ami = replace(
                    self.ami,
                    dialplan=Dialplan.of_file(file),
                    variables={s.key: s.value for s in settings},
                )
            case ["queue", "reload", "all"]:
                queues = read(self.etc / "queues.conf").sections
                names = frozenset(q.name for q in queues if not q.template)
                self.ami = replace(self.ami, queues=names)
            case ["module", "reload", "features"]:
                file = read(self.etc / "features.conf")
                refused = any(found.get("automon") for found in file.named("featuremap"))
                maps = [] if refused else file.named("applicationmap")
                keys = frozenset(s.key for found in maps for s in found.settings)
                self.console = replace(console, keys=keys)
            case ["module", "reload", "cel"]:
                written = read(self.etc / "cel.conf").named("general")
                events = [s.value for found in written for s in found.settings if s.key == "events"]
                cel = frozenset(",".join(events).split(","))
                self.console = replace(console, cel=frozenset(EVENTS) if "ALL" in cel else cel)
            case ["queue", "remove", "member", interface, "from", queue]:
                gone = (queue, interface)
                left = [m for m in self.ami.members if (m.queue, m.interface) != gone]
                self.ami = replace(self.ami, members=tuple(left))
            case ["manager", "reload"]:
                rights = frozenset(["system", "call", "agent", "user", "reporting", "dtmf", "cdr"])
                self.console = replace(console, users={"ccgateway": (rights, rights)})
                self.ami = replace(self.ami, missing=frozenset(), problem="", refused=False)
            case ["module", "load", module]:
                self.console = replace(console, modules=console.modules | {module})

    def done(self, command: str) -> None:
        """Somebody runs a command of a mend in a shell."""
        if found := re.fullmatch(r".*\basterisk\b.* -rx '(.*)'", command):
            self.told(found[1])
            return
        for beginning, effect in _EFFECTS.items():
            if command.startswith(beginning):
                effect(self)
                return
        subprocess.run(shlex.split(command), check=True)

    def mend(self, mend: Mend) -> None:
        """Do what a finding says, to the letter."""
        if mend.file is None:
            for line in mend.lines:
                self.done(line)
        else:
            text = mend.file.read_text() if mend.file.exists() else ""
            if mend.replaces is None:
                text = text.removesuffix("\n") + "\n" + "".join(f"{line}\n" for line in mend.lines)
            else:
                rows = text.split("\n")
                rows[mend.replaces - 1 : mend.replaces] = mend.lines
                text = "\n".join(rows)
            mend.file.write_text(text)
        if mend.then:
            self.done(mend.then)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in one of Asterisk's files, which Asterisk then reads."""
        file = self.etc / name
        text = file.read_text()
        assert old in text, f"{name} has no {old!r}"
        file.write_text(text.replace(old, new))
        for command in ("dialplan reload", "queue reload all", "module reload features"):
            self.told(command)

    def add(self, name: str, text: str) -> None:
        """Add lines at the end of one of Asterisk's files, which Asterisk then reads."""
        with (self.etc / name).open("a") as file:
            file.write(text)
        self.told("dialplan reload")
        self.told("queue reload all")

    def system(self) -> System:
        """As ``probe.look`` would see it."""
        files: Files = look(find(Path("/etc/asterisk"), self.root), "asterisk")
        try:
            config = load(self.toml)
        except FaultyConfig as error:
            return System(self.toml, None, tuple(error.faults))
        if files.cel and files.cel.exists:
            files = replace(files, cel=replace(files.cel, free=self.journal_free))
        pbxes = tuple(Pbx(n, self.ami, files, running=self.console) for n in config.nodes)
        return System(self.toml, config, (), pbxes, self.database, self.host, self.gateway)

    def bad(self) -> list[Finding]:
        """What is judged to be wrong."""
        return [finding for finding in judge(self.system()) if finding.severity in BAD]


def stranger(queue: str) -> Member:
    """A member whom somebody else put into a queue."""
    return Member(queue, "PJSIP/999", "somebody", static=False)


def _clocks(house: House) -> None:
    house.ami = replace(house.ami, offset=0.0)
    house.host = replace(house.host, synchronised=True)
    house.database = replace(house.database, offset=0.0)


def _grant(house: House) -> None:
    house.database = replace(house.database, may_create=True)


def _server(house: House) -> None:
    house.database = replace(house.database, fsync=True, free_connections=90)


def _new_database(house: House) -> None:
    house.database = replace(house.database, encoding="UTF8")


def _migrated(house: House) -> None:
    house.database = replace(house.database, revision=house.database.newest)


def _asterisk_up(house: House) -> None:
    """Of one that runs already it does nothing."""
    if house.console is None:
        house.read_all()


def _postgres_up(house: House) -> None:
    house.database = replace(house.database, problem="")


def _owned(house: House) -> None:
    house.host = replace(house.host, writable=True)


def _may_read(house: House) -> None:
    house.host = replace(house.host, closed={})


def _sounds(house: House) -> None:
    for name in PROMPTS:
        (house.root / f"usr/share/asterisk/sounds/en/{name}.gsm").touch()
    (house.root / "usr/share/asterisk/moh/calm.gsm").touch()


def _kept(house: House) -> None:
    for file in (house.toml, *(house.etc / "ccgateway").iterdir()):
        file.chmod(0o640)
    house.host = replace(house.host, readable=True)


def _reloaded(house: House) -> None:
    house.host = replace(house.host, taken={}, in_memory=False)


_EFFECTS = {
    "timedatectl set-ntp true": _clocks,
    "psql -d ccgateway -c 'GRANT": _grant,
    "psql -c ": _server,
    "createdb": _new_database,
    "ccgateway migrate": _migrated,
    "systemctl start asterisk": _asterisk_up,
    "systemctl start postgresql": _postgres_up,
    "apt-get install asterisk": _sounds,
    "chown ccgateway:": _owned,
    "chgrp ": _kept,
    "usermod --append --groups adm ccgateway": _may_read,
    "chmod o+rX ": _may_read,
    "ccgateway reload": _reloaded,
}
"""What the commands do that a test cannot run: what they begin with."""
