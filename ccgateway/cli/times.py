"""Moments as people write them on a command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import typer

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(Z|[+-]\d\d:\d\d)", re.ASCII
)


def moment(text: str, option: str) -> datetime:
    """A moment in UTC. It must say where its clock is, for an hour comes twice in autumn. Raises
    typer.BadParameter."""
    found = _ISO.fullmatch(text)
    try:
        if found:
            at = datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3]}")
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(
        "a time with its UTC offset, as 2026-11-22T08:00+02:00 or 2026-11-22T06:00Z",
        param_hint=option,
    )
