"""What Asterisk writes into its journals while a scenario is played, as the recordings have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ccgateway.calls.recorded import Cel, Heard, QueueLog, heard_line
from ccgateway.journal.lines import cel_records, queue_log_records
from ccgateway.journal.standing import CEL, QUEUE_LOG


class Journals:
    """From now on. ``log`` is Asterisk's log folder."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._began = {name: len(self._read(name)) for name in (CEL, QUEUE_LOG)}

    def lines(self) -> Iterator[bytes]:
        """The lines of a recording, as read just now."""
        now = datetime.now(UTC)
        for record in cel_records(self._new(CEL)).records:
            yield heard_line(Heard("pbx1", now, Cel(record.decode())))
        for record in queue_log_records(self._new(QUEUE_LOG)).records:
            yield heard_line(Heard("pbx1", now, QueueLog(record.decode())))

    def _new(self, name: Path) -> bytes:
        return self._read(name)[self._began[name] :]

    def _read(self, name: Path) -> bytes:
        path = self._log / name
        return path.read_bytes() if path.exists() else b""
