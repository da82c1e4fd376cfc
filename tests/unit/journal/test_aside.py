"""What hangs in a file holds up nobody: not the others, and not the end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ccgateway.journal import watch
from ccgateway.journal.aside import aside
from ccgateway.journal.watch import JournalWatch

HANGS = """
import asyncio, threading
from ccgateway.journal.aside import aside

async def main():
    task = asyncio.create_task(aside(threading.Event().wait))
    await asyncio.sleep(0)
    task.cancel()

asyncio.run(main())
"""


def test_the_process_ends_without_what_hangs() -> None:
    subprocess.run([sys.executable, "-c", HANGS], timeout=60, check=True)


async def test_what_is_raised_there_is_raised_here() -> None:
    with pytest.raises(FileNotFoundError):
        await aside(Path("/no/such/file").read_bytes)


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)


async def test_a_folder_that_hangs_is_told_and_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung, asked = threading.Event(), list[Path]()

    def fault(folder: Path, *_: object) -> str:
        asked.append(folder)
        if folder.name == "away":
            hung.wait()
        return ""

    monkeypatch.setattr(watch, "fault", fault)
    monkeypatch.setattr(watch, "WITHIN_S", 0.5)
    here, away = tmp_path / "here", tmp_path / "away"
    looked = JournalWatch({"pbx1": away, "pbx2": here}, {}, Clock())
    await looked.look()
    await looked.look()
    assert looked.standing == {"pbx1": False, "pbx2": True}
    assert (asked.count(away), asked.count(here)) == (1, 2)
    hung.set()
    await asyncio.wait(looked._looking.values())  # noqa: SLF001 - it answers again
    await looked.look()
    assert looked.standing == {"pbx1": True, "pbx2": True}
