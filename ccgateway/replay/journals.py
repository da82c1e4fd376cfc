"""What stands in Asterisk's journals of a certain time, out of the files as they lie there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ccgateway.calls.recorded import Cel, Heard, QueueLog
from ccgateway.journal.lines import cel_records, queue_log_records
from ccgateway.journal.rotated import opened
from ccgateway.journal.standing import CEL, QUEUE_LOG
from ccgateway.replay.player import facts_in

NEWEST_BYTES = 64 * 1024 * 1024
"""Of a journal that are looked at: an hour of the busiest centre."""


def journal_lines(
    node: str, folder: Path, since: datetime, before: datetime, now: datetime
) -> Iterator[Heard]:
    """The lines of a node's journals in ``folder`` (Asterisk's log folder) that tell of the time
    from ``since`` until ``before``, as read ``now``. A file that is not there has none. Raises
    OSError where one cannot be read."""
    cels = cel_records(_newest(folder / CEL), final=True).records
    logs = queue_log_records(_newest(folder / QUEUE_LOG)).records  # whole: by place it is masked
    values: tuple[Cel | QueueLog, ...] = (
        *(Cel(record.decode(errors="replace")) for record in cels),
        *(QueueLog(record.decode(errors="replace")) for record in logs),
    )
    for heard in (Heard(node, now, value) for value in values):
        if any(since <= fact.at < before for fact in facts_in(heard)):
            yield heard


def _newest(file: Path) -> bytes:
    """The end of a file; its first record may be cut, which the parser passes over."""
    try:
        with opened(file) as data:
            size = data.seek(0, 2)
            data.seek(max(size - NEWEST_BYTES, 0))
            return data.read(NEWEST_BYTES)
    except FileNotFoundError:
        return b""
