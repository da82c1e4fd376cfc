"""Whose phone has its do-not-disturb on: it refuses a queue's offer at once, without ringing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ccgateway.calls.call import Call, Offer

DND = "dnd"
"""The pause reason of who has it on; always allowed."""

AT_ONCE = timedelta(seconds=1)
"""A phone refuses by itself within milliseconds; a person hears it ring first."""

REFUSALS = frozenset({17, 21})
"""Q.850 causes that Asterisk makes of SIP 486 and 600 (user busy) and 603 (call rejected). A phone
that is not registered has another cause (20), or no channel at all."""


def refusals(call: Call) -> Iterator[Offer]:
    """The offers of this call that an agent's phone refused at once."""
    legs = {leg.uniqueid: leg for leg in call.legs}
    for visit in call.visits:
        for offer in visit.offers:
            leg = legs.get(offer.uniqueid)
            if leg is None or leg.ended_at is None or leg.cause not in REFUSALS:
                continue
            rang = leg.ringing_at is not None or leg.answered_at is not None
            if not rang and leg.ended_at - offer.began_at <= AT_ONCE:
                yield offer
