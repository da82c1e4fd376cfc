"""One queue's day in figures, with the formula beside the figure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ccgateway.calls.call import VisitEnd
from ccgateway.figures.stay import Stay

IN_TIME_S = 20.0
"""Seconds: who is answered within them was answered in time. With 80 % it is the usual promise."""

SHORT_S = 5.0
"""Seconds: who hangs up before them did not really wait (Genesys counts them apart)."""

FORMULA = f"answered within {IN_TIME_S:.0f} s ÷ (offered - abandoned within {IN_TIME_S:.0f} s)"
"""Of the service level. Products differ, so it is told with the figure: this one ignores callers
who gave up in time (Cisco's "ignore abandons"). The clock starts at the entry into the queue."""


@dataclass(slots=True)
class Day:
    """The stays that began on one day in one queue. Adding and removing keep the figures."""

    _counts: Counter[str] = field(default_factory=Counter)
    _waits: Counter[float] = field(default_factory=Counter)
    _longest: float = 0.0

    def add(self, stay: Stay) -> None:
        """Count a stay in."""
        self._counts.update(_marks(stay))
        self._waits[stay.wait_s] += 1
        self._longest = max(self._longest, stay.wait_s)

    def remove(self, stay: Stay) -> None:
        """Take out a stay that was added: more is known of it now."""
        self._counts.subtract(_marks(stay))
        self._waits[stay.wait_s] -= 1
        if not self._waits[stay.wait_s]:
            del self._waits[stay.wait_s]
            if stay.wait_s == self._longest:
                self._longest = max(self._waits, default=0.0)

    def view(self) -> dict[str, object]:
        """The figures as flat JSON values. ``offered`` is answered, abandoned and ``left`` (by
        time limit or key, moved, or unseen); who was ``refused`` at the door was not offered."""
        count = self._counts
        level = service_level(
            count["answered_in_time"], count["offered"], count["abandoned_in_time"]
        )
        return {
            "offered": count["offered"],
            "answered": count["answered"],
            "answered_in_time": count["answered_in_time"],
            "abandoned": count["abandoned"],
            "abandoned_in_time": count["abandoned_in_time"],
            "short_abandons": count["short_abandons"],
            "left": count["left"],
            "refused": count["refused"],
            "longest_wait_s": round(self._longest, 1),
            "service_level": level,
            "in_time_s": IN_TIME_S,
            "short_s": SHORT_S,
            "formula": FORMULA,
        }


def service_level(answered_in_time: int, offered: int, abandoned_in_time: int) -> float | None:
    """From 0 to 1 by FORMULA, to four digits; None where there is nothing to measure."""
    counted = offered - abandoned_in_time
    return round(answered_in_time / counted, 4) if counted else None


def _marks(stay: Stay) -> list[str]:
    """What a stay counts as."""
    if stay.refused:
        return ["refused"]
    in_time = stay.wait_s <= IN_TIME_S
    if stay.end is VisitEnd.ANSWERED:
        return ["offered", "answered", *(["answered_in_time"] if in_time else [])]
    if stay.end is not VisitEnd.ABANDONED:
        return ["offered", "left"]
    marks = ["offered", "abandoned", *(["abandoned_in_time"] if in_time else [])]
    return [*marks, *(["short_abandons"] if stay.wait_s < SHORT_S else [])]
