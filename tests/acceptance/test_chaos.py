"""``make chaos``, three minutes of it: every fault bites, and every call is in the record once."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ccgateway.rig.chaos.schedule import LEAST_ROUNDS, Kind
from ccgateway.rig.installs import Install

MINUTES = 3
WITHIN = 900  # seconds: calls end, the record comes to rest, thousands are compared

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.alone,
    pytest.mark.long,
    pytest.mark.timeout(WITHIN + 60),
]


async def test_three_minutes_of_chaos(install: Install, tmp_path: Path) -> None:
    plot = tmp_path / "chaos.svg"
    words = ("--minutes", str(MINUTES), "--seed", "3", "--json", "--plot", str(plot))
    chaos = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ccgateway.rig.chaos", *words), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(WITHIN):
            out, _ = await chaos.communicate()
    finally:
        if chaos.returncode is None:
            chaos.terminate()
            await chaos.wait()
    told = json.loads(out)

    wrong = {name: told[name] for name in ("lost", "wrong", "doubled", "dropped", "unplaced")}
    assert {name: some[:5] for name, some in wrong.items() if some} == {}
    assert told["twice"] == []
    bitten = {kind.title: 0 for kind in Kind}
    for fault in told["faults"]:
        bitten[fault["kind"]] += fault["bit"]
    assert {kind: count for kind, count in bitten.items() if count < LEAST_ROUNDS} == {}
    assert (told["died"], told["not_at_rest"]) == ([], {})
    assert told["calls_per_second"] >= 10
    assert told["at_once"] >= 200
    assert chaos.returncode == 0
    assert ET.parse(plot).getroot().tag.endswith("svg")  # noqa: S314 -- our own text
