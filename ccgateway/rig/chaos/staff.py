"""Who works in the world of chaos: the demo's hot line with all phones that answer, for ten calls a
second need them."""

from __future__ import annotations

from dataclasses import replace

from ccgateway.rig.gateway import EVERYBODY
from ccgateway.rig.hotline import LINES, NAMES, OFFERS, STATIONS, Offer
from ccgateway.rig.phones import Behaviour

TALKERS = (*Behaviour.ANSWERS.phones, *Behaviour.HANGS_UP.phones, *Behaviour.HOLDS.phones)

PEOPLE = {**{phone: f"Agent {phone}" for phone in TALKERS}, **EVERYBODY}
"""Names by phone."""

LOGGED_IN = tuple(sorted({*TALKERS, *NAMES}))
"""Who is logged in from the beginning; the three lines' people are by the crew."""


def offers() -> tuple[Offer, ...]:
    """The demo's services, the hot line's with all who talk."""
    mine = (replace(offer, agents=_staff(offer)) for offer in OFFERS)
    return (*mine, LINES)


def _staff(offer: Offer) -> tuple[int, ...]:
    return TALKERS if offer.queue == STATIONS.queue else offer.agents
