"""Today's figures of every queue, kept as calls change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from ccgateway.figures.day import Day
from ccgateway.figures.stay import Stay

LONGEST_DAY = timedelta(hours=25)
"""A local day, when summer time ends: older stays cannot be of today."""


@dataclass(slots=True)
class _Kept:
    """A queue's day, and which call each of its stays is of."""

    on: date
    zone: tzinfo
    day: Day = field(default_factory=Day)
    stays: dict[str, list[Stay]] = field(default_factory=lambda: defaultdict(list))


class Today:
    """``zones``: the time zone of each queue. A stay counts on the day on which it began there;
    what is of another day than today is not kept."""

    def __init__(self, zones: Mapping[str, tzinfo]) -> None:
        self._zones = zones
        self._kept: dict[str, _Kept] = {}
        self._began: set[str] = set()  # queues with a new day that ``turned`` has not told of

    def renew(self, zones: Mapping[str, tzinfo]) -> None:
        """Go on with these queues. One whose time zone changed begins its day anew; one that is
        taken out and put back goes on with its day."""
        self._zones = zones

    def put(self, call: str, stays: Iterable[Stay], now: datetime) -> set[str]:
        """What is known now of a call (id): its ended stays. Which queues' figures changed."""
        by_queue: dict[str, list[Stay]] = {queue: [] for queue in self._kept_of(call)}
        for stay in stays:
            if self._is_today(stay, now):
                by_queue.setdefault(stay.queue, []).append(stay)
        changed = {q for q, new in by_queue.items() if self._replace(q, call, new, now)}
        return changed & self._zones.keys()

    def forget(self, call: str, now: datetime) -> set[str]:
        """A call went into another, which tells of its stays. Which queues' figures changed."""
        return self.put(call, (), now)

    def view(self, queue: str, now: datetime) -> dict[str, object]:
        """A queue's figures of today as flat JSON values."""
        kept = self._of(queue, now)
        return {"day": kept.on.isoformat(), "timezone": str(kept.zone), **kept.day.view()}

    def turned(self, now: datetime) -> set[str]:
        """The queues whose day has ended since this was asked last: a new one began."""
        for queue, kept in list(self._kept.items()):
            if queue in self._zones:
                self._of(queue, now)
            elif kept.on != _day(now, kept.zone):
                del self._kept[queue]
        began, self._began = self._began, set()
        return began & self._zones.keys()

    def _kept_of(self, call: str) -> list[str]:
        return [queue for queue, kept in self._kept.items() if call in kept.stays]

    def _is_today(self, stay: Stay, now: datetime) -> bool:
        zone = self._zone(stay.queue)
        return zone is not None and _day(stay.joined_at, zone) == _day(now, zone)

    def _zone(self, queue: str) -> tzinfo | None:
        """Also of a queue that was taken out, for its day."""
        kept = self._kept.get(queue)
        return self._zones.get(queue, kept.zone if kept else None)

    def _of(self, queue: str, now: datetime) -> _Kept:
        zone = self._zones[queue] if queue in self._zones else self._kept[queue].zone
        kept, today = self._kept.get(queue), _day(now, zone)
        if kept is None or kept.on != today or kept.zone != zone:
            if kept is not None:
                self._began.add(queue)
            kept = self._kept[queue] = _Kept(today, zone)
        return kept

    def _replace(self, queue: str, call: str, new: list[Stay], now: datetime) -> bool:
        kept = self._of(queue, now)
        old = kept.stays.get(call, [])
        if old == new:
            return False
        for stay in old:
            kept.day.remove(stay)
        for stay in new:
            kept.day.add(stay)
        if new:
            kept.stays[call] = new
        else:
            kept.stays.pop(call, None)
        return True


def _day(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()
