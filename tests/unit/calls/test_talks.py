"""Who talked with whom, where more than two were in a bridge."""

from __future__ import annotations

from ccgateway.telephony.facts import Kind
from tests.unit.calls.lines import CARL, SECOND, consulting, enter, leave, tell
from tests.unit.calls.told import ANNA, CALLER, at, end, fact


def test_a_swap_of_the_caller_tears_none_of_two_talks() -> None:
    call = tell(
        *consulting(),
        fact(14, Kind.JOINED, ANNA),
        *enter(14.1, SECOND, CALLER),
        *leave(16, SECOND, CALLER),
        *enter(16.001, SECOND, CALLER),
        *end(20, ANNA, CALLER, CARL),
    )
    three = [talk for talk in call.talks if talk.began_at >= at(14)]
    assert [(talk.uniqueid, talk.began_at, talk.ended_at) for talk in three] == [
        (ANNA, at(14.1), at(20)),
        (CARL, at(14.1), at(20)),
    ]
