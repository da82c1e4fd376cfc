"""Asterisk's journals: there, ours to read, and written after each call."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccgateway.journal.standing import CEL, QUEUE_LOG, SLACK, fault
from ccgateway.shipped import shipped

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=2)
AN_HOUR_AGO = NOW - timedelta(hours=1)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log folder with both journals, which were written two days ago."""
    (tmp_path / CEL).parent.mkdir()
    for name in (CEL, QUEUE_LOG):
        (tmp_path / name).write_text("a line\n")
    written(tmp_path, LONG_AGO)
    return tmp_path


def written(log: Path, at: datetime) -> None:
    """When CEL, if it is there, and its folder changed last."""
    for path in (log / CEL, (log / CEL).parent):
        if path.exists():
            os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_pipe_is_no_journal(log: Path) -> None:
    (log / QUEUE_LOG).unlink()
    os.mkfifo(log / QUEUE_LOG)
    assert fault(log, None, NOW) == f"{log / QUEUE_LOG}: this is no ordinary file"


def test_a_quiet_pbx_is_in_order(log: Path) -> None:
    assert fault(log, None, NOW) == ""
    assert fault(log, LONG_AGO, NOW) == ""


def test_before_the_first_call_there_is_no_cel_yet(log: Path) -> None:
    (log / CEL).unlink()
    assert fault(log, None, NOW) == ""


@pytest.mark.parametrize("name", [QUEUE_LOG, CEL.parent])
def test_what_is_missing_is_named(log: Path, name: Path) -> None:
    (log / name).rename(log / "moved")
    assert fault(log, None, NOW) == f"{log / name}: No such file or directory"


def test_what_is_no_file_is_named(log: Path) -> None:
    (log / CEL).unlink()
    (log / CEL).mkdir()
    assert fault(log, None, NOW) == f"{log / CEL}: Is a directory"


def test_a_call_that_ended_unwritten(log: Path) -> None:
    said = f"{log / CEL}: a call has ended since Asterisk wrote there last"
    assert fault(log, AN_HOUR_AGO, NOW) == said
    written(log, AN_HOUR_AGO - SLACK - timedelta(seconds=1))
    assert fault(log, AN_HOUR_AGO, NOW) == said
    written(log, AN_HOUR_AGO - SLACK)
    assert fault(log, AN_HOUR_AGO, NOW) == ""


def test_a_journal_from_the_future_is_no_fault(log: Path) -> None:
    os.utime(log / CEL, (2**34 - 1, 2**34 - 1))  # the year 2514
    assert fault(log, AN_HOUR_AGO, NOW) == ""


def test_its_last_line_has_time_to_come(log: Path) -> None:
    assert fault(log, NOW - SLACK, NOW) == ""
    assert fault(log, NOW - SLACK - timedelta(seconds=1), NOW) != ""


def test_a_journal_that_was_rotated_away_comes_back_with_the_next_line(log: Path) -> None:
    (log / CEL).rename((log / CEL).with_suffix(".csv.1"))
    written(log, AN_HOUR_AGO)
    assert fault(log, AN_HOUR_AGO - timedelta(minutes=1), NOW) == ""
    assert fault(log, AN_HOUR_AGO + timedelta(minutes=1), NOW) != ""


def test_it_is_the_file_that_init_has_asterisk_write() -> None:
    snippet = shipped("asterisk-config").joinpath("guest", "cel_custom.conf").read_text()
    assert f"@{{log}}/{CEL};" in snippet
    assert f"\n{CEL.name} => " in snippet
