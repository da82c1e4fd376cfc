"""How often somebody may: a bucket of permissions that fills at a steady rate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """``burst`` at once, ``rate`` a second in the long run."""

    burst: float
    rate: float


@dataclass(slots=True)
class Bucket:
    """Filled to the brim at the beginning. ``now`` is any clock in seconds."""

    limit: Limit
    now: float
    left: float

    @classmethod
    def full(cls, limit: Limit, now: float) -> Bucket:
        """A new one."""
        return cls(limit, now, limit.burst)

    def take(self, now: float) -> float:
        """Take one: 0.0; where none is left, the seconds until there is one again."""
        if wait := self.wait(now):
            return wait
        self.left -= 1
        return 0.0

    def give(self, now: float) -> None:
        """Give one back that was taken."""
        self.wait(now)
        self.left = min(self.left + 1, self.limit.burst)

    def wait(self, now: float) -> float:
        """Seconds until one can be taken, 0.0 where it can be now."""
        filled = self.left + max(now - self.now, 0.0) * self.limit.rate
        self.left, self.now = min(filled, self.limit.burst), now
        return 0.0 if self.left >= 1 else (1 - self.left) / self.limit.rate
