"""Log lines about clients that misbehave, of each kind one a second at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import structlog

from ccgateway.agi.limits import COMPLAINT_EVERY

log = structlog.get_logger()


class Complaints:
    """``clock`` tells monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: dict[str, float] = {}
        self._silent: Counter[str] = Counter()

    def complain(self, event: str, **detail: str) -> None:
        """Log ``event``, or only count it; the next line tells how many were passed over."""
        now = self._clock()
        if now - self._last.get(event, -COMPLAINT_EVERY) < COMPLAINT_EVERY:
            self._silent[event] += 1
            return
        self._last[event] = now
        log.warning(event, **detail, passed_over=self._silent.pop(event, 0))
