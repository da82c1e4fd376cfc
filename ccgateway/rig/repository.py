"""The files that only a checkout has, and the scenarios. All others: ccgateway/shipped.py."""

from __future__ import annotations

from pathlib import Path

from ccgateway.rig.errors import RigError

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = Path(__file__).with_name("scenarios")


def part(name: str) -> Path:
    """A file or folder of the checkout. Raises RigError where there is none."""
    path = ROOT / name
    if not path.exists():
        raise RigError(f"{path} is missing: images are built from a checkout of ccgateway")
    return path
