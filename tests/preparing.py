"""What tests need and a machine may lack is made before the first of them: the time limit of a test
is none for downloads, and a fixture that fails by it fails all that come after."""

from __future__ import annotations

import pytest

from ccgateway.rig import installs, packages
from ccgateway.rig.installs import Install
from ccgateway.rig.progress import silent


def built() -> Install:
    """The rig's root file system: built once, under a lock. Raises RigError."""
    packages.ensure(["sipp", "setpriv"], silent)
    return installs.choose("rootfs", silent)


def is_needed(session: pytest.Session, fixture: str) -> bool:
    """Whether tests that will run here ask for a fixture."""
    if session.config.option.collectonly:
        return False
    return any(fixture in getattr(item, "fixturenames", ()) for item in session.items)
