"""A store of journals in memory: what a test looks at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ccgateway.errors import StoreUnavailable
from ccgateway.telephony.facts import Fact, Source

Key = tuple[str, Source]


class Kept:
    """As ``engine.ports.JournalStore``. ``away``: PostgreSQL does not answer; ``forgetful``: what
    is taken is kept, and the answer lost, so often."""

    def __init__(self) -> None:
        self.facts: dict[Key, list[Fact]] = defaultdict(list)
        self.positions: dict[Key, str] = {}
        self.ends: list[Key] = []
        self.lost: list[tuple[Key, str]] = []
        self.away = False
        self.forgetful = 0

    def subjects(self, node: str, source: Source = Source.CEL) -> list[str]:
        return [fact.subject for fact in self.facts[node, source]]

    async def position(self, node: str, source: Source) -> str:
        self._answer()
        return self.positions.get((node, source), "")

    async def take(
        self,
        node: str,
        source: Source,
        facts: Sequence[Fact],
        since: str,
        position: str,
        *,
        missed: str = "",
    ) -> str:
        self._answer()
        if self.positions.get((node, source), "") != since:
            return self.positions.get((node, source), "")
        if missed:
            self.lost.append(((node, source), missed))
        self.facts[node, source] += facts
        self.positions[node, source] = position
        if self.forgetful:
            self.forgetful -= 1
            raise StoreUnavailable
        return position

    def at_end(self, node: str, source: Source) -> None:
        self.ends.append((node, source))

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable
