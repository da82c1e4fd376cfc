"""Wall-clock hours of the week. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time


@dataclass(frozen=True, slots=True)
class Hours:
    """These weekdays (Monday is 0) from ``opens`` up to, not including, ``closes``, in the
    service's time zone. ``closes`` of 00:00 is the end of the day."""

    days: frozenset[int]
    opens: time
    closes: time

    def hold(self, local: datetime) -> bool:
        """Whether ``local``, a time in the service's time zone, is within them."""
        if local.weekday() not in self.days:
            return False
        clock = local.time()
        till_midnight = self.closes.hour == self.closes.minute == 0
        return self.opens <= clock and (till_midnight or clock < self.closes)
