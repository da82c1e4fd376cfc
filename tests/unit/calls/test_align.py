"""Two voices' rows side by side: the cheapest way there is, found without looking at all of it."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ccgateway.calls.align import REACH, align, apart, around
from ccgateway.telephony.facts import Fact, Kind
from tests.unit.calls.told import CALLER, fact

ALONE = REACH / 2
NIGHT = 2160
"""Times that a phone rings in twelve hours, each 20 s."""

rows = st.lists(st.integers(0, 60), max_size=5).map(
    lambda times: [fact(at / 2, Kind.HELD, CALLER) for at in sorted(times)]
)


@given(rows, rows)
def test_no_way_is_cheaper(ones: list[Fact], twos: list[Fact]) -> None:
    """Of all ways to lay so many of the one beside so many of the other, in order."""
    pairs = align(ones, twos, apart, REACH, around)
    assert [one for one, _ in pairs if one is not None] == list(range(len(ones)))
    assert [two for _, two in pairs if two is not None] == list(range(len(twos)))
    met = [(ones[one], twos[two]) for one, two in pairs if one is not None and two is not None]
    assert _costs(ones, twos, met) == min(
        _costs(ones, twos, list(zip(some, others, strict=True)))
        for many in range(min(len(ones), len(twos)) + 1)
        for some in combinations(ones, many)
        for others in combinations(twos, many)
    )


def _costs(ones: list[Fact], twos: list[Fact], met: list[tuple[Fact, Fact]]) -> timedelta:
    alone = len(ones) + len(twos) - 2 * len(met)
    return sum((apart(*pair) for pair in met), ALONE * alone)


def test_a_phone_rung_all_night_is_compared_with_what_is_near() -> None:
    compared = 0

    def cost(one: Fact, two: Fact) -> timedelta:
        nonlocal compared
        compared += 1
        return apart(one, two)

    rung = [fact(20 * ring, Kind.AGENT_RANG_OUT, CALLER) for ring in range(NIGHT)]
    born = [fact(20 * ring + 1, Kind.AGENT_CALLED, CALLER) for ring in range(0, NIGHT, 2)]
    pairs = align(rung, born, cost, REACH, around)
    assert pairs == [(ring, None if ring % 2 else ring // 2) for ring in range(NIGHT)]
    assert compared < 10 * NIGHT
