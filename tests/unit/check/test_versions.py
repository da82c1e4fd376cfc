"""Asterisk's versions."""

from __future__ import annotations

import pytest

from ccgateway.check.versions import DIALPLAN, EVENTFILTER, Since, Version
from ccgateway.rig.repository import part


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Asterisk 22.10.1~dfsg built by nobody", "22.10.1"),
        ("16.28.0~dfsg-0+deb11u4", "16.28.0"),
        ("20.11", "20.11.0"),
        ("GIT-master-abcdef", "None"),
        ("", "None"),
    ],
)
def test_read(text: str, expected: str) -> None:
    assert str(Version.of(text)) == expected


@pytest.mark.parametrize(
    ("version", "works"),
    [
        (Version(18, 25, 9), False),
        (Version(18, 26), True),
        (Version(19, 8), False),
        (Version(20, 10), False),
        (Version(21, 6), True),
        (Version(22, 0), False),
        (Version(22, 1), True),
        (Version(23, 0), True),
    ],
)
def test_each_branch_has_a_feature_from_its_own_version_on(version: Version, works: bool) -> None:
    assert EVENTFILTER.works_on(version) is works


@pytest.mark.parametrize("since", [*DIALPLAN, EVENTFILTER], ids=lambda since: since.name)
def test_the_readme_has_it_in_its_table(since: Since) -> None:
    name = since.name.split(" in ")[0]
    lines = part("README.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if line.startswith(f"| `{name}`")]
    branches = ", ".join(f"{version.major}.{version.minor}" for version in since.versions)
    assert rows[0][2].strip() == branches
