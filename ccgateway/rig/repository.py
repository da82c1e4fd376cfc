"""The files outside the package that the rig is made from; they exist in a checkout only."""

from __future__ import annotations

from pathlib import Path

from ccgateway.rig.errors import RigError

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = Path(__file__).with_name("scenarios")


def part(name: str) -> Path:
    """A file or folder of the checkout. Raises RigError where the package runs without one."""
    path = ROOT / name
    if not path.exists():
        raise RigError(f"{path} is missing: the demo and the rig run from a checkout of ccgateway")
    return path
