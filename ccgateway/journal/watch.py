"""Looks after the journals of all Asterisks whose log folder is seen from here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from ccgateway.engine.ports import Clock
from ccgateway.journal.aside import aside
from ccgateway.journal.standing import fault

EVERY_S = 5.0
"""Three stats and two opens a node; who asks /readyz gets the last answer."""

WITHIN_S = 5.0
"""A folder that takes longer hangs: it is on a machine that is away."""

log = structlog.get_logger()


class JournalWatch:
    """``folders``: the log folders, by node; ``ended``: when the last call of a node ended."""

    def __init__(
        self, folders: Mapping[str, Path], ended: Mapping[str, datetime], clock: Clock
    ) -> None:
        self._folders = folders
        self._ended = ended
        self._clock = clock
        self._faults = dict.fromkeys(folders, "")
        self._looking: dict[str, asyncio.Task[str]] = {}

    @property
    def standing(self) -> Mapping[str, bool]:
        """Whether the journals are in order, by node."""
        return {node: not fault for node, fault in self._faults.items()}

    async def keep(self) -> None:
        """Look at them for ever, and tell what changes."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Look at them once; at one that hangs not again until it answers."""
        for node, folder in self._folders.items():
            if node not in self._looking:
                look = partial(fault, folder, self._ended.get(node), self._clock.now())
                self._looking[node] = asyncio.create_task(aside(look))
        if self._looking:
            await asyncio.wait(self._looking.values(), timeout=WITHIN_S)
        for node, folder in self._folders.items():
            answers = self._looking[node].done()
            found = self._looking.pop(node).result() if answers else f"{folder} does not answer"
            if found and found != self._faults[node]:
                log.warning("journals not in order", node=node, what=found, do="ccgateway check")
            if self._faults[node] and not found:
                log.info("journals in order again", node=node)
            self._faults[node] = found
