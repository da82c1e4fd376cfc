"""Each recording that lies in the folder, told anew, is what is expected beside it: who drops one
in has a test."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ccgateway.cli.main import app
from tests.scenarios.test_recordings import FILES


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_it_tells_what_is_expected(file: Path) -> None:
    told = CliRunner().invoke(app, ["replay", str(file)])
    assert told.exit_code == 0, told.output
