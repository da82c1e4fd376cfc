"""Files beside the package are found in a checkout, and after its wheel is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ccgateway.shipped import NotShipped, shipped

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "ccgateway", "dialplan", "asterisk-config")
FOLDERS = ("dialplan", "asterisk-config")
NO_CACHES = shutil.ignore_patterns("__pycache__")
FIND = "import sys; from ccgateway.shipped import shipped; print(shipped(sys.argv[1]))"


def test_in_a_checkout() -> None:
    assert shipped("dialplan") == ROOT / "dialplan"


def test_what_is_missing_is_named() -> None:
    with pytest.raises(NotShipped, match=r"dialplan/nothing\.conf is missing: .* install"):
        shipped("dialplan/nothing.conf")


def test_after_its_wheel_is_installed(tmp_path: Path) -> None:
    """Every file of the folders is in the wheel, and is found where pip has put it."""
    prefix = _installed(tmp_path)
    packages = next(prefix.glob("lib/python3*/site-packages"))
    found = subprocess.run(
        [sys.executable, "-c", FIND, "dialplan"],
        env={**os.environ, "PYTHONPATH": str(packages)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert Path(found) == prefix / "share/ccgateway/dialplan"
    for folder in FOLDERS:
        assert _files(prefix / "share/ccgateway" / folder) == _files(ROOT / folder)
    for pages in ("ccgateway/web/desk/dist", "ccgateway/web/viewer"):
        assert _files(packages / pages) == _files(ROOT / pages)


def _installed(folder: Path) -> Path:
    """Where a wheel of this checkout is installed; built from a copy, for the building leaves
    files in its folder."""
    copy, prefix = folder / "copy", folder / "prefix"
    copy.mkdir()
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=NO_CACHES)
        else:
            shutil.copy(ROOT / name, copy)
    (copy / "docker").mkdir()
    shutil.copy(ROOT / "docker/install-asterisk.sh", copy / "docker")
    _pip("wheel", str(copy), "--no-build-isolation", f"--wheel-dir={folder}")
    wheel = next(folder.glob("*.whl"))
    _pip(
        "install",
        str(wheel),
        f"--prefix={prefix}",
        "--ignore-installed",
        "--no-warn-script-location",
    )
    return prefix


def _pip(command: str, *options: str) -> None:
    line = [sys.executable, "-m", "pip", command, "-q", "--no-deps", *options]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _files(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
