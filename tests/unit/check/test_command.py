"""The command itself: exit codes, what is printed, what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ccgateway.cli.main import app
from ccgateway.config import load
from tests.unit.check.house import THEIRS, House

FAULTS, WRONG, UNREACHABLE = 1, 2, 4


@pytest.fixture
def alone(house: House) -> House:
    """Ports that nobody has: the machine that runs the tests may have an Asterisk and a gateway.
    One that was free a moment ago may be another test's by now; nobody listens at 1."""
    text = house.toml.read_text().replace("port = 4573", "port = 0").replace("8070", "0")
    house.toml.write_text(text.replace("port = 5038", "port = 1"))
    house.edit("manager.conf", "port = 5038", "port = 1")
    return house


def _check(house: House, *words: str) -> Result:
    places = ["--etc", "/etc/asterisk", "--root", str(house.root), "--config", str(house.toml)]
    return CliRunner().invoke(app, ["check", *places, *words], env={"COLUMNS": "300"})


def _json(house: House, *words: str) -> dict[str, dict[str, Any]]:
    findings = json.loads(_check(house, "--json", *words).stdout)["findings"]
    return {finding["name"]: finding for finding in findings}


def test_an_asterisk_that_does_not_run_is_unreachable(alone: House) -> None:
    done = _check(alone)
    assert done.exit_code == UNREACHABLE, done.output
    assert "fault    ami-answers (pbx1)" in done.output
    assert "1 faults" in done.output


def test_a_fault_is_told_with_why_where_and_the_line(alone: House) -> None:
    alone.edit("ccgateway/manager.conf", "timestampevents = yes", "")
    done = _check(alone)
    assert done.exit_code == FAULTS
    told = done.output[done.output.index("manager-timestamps") :]
    assert "events have no timestamp" in told
    assert "why: Without timestampevents" in told
    assert f"add at the end of {alone.etc}/manager.conf:" in told
    assert "[general](+)\n" in told
    assert "-rx 'manager reload'" in told


def test_a_wrong_toml_is_told_line_by_line(alone: House) -> None:
    alone.toml.write_text(alone.toml.read_text().replace('level = "info"', 'level = "loud"'))
    done = _check(alone)
    assert done.exit_code == WRONG
    assert 'log.level: found "loud"' in done.output
    # Nothing is claimed of what was not looked at.
    assert "0 in order, 1 faults, 0 warnings" in done.output


def test_secrets_are_hidden_but_for_who_asks(alone: House) -> None:
    secret = load(alone.toml).agi.secret.get_secret_value()
    alone.add("extensions.conf", "[globals](+)\nCCG_AGI_SECRET=older\n")
    hidden = _json(alone)["agi-secret"]
    assert hidden["mend"]["lines"] == ["CCG_AGI_SECRET=********"]
    assert _json(alone, "--secrets")["agi-secret"]["mend"]["lines"] == [f"CCG_AGI_SECRET={secret}"]
    assert secret not in _check(alone).output


def test_a_secret_that_missed_its_key_is_hidden_too(alone: House) -> None:
    alone.add("manager.conf", "[ccgateway](+)\nsecret hunter22\n")
    told = _check(alone).output
    assert f"{alone.etc}/manager.conf:" in told
    assert "wanted key = value" in told
    assert "hunter22" not in told


def test_what_stands_in_a_file_cannot_move_the_cursor(alone: House) -> None:
    alone.add("queues.conf", "[first](+)\nmember => PJSIP/1\x1b[2J\n")
    done = _check(alone)
    assert "static member PJSIP/1" in done.output
    assert "\x1b" not in done.output


def test_all_shows_what_is_in_order_too(alone: House) -> None:
    assert "ok       manager-read (pbx1)" in _check(alone, "--all").output
    assert "manager-read" not in _check(alone).output


def test_an_asterisk_that_never_heard_of_us_is_told_of_init(alone: House) -> None:
    assert "ccgateway init" not in _check(alone).output
    for name, text in THEIRS.items():
        (alone.etc / name).write_text(text)
    assert "`ccgateway init` writes it all" in _check(alone).output
