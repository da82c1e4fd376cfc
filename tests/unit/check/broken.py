"""Broken systems: for each check at least one, as it happens to people."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ccgateway.check.dialplan import Dialplan
from ccgateway.check.versions import Version
from tests.unit.check.house import House, stranger

LOG = Path("/var/log/asterisk")
NOBODY = 65534

Breaking = Callable[[House], None]


@dataclass(frozen=True, slots=True)
class Broken:
    """One way to break a house. ``check`` is who must notice; ``says`` stands in what it says."""

    check: str
    breaking: Breaking
    says: str = ""

    @property
    def id(self) -> str:
        """For pytest."""
        return f"{self.check}-{self.says}".replace(" ", "_")


def _edit(name: str, old: str, new: str) -> Breaking:
    return lambda house: house.edit(name, old, new)


def _add(name: str, text: str) -> Breaking:
    return lambda house: house.add(name, text)


def _ours(name: str, old: str, new: str) -> Breaking:
    """In one of the files that ``init`` wrote."""
    return lambda house: house.edit(f"ccgateway/{name}", old, new)


def _toml(old: str, new: str) -> Breaking:
    def breaking(house: House) -> None:
        text = house.toml.read_text()
        assert old in text, f"the TOML has no {old!r}"
        house.toml.write_text(text.replace(old, new))

    return breaking


def _tls_at(node: int, door: str) -> Breaking:
    """The gateway asks at the one, with TLS; Asterisk listens at the other."""

    def breaking(house: House) -> None:
        _toml("port = 5038", f"port = {node}\ntls = true")(house)
        house.add("manager.conf", f"[general](+)\ntlsenable = yes\ntlsbindaddr = {door}\n")

    return breaking


def _toml_secret(secret: str) -> Breaking:
    """Of the node: the last in the TOML."""

    def breaking(house: House) -> None:
        before, _, after = house.toml.read_text().rpartition('\nsecret = "')
        after = after.partition("\n")[2]
        house.toml.write_text(f'{before}\nsecret = "{secret}"\n{after}')

    return breaking


def _ami(**values: object) -> Breaking:
    def breaking(house: House) -> None:
        house.ami = replace(house.ami, **values)  # type: ignore[arg-type]  # the table's own words

    return breaking


def _database(**values: object) -> Breaking:
    def breaking(house: House) -> None:
        house.database = replace(house.database, **values)  # type: ignore[arg-type]  # as above

    return breaking


def _host(**values: object) -> Breaking:
    def breaking(house: House) -> None:
        house.host = replace(house.host, **values)  # type: ignore[arg-type]  # as above

    return breaking


def _dialplan_not_read(house: House) -> None:
    house.ami = replace(house.ami, dialplan=Dialplan({}))


def _global_not_read(house: House) -> None:
    assert house.ami.variables
    older = {**house.ami.variables, "CCG_TRUNK": "PJSIP/NUMBER@older"}
    house.ami = replace(house.ami, variables=older)


def _unloaded(module: str) -> Breaking:
    def breaking(house: House) -> None:
        assert house.console
        house.console = replace(house.console, modules=house.console.modules - {module})

    return breaking


def _asterisk_down(house: House) -> None:
    house.console = None
    house.ami = replace(house.ami, problem="no connection: refused")


def _no_user_loaded(house: House) -> None:
    assert house.console
    house.console = replace(house.console, users={})


def _no_read_loaded(house: House) -> None:
    assert house.console
    rights = frozenset({"system", "call"})
    house.console = replace(house.console, users={"ccgateway": (rights, rights)})


def _keys_not_read(house: House) -> None:
    assert house.console
    house.console = replace(house.console, keys=frozenset({"ccg-take"}))


def _a_door_behind_a_pattern(house: House) -> None:
    """As FreePBX and Issabel have a trunk: what its context takes itself, no include ever sees."""
    house.edit("pjsip.conf", "= from-trunk", "= from-isp")
    house.edit("ccgateway/extensions.conf", "[from-trunk]", "[from-isp-custom]")
    theirs = "include => from-isp-custom\nexten => _.,1,Goto(from-trunk,${EXTEN},1)\n"
    house.add("extensions.conf", f"[from-isp]\n{theirs}")
    house.told("dialplan reload")


def _a_key_of_old(house: House) -> None:
    """As Issabel's package writes it; then Asterisk was upgraded to 22, and starts."""
    house.edit("features.conf", "[featuremap]\n", "[featuremap]\nautomon=*1\n")
    house.told("module reload features")


def _cel_not_read(house: House) -> None:
    assert house.console
    house.console = replace(house.console, cel=frozenset())


def _opus(house: House) -> None:
    """At the phone alone, in an Asterisk that cannot translate it."""
    house.edit("pjsip.conf", "allow = ulaw,alaw", "allow = opus")


def _gone(*path: str) -> Breaking:
    def breaking(house: House) -> None:
        house.root.joinpath(*path).unlink()

    return breaking


def _open_file(house: House) -> None:
    (house.etc / "ccgateway/manager.conf").chmod(0o644)


def _elsewhere(house: House) -> None:
    """Nothing proves that it is in the US; its hours stay."""
    text = house.toml.read_text().replace('country = "FI"', 'country = "US"')
    house.toml.write_text(text.replace('dids = ["+358942454000"]', 'dids = ["100"]'))
    house.edit("ccgateway/extensions.conf", "+358942454000", "100")


def _open_toml(house: House) -> None:
    house.toml.chmod(0o644)


def _no_prompts(house: House) -> None:
    for file in (house.root / "usr/share/asterisk/sounds/en").iterdir():
        file.unlink()


def _no_journal_folder(house: House) -> None:
    (house.root / "var/log/asterisk/cel-custom").rmdir()


def _foreign_journal_folder(house: House) -> None:
    os.chown(house.root / "var/log/asterisk/cel-custom", NOBODY, -1)


def _closed_journal_folder(house: House) -> None:
    (house.root / "var/log/asterisk/cel-custom").chmod(0o555)


def _target(house: House) -> None:
    """Second line, whose queue has not the keys of who asks."""
    text = house.toml.read_text()
    queue = '[[queue]]\nname = "first"'
    target = '[[service.target]]\nname = "second"\ndigit = 2\nqueue = "second"\n'
    text = text.replace(queue, f'{queue}\n\n[[queue]]\nname = "second"')
    house.toml.write_text(text.replace("# One table a person", f"{target}\n# One table a person"))
    house.add("queues.conf", "[second](ccg-managed)\ncontext = office\n")


def _old_asterisk(house: House) -> None:
    assert house.console
    house.console = replace(house.console, version=Version(18, 20, 0))
    house.add("manager.conf", "[ccgateway](+)\neventfilter(action(exclude),name(VarSet)) =\n")


def _over_ipv6(house: House) -> None:
    _toml('host = "127.0.0.1"', 'host = "::1"')(house)
    _toml('"127.0.0.1/32"', '"127.0.0.1/32", "::1/128"')(house)
    house.add("manager.conf", "[general](+)\nbindaddr = ::1\n[ccgateway](+)\ndeny = ::/0\n")


MANAGER = [
    Broken("manager-enabled", _ours("manager.conf", "enabled = yes", "enabled = no"), "off"),
    Broken("manager-port", _add("manager.conf", "[general](+)\nport = 5039\n"), "5039"),
    Broken("manager-port", _toml('name = "pbx1"\n', 'name = "pbx1"\ntls = true\n'), "TLS"),
    Broken("manager-port", _tls_at(5061, "127.0.0.1"), "5039"),
    Broken("manager-port", _tls_at(5061, "127.0.0.1:5040"), "5040"),
    Broken(
        "manager-address", _add("manager.conf", "[general](+)\nbindaddr = 192.0.2.7\n"), "192.0.2.7"
    ),
    Broken(
        "manager-timestamps", _ours("manager.conf", "timestampevents = yes", ""), "no timestamp"
    ),
    Broken("manager-logins", _add("manager.conf", "[general](+)\nallowmultiplelogin = no\n")),
    Broken("manager-user", _ours("manager.conf", "[ccgateway]", "[another]"), "no AMI user"),
    Broken("manager-secret", _add("manager.conf", "[ccgateway](+)\nsecret = older\n"), "secret"),
    Broken("manager-secret", _toml_secret("a;b;--c"), "secret"),
    Broken(
        "manager-permit",
        _ours("manager.conf", "permit = 127.0.0.1", "permit = 192.0.2.1"),
        "log in",
    ),
    Broken("manager-permit", _over_ipv6, "::1"),
    Broken(
        "manager-read",
        _ours("manager.conf", "read = system,call,agent,user", "read = system,call"),
        "agent, user",
    ),
    Broken(
        "manager-write",
        _ours("manager.conf", "write = call,agent,originate", "write = call,agent"),
        "originate",
    ),
    Broken(
        "manager-rights-narrow",
        _add("manager.conf", "[ccgateway](+)\nwrite = all\n"),
        "write all",
    ),
    Broken("manager-timeout", _ours("manager.conf", "writetimeout = 5000", ""), "100 ms"),
    Broken(
        "manager-filters",
        _add("manager.conf", "[ccgateway](+)\neventfilter = !Event: Hangup\n"),
        "Hangup",
    ),
    Broken(
        "manager-filters",
        _add("manager.conf", "[ccgateway](+)\neventfilter = Event: Newchannel\n"),
        "all events but",
    ),
    Broken(
        "manager-filters",
        _add("manager.conf", "[ccgateway](+)\neventfilter(action(exclude),name(Hangup)) =\n"),
        "hides Hangup",
    ),
    Broken("manager-filter-form", _old_asterisk, "does not know"),
    Broken("secrets-kept", _open_file, "manager.conf"),
]
LINK = [
    Broken("ami-answers", _asterisk_down, "refused"),
    Broken("ami-answers", _ami(problem="no connection: port 5038"), "5038"),
    Broken("ami-answers", _ami(problem="Authentication failed", refused=True), "Authentication"),
    Broken("ami-rights", _ami(missing=frozenset({"read call"})), "read call"),
    Broken("ami-user-loaded", _no_user_loaded, "not read the user"),
    Broken("ami-user-loaded", _no_read_loaded, "not read"),
    Broken("clocks-agree", _ami(offset=-3.5), "3.5 s behind"),
]
EXTENSIONS = [
    Broken("dialplan-copied", _gone("etc/asterisk/ccgateway/ccg-features.conf"), "ccg-features"),
    Broken("dialplan-copied", _ours("ccg-inbound.conf", "1.2", "9.9"), "ccg-inbound.conf"),
    Broken(
        "dialplan-included",
        _ours("extensions.conf", "#include ccgateway/ccgateway.conf", ""),
        "not include",
    ),
    Broken("dialplan-loaded", _dialplan_not_read, "not read"),
    Broken("globals-loaded", _global_not_read, "CCG_TRUNK"),
    Broken("agi-address", _ours("extensions.conf", "CCG_AGI=agi://127.0.0.1:4573", ""), "not set"),
    Broken("agi-address", _ours("extensions.conf", "agi://127.0.0.1:4573", "agi://[:"), "not agi"),
    Broken("agi-address", _toml("port = 4573", "port = 4574"), "4573"),
    Broken(
        "agi-address",
        _ours("extensions.conf", "agi://127.0.0.1:", "agi://pbx.test:"),
        "looked up",
    ),
    Broken(
        "agi-secret", _add("extensions.conf", "[globals](+)\nCCG_AGI_SECRET=older\n"), "AGI_SECRET"
    ),
    Broken(
        "fallback-named", _ours("extensions.conf", "CCG_FALLBACK_QUEUE=ccg-fallback", ""), "not set"
    ),
    Broken("node-named", _ours("extensions.conf", "CCG_NODE=pbx1", "CCG_NODE=pbx2"), "pbx2"),
    Broken("trunk-named", _ours("extensions.conf", "CCG_TRUNK=PJSIP/NUMBER@trunk", ""), "not set"),
    Broken(
        "globals-kept", _edit("extensions.conf", "static = yes", "clearglobalvars = yes"), "is on"
    ),
    Broken(
        "dangerous-functions", _add("asterisk.conf", "live_dangerously = yes\n"), "live_dangerously"
    ),
]
DOORS = [
    Broken(
        "dids-reached", _ours("extensions.conf", "exten => +358942454000,1", ";"), "+358942454000"
    ),
    Broken("dids-reached", _toml('"+358942454000"]\nq', '"+358942454000", "4001"]\nq'), "4001"),
    Broken("dids-arrive", _edit("pjsip.conf", "= from-trunk", "= from-pstn"), "[from-pstn]"),
    Broken("dids-arrive", _a_door_behind_a_pattern, "[from-isp]"),
    Broken(
        "doors-narrow",
        _add("extensions.conf", "[from-trunk]\nexten => _X.,1,Goto(ccg-inbound,${EXTEN},1)\n"),
        "_X.",
    ),
    Broken(
        "codes-for-phones", _ours("extensions.conf", "include => ccg-agent-codes", ""), "no codes"
    ),
    Broken(
        "codes-not-for-strangers",
        _add("extensions.conf", "[from-trunk]\ninclude => ccg-agent-codes\n"),
        "from-trunk",
    ),
]
QUEUES = [
    Broken("queues-there", _ours("queues.conf", "[first](ccg-managed)", ""), "no queue first"),
    Broken("queues-loaded", _ami(queues=frozenset({"office"})), "not read first, ccg-fallback"),
    Broken(
        "queues-no-static-members",
        _add("queues.conf", "[first](+)\nmember => PJSIP/101\n"),
        "static member",
    ),
    Broken("queues-no-strangers", _ami(members=(stranger("first"),)), "somebody"),
    Broken(
        "queues-one-call-at-a-time", _ours("queues.conf", "ringinuse = no\n; No", "; No"), "talk"
    ),
    Broken(
        "queues-let-out", _ours("queues.conf", "joinempty = unav", "joinempty = yes;"), "joinem"
    ),
    Broken("queues-let-out", _add("queues.conf", "[first](+)\nleavewhenempty = no\n"), "(leave"),
    Broken(
        "queues-keep-nobody-paused", _add("queues.conf", "[first](+)\nautopause = all\n"), "pauses"
    ),
    Broken("queues-keys", _target, "second"),
    Broken("queue-members-persist", _edit("queues.conf", "members = yes", "members = no"), "resta"),
    Broken("queues-fill", _ours("queues.conf", "autofill = yes", "autofill = no"), "one caller"),
    Broken("queues-fill", _add("queues.conf", "[ccg-fallback](+)\nautofill = no\n"), "fallback of"),
    Broken("queues-share-wrapup", _ours("queues.conf", "lastcall = yes", "lastcall = no"), "alone"),
    Broken("fallback-there", _ours("queues.conf", "[ccg-fallback]", "[other]"), "no queue ccg"),
    Broken("fallback-has-members", _ours("queues.conf", "member => ", ";member => "), "no member"),
    Broken(
        "fallback-takes-all", _add("queues.conf", "[ccg-fallback](+)\njoinempty = no\n"), "away"
    ),
]
KEYS_AND_MODULES = [
    Broken(
        "keys-included", _ours("features.conf", "#include ccgateway/ccg-features.conf", ""), "keys"
    ),
    Broken("keys-loaded", _keys_not_read, "ccg-back"),
    Broken("keys-loaded", _a_key_of_old, "automon"),
    Broken("keys-in-time", _ours("features.conf", "timeout = 1500", "timeout = 300"), "300 ms"),
    Broken("modules-loaded", _unloaded("app_queue.so"), "app_queue.so"),
    Broken("modules-allowed", _add("modules.conf", "noload => func_global.so\n"), "forbids"),
    Broken("modules-allowed", _edit("modules.conf", "autoload = yes", "autoload = no"), "not load"),
]
PHONES = [
    Broken("phones-known", _edit("pjsip.conf", "[102](phone)", "[103](phone)"), "PJSIP/102"),
    Broken("phones-media", _edit("pjsip.conf", "ulaw,alaw\ndirect_media = no", "alaw")),
    Broken(
        "phones-keys", _edit("pjsip.conf", "[101](phone)", "[101](phone)\ndtmf_mode = none"), "keys"
    ),
    Broken("phones-codecs", _edit("pjsip.conf", "allow = alaw\n", "allow = g729\n"), "no codec"),
    Broken("phones-codecs", _opus, "no codec"),
    Broken("music-there", _edit("musiconhold.conf", "[default]", "[other]"), "music"),
    Broken("music-there", _gone("usr/share/asterisk/moh/calm.gsm"), "no music in"),
    Broken("prompts-there", _no_prompts, "lacks"),
]
JOURNALS = [
    Broken("cel-written", _ours("cel.conf", "enable = yes", ""), "no CEL"),
    Broken("cel-loaded", _cel_not_read, "not read"),
    Broken("cel-events", _ours("cel.conf", "BRIDGE_EXIT,", ""), "BRIDGE_EXIT"),
    Broken("cel-times", _ours("cel.conf", ".%6q", ""), "microseconds"),
    Broken("cel-times", _ours("cel.conf", "%z", ""), "zone"),
    Broken("cel-times", _ours("cel.conf", "%Y%m%dT%H%M%S", "%Y-%m-%dT%H:%M:%S"), "29 characters"),
    Broken("cel-file", _ours("cel_custom.conf", "CHANNEL(exten)", "CHANNEL(peer)"), ".csv"),
    Broken(
        "cel-file", _ours("cel_custom.conf", "${CSV_QUOTE(${eventextra})}", "1"), "ccgateway.csv"
    ),
    Broken("cel-file", _ours("cel_custom.conf", "ccgateway.csv", "mine.csv"), "ccgateway.csv"),
    Broken("cel-folder", _no_journal_folder, "missing"),
    Broken("cel-folder", _foreign_journal_folder, "not Asterisk's"),
    Broken("cel-folder", _closed_journal_folder, "written"),
    Broken("cel-module", _unloaded("cel_custom.so"), "cel_custom.so"),
    Broken("queue-log-written", _edit("logger.conf", "[general]", "[general]\nqueue_log = no")),
    Broken("files-read", _add("logger.conf", "what is this\n"), "logger.conf"),
    Broken("files-read", _add("logger.conf", "-- what\nis this\n"), "logger.conf"),
    Broken("files-read", _add("logger.conf", ";-- off:\nthis and\nthat\n"), "no end --;"),
]
AROUND = [
    Broken("configuration-kept", _open_toml, "chmod"),
    Broken("configuration-readable", _host(readable=False), "may not read"),
    Broken("journals-readable", _host(closed={LOG: "adm"}), "may not read /var/log/asterisk"),
    Broken("journals-readable", _host(closed={LOG / "queue_log": ""}), "queue_log"),
    Broken("agi-open-to-asterisk", _toml('"127.0.0.1/32"', '"192.0.2.0/24"'), "127.0.0.1"),
    Broken("agi-closed-to-others", _toml('["127.0.0.1/32"]', '["127.0.0.1/32", "::/0"]'), "cont"),
    Broken("agi-closed-to-others", _toml('"127.0.0.1/32"', '"0.0.0.0/0"'), "continents"),
    Broken("ami-private", _toml('host = "127.0.0.1"', 'host = "192.0.2.9"'), "in the clear"),
    Broken("zones-fit", _elsewhere, "Europe/Helsinki not"),
    Broken("zones-fit", _toml('"Europe/Helsinki"', '"America/New_York"'), "America"),
    Broken("state-dir-writable", _host(writable=False), "written"),
    Broken("state-dir-kept", _host(in_memory=True), "memory"),
    Broken("spool-has-room", _host(free_bytes=1500 << 20), "1500 MB are there for the spool"),
    Broken("clock-kept", _host(synchronised=False), "NTP"),
    Broken("ami-tls-port", _toml('name = "pbx1"\n', 'name = "pbx1"\ntls = true\n'), "5038"),
    Broken("ami-tls-port", _tls_at(5038, "0.0.0.0:5038"), "without TLS"),
    Broken("ami-tls-port", _tls_at(5038, "[::]:5061"), "without TLS"),
    Broken("ports-free", _host(taken={"http.port": 8070}), "8070"),
    Broken("database-answers", _database(problem="PostgreSQL does not serve us"), "serve"),
    Broken("database-encoding", _database(encoding="SQL_ASCII"), "SQL_ASCII"),
    Broken("database-schema", _database(revision="0002"), "0002"),
    Broken("database-schema", _database(revision="0009"), "newer release"),
    Broken("database-rights", _database(may_create=False), "create"),
    Broken("database-durable", _database(fsync=False), "fsync"),
    Broken("database-clock", _database(offset=9.0), "9.0 s"),
]
MENDABLE: Sequence[Broken] = (
    *MANAGER, *LINK, *EXTENSIONS, *DOORS, *QUEUES, *KEYS_AND_MODULES, *PHONES, *JOURNALS, *AROUND,
)  # fmt: skip


def _gateway_not_ready(house: House) -> None:
    house.gateway = replace(house.gateway, not_ready=("postgresql",))


def _no_connection(house: House) -> None:
    house.database = replace(house.database, free_connections=2)
    house.gateway = replace(house.gateway, running=False)


def _journal_disk_full(house: House) -> None:
    house.journal_free = 150 << 20


def _version(version: Version) -> Breaking:
    def breaking(house: House) -> None:
        assert house.console
        house.console = replace(house.console, version=version)

    return breaking


UNMENDABLE: Sequence[Broken] = (
    Broken("configuration", _toml("port = 4573", "port = 99999"), "agi.port: found 99999"),
    Broken("gateway-ready", _gateway_not_ready, "postgresql"),
    Broken("database-version", _database(version=130011), "PostgreSQL 13"),
    Broken("database-connections", _no_connection, "2 connections"),
    Broken("asterisk-version", _version(Version(13, 38)), "13.38.0 has no BridgeAdd"),
    Broken("asterisk-version", _version(Version(18, 7, 1)), "18.7.1 has no CHANNEL_EXISTS"),
    Broken("asterisk-risks", _version(Version(18, 18, 0)), "MixMonitorMute"),
    Broken("agi-open-to-asterisk", _toml('["127.0.0.1/32"]', '[\n"192.0.2.0/24"\n]'), "keeps out"),
    Broken("files-read", _add("logger.conf", "#exec /usr/bin/more\n"), "#exec"),
    Broken("disk-has-room", _host(free_bytes=100 << 20), "100 MB"),
    Broken("spool-empty", _host(spool_bytes=100 << 20), "the spool is 5% full (100 of 2048 MB)"),
    Broken("spool-empty", _host(spool_bytes=1700 << 20), "the spool is 83% full"),
    Broken("disk-has-room", _host(free_bytes=500 << 20), "500 MB"),
    Broken("cel-room", _journal_disk_full, "150 MB are free where Asterisk's journals"),
    Broken("contexts-recorded", _toml("contexts = []", 'contexts = ["nowhere"]'), "nowhere"),
)
"""Here no single line of a file helps: the finding says what must be done."""
