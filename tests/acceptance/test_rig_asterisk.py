"""The rig's own Asterisk: side by side, restarted, swept."""

from __future__ import annotations

import json

import pytest

from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.installs import Install
from ccgateway.rig.processes import MARK

pytestmark = pytest.mark.acceptance


async def test_two_run_side_by_side(install: Install, rig_asterisk: RigAsterisk) -> None:
    other = RigAsterisk(install)
    try:
        await other.start()
        assert other.addresses.sip_port != rig_asterisk.addresses.sip_port
        for asterisk in (other, rig_asterisk):
            assert "stations" in await asterisk.rx("queue show")
    finally:
        other.remove()
    assert not other.folder.exists()


async def test_members_outlive_a_restart(rig_asterisk: RigAsterisk) -> None:
    await rig_asterisk.rx("queue add member PJSIP/105 to stations penalty 0 as 105")
    await rig_asterisk.restart()
    assert "PJSIP/105" in await rig_asterisk.rx("queue show stations")


async def test_what_a_dead_run_left_behind_is_swept(install: Install) -> None:
    left = RigAsterisk(install)
    left.block.release()
    mark = left.folder / MARK
    owner = json.loads(mark.read_text())
    mark.write_text(json.dumps({**owner, "started": owner["started"] - 3600}))

    following = RigAsterisk(install)

    assert not left.folder.exists()
    assert following.folder.exists()
    following.remove()
