"""Two calls held against each other: the same but for what is passed over, and for times that may
be a little apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from ccgateway.calls.call import Call, Leg

CLOCKS = timedelta(milliseconds=8)
"""AMI and CEL put one moment up to 1 ms apart. Where a Local channel is optimised away within some
milliseconds, the two sides are heard to be connected before that, or after."""

SECONDS = timedelta(seconds=1.01)
"""queue_log cuts the fraction of a second off."""


def differences(
    one: Call, two: Call, ignoring: Collection[str] = (), rough: Collection[str] = ()
) -> list[str]:
    """What differs, by its path. ``ignoring``: names of fields; ``rough``: those whose times are
    known in whole seconds."""
    return list(_differ("", one, two, ignoring, rough))


def _by_id(parts: tuple[Any, ...]) -> list[Any]:
    """Legs by their ids: two that begin at once come in either order."""
    return sorted(parts, key=lambda part: part.uniqueid if isinstance(part, Leg) else "")


def _differ(
    path: str, one: Any, two: Any, ignoring: Collection[str], rough: Collection[str]
) -> Iterator[str]:
    if is_dataclass(one) and type(one) is type(two):
        for field in fields(one):
            if field.name not in ignoring:
                below = f"{path}.{field.name}"
                yield from _differ(
                    below, getattr(one, field.name), getattr(two, field.name), ignoring, rough
                )
    elif isinstance(one, tuple) and isinstance(two, tuple) and len(one) == len(two):
        for number, (this, that) in enumerate(zip(_by_id(one), _by_id(two), strict=True)):
            yield from _differ(f"{path}[{number}]", this, that, ignoring, rough)
    elif isinstance(one, datetime) and isinstance(two, datetime):
        slack = SECONDS if path.rpartition(".")[2] in rough else CLOCKS
        if abs(one - two) > slack:
            yield f"{path}: {one.isoformat()} {two.isoformat()}"
    elif one != two and not (isinstance(one, Mapping) and isinstance(two, Mapping)):
        yield f"{path}: {one!r} {two!r}"
