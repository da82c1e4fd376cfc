"""What tests need and a machine may lack is made before the first of them: the time limit of a test
is none for downloads, and a fixture that fails by it fails all that come after."""

from __future__ import annotations

import pytest

from ccgateway.rig import installs, packages
from ccgateway.rig.installs import Install
from ccgateway.rig.progress import silent

ON_16 = installs.chosen() == "debian11"
"""Whether the tests run on Asterisk 16: what it does otherwise is in the README's table."""


def built() -> Install:
    """The root file system of the Asterisk that the tests run on, ``CCGATEWAY_RIG_ASTERISK`` or 22:
    built once, under a lock. Raises RigError."""
    packages.ensure(["sipp", "setpriv"], silent)
    return installs.choose(installs.chosen(), silent)


def is_needed(session: pytest.Session, fixture: str) -> bool:
    """Whether tests that will run here ask for a fixture."""
    if session.config.option.collectonly:
        return False
    return any(fixture in getattr(item, "fixturenames", ()) for item in session.items)
