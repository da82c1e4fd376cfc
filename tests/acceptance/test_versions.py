"""What our dialplan calls, and since when Asterisk has it, by Asterisk's own documentation; and the
table of versions in the README."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from ccgateway.check.versions import DIALPLAN, Version
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.installs import Install, Rootfs
from ccgateway.shipped import shipped
from tests.preparing import ON_16

pytestmark = pytest.mark.acceptance

DOCUMENTATION = "usr/share/asterisk/documentation/core-en_US.xml"
KINDS = ("application", "function")
ALWAYS = Version(13, 9)
"""What is documented "since 13.8.0" is older: that release was the first to write it down."""


def called() -> set[str]:
    """The names before a bracket in the dialplan: its applications and functions, and some more."""
    files = shipped("dialplan").glob("*.conf")
    lines = [line for file in files for line in file.read_text().splitlines()]
    code = "\n".join(line for line in lines if not line.startswith(";"))
    return set(re.findall(r"\b([A-Za-z_]+)\(", code))


def young(install: Install) -> Iterator[tuple[str, tuple[Version, ...]]]:
    """Of those what is younger than ``ALWAYS``, and since when."""
    assert isinstance(install, Rootfs)
    root = ElementTree.parse(install.root / DOCUMENTATION).getroot()  # noqa: S314 - Debian's file
    names = called()
    for kind in KINDS:
        for entry in root.iter(kind):
            told = [Version.of(version.text or "") for version in entry.findall("since/version")]
            since = tuple(version for version in told if version)
            if entry.get("name") in names and since and min(since) > ALWAYS:
                yield str(entry.get("name")), since


@pytest.mark.skipif(ON_16, reason="the documentation of 16 dates next to nothing")
def test_the_table_of_check_has_what_not_every_asterisk_has(install: Install) -> None:
    assert dict(young(install)) == {since.name: since.versions for since in DIALPLAN}


async def test_this_asterisk_has_what_the_table_says(rig_asterisk: RigAsterisk) -> None:
    version = Version.of(await rig_asterisk.rx("core show version"))
    assert version
    for since in DIALPLAN:
        said = [await rig_asterisk.rx(f"core show {kind} {since.name}") for kind in KINDS]
        assert any("[Synopsis]" in text for text in said) == since.works_on(version), since.name
