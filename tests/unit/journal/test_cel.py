"""What CEL tells of bridges: in whose of them the members are one call."""

from __future__ import annotations

import pytest

from ccgateway.calls.board import Board, Ours
from ccgateway.journal.cel import read_cel
from tests.unit.journal.test_lines import row

OURS = Ours({"stations"}, {"from-phones"}, {})
BRIDGE = "1505529a-2e65-41d8-b79a-f9f6babcaa9e"
ANNA, BERT = "1795372614.0", "1795372615.1"


def entered(uniqueid: str, technology: str) -> bytes:
    extra = f'{{"bridge_id":"{BRIDGE}","bridge_technology":"{technology}"}}'
    return row("BRIDGE_ENTER", uniqueid, linkedid=uniqueid, eventextra=extra)


@pytest.mark.parametrize(
    ("technology", "calls"),
    [("simple_bridge", 1), ("native_rtp", 1), ("softmix", 2), ("holding_bridge", 2)],
)
def test_strangers_who_meet_are_no_call(technology: str, calls: int) -> None:
    """ConfBridge mixes by softmix; music on hold and parking hold. Who talks alone with somebody in
    a bridge is called by him."""
    data = b"".join(
        row("CHAN_START", one, linkedid=one, context="from-phones", exten="900")
        for one in (ANNA, BERT)
    )
    data += entered(ANNA, technology) + entered(BERT, technology)
    board = Board({"pbx1": OURS})
    for fact in read_cel("pbx1", data).facts:
        board.take(fact)
    assert len(list(board.groups("pbx1"))) == calls
