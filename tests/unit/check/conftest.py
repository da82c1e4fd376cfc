"""A house that is in order."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.check.house import House


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a PBX after ``ccgateway init``."""
    root = tmp_path_factory.mktemp("check") / "root"
    House(root).build()
    return root


@pytest.fixture
def house(built: Path, tmp_path: Path) -> House:
    """A house of the test's own."""
    shutil.copytree(built, tmp_path / "root")
    copy = House(tmp_path / "root")
    copy.read_all()
    return copy
