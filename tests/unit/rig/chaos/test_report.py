"""What a run comes to: what fails it, and what a program is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ccgateway.rig.chaos.conductor import Injected
from ccgateway.rig.chaos.report import Result, as_json
from ccgateway.rig.chaos.schedule import Kind
from tests.unit.rig.chaos.test_verdict import TRUE, verdict

BIT = [Injected(Kind.CUT, at, at + 1, "1 new connection") for at in (10.0, 20.0)]
OTHERS: dict[Kind, str] = {kind: "not wanted" for kind in Kind if kind is not Kind.CUT}
GOOD = Result(1, 60.0, 11.0, verdict(TRUE), BIT, OTHERS, busy={}, metrics={})


def test_a_good_run_holds() -> None:
    assert GOOD.holds
    told = as_json(GOOD)
    assert (told["holds"], told["toothless"], told["calls"]) == (True, [], 4)
    assert [fault["bit"] for fault in told["faults"]] == [True, True]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"verdict": verdict(TRUE[1:])}, id="a call is lost"),
        pytest.param({"injected": BIT[:1]}, id="a fault bit once only"),
        pytest.param({"injected": [BIT[0], replace(BIT[1], proof="")]}, id="a fault did not bite"),
        pytest.param(
            {"injected": [BIT[0], replace(BIT[1], trouble="no link")]}, id="a fault failed"
        ),
        pytest.param({"busy": {"calls_live": 1.0}}, id="a call is live in the end"),
        pytest.param({"died": ["pid 7 ended with 1"]}, id="the gateway ended by itself"),
    ],
)
def test_what_fails_a_run(changes: dict[str, Any]) -> None:
    assert not replace(GOOD, **changes).holds
