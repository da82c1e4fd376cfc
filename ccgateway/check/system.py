"""A whole system as it was seen, as values. What could not be seen says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ccgateway.check.dialplan import Dialplan
from ccgateway.check.finding import Unseen
from ccgateway.check.versions import Version
from ccgateway.conffile import ConfFile, Place, Section
from ccgateway.config import Config, Fault
from ccgateway.config.tables import NodeSettings

T = TypeVar("T")

PRIVATE = ("manager.conf", "pjsip.conf")
"""A line of theirs that makes no sense may be a secret that missed its key."""


def seen(value: T | None, why: str) -> T:
    """``value``. Raises Unseen with ``why`` where there is none."""
    if value is None:
        raise Unseen(why)
    return value


@dataclass(frozen=True, slots=True)
class Unread:
    """A .conf file that cannot be read; ``place`` where one line of it is to blame."""

    why: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of Asterisk's, as we see it. ``mode`` is that of stat; ``owned``: its owner is that
    of the folder above; ``free``: bytes on its disk."""

    path: Path
    exists: bool
    mode: int = 0
    owned: bool = True
    entries: frozenset[str] = frozenset()
    free: int = 1 << 40


@dataclass(frozen=True, slots=True)
class Files:
    """What an administrator's configuration folder holds, and what it points to. ``conf``: each
    file with all its includes; one that is not there is an empty one. ``modes``: those of every
    file that was read, included ones too."""

    etc: Path
    conf: Mapping[str, ConfFile]
    unread: Mapping[str, Unread]
    modes: Mapping[Path, int]
    present: frozenset[str]
    """Names of the files in the folder itself."""
    home: Mapping[str, Path]
    """Where lines that are added to a file of that name go: FreePBX and Issabel write their own
    files anew, and leave the *_custom ones to you."""
    copies: Mapping[str, bool]
    """Our dialplan files in the folder: whether each is as this release ships it."""
    cel: Folder | None = None
    sounds: Folder | None = None
    music: Folder | None = None
    console: str = "asterisk"
    """How Asterisk's own commands are run here, as a shell has it."""

    def of(self, name: str) -> ConfFile:
        """The file. Raises Unseen where it cannot be read."""
        if name in self.unread:
            raise Unseen(f"{name} cannot be read: {self.unread[name].why}")
        return self.conf[name]

    def section(self, name: str, section: str) -> Section | None:
        """The section that counts: the first of its name, as Asterisk takes it."""
        return next(iter(self.of(name).named(section)), None)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a queue, as QueueStatus tells: ``static`` ones stand in queues.conf."""

    queue: str
    interface: str
    name: str
    static: bool
    status: int = 0


@dataclass(frozen=True, slots=True)
class Console:
    """What ``asterisk -rx`` says of the running Asterisk."""

    version: Version | None
    modules: frozenset[str]
    users: Mapping[str, tuple[frozenset[str], frozenset[str]]]
    """AMI users: rights to read, rights to write."""
    keys: frozenset[str] = frozenset()
    """The names of features.conf's [applicationmap], as they are loaded."""
    cel: frozenset[str] = frozenset()
    """The events of CEL, as they are loaded; none where it is off."""


@dataclass(frozen=True, slots=True)
class Ami:
    """What the AMI says to our user. ``problem``: why it says nothing; ``refused``: it answers,
    and does not let us in."""

    problem: str = ""
    refused: bool = False
    banner: bool = True
    version: Version | None = None
    missing: frozenset[str] = frozenset()
    """Rights that our user was found to lack: ``read system``."""
    offset: float | None = None
    """Seconds that Asterisk's clock is ahead of ours."""
    dialplan: Dialplan | None = None
    variables: Mapping[str, str] | None = None
    queues: frozenset[str] | None = None
    members: tuple[Member, ...] = ()
    devices: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Pbx:
    """One Asterisk. ``files`` and ``console`` are there only where it is on this machine."""

    node: NodeSettings
    ami: Ami
    files: Files | None = None
    unseen_files: str = "its configuration files are not on this machine (--etc names the folder)"
    running: Console | None = None
    unseen_console: str = "there is no asterisk command here (--console names one)"

    @property
    def conf(self) -> Files:
        """The files. Raises Unseen."""
        return seen(self.files, self.unseen_files)

    @property
    def console(self) -> Console:
        """What the console says. Raises Unseen."""
        return seen(self.running, self.unseen_console)

    @property
    def manager(self) -> Ami:
        """What the AMI says. Raises Unseen where it says nothing."""
        return seen(None if self.ami.problem else self.ami, f"AMI: {self.ami.problem}")

    @property
    def dialplan(self) -> Dialplan:
        """The dialplan as it is written, else as it is loaded. Raises Unseen."""
        if self.files and "extensions.conf" not in self.files.unread:
            return Dialplan.of_file(self.files.of("extensions.conf"))
        return seen(self.manager.dialplan, "AMI does not show the dialplan")


@dataclass(frozen=True, slots=True)
class Database:
    """PostgreSQL as it answers. ``problem``: why it does not; ``unseen``: why it was not asked."""

    problem: str = ""
    unseen: str = ""
    name: str = "ccgateway"
    role: str = "ccgateway"
    version: int = 0
    """As ``server_version_num``: 150004."""
    encoding: str = "UTF8"
    revision: str | None = None
    newest: str = ""
    revisions: tuple[str, ...] = ()
    """Those that this release knows."""
    may_create: bool = True
    free_connections: int = 100
    fsync: bool = True
    offset: float = 0.0
    """Seconds that its clock is ahead of ours."""


@dataclass(frozen=True, slots=True)
class Host:
    """This machine, as far as the gateway needs it. ``writable``: state_dir; None where it is not
    there yet. ``readable``: the TOML, for the user of our systemd unit; None where it has none of
    the two. ``closed``: which of Asterisk's journals are closed to that user, and the group that
    may read them, "" where none but root's may; None as ``readable``."""

    free_bytes: int = 1 << 40
    spool_bytes: int = 0
    """What waits there for PostgreSQL."""
    spool_size: int = 0
    """What its file takes."""
    mount: Path = Path("/")
    """Where the file system of state_dir is mounted."""
    in_memory: bool = False
    writable: bool | None = True
    readable: bool | None = True
    closed: Mapping[Path, str] | None = field(default_factory=dict)
    synchronised: bool | None = None
    """Whether the clock is kept by NTP; None where nothing tells."""
    taken: Mapping[str, int] = field(default_factory=dict)
    """Ports of ours that another program has: ``agi.port``: 4573."""
    zones: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Time zones by country (ISO 3166)."""
    addresses: frozenset[str] = frozenset()
    """Its own."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Our own gateway, where one runs: ``not_ready`` is what /readyz complains of."""

    running: bool = False
    not_ready: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """All that the checks look at. ``config`` is None where it has faults."""

    file: Path
    config: Config | None
    faults: tuple[Fault, ...] = ()
    pbxes: tuple[Pbx, ...] = ()
    database: Database = Database()
    host: Host = Host()
    gateway: Gateway = Gateway()
