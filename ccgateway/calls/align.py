"""Which of two voices' words tell the same: two rows in the order of time, laid side by side.

AMI and CEL share no event id. Who lost some of a row (a gap of the link, a journal that was cut)
counts the rest anew, so the nth of the one need not be the nth of the other: near times tell.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from ccgateway.telephony.facts import Fact

REACH = timedelta(seconds=5)
"""How far apart two voices may put one moment, where nothing tells how their clocks differ: AMI's
time is that of receipt where manager.conf's ``timestampevents`` is off, and a busy PBX is late."""

ANY = timedelta(days=10_000)
"""A reach for rows of one: what happens once to a channel is the same, whenever it is put."""

_ROUNDING = timedelta(microseconds=1)
"""Of the half of a reach."""

Pair = tuple[int | None, int | None]
Cost = Callable[[Fact, Fact], timedelta]
Span = tuple[datetime, datetime]


def apart(one: Fact, two: Fact) -> timedelta:
    """The time between two facts."""
    return abs(one.at - two.at)


def around(one: Fact) -> Span:
    """The times that are no more than REACH from a fact's."""
    return one.at - REACH, one.at + REACH


def align(
    ones: Sequence[Fact],
    twos: Sequence[Fact],
    cost: Cost,
    reach: timedelta,
    span: Callable[[Fact], Span],
) -> list[Pair]:
    """The pairs of places of facts that tell the same; None where the other voice has none. Both
    rows must be in order, and stay so. The sum of the costs is the least, where a fact without its
    like costs half of ``reach``: nothing is paired that costs more than ``reach``. ``span``: the
    times of all that costs a fact of ``ones`` no more than that. (A phone that is off the hook in a
    queue all night makes rows of thousands: only what is near is looked at.)"""
    if not ones or not twos:
        return [*((row, None) for row in range(len(ones))), *((None, c) for c in range(len(twos)))]
    alone = reach / 2
    best = [_Sums(0, [timedelta()], alone)]
    for one, near in zip(ones, _bands(ones, twos, span), strict=True):
        above = best[-1]
        here = [above.at(near.first) + alone]
        for column in range(near.first + 1, near.last + 1):
            paired = above.at(column - 1) + cost(one, twos[column - 1])
            here.append(min(paired, above.at(column) + alone, here[-1] + alone))
        best.append(_Sums(near.first, here, alone))
    return _way_back(best, len(twos), lambda row, column: cost(ones[row], twos[column]))


class _Band(NamedTuple):
    """Of ``twos`` the first ``first`` have their like before this row, or none; and those from
    ``last`` on behind it."""

    first: int
    last: int


def _bands(
    ones: Sequence[Fact], twos: Sequence[Fact], span: Callable[[Fact], Span]
) -> Sequence[_Band]:
    """What each row of ``ones`` can be paired with; neither end of them ever goes back."""
    times = [two.at for two in twos]
    spans = [span(one) for one in ones]
    firsts = [bisect_left(times, since - _ROUNDING) for since, _ in spans]
    lasts = [bisect_right(times, until + _ROUNDING) for _, until in spans]
    least = [*accumulate(reversed(firsts), min)][::-1]
    return [
        _Band(first, max(first, last))
        for first, last in zip(least, accumulate(lasts, max), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Sums:
    """The least sums of a row, from column ``first`` on."""

    first: int
    sums: Sequence[timedelta]
    alone: timedelta

    def at(self, column: int) -> timedelta:
        """Behind them all are without their like."""
        beyond = column - self.first - len(self.sums) + 1
        return self.sums[-1] + self.alone * beyond if beyond > 0 else self.sums[column - self.first]


def _way_back(
    best: Sequence[_Sums], columns: int, cost: Callable[[int, int], timedelta]
) -> list[Pair]:
    """From the end of both rows to their beginning, by the steps that made the least sum."""
    pairs: list[Pair] = []
    row, column = len(best) - 1, columns
    while row or column:
        here, above = best[row], best[row - 1]
        if row and column <= here.first:
            row -= 1
            pairs.append((row, None))
        elif row and here.at(column) == above.at(column - 1) + cost(row - 1, column - 1):
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif row and here.at(column) == above.at(column) + here.alone:
            row -= 1
            pairs.append((row, None))
        else:
            column -= 1
            pairs.append((None, column))
    return pairs[::-1]
