"""What is kept of a run for who looks into it: logs, journals, each wrong call with its truth."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from pprint import pformat

from ccgateway.rig.chaos.house import House
from ccgateway.rig.chaos.verdict import Verdict, Wrong
from ccgateway.rig.compare import Comparison

LOGS = ("gateway.log", "sipp")


def keep_logs(house: House, folder: Path) -> None:
    """Copy what the world wrote into ``folder``, which is made. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in LOGS:
        path = house.folder / name
        if path.is_dir():
            shutil.copytree(path, folder / name, dirs_exist_ok=True)
        elif path.exists():
            shutil.copy(path, folder / name)
    if house.journals.is_dir():
        shutil.copytree(house.journals, folder / "asterisk", dirs_exist_ok=True)


def keep_wrong(found: Comparison, verdict: Verdict, folder: Path) -> None:
    """Write the calls that are not as they were into ``folder``, which is made. Raises
    OSError."""
    lists = (verdict.lost, verdict.wrong, verdict.extra, verdict.dropped)
    numbers = {one.number for some in lists for one in some}
    rows = [row for row in found.rows if row.number in numbers]
    text = [*_told(one for some in lists for one in some), *(pformat(row) for row in rows)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wrong.txt").write_text("\n\n".join(text) + "\n", encoding="utf-8")


def _told(wrong: Iterable[Wrong]) -> Iterable[str]:
    for one in wrong:
        yield f"{one.number} {one.did} {one.placed_at}: {'; '.join(one.what)}"
