"""The story that the demo plays: an oil company's hot line for the staff of its petrol stations."""

from __future__ import annotations

from dataclasses import dataclass

from ccgateway.calls.call import Disposition
from ccgateway.rig.compare import Door

CLIENT = "oilco"


@dataclass(frozen=True, slots=True)
class Line:
    """A target of a service: a queue with its agents, or a number that is always on call.
    ``limit`` in seconds."""

    name: str
    digit: int
    tier: int
    limit: int
    then: str = "back"
    queue: str = ""
    on_call: str = ""
    agents: tuple[int, ...] = ()
    whisper: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A service as the demo offers it. ``agents`` are phones, whose numbers are the agents' ids;
    ``refusal``: how a call ends that the network ends without an agent."""

    did: str
    service: str
    name: str
    queue: str
    refusal: Disposition
    agents: tuple[int, ...] = ()
    open_now: bool = True
    lines: tuple[Line, ...] = ()
    own_number: str = ""
    prefix: str = ""


STATIONS = Offer(
    "1000",
    "hotline",
    "Station hot line",
    "stations",
    Disposition.TIMED_OUT,
    (101, 102, 103, 104, 141, 142, 143, 151),
)
PUMPS = Offer("1001", "pumps", "Pumps, second line", "pumps", Disposition.TIMED_OUT, (161,))
TILLS = Offer("1002", "tills", "Tills, second line", "tills", Disposition.FULL, (162,))
NIGHT = Offer("1003", "night", "Night desk", "night", Disposition.NOBODY)
OFFICE = Offer(
    "1004", "office", "Office", "stations", Disposition.CLOSED, STATIONS.agents, open_now=False
)
OFFERS = (STATIONS, PUMPS, TILLS, NIGHT, OFFICE)

VENDOR = "+358942454900"
LINES = Offer(
    "1010",
    "lines",
    "Three lines",
    "first",
    Disposition.TIMED_OUT,
    (201, 202, 203),
    lines=(
        Line("pumps", 2, 2, 10, queue="second-pumps", agents=(211, 212)),
        Line("tills", 3, 2, 6, "vendor", queue="second-tills", agents=(213,)),
        Line("vendor", 4, 3, 10, on_call=VENDOR),
        Line("specialists", 5, 3, 8, "first", queue="third", agents=(221,)),
    ),
    own_number="+358942454000",
    prefix="10",
)
"""The service of the tests of three lines. Its agents' phones are not the demo's: nobody of it is
logged in unless somebody does it."""

DOORS = {offer.did: Door(offer.service, offer.refusal) for offer in OFFERS}

NAMES = {
    101: "Anna", 102: "Boris", 103: "Carla", 104: "Dmitri", 141: "Eeva", 142: "Farid",
    143: "Greta", 151: "Hannu", 161: "Ines", 162: "Juri",
}  # fmt: skip
"""Agents by phone. Ines and Juri are away from their desks: their phones ring on."""

LINES_NAMES = {
    201: "Kaisa", 202: "Leif", 203: "Mirja", 211: "Nils", 212: "Olga", 213: "Petra", 221: "Quentin",
}  # fmt: skip
"""The agents of LINES, first line to third."""
