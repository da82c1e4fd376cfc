"""`ccgateway init` and `uninstall` on files: what they respect, what they refuse, what they undo.
On a real Asterisk: tests/acceptance/test_guest.py."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ccgateway.cli.main import app
from ccgateway.conffile import read
from ccgateway.config import load
from ccgateway.guest.asterisk import find
from ccgateway.guest.fault import GuestFault
from ccgateway.guest.leave import leave
from ccgateway.guest.reload import command_line
from ccgateway.guest.write import carry_out

FILES = {
    "asterisk.conf": "[directories](!)\nastetcdir => /etc/asterisk\n",
    "manager.conf": "[general]\nenabled = yes\nport = 5099\nbindaddr = 0.0.0.0\n",
    "extensions.conf": "[globals]\nA=1\n[from-trunk]\nexten => _X.,1,Hangup()\n[from-phones]\n",
    "queues.conf": "[general]\n; none yet",
    "features.conf": "[general]\n[featuremap]\n",
    "cel.conf": "[general]\n",
    "pjsip.conf": "[p](!)\ntype=endpoint\ncontext=from-phones\n"
    '[101](p)\ncallerid="Anna" <101>\n[102](p)\n'
    "[trunk]\ntype=endpoint\ncontext=from-trunk\n",
}
SAID = ("--did=+358942454000", "--did=1000", "--phone=all")


class Machine:
    """A machine with an Asterisk's files, that never ran."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.etc = root / "etc/asterisk"
        self.ours = self.etc / "ccgateway"
        self.toml = root / "etc/ccgateway/ccgateway.toml"
        self.etc.mkdir(parents=True)
        (root / "var/log/asterisk").mkdir(parents=True)
        for name, text in FILES.items():
            (self.etc / name).write_text(text)

    def run(self, *words: str) -> Result:
        """`ccgateway WORDS`; a wide screen."""
        options = [f"--root={self.root}", f"--config={self.toml}"]
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, *options])

    def init(self, *words: str) -> str:
        """What `ccgateway init --apply` prints; it must succeed."""
        done = self.run("init", *words, "--apply")
        assert done.exit_code == 0, done.output
        return done.output

    def refused(self, *words: str) -> str:
        """Why `ccgateway init WORDS` (or uninstall) is refused; then nothing has changed."""
        before = self.files()
        command = () if words == ("uninstall",) else ("init",)
        done = self.run(*command, *(words or SAID), "--apply")
        assert done.exit_code == 2
        assert self.files() == before
        return " ".join(done.output.split())

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}

    def write(self, name: str, text: str) -> None:
        (self.etc / name).write_text(text)

    def text(self, name: str) -> str:
        return (self.etc / name).read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_apply_nothing_is_written(machine: Machine) -> None:
    before = machine.files()
    done = machine.run("init", *SAID)
    assert "Nothing is written yet: --apply does it." in done.output
    assert f"~ {machine.etc}/manager.conf  (#include ccgateway/manager.conf" in done.output
    assert machine.files() == before


def test_one_line_in_each_of_his_files_at_the_end(machine: Machine) -> None:
    machine.init(*SAID)
    for name, before in FILES.items():
        added = machine.text(name).removeprefix(before).strip("\n")
        wanted = "" if name in {"asterisk.conf", "pjsip.conf"} else f"#include ccgateway/{name} ;"
        assert added.startswith(wanted)
        assert "\n" not in added


def test_the_second_run_changes_nothing(machine: Machine) -> None:
    machine.init(*SAID)
    before = machine.files()
    assert "nothing to do" in machine.init()
    assert machine.files() == before


def test_it_leaves_no_trace(machine: Machine) -> None:
    before = machine.files()
    machine.init(*SAID)
    assert machine.run("uninstall", "--apply").exit_code == 0
    after = machine.files()
    after.pop("etc/ccgateway/ccgateway.toml")  # his services are in it: it stays
    assert after == before
    assert not machine.ours.exists()


def test_what_he_changed_meanwhile_stays(machine: Machine) -> None:
    machine.init(*SAID)
    changed = machine.text("queues.conf").replace("none yet", "some") + "\n[mine]\n"
    machine.write("queues.conf", changed)
    told = machine.run("uninstall", "--apply").output
    assert machine.text("queues.conf") == "[general]\n; some\n[mine]\n"
    assert "queues.conf.ccgateway-" in told
    assert len(list(machine.etc.glob("*.bak"))) == 1  # the one that is another than the file


def test_a_file_of_his_in_our_folder_stays(machine: Machine) -> None:
    machine.init(*SAID)
    machine.write("ccgateway/mine.txt", "mine")
    told = machine.run("uninstall", "--apply").output
    assert f"{machine.ours}/mine.txt stays" in told
    assert [path.name for path in machine.ours.iterdir()] == ["mine.txt"]


def test_secrets_are_kept_from_others(machine: Machine) -> None:
    (machine.etc / "manager.conf").chmod(0o600)
    machine.init(*SAID)
    assert stat.S_IMODE(machine.toml.stat().st_mode) == 0o640
    for file in machine.ours.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600  # as his manager.conf
    for backup in machine.etc.glob("manager.conf.ccgateway-*.bak"):
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600


@pytest.mark.parametrize(("owner", "mode"), [(0, 0o640), (65534, 0o644)])
def test_secrets_are_open_to_others_only_where_asterisk_may_need_it(
    machine: Machine, owner: int, mode: int
) -> None:
    """Its logs tell as whom it runs."""
    (machine.etc / "manager.conf").chmod(0o644)
    os.chown(machine.root / "var/log/asterisk", owner, -1)
    machine.init(*SAID)
    assert stat.S_IMODE((machine.ours / "manager.conf").stat().st_mode) == mode


def test_folders_are_open_whatever_root_s_umask_is(machine: Machine) -> None:
    """Asterisk reads nothing of a file whose #include it may not enter; and writes its journal."""
    log = machine.root / "var/log/asterisk"
    log.chmod(0o2770)  # the group's, as some packages have it
    before = os.umask(0o077)
    try:
        machine.init(*SAID)
    finally:
        os.umask(before)
    folders = (machine.ours, machine.toml.parent, log / "cel-custom")
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o755, 0o755, 0o2770]


def test_it_respects_what_is_set(machine: Machine) -> None:
    """His AMI's address and port, his names of phones; and what init needs is found."""
    machine.init(*SAID)
    conf = read(machine.etc / "manager.conf", machine.etc)
    [general] = conf.named("general")
    assert general.values("bindaddr") == ["0.0.0.0"]  # noqa: S104 - his, in a file
    assert general.values("timestampevents") == ["yes"]
    toml = machine.toml.read_text()
    assert "port = 5099" in toml
    assert 'dids = ["+358942454000", "1000"]' in toml
    assert 'country = "FI"' in toml
    assert 'own_numbers = ["+358942454000"]' in toml
    dialplan = read(machine.etc / "extensions.conf", machine.etc)
    assert dialplan.named("globals")[0].get("CCG_TRUNK") == "PJSIP/NUMBER@trunk"
    assert dialplan.named("from-phones")[1].values("include") == ["ccg-agent-codes"]


def test_endpoints_that_are_no_trunk(machine: Machine) -> None:
    """Strangers' own, and the one of FreePBX that answers subscriptions: never a way in or out."""
    others = (
        "[global]\ntype=global\ndefault_outbound_endpoint=dpma_endpoint\n"
        "[dpma_endpoint]\ntype=endpoint\ncontext=dpma-invalid\n"
        "[anonymous]\ntype=endpoint\ncontext=from-sip-external\n"
    )
    machine.write("pjsip.conf", others + FILES["pjsip.conf"])
    machine.init(*SAID)
    dialplan = read(machine.etc / "extensions.conf", machine.etc)
    assert dialplan.named("globals")[0].get("CCG_TRUNK") == "PJSIP/NUMBER@trunk"
    assert "+358942454000" in dialplan.named("from-trunk")[1].values("exten")[0]


def test_the_country_of_a_number_without_its_code_is_the_time_zone_s(machine: Machine) -> None:
    machine.init("--did=1000", "--phone=all", "--timezone=Europe/Helsinki")
    assert load(machine.toml).services[0].country == "FI"


def test_names_of_phones_are_anybodys(machine: Machine) -> None:
    pjsip = FILES["pjsip.conf"] + "[103](p)\ncallerid = Ирина 😀 <103>\n[104](p)\ncallerid = Jos"
    (machine.etc / "pjsip.conf").write_bytes(pjsip.encode() + b"\xe9 <104>\n")
    machine.init(*SAID)
    names = [agent.name for agent in load(machine.toml).agents]
    assert names == ["Anna", "Agent 102", "Ирина 😀", "Jos\ufffd"]


def test_ami_that_was_off_is_opened_on_loopback_only(machine: Machine) -> None:
    machine.write("manager.conf", "[general]\nenabled = no\n")
    machine.init(*SAID)
    [general] = read(machine.etc / "manager.conf", machine.etc).named("general")
    assert (general.get("enabled"), general.get("bindaddr")) == ("yes", "127.0.0.1")


@pytest.mark.parametrize(
    ("bindaddr", "mask"), [("192.0.2.77", "255.255.255.255"), ("fd00::7", "128")]
)
def test_ami_is_asked_at_the_one_address_that_it_has(
    machine: Machine, bindaddr: str, mask: str
) -> None:
    """Who asks there comes from there."""
    machine.write("manager.conf", f"[general]\nenabled = yes\nbindaddr = {bindaddr}\n")
    machine.init(*SAID)
    assert load(machine.toml).nodes[0].host == bindaddr
    conf = read(machine.etc / "manager.conf", machine.etc)
    [general], [user] = conf.named("general"), conf.named("ccgateway")
    assert general.values("bindaddr") == [bindaddr]
    assert user.values("permit") == ["127.0.0.1/255.255.255.255", f"{bindaddr}/{mask}"]


def test_a_file_without_general_gets_one(machine: Machine) -> None:
    machine.write("queues.conf", "")
    machine.init(*SAID)
    [general] = read(machine.etc / "queues.conf", machine.etc).named("general")
    assert general.get("persistentmembers") == "yes"


def test_a_change_of_the_toml_goes_to_asterisk(machine: Machine) -> None:
    machine.init(*SAID, "--fallback=PJSIP/102")
    with machine.toml.open("a") as toml:
        toml.write('[[queue]]\nname = "second"\n')
    assert "1 file " in machine.init()
    queues = read(machine.etc / "queues.conf", machine.etc)
    assert queues.named("second")[0].get("ringinuse") == "no"
    [fallback] = queues.named("ccg-fallback")
    assert fallback.values("member") == ["PJSIP/102"]  # said once
    assert fallback.get("autofill") == "yes"  # all who wait are offered at once, here too


def test_his_own_fallback_queue(machine: Machine) -> None:
    machine.write("queues.conf", "[general]\n[400]\nmember => PJSIP/101\n")
    machine.init(*SAID, "--fallback-queue=400")
    assert "[ccg-fallback]" not in machine.text("ccgateway/queues.conf")
    assert "CCG_FALLBACK_QUEUE=400" in machine.text("ccgateway/extensions.conf")


WRONG_FILES = [
    ("manager.conf", "[general]\n[ccgateway]\nsecret=x\n", "there is an AMI user [ccgateway]"),
    ("queues.conf", "[general]\n[first]\n", "there is a queue [first] already"),
    ("extensions.conf", "[ccg-inbound]\n", "is included by hand"),
    ("extensions.conf", "[from-trunk\n", "extensions.conf:1: found"),
    ("manager.conf", "#include none.conf\n", "no file none.conf"),
]


@pytest.mark.parametrize(("name", "text", "why"), WRONG_FILES)
def test_refused_for_his_file(machine: Machine, name: str, text: str, why: str) -> None:
    machine.write(name, text)
    assert why in machine.refused()


WRONG_WORDS = [
    (("--did=12\n[x]", "--phone=all"), "dids"),
    (('--did=1"2', "--phone=all"), "dids"),
    (("--did=1000", "--phone=PJSIP/1,x"), "--phone: found 'PJSIP/1,x'"),
    (("--did=1000", "--phone=Local/101@x"), "no Local channel"),
    (("--did=1000", "--phone=all", "--trunk-context=a]\n[b"), "wanted a context's name"),
    (("--did=1000", "--phone=all", "--trunk=PJSIP/1@t"), "with the word NUMBER in it"),
    (("--did=1000", "--phone=all", "--trunk=PJSIP/NUMBER@t,x"), "with the word NUMBER in it"),
    (("--did=1000", "--phone=all", "--fallback=x"), "--fallback: found 'x'"),
    (("--did=1000", "--phone=all", "--timezone=Mars"), "timezone"),
    (("--did=1000", "--phone=all", "--country=XX"), "country"),
    (("--did=1000", "--phone=all", "--fallback-queue=a b"), "fallback_queue"),
    (("--did=1000", "--phone=all", "--node=two"), "--node: found 'two'"),
    (("--phone=all",), "say them by --did"),
    (("--did=1000",), "say them by --phone or --phone all (found: PJSIP/101, PJSIP/102)"),
    (("--did=1000", "--phone=all", "--etc=/none"), "no Asterisk found"),
]


@pytest.mark.parametrize(("words", "why"), WRONG_WORDS)
def test_refused_for_his_words(machine: Machine, words: tuple[str, ...], why: str) -> None:
    assert why in machine.refused(*words)


def test_what_is_in_the_toml_is_not_said_again(machine: Machine) -> None:
    """It would go nowhere."""
    machine.init(*SAID)
    assert "write dids, agents into it" in machine.refused(*SAID)
    words = ("--fallback-queue=400", "--timezone=Europe/Oslo", "--country=NO")
    assert "write timezone, country, fallback_queue into it" in machine.refused(*words)


def test_a_section_below_our_line_would_be_hidden(machine: Machine) -> None:
    machine.write("queues.conf", "#include queues_custom.conf\n[general]\n")
    machine.write("queues_custom.conf", "")
    assert "which would hide it" in machine.refused()


def test_lines_of_his_never_become_ours(machine: Machine) -> None:
    """Where the file for his own is included in the middle of a section, the line goes higher."""
    machine.write("queues.conf", "[general]\n#include queues_custom.conf\nautofill=no\n")
    machine.write("queues_custom.conf", "")
    machine.init(*SAID)
    assert machine.text("queues_custom.conf") == ""
    assert "#include ccgateway/queues.conf" in machine.text("queues.conf")


PASSED_ON = """\
[from-isp]
include => from-isp-custom
exten => _.,1,Set(GROUP()=OUT_1)
exten => _.,n,Goto(from-trunk,${EXTEN},1)
[from-trunk]
include => from-pstn
[from-pstn]
include => from-pstn-custom
[from-phones]
"""


@pytest.mark.parametrize(
    ("dialplan", "door"),
    [
        (PASSED_ON, "from-pstn-custom"),
        (PASSED_ON.replace("_.", "_00."), "from-isp-custom"),  # only some of the numbers
        (PASSED_ON.replace("from-trunk,", "from-isp,"), "from-isp-custom"),  # round and round
        (PASSED_ON.replace("include => from-isp-custom\n", ""), "from-isp"),  # before its pattern
    ],
)
def test_the_door_is_where_asterisk_looks(machine: Machine, dialplan: str, door: str) -> None:
    """What a context takes itself, the contexts that it includes never see. FreePBX and Issabel
    write such a context for each trunk."""
    machine.write("extensions.conf", dialplan)
    machine.init(*SAID, "--trunk-context=from-isp")
    written = read(machine.etc / "extensions.conf", machine.etc)
    to_us = [s.name for s in written.sections for v in s.values("exten") if "1000,1,Goto(ccg" in v]
    assert to_us == [door]


NOTES = [
    (
        "queues.conf",
        "[general]\nshared_lastcall=no\n",
        "queues.conf:2: shared_lastcall = no: write",
    ),
    ("features.conf", "[general]\n[featuremap]\natxfer => *2\n", "atxfer is *2, which hides"),
    ("features.conf", "[general]\n[featuremap]\nautomon=*1\n", "features.conf:3: automon is gone"),
    ("extensions.conf", "[from-trunk]\nexten => 1000,1,Hangup()\n", "1000 goes elsewhere"),
    (
        "extensions.conf",
        "[from-phones]\ninclude => codes\n[codes]\nexten => *31,1,Hangup()\n",
        "extensions.conf:4: *31 is an agents' code of ours, too",
    ),
    ("extensions.conf", "[globals]\n", "no such context in extensions.conf"),
    ("pjsip.conf", "[101]\ntype=endpoint\n", "nobody outside can be called yet"),
]


@pytest.mark.parametrize(("name", "text", "note"), NOTES)
def test_he_is_told(machine: Machine, name: str, text: str, note: str) -> None:
    machine.write(name, text)
    assert note in machine.init(*SAID)


def test_his_files_elsewhere_than_asterisk_conf(machine: Machine) -> None:
    """His files are where it says; Asterisk itself is told by `-C asterisk.conf`."""
    elsewhere = machine.root / "srv/pbx"
    elsewhere.mkdir(parents=True)
    for name in FILES:
        (machine.etc / name).rename(elsewhere / name)
    machine.write("asterisk.conf", "[directories]\nastetcdir => /srv/pbx\n")
    machine.init(*SAID)
    assert "#include ccgateway" in (elsewhere / "queues.conf").read_text()
    asterisk = find(Path("/etc/asterisk"), machine.root)
    assert command_line(asterisk, "x")[-4:] == ["-C", "/etc/asterisk/asterisk.conf", "-rx", "x"]


EXECS = [
    ("manager.conf", "[general]\n#exec /bin/users\n", "manager.conf:2: what this #exec makes"),
    ("manager.conf", "#exec /bin/all\n", "if it makes [general], write that into the file"),
    ("extensions.conf", "[general]\n#exec /bin/all\n", "if it makes [globals], write that"),
    ("pjsip.conf", "#exec /bin/all\n[101]\ntype=endpoint\n", "nobody outside can be called yet"),
]


@pytest.mark.parametrize(("name", "text", "note"), EXECS)
def test_what_a_script_of_his_makes_is_not_seen_and_he_is_told(
    machine: Machine, tmp_path: Path, name: str, text: str, note: str
) -> None:
    machine.write(name, text.replace("/bin/", f"touch {tmp_path}/ran-"))
    before = machine.files()
    assert note in machine.init(*SAID)
    assert not [*tmp_path.glob("ran-*")]
    machine.toml.unlink()
    machine.run("uninstall", "--apply")
    assert machine.files() == before


def test_no_more_is_said_of_a_script_than_needs_be(machine: Machine) -> None:
    machine.write("manager.conf", "[general]\n#exec /bin/users\n")
    assert "if it makes" not in machine.init(*SAID)


def test_what_he_adds_to_a_queue_of_ours_is_seen_beside_a_script(machine: Machine) -> None:
    machine.write("queues.conf", "#exec /bin/queues\n[general]\n[theirs](+)\nweight = 1\n")
    machine.init(*SAID)
    with (machine.etc / "queues.conf").open("a") as file:
        file.write("[first](+)\nweight = 1\n")
    assert "builds on ccgateway's [first]" in machine.refused("uninstall")


def test_no_file(machine: Machine) -> None:
    (machine.etc / "features.conf").unlink()
    (machine.etc / "features.conf").mkdir()
    assert "features.conf: no file" in machine.refused()


def test_all_of_it_or_nothing(machine: Machine) -> None:
    """The TOML is written last, and its folder cannot be made: all before it is undone."""
    machine.toml.parent.write_text("a file")
    assert "nothing was changed" in machine.refused()
    assert not machine.ours.exists()


def test_no_room_for_the_last_line(machine: Machine) -> None:
    """A limit of the system's own stands for a disk that is full."""
    machine.write("extensions.conf", FILES["extensions.conf"] + "; a large dialplan\n" * 5000)
    before = machine.files()
    room = (machine.etc / "extensions.conf").stat().st_size + 10
    command = ["prlimit", f"--fsize={room}", sys.executable, "-m", "ccgateway", "init", *SAID]
    command += ["--apply", f"--root={machine.root}", f"--config={machine.toml}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    told = f"{machine.etc}/extensions.conf: File too large; nothing was changed: make room there"
    assert (done.returncode, " ".join(done.stderr.split())) == (2, told)
    assert machine.files() == before


def test_what_somebody_writes_meanwhile_is_not_lost(machine: Machine) -> None:
    """Between the plan and its writing."""
    machine.init(*SAID)
    plan = leave(find(None, machine.root))
    machine.write("queues.conf", "[his]\n")
    before = machine.files()
    with pytest.raises(GuestFault, match=r"queues.conf: changed meanwhile; nothing was changed"):
        carry_out(plan, None)
    assert machine.files() == before


def test_a_folder_is_said_from_where_he_stands(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(machine.root / "etc")
    assert find(Path("asterisk")).etc == machine.etc


def test_what_he_adds_to_a_queue_of_ours(machine: Machine) -> None:
    """It stays at the next init; and it must go before we do, for Asterisk could not read it."""
    machine.init(*SAID)
    queues = machine.text("queues.conf")
    machine.write("queues.conf", queues + "\n[first](+)\nmaxlen = 50\n")
    assert "nothing to do" in machine.init()
    assert read(machine.etc / "queues.conf").named("first")[0].get("maxlen") == "50"
    assert "no section (no template) [first] before this line" in machine.refused("uninstall")
    machine.write("queues.conf", queues)
    assert machine.run("uninstall", "--apply").exit_code == 0


BY_HAND = [
    ("extensions.conf", "#include ccgateway/ccgateway.conf\n", "extensions.conf:7: this line"),
    ("features.conf", ' #include "ccgateway/ccg-features.conf"', "features.conf:4: this line"),
    ("cel.conf", "#Include </etc/asterisk/ccgateway/cel.conf>\n", "cel.conf:3: this line"),
    ("queues.conf", "[mine]\n", "queues.conf:3: this line"),  # where our line has no end
]


@pytest.mark.parametrize(("name", "text", "why"), BY_HAND)
def test_an_include_of_ours_that_is_not_init_s_goes_first(
    machine: Machine, name: str, text: str, why: str
) -> None:
    """Asterisk reads nothing of a file that includes one that is not there."""
    machine.init(*SAID)
    machine.write(name, machine.text(name) + text)
    assert why in machine.refused("uninstall")


def test_another_folder_of_that_name_is_his(machine: Machine) -> None:
    machine.write("spare.conf", "#include /opt/ccgateway/share/ccgateway/dialplan/ccgateway.conf\n")
    machine.write("cel.conf", "[general]\n#tryinclude ccgateway/none.conf\n")
    machine.init(*SAID)
    assert machine.run("uninstall", "--apply").exit_code == 0


def test_our_line_in_another_file_of_his(machine: Machine) -> None:
    machine.init(*SAID)
    before, line = machine.text("manager.conf").rsplit("#include", 1)
    (machine.etc / "manager.d").mkdir()
    machine.write("manager.d/ccgateway.conf", f"; mine\n#include{line}")
    machine.write("manager.conf", f"{before}#include manager.d/ccgateway.conf\n")
    assert machine.run("uninstall", "--apply").exit_code == 0
    assert machine.text("manager.d/ccgateway.conf") == "; mine\n"


def test_a_link_in_place_of_our_folder_stays(machine: Machine) -> None:
    machine.init(*SAID)
    machine.ours.rename(machine.root / "elsewhere")
    machine.ours.symlink_to(machine.root / "elsewhere")
    assert machine.run("uninstall", "--apply").exit_code == 0
    assert [*machine.ours.iterdir()] == []
    assert machine.text("manager.conf") == FILES["manager.conf"]


def test_it_asks_who_sits_there(machine: Machine) -> None:
    """What is neither said nor found is asked for, on a terminal."""
    (machine.root / "etc/asterisk").rename(machine.root / "etc/pbx")
    terminal, other = pty.openpty()
    command = [sys.executable, "-m", "ccgateway", "init", "--apply"]
    command += [f"--root={machine.root}", f"--config={machine.toml}"]
    with os.fdopen(terminal, "wb"), os.fdopen(other) as stdin:
        os.write(terminal, b"/etc/pbx\n+358942454000, 1000\nPJSIP/101 PJSIP/102\n")
        done = subprocess.run(command, stdin=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"(found: PJSIP/101, PJSIP/102): " in done.stdout
    config = load(machine.toml)
    assert config.services[0].dids == ("+358942454000", "1000")
    assert [agent.id for agent in config.agents] == ["101", "102"]


def test_an_asterisk_that_does_not_run_is_told_later(machine: Machine) -> None:
    done = machine.run("init", *SAID, "--apply", "--reload")
    assert done.exit_code == 1
    assert done.stderr.count("asterisk -rx 'manager reload':") == 1
    assert done.stdout.endswith('  asterisk -rx "module reload cel_custom.so"\n')
    assert "nothing to do" in machine.init()
