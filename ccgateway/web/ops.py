"""What the wiring tells the web side of how we are, and lets it do, for those who run us."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from ccgateway.config.changes import Change
from ccgateway.engine.ports import JournalInbox, Recorder
from ccgateway.web.metrics import Numbers


async def _no_parts() -> Mapping[str, bool]:
    return {}


async def _no_file() -> Sequence[Change]:
    return []


@dataclass(frozen=True, slots=True)
class Ops:
    """``parts``: which parts of us are ready; ``numbers``: what is counted and measured; ``reload``
    reads the file again, and raises ConfigError; ``tape``: what was heard, None where we do not
    hear it; ``journal``: who takes journals that are sent, None where we take none."""

    parts: Callable[[], Awaitable[Mapping[str, bool]]] = _no_parts
    numbers: Callable[[], Numbers] = Numbers
    reload: Callable[[], Awaitable[Sequence[Change]]] = _no_file
    tape: Recorder | None = None
    journal: JournalInbox | None = None
