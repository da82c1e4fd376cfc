"""A reload: the file is read again, and what can be changed while we run is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from ccgateway.config import Config, FaultyConfig, load
from ccgateway.config.changes import Change, changes, merged
from ccgateway.errors import ConfigError
from ccgateway.notify import Notifier

Made = TypeVar("Made")

log = structlog.get_logger()


class Reloader(Generic[Made]):
    """Reads ``path`` again, one reload at a time. ``config`` is what runs.

    ``make`` makes of another what takes long, in a thread; ``renew`` makes it run, and must not
    wait: with None where nothing changed, for certificates may have. Where it raises ConfigError
    the old one must run on."""

    def __init__(
        self,
        path: Path,
        config: Config,
        make: Callable[[Config], Made],
        renew: Callable[[Config, Made | None], None],
        notify: Notifier,
    ) -> None:
        self._path = path
        self._config = config
        self._make = make
        self._renew = renew
        self._notify = notify
        self._busy = asyncio.Lock()
        self.done = 0
        """Reloads since the start."""
        self.refused = 0
        """Files since the start that were faulty."""
        self.awaits_restart = 0
        """Changes of the last reload that need a restart."""

    async def reload(self) -> list[Change]:
        """What changed; it is logged, too. Raises ConfigError, and then nothing has changed."""
        async with self._busy:
            self._notify.reloading()
            try:
                # Not in the loop: hundreds of tables take longer than it may.
                new, made, found = await asyncio.to_thread(self._read)
                self._renew(new, made)
                self._config = new
                self.done += 1
                self.awaits_restart = sum(change.restart for change in found)
                await asyncio.to_thread(_told, found, self.awaits_restart)
            except ConfigError as error:
                self.refused += 1
                _tell(error)
                raise
            finally:
                self._notify.ready()
            return found

    async def follow(self, asked: asyncio.Event) -> None:
        """Reload whenever it is ``asked`` for by a signal, which nobody can answer; for ever."""
        while True:
            await asked.wait()
            asked.clear()
            try:
                await self.reload()
            except ConfigError:
                pass  # it is logged
            except Exception:
                log.exception("the reload failed, the old configuration stays")

    def _read(self) -> tuple[Config, Made | None, list[Change]]:
        """What shall run now, what is made of it, and what it changes. Raises FaultyConfig."""
        new = load(self._path)
        for warning in new.warnings:
            log.warning("configuration", why=warning)
        found = changes(self._config, new)
        runs = merged(self._config, new)
        return runs, self._make(runs) if found else None, found


def _told(found: list[Change], need_restart: int) -> None:
    for change in found:
        log.info("configuration changed", change=change.for_log)
    log.info("configuration reloaded", changes=len(found), need_restart=need_restart)


def _tell(error: ConfigError) -> None:
    for fault in error.faults if isinstance(error, FaultyConfig) else [error]:
        log.error("configuration refused, the old one stays", fault=str(fault))
