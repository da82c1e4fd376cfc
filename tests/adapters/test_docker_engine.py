"""What becomes of a build that fails; tests/acceptance/test_docker.py has those that do not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ccgateway.rig.engine import Engine, NoNetwork
from ccgateway.rig.errors import RigError

DOCKER = """\
#!/bin/sh
[ "$2" = version ] && exit
echo "{says}"
exit 1
"""


@pytest.mark.parametrize(
    ("says", "is_cut_off"),
    [
        ("W: Failed to fetch x  Temporary failure resolving 'deb.example'", True),
        ("E: Failed to fetch x  Could not connect to deb.example:80", True),
        ("WARNING: Retrying (Retry(total=0, connect=None)) after connection broken", True),
        ("ERROR: Could not find a version that satisfies the requirement nowhere==1", False),
    ],
)
def test_a_machine_that_is_cut_off_is_no_fault_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, is_cut_off: bool
) -> None:
    """A test is skipped for the first, and fails for the second."""
    program = tmp_path / "docker"
    program.write_text(DOCKER.format(says=says))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(RigError) as caught:
        Engine().build("project", ("one", "other"))
    assert says in str(caught.value)
    assert isinstance(caught.value, NoNetwork) == is_cut_off
