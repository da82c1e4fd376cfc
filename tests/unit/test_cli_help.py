"""What `--help` looks like in a terminal."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from ccgateway.cli.main import app

NARROW = {"COLUMNS": "80", "TERMINAL_WIDTH": "80"}


@pytest.mark.parametrize("name", ["init", "uninstall", "check", "tail", "run", "web", "backup"])
def test_help_is_broken_where_the_terminal_ends_only(name: str) -> None:
    text = CliRunner().invoke(app, [name, "--help"], env=NARROW).stdout
    told = text.partition("╭")[0].splitlines()
    for line, following in pairwise(told):
        first = following.strip().partition(" ")[0]
        if line.strip() and first:
            assert len(line.rstrip()) + len(first) + 1 > 77, f"broken early: {line!r}"


def test_a_command_does_not_load_what_others_need() -> None:
    """Each command would wait for it, and the gateway have it in its memory."""
    run = "from ccgateway.cli.main import app; app(['run', '--help'], standalone_mode=False)"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; {run}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(told.stdout.splitlines()[-1].split())
    assert "ccgateway.cli.run" in loaded
    assert not loaded & {"ccgateway.rig", "ccgateway.guest", "ccgateway.replay", "asyncpg"}
