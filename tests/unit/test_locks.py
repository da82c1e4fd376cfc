"""The two lock files: what the gateway needs, and the same with the development tools."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
NAME = re.compile(r"[\w.-]+")


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / name).read_text()))


def names(requirements: list[str]) -> set[str]:
    return {NAME.findall(requirement)[0].lower() for requirement in requirements}


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_gateways_lock_holds_what_it_needs_and_no_tool() -> None:
    locked = set(pins("requirements.lock"))
    assert names(PROJECT["project"]["dependencies"]) <= locked
    assert names(PROJECT["build-system"]["requires"]) <= locked  # installed without isolation
    assert not names(PROJECT["project"]["optional-dependencies"]["dev"]) & locked


def test_the_tools_lock_has_the_same_versions_and_the_tools() -> None:
    ours, with_tools = pins("requirements.lock"), pins("requirements-dev.lock")
    assert ours.items() <= with_tools.items()
    assert names(PROJECT["project"]["optional-dependencies"]["dev"]) <= set(with_tools)
