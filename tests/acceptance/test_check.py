"""``ccgateway check`` on a real Asterisk: it names what is broken, and its line mends it.

No gateway runs, and no PostgreSQL: it has to do without.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccgateway.rig import ports
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.gateway import Gateway
from ccgateway.rig.installs import Install, Rootfs
from tests.acceptance.cli import run

pytestmark = pytest.mark.acceptance

CONFIGURATION_WRONG = 2
UNREACHABLE = 4
RELOADS = ("manager reload", "dialplan reload", "queue reload all", "module reload features")


@dataclass
class Bench:
    """An Asterisk, and the configuration of a gateway that does not run."""

    asterisk: RigAsterisk
    gateway: Gateway

    @property
    def root(self) -> Path:
        assert isinstance(self.asterisk.install, Rootfs)
        return self.asterisk.install.root

    def check(self, *words: str) -> tuple[int, list[dict[str, Any]]]:
        """Exit code and findings."""
        etc = f"/{self.asterisk.etc.relative_to(self.root)}"
        places = ("--etc", etc, "--root", str(self.root))
        done = run(self.gateway.config, "check", "--json", *places, *words)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)["findings"]

    def faults(self) -> list[dict[str, Any]]:
        """What is wrong; exit code 1 says that something is."""
        code, findings = self.check("--secrets")
        faults = [finding for finding in findings if finding["severity"] == "fault"]
        assert code == bool(faults)
        return faults

    def rx(self, *commands: str) -> None:
        for command in commands:
            asyncio.run(self.asterisk.rx(command))

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file, and let Asterisk read it."""
        file = self.asterisk.etc / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        self.rx(*RELOADS)

    def mend(self, mend: dict[str, Any]) -> None:
        """To the letter: the lines into the file, the commands into a shell."""
        if mend["file"]:
            file = Path(mend["file"])
            rows = file.read_text().split("\n")
            if mend["replaces"]:
                rows[mend["replaces"] - 1 : mend["replaces"]] = mend["lines"]
            else:
                rows += [*mend["lines"], ""]
            file.write_text("\n".join(rows))
        commands = [mend["then"]] if mend["file"] else [*mend["lines"], mend["then"]]
        for command in filter(None, commands):
            subprocess.run(command, shell=True, check=True, capture_output=True)  # noqa: S602 - as printed


@pytest.fixture(scope="module")
def bench(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    asterisk = RigAsterisk(install)
    try:
        asyncio.run(asterisk.start())
        folder = tmp_path_factory.mktemp("check")
        http_port = asterisk.block.one()
        gateway = Gateway(folder, asterisk.addresses, http_port, ports.secret(), dsn="")
        gateway.configure()
        yield Bench(asterisk, gateway)
    finally:
        asterisk.remove()


@pytest.fixture
def whole(bench: Bench) -> Bench:
    """As it was installed, whatever the test before did."""
    bench.asterisk.configure()
    bench.gateway.configure()
    bench.rx(*RELOADS, "module load app_blind_transfer.so")
    return bench


def _deny(bench: Bench) -> None:
    bench.edit("manager.conf", "permit = 127.0.0.1/", "permit = 192.0.2.1/")


def _secret(bench: Bench) -> None:
    bench.edit("manager.conf", bench.asterisk.addresses.ami_secret, "another")


def _agi_secret(bench: Bench) -> None:
    bench.edit("extensions.conf", bench.asterisk.addresses.agi_secret, "another")


def _stranger(bench: Bench) -> None:
    bench.rx("queue add member PJSIP/150 to stations penalty 0 as nobody")


def _module(bench: Bench) -> None:
    bench.rx("module unload app_blind_transfer.so")


def _not_read(bench: Bench) -> None:
    file = bench.asterisk.etc / "queues.conf"
    text = file.read_text()
    file.write_text(text.replace("[stations]", "[later]"))
    bench.rx("queue reload all")
    file.write_text(text)


def _keys_not_read(bench: Bench) -> None:
    line = "#include ccgateway/ccg-features.conf"
    bench.edit("features.conf", line, "")
    file = bench.asterisk.etc / "features.conf"
    file.write_text(f"{file.read_text()}{line}\n")


def _copy(bench: Bench) -> None:
    bench.edit("ccgateway/ccg-queue.conf", "[ccg-told]", "[ccg-tolled]")


def _edited(name: str, old: str, new: str) -> Callable[[Bench], None]:
    return lambda bench: bench.edit(name, old, new)


def _below(name: str, header: str, line: str) -> Callable[[Bench], None]:
    return lambda bench: bench.edit(name, header, f"{header}\n{line}")


BROKEN = [
    ("manager-read", _edited("manager.conf", "read = system,call,agent,user", "read = call")),
    ("ami-rights", _edited("manager.conf", "read = system,call,agent,user", "read = agent")),
    ("manager-permit", _deny),
    ("manager-secret", _secret),
    ("dialplan-included", _edited("extensions.conf", "#include ccgateway/ccgateway.conf", "")),
    ("dialplan-copied", _copy),
    ("agi-secret", _agi_secret),
    ("dids-reached", _edited("extensions.conf", "Goto(ccg-inbound", "Goto(reception,s,1) ;")),
    ("queues-there", _edited("queues.conf", "[stations](managed)", "")),
    ("queues-loaded", _not_read),
    ("queues-no-static-members", _below("queues.conf", "[tills](managed)", "member => PJSIP/101")),
    ("queues-no-strangers", _stranger),
    ("keys-included", _edited("features.conf", "#include ccgateway/ccg-features.conf", "")),
    ("keys-loaded", _keys_not_read),
    ("modules-loaded", _module),
]  # fmt: skip


AT_ONCE = ("manager-read", "dids-reached", "queues-there", "keys-loaded")
"""One of each file, whenever the tests run; the others in the long run."""


@pytest.mark.parametrize(
    ("name", "breaking"),
    [
        pytest.param(*row, id=row[0], marks=[] if row[0] in AT_ONCE else pytest.mark.long)
        for row in BROKEN
    ],
)
def test_the_line_that_mends_it_makes_it_green(
    whole: Bench, name: str, breaking: Callable[[Bench], None]
) -> None:
    breaking(whole)
    faults = whole.faults()
    assert name in [fault["name"] for fault in faults], faults
    while faults:
        before = [fault["what"] for fault in faults]
        fault = next((f for f in faults if f["name"] == name), faults[0])
        whole.mend(fault["mend"])
        faults = whole.faults()
        assert before != [fault["what"] for fault in faults], faults


def test_the_rig_is_green_and_everything_was_looked_at(whole: Bench) -> None:
    code, findings = whole.check()
    assert code == 0
    said = {f["name"]: f["severity"] for f in findings}
    assert (said["cel-loaded"], said["dids-arrive"]) == ("ok", "ok")  # warnings are no exit code
    unknown = {f["name"] for f in findings if f["severity"] == "unknown"}
    here = {
        "clock-kept",
        "state-dir-writable",
        "gateway-ready",
        "configuration-readable",
        "journals-readable",
    }
    # All of this machine, where no gateway is installed.
    assert {name for name in unknown if not name.startswith("database")} <= here


def test_secrets_are_shown_to_who_asks_only(whole: Bench) -> None:
    _agi_secret(whole)
    secret = whole.asterisk.addresses.agi_secret
    _, hidden = whole.check()
    assert secret not in json.dumps(hidden)
    _, shown = whole.check("--secrets")
    assert secret in json.dumps(shown)


def test_a_wrong_toml_is_exit_code_2_with_its_line(whole: Bench) -> None:
    text = whole.gateway.config.read_text()
    whole.gateway.config.write_text(text.replace("[agi]", "[agi]\ncolour = 3"))
    done = run(whole.gateway.config, "check")
    assert done.returncode == CONFIGURATION_WRONG
    line = text[: text.index("[agi]")].count("\n") + 2
    assert f"ccgateway.toml:{line}: agi.colour" in done.stdout


def test_an_asterisk_elsewhere_that_does_not_answer_is_exit_code_4(whole: Bench) -> None:
    text = whole.gateway.config.read_text()
    port = f"port = {whole.asterisk.addresses.ami_port}"
    gone = text.replace(port, f"port = {whole.asterisk.addresses.trunk_port}")
    whole.gateway.config.write_text(gone)
    done = run(whole.gateway.config, "check")  # no --etc: its files are not here
    assert done.returncode == UNREACHABLE, done.stdout
    assert "ami-answers" in done.stdout
