"""What is shipped for those who run the gateway says what is so: unit, alert rules, README."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from ccgateway.cli.main import app
from ccgateway.guest.first import STATE_DIR
from ccgateway.shipped import shipped
from ccgateway.web.metrics import LinkNumbers, Metrics, Numbers, QueueNumbers

README = Path(__file__).parents[2] / "README.md"
UNITS = {
    "run": "asterisk-config/systemd/ccgateway.service",
    "web": "asterisk-config/systemd/ccgateway-web.service",
}
BESIDE = {"journal": "asterisk-config/systemd/ccgateway-journal.service"}
"""Of another machine: it keeps nothing of its own."""

ALERTS = "asterisk-config/prometheus/alerts.yml"
EXPOSED_MOST = 2.0  # of 10, as systemd-analyze rates units

LINK = LinkNumbers(True, 1, 2, 0, 0, 0.01, 0.0)
NUMBERS = Numbers(
    live=3,
    ended={"answered": 5},
    queues={"stations": QueueNumbers(2, 7.5, 1)},
    agents={"ready": 4},
    links={"pbx1": LINK},
    agi={"answered": 5},
    reloads={"done": 1},
)


def exposed() -> list[tuple[str, str]]:
    """Name and type of each metric of ours that is told."""
    registry = CollectorRegistry()
    registry.register(Metrics(lambda: NUMBERS))
    text = generate_latest(registry).decode()
    families = text_string_to_metric_families(text)
    return [
        (f"{family.name}_total" if family.type == "counter" else family.name, family.type)
        for family in families
    ]


def test_the_readme_lists_every_metric_and_no_other() -> None:
    listed = re.findall(r"^\| `(ccgateway_\w+)(?:\{[^}]*\})?` \|", README.read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(name for name, _ in exposed())


def test_every_alert_asks_for_a_metric_that_there_is() -> None:
    text = shipped(ALERTS).read_text(encoding="utf-8")
    asked = set(re.findall(r"\bccgateway_\w+", text))
    assert asked
    assert asked <= {name for name, _ in exposed()}


def unit(name: str) -> RawConfigParser:
    parser = RawConfigParser(strict=False, comment_prefixes="#")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as the library documents it
    parser.read_string(shipped((UNITS | BESIDE)[name]).read_text(encoding="utf-8"))
    return parser


@pytest.mark.parametrize("name", UNITS)
def test_the_unit_starts_the_command_with_the_folders_that_init_writes(name: str) -> None:
    service = unit(name)["Service"]
    command, *words = shlex.split(service["ExecStart"])
    assert command.endswith("/bin/ccgateway")
    helped = CliRunner().invoke(app, [words[0], "--help"])
    assert (words[0], helped.exit_code) == (name, 0)
    assert f"/var/lib/{service['StateDirectory']}" == STATE_DIR
    assert service["Type"] == "notify"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_the_shippers_unit_starts_a_command_that_there_is() -> None:
    _, *words = shlex.split(unit("journal")["Service"]["ExecStart"])
    helped = CliRunner().invoke(app, [*words[:2], "--help"], env={"COLUMNS": "200"})
    assert (words[:2], helped.exit_code) == (["journal", "ship"], 0)
    assert {word for word in words if word.startswith("--")} <= set(helped.output.split())


@pytest.mark.parametrize("name", [*UNITS, *BESIDE])
def test_systemd_takes_the_unit_and_finds_little_exposed(tmp_path: Path, name: str) -> None:
    text = shipped((UNITS | BESIDE)[name]).read_text(encoding="utf-8")
    file = tmp_path / f"ccgateway-{name}.service"  # with a command that this machine has
    file.write_text(re.sub(r"(?m)^ExecStart=.*", "ExecStart=/bin/true", text))
    verified = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", rated.stdout)
    assert found
    assert float(found[1]) <= EXPOSED_MOST
